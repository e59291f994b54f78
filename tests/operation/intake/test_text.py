from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.operation.intake.text import LONGEST_LINE, SNIFFED, Encoding, lines, sniff

CHINESE = "姓名,手机\n李雷,13800138000\n韩梅梅,13900139000\n"


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        (CHINESE.encode(), "utf-8"),
        (CHINESE.encode("utf-8-sig"), "utf-8"),
        (CHINESE.encode("gb18030"), "gb18030"),
        (CHINESE.encode("gbk"), "gb18030"),
        (CHINESE.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + CHINESE.encode("utf-16-be"), "utf-16"),
        (CHINESE.encode("utf-16-le"), "utf-16-le"),
        (CHINESE.encode("utf-16-be"), "utf-16-be"),
        ("name,phone\n李雷,1380".encode("gbk"), "gb18030"),
        (b"name,phone\nLi,1380\n", "utf-8"),
        (b"", "utf-8"),
    ],
)
def test_an_encoding_is_told_from_the_beginning(encoded: bytes, expected: Encoding) -> None:
    assert sniff(encoded) == expected


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_lines_are_the_same_in_every_encoding_and_every_cut(encoding: str, size: int) -> None:
    data = CHINESE.encode(encoding)
    found = list(lines(_pieces(data, size), sniff(data)))
    assert [line.text for line in found] == CHINESE.splitlines(keepends=True)
    assert [line.number for line in found] == [1, 2, 3]


def test_one_broken_line_does_not_make_a_utf8_file_chinese() -> None:
    data = "姓名,手机\n李雷,1\n".encode() + b"\xff\xfe\xfa,2\n" + "韩梅梅,3\n".encode()
    assert sniff(data) == "utf-8"
    assert [line.fault for line in lines([data], "utf-8")] == [None, None, "BAD_ENCODING", None]


def test_a_line_cut_at_the_end_of_what_is_looked_at_has_no_vote() -> None:
    head = b"name,phone\n" + b"a" * (SNIFFED - 12) + "李".encode()[:1]
    assert len(head) == SNIFFED
    assert sniff(head) == "utf-8"


def test_a_nul_and_a_failed_conversion_are_named_by_line() -> None:
    data = b"a\nb\0c\n" + "d\ufffd\n".encode() + b"e"
    assert [(line.number, line.fault) for line in lines([data], "utf-8")] == [
        (1, None), (2, "NUL"), (3, "BAD_ENCODING"), (4, None),
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1000, 10_000, 10_000_000])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_an_endless_line_is_one_fault_and_the_next_line_is_read(size: int, end: bytes) -> None:
    data = b"a" + end + b"x" * (LONGEST_LINE * 3) + end + b"b" + end
    found = list(lines(_pieces(data, size), "utf-8"))
    assert [(line.text.strip(), line.fault) for line in found] == [("a", None), ("", "LINE_TOO_LONG"), ("b", None)]


@given(st.lists(st.sampled_from([b"a", b"bc", b"\r", b"\n", b"\r\n"]), max_size=12), st.integers(1, 5))
def test_lines_do_not_depend_on_where_the_file_is_cut(parts: list[bytes], size: int) -> None:
    data = b"".join(parts)
    found = [line.text.encode() for line in lines(_pieces(data, size), "utf-8")]
    assert found == data.splitlines(keepends=True)
