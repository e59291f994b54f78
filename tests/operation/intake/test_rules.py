from __future__ import annotations

from typing import Any

import pytest

from dialer.core.number import Number
from dialer.operation.intake.header import BadHeader, Column, Header, read_header
from dialer.operation.intake.regions import region_code
from dialer.operation.intake.rules import LeadRow, Reading, RowError, neutral, read_rows
from dialer.operation.intake.text import LONGEST_LINE

CN = Reading("CN", frozenset({"Asia/Shanghai", "America/New_York"}))
LAB = Reading(None, frozenset({"Etc/UTC"}), lab=True)


def _rows(text: str | bytes, reading: Reading = LAB) -> list[LeadRow | RowError]:
    data = text if isinstance(text, bytes) else text.encode()
    return [row for row in read_rows([data], "utf-8", reading) if not isinstance(row, Header)]


def _lead(text: str, reading: Reading = LAB) -> LeadRow:
    (row,) = _rows(text, reading)
    assert isinstance(row, LeadRow), row
    return row


def _error(text: str | bytes, reading: Reading = LAB) -> RowError:
    (row,) = _rows(text, reading)
    assert isinstance(row, RowError), row
    return row


def test_a_chinese_header_names_what_we_know_and_keeps_the_rest() -> None:
    text = "姓名,手机号码,电话2,省份,时区,等级,来源,优先级,客户编号,车型\n"
    row = _lead(text + "李雷,138 0013 8000,010-12345678,广东省,Asia/Shanghai,A,展会,5,X-7,SUV\n", CN)
    assert row == LeadRow(
        row=2,
        name="李雷",
        numbers=((Number("+8613800138000"), "手机号码"), (Number("+861012345678"), "电话2")),
        region="CN-GD",
        zone="Asia/Shanghai",
        grade="A",
        source="展会",
        external_id="X-7",
        priority=5,
        fields={"车型": "SUV"},
    )


@pytest.mark.parametrize(
    ("line", "delimiter", "known"),
    [
        ("name,phone", ",", ["name", "phone"]),
        ("Name;Phone 1;PHONE_2", ";", ["name", "phone", "phone"]),
        ("Full Name\tMobile", "\t", ["name", "phone"]),
        ("姓名|电话一|电话二", "|", ["name", "phone", "phone"]),
        ("姓名,联系人,手机", ",", ["name", None, "phone"]),
        ("id,客户编号,手机", ",", ["external_id", None, "phone"]),
        ('"phone","notes, more"', ",", ["phone", None]),
        ("phone,,x", ",", ["phone", None, None]),
        ("phone,,", ",", ["phone"]),
        ("phone", ",", ["phone"]),
    ],
)
def test_a_header_is_read_in_the_delimiter_that_makes_sense_of_it(
    line: str, delimiter: str, known: list[str | None]
) -> None:
    header = read_header(line + "\r\n")
    assert (header.delimiter, [column.known for column in header.columns]) == (delimiter, known)


def test_a_column_without_a_name_is_called_by_its_place() -> None:
    assert read_header("phone,,x").columns[1] == Column("column 2", None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "EMPTY"),
        ("\n\n", "EMPTY"),
        ("name,city\n", "NO_PHONE_COLUMN"),
        ("李雷,13800138000\n", "NO_HEADER"),
        ("Li,+1 212 555 0100\n", "NO_HEADER"),
        ("phone,city,City\n", "DOUBLED_COLUMN"),
        ("phone," + ",".join(f"c{k}" for k in range(300)), "TOO_MANY_COLUMNS"),
        ("pho\0ne\n", "NUL"),
    ],
)
def test_a_file_without_a_usable_header_is_not_read(text: str, code: str) -> None:
    with pytest.raises(BadHeader) as caught:
        _rows(text)
    assert caught.value.code == code
    assert "expected" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ("Li,", "phone", "NO_NUMBER"),
        ("Li,12", "phone", "NUMBER_NO_COUNTRY"),
        ("Li,+999", "phone", "NUMBER_TOO_SHORT"),
        ("Li,+999123x4", "phone", "NUMBER_EXTENSION"),
        ("Li,+9991.38E+10", "phone", "NUMBER_CHARACTERS"),
        ("Li,1.38001E+10", "phone", "NUMBER_ROUNDED"),
        ("Li,１.38E10", "phone", "NUMBER_ROUNDED"),
        ("Li", None, "TOO_FEW_CELLS"),
        ("Li,+999123,more", None, "TOO_MANY_CELLS"),
        ("L\x07i,+999123", "name", "CONTROL_CHARACTER"),
        ("L" * 101 + ",+999123", "name", "TOO_LONG"),
        ("L\0i,+999123", None, "NUL"),
        ('"Li,+999123', None, "BAD_QUOTES"),
        ('"Li"x,+999123', None, "BAD_QUOTES"),
        ("L" * LONGEST_LINE + ",+999123", None, "LINE_TOO_LONG"),
    ],
)
def test_a_row_that_cannot_be_a_lead_says_where_and_what_was_expected(line: str, column: str | None, code: str) -> None:
    error = _error(f"name,phone\n{line}\n")
    assert (error.row, error.column, error.code) == (2, column, code)
    assert "expected" in error.sentence
    assert "999123" not in error.sentence


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("zone", "Beijing", "BAD_ZONE"),
        ("时区", "Beijing", "BAD_ZONE"),
        ("priority", "high", "BAD_PRIORITY"),
        ("priority", "5000", "BAD_PRIORITY"),
        ("grade", "very good", "TOO_LONG"),
        ("notes", "n" * 1001, "TOO_LONG"),
    ],
)
def test_a_bad_cell_names_its_column(column: str, cell: str, code: str) -> None:
    error = _error(f"phone,{column}\n+999123,{cell}\n")
    assert (error.column, error.code) == (column, code)


