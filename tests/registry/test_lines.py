from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.registry.lines import PAD, Tally, header_length, read_lines
from dialer.registry.numbering import E164, NANP, BadCountry, Plan, plan_of

GB, IT, RU = plan_of("GB"), plan_of("39"), plan_of("+7")
US_NUMBER, GB_NUMBER = 12015550100, 442079460000


def read(text: str, plan: Plan = E164) -> tuple[list[int], Tally]:
    tally = Tally()
    buffer = bytearray(b"9" * PAD) + text.encode()
    return read_lines(buffer, len(buffer), plan, tally).tolist(), tally


@pytest.mark.parametrize(
    ("line", "plan", "number"),
    [
        ("+12015550100", E164, US_NUMBER),
        ("12015550100", E164, US_NUMBER),
        ("201,5550100", E164, US_NUMBER),
        ("1234567", E164, 1234567),
        ("123456789012345", E164, 123456789012345),
        ("+123456789012345", E164, 123456789012345),
        ("2015550100", NANP, US_NUMBER),
        ("201,5550100", NANP, US_NUMBER),
        ("12015550100", NANP, US_NUMBER),
        ("+12015550100", NANP, US_NUMBER),
        ("+442079460000", NANP, GB_NUMBER),
        ("2079460000", GB, GB_NUMBER),
        ("02079460000", GB, GB_NUMBER),
        ("800111111", GB, 44800111111),
        ("0800111111", GB, 44800111111),
        ("0612345678", IT, 390612345678),  # Italy's leading 0 is the number's own
        ("8005553535", RU, 78005553535),  # and Russia's leading 8 may be
        ("88005553535", RU, 78005553535),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_every_form_is_read(line: str, plan: Plan, number: int, end: str) -> None:
    numbers, tally = read(line + end, plan)
    assert (numbers, tally.rows, tally.good, tally.bad_rows, tally.last) == ([number], 1, 1, 0, len(line))


@pytest.mark.parametrize(
    ("line", "plan", "said"),
    [
        ("+1201555010x", E164, "digits were expected"),
        ("201-555-0100", E164, "digits were expected"),
        ("201,555,100", E164, "digits were expected"),
        ("+01,5550100", E164, "digits were expected"),
        ("++2015550100", E164, "digits were expected"),
        ("2015550100 ", NANP, "digits were expected"),
        ("phone number", NANP, "digits were expected"),
        ("２０１５５５０１００", NANP, "digits were expected"),
        ("02079460000", E164, "none begins with 0"),
        ("123456", E164, "7 to 15 digits"),
        ("+", E164, "7 to 15 digits"),
        ("1234567890123456", E164, "7 to 15 digits"),
        ("+1234567890123456", E164, "7 to 15 digits"),
        ("1" * 1000, E164, "7 to 15 digits"),
        ("201555010", NANP, "of 10 digits"),
        ("22015550100", NANP, "of 10 digits"),
        ("+12345", NANP, "7 to 15 digits"),
        ("201,5550100", GB, "North America's"),
        ("0000000000", GB, "national number of +44"),
    ],
)
def test_any_other_line_is_bad_and_says_what_was_expected(line: str, plan: Plan, said: str) -> None:
    numbers, tally = read(f"+12015550100\n\n{line}\n+12015550101\n", plan)
    assert numbers == [US_NUMBER, US_NUMBER + 1]
    assert (tally.rows, tally.good, tally.bad_rows) == (4, 2, 1)
    assert [row for row, _ in tally.bad] == [2]
    assert said in tally.bad[0][1]


@given(
    st.lists(st.tuples(st.sampled_from(["e164", "plus", "ftc", "blank"]), st.integers(10**6, 10**15 - 1)), min_size=1)
)
def test_a_number_is_read_the_same_in_every_form(rows: list[tuple[str, int]]) -> None:
    text, meant = "", []
    for form, number in rows:
        match form:
            case "e164":
                line = str(number)
            case "plus":
                line = f"+{number}"
            case "ftc":
                number = 2_000_000_000 + number % 8_000_000_000
                line = f"{number // 10**7},{number % 10**7:07}"
                number += 10_000_000_000
            case _:
                line = ""
        text += line + "\n"
        meant += [number] if line else []
    numbers, tally = read(text)
    assert numbers == meant
    assert (tally.rows, tally.good, tally.bad_rows) == (len(rows), len(meant), 0)


@given(st.text(st.sampled_from("0129+,x \r\n")))
def test_a_line_is_read_as_written_or_not_at_all(text: str) -> None:
    """Against a reading by hand, digit for digit."""
    meant, bad = [], 0
    for row in (text + "\n").split("\n")[:-1]:
        line = row.removesuffix("\r")
        digits = line.removeprefix("+")
        area, comma, rest = line.partition(",")
        if line == "":
            continue
        if comma and len(area) == 3 and len(rest) == 7 and (area + rest).isdecimal():
            meant.append(int("1" + area + rest))
        elif digits.isdecimal() and 7 <= len(digits) <= 15 and digits[0] != "0":
            meant.append(int(digits))
        else:
            bad += 1
    numbers, tally = read(text + "\n")
    assert (numbers, tally.bad_rows) == (meant, bad)


def test_the_widths_are_of_all_lines_but_the_last() -> None:
    _, tally = read("12015550100\n\n+12015550100\n1201555\n")
    assert (tally.widths, tally.last) == ((11, 12), 7)
    tally.widen((5, 9), 8)
    assert (tally.widths, tally.last) == ((5, 12), 8)


@pytest.mark.parametrize(
    ("start", "length"),
    [
        (b"phone\n12015550100\n", 6),
        (b"area_code,number\r\n201,5550100\n", 18),
        ("电话\n12015550100\n".encode(), 7),
        (b"\xef\xbb\xbf12015550100\n", 3),
        (b"\xef\xbb\xbfphone\n12015550100\n", 9),
        (b"12015550100\n", 0),
        (b"1201555010x\n", 0),
        (b"\n\n", 0),
    ],
)
def test_a_first_line_of_letters_is_no_number(start: bytes, length: int) -> None:
    assert header_length(start) == length


@pytest.mark.parametrize("text", ["999", "Nowhere", "0", "1 201"])
def test_what_is_no_country_is_refused(text: str) -> None:
    with pytest.raises(BadCountry, match="expected a country code"):
        plan_of(text)


def test_no_country_means_whole_numbers() -> None:
    assert plan_of(None) == plan_of("") == E164
    assert plan_of("us") == plan_of("+1") == NANP
