"""A file of numbers: one a line, or a CSV column of them. Read in bounded memory, with a reason for every bad row."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dialer.cli.failures import Refused
from dialer.core.number import BadNumber, Number, parse
from dialer.operation.intake.header import BadHeader, read_header
from dialer.operation.intake.rules import RowError
from dialer.operation.intake.text import SNIFFED, lines, sniff

_CHUNK = 256 * 1024
_TAIL = 64 * 1024
_DELIMITERS = (",", "\t", ";", "|")
_FAULTS = {
    "BAD_ENCODING": "text in the file's encoding was expected; these bytes are none",
    "NUL": "text was expected; there is a NUL character",
    "LINE_TOO_LONG": "a line of at most 64 kB was expected",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where in a row the number stands. `header`: the first row holds names and no number."""

    place: int = 0
    delimiter: str = ","
    title: str | None = None
    header: bool = False


def numbers(
    file: Path, column: str | None, region: str, lab: bool, progress: Callable[[int, int], None]
) -> Iterator[Number | RowError]:
    """Every row that is not blank. Without `column`: the one whose name says phone, or the only one.

    Raises:
        Refused: no such column, or several and none of them says phone.
        OSError: the file cannot be read.
    """
    with file.open("rb") as source:
        encoding = sniff(source.read(SNIFFED))
        source.seek(0)
        layout: Layout | None = None
        for line in lines(_chunks(source.read, file.stat().st_size, progress), encoding):
            if line.fault is not None:
                yield RowError(line.number, None, line.fault, _FAULTS[line.fault])
            elif line.text.strip():
                first, layout = layout is None, layout or layout_of(line.text, column)
                if not (first and layout.header):
                    yield _number(line.number, line.text, layout, region, lab)


def refuse_unfinished(file: Path) -> None:
    """A file that was cut off in transfer must not pass for the whole list.

    Raises:
        Refused: it is empty; or its last line has no end where others have one, and is shorter than all near it.
        OSError: the file cannot be read.
    """
    size = file.stat().st_size
    with file.open("rb") as source:
        head = source.read(SNIFFED)
        encoding: str = sniff(head)
        if encoding == "utf-16":  # the mark that says which way round stands at the beginning alone
            encoding = "utf-16-le" if head.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
        source.seek(max(size - _TAIL, 0) // 2 * 2)
        tail = source.read().decode(encoding, errors="replace")
    rows = [row for row in tail.splitlines() if row.strip("\ufeff\0 \t")]
    if not rows:
        raise Refused(f"{file.name} is empty: nothing was changed")
    whole = rows[1:-1] if size > _TAIL else rows[:-1]  # the first row of the tail may be half a row
    if not tail.endswith(("\n", "\r")) and whole and len(rows[-1]) < min(map(len, whole)):
        raise Refused(f"{file.name} seems to be cut off: its last line has no end and is shorter than those before it")


def layout_of(text: str, column: str | None) -> Layout:
    """What the first row says. Raises `Refused`."""
    if column is not None:
        for delimiter in _DELIMITERS:
            titles = [title.strip() for title in _cells(text, delimiter)]
            if column in titles:
                return Layout(titles.index(column), delimiter, column, header=True)
        raise Refused(f"--column: the first row has no column {column!r}")
    try:
        header = read_header(text)
    except BadHeader:
        if any(mark.isdecimal() for mark in text):
            return Layout()
        if any(delimiter in text for delimiter in _DELIMITERS):
            raise Refused("which column holds the numbers? Name it with --column") from None
        return Layout(title=text.strip(), header=True)
    known = [one.known for one in header.columns]
    place = known.index("phone")
    return Layout(place, header.delimiter, header.columns[place].title, header=True)


def _chunks(read: Callable[[int], bytes], total: int, progress: Callable[[int, int], None]) -> Iterator[bytes]:
    done = 0
    while chunk := read(_CHUNK):
        yield chunk
        done += len(chunk)
        progress(done, total)


def _number(row: int, text: str, layout: Layout, region: str, lab: bool) -> Number | RowError:
    cells = _cells(text, layout.delimiter)
    try:
        return parse(cells[layout.place] if layout.place < len(cells) else "", region, lab=lab)
    except BadNumber as error:
        return RowError(row, layout.title, f"NUMBER_{error.code}", str(error))


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text.rstrip("\r\n")], delimiter=delimiter), [])
    except csv.Error:
        return [text]