def test_bytes_that_are_no_text_cost_their_row_alone() -> None:
    rows = _rows(b"name,phone\nLi,+999123\n\xff\xfe,+999124\nHan,+999125\n")
    assert [row.row for row in rows] == [2, 3, 4]
    assert [isinstance(row, LeadRow) for row in rows] == [True, False, True]


def test_a_quote_that_is_never_closed_costs_its_row_alone() -> None:
    body = "".join(f"Lead {k},+999{k:05d}\n" for k in range(100))
    rows = _rows(f'name,phone\nfirst,+999777\n"open,+999778\n{body}')
    assert [(row.row, row.code) for row in rows if isinstance(row, RowError)] == [(3, "BAD_QUOTES")]
    assert sum(isinstance(row, LeadRow) for row in rows) == 101


def test_a_quote_open_before_a_broken_line_costs_these_two_rows_alone() -> None:
    rows = _rows(b'name,phone\n"open,+999777\n\xff,+999778\nHan,+999779\n')
    assert [(row.row, _codes([row])[0]) for row in rows] == [(2, "BAD_QUOTES"), (3, "BAD_ENCODING"), (4, "ok")]


def test_a_quoted_cell_may_run_over_lines_and_rows_are_counted_as_an_editor_does() -> None:
    rows = _rows('name,phone,notes\nLi,+999123,"one\ntwo, ""three"""\nHan,+999124,x\n')
    assert [row.row for row in rows] == [2, 4]
    assert isinstance(rows[0], LeadRow)
    assert rows[0].fields == {"notes": 'one two, "three"'}


def test_blank_lines_are_no_rows() -> None:
    assert [row.row for row in _rows("name,phone\n\n  \nLi,+999123\n,,\n")] == [4]


@pytest.mark.parametrize(
    "cell", ["+999123456", "00999123456", "＋９９９１２３４５６", "+999 (123) 456", '"=""+999123456"""', "'+999123456"]
)
def test_a_number_is_the_same_however_it_is_written(cell: str) -> None:
    assert _lead(f"phone\n{cell}\n").numbers == ((Number("+999123456"), "phone"),)


def test_a_number_given_twice_in_a_row_is_kept_once() -> None:
    assert _lead("phone,phone2\n+999123,00999123\n").numbers == ((Number("+999123"), "phone"),)


def test_a_good_number_carries_a_row_whose_other_number_is_bad() -> None:
    row = _lead("phone,phone2\n12,+999123\n")
    assert row.numbers == ((Number("+999123"), "phone2"),)
    assert [(remark.column, remark.code) for remark in row.remarks] == [("phone", "NUMBER_NO_COUNTRY")]


def test_a_number_without_a_country_belongs_to_the_default_one() -> None:
    assert _lead("手机\n13800138000\n", CN).numbers[0][0] == Number("+8613800138000")


def test_the_labs_range_is_refused_outside_the_lab() -> None:
    assert _error("phone\n+999123\n", CN).code == "NUMBER_LAB_RANGE"


@pytest.mark.parametrize("text", ["=1+1", "+SUM(A1)", "-2", "@cmd"])
def test_a_formula_is_kept_as_text_flagged_and_made_harmless_on_its_way_out(text: str) -> None:
    row = _lead(f"name,phone\n{text},+999123\n")
    assert row.name == text
    assert [remark.code for remark in row.remarks] == ["FORMULA"]
    assert neutral(row.name) == f"'{text}"
    assert neutral("Li") == "Li"


def test_a_region_we_do_not_know_is_kept_as_text_and_remarked() -> None:
    row = _lead("phone,地区\n+999123,江湖\n")
    assert (row.region, row.fields) == (None, {"地区": "江湖"})
    assert [remark.code for remark in row.remarks] == ["REGION_KEPT_AS_TEXT"]


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        ("us-ny", None, "US-NY"),
        ("NY", "US", "US-NY"),
        ("NY", None, None),
        ("USA", "US", None),
        ("新疆维吾尔自治区", "CN", "CN-XJ"),
        ("内蒙古", None, "CN-NM"),
        ("北京市", "CN", "CN-BJ"),
        ("GB-ENG", "GB", "GB-ENG"),
        ("", "US", None),
        ("Greater London", "GB", None),
    ],
)
def test_a_region_as_people_write_it(text: str, country: str | None, code: str | None) -> None:
    assert region_code(text, country) == code


def test_invisible_marks_are_dropped_and_breaks_become_spaces() -> None:
    row = _lead('name,phone\n"\u202eL\u200bi\u2028Lei",+999123\n')
    assert row.name == "Li Lei"


def _codes(rows: list[Any]) -> list[str]:
    return [row.code if isinstance(row, RowError) else "ok" for row in rows]


def test_a_file_cut_off_in_the_middle_of_a_row_loses_that_row_and_says_so() -> None:
    assert _codes(_rows("phone,name,grade\n+999123,Li,A\n+99912")) == ["ok", "TOO_FEW_CELLS"]
