"""A file of numbers: one a line, or a CSV column of them. Read in bounded memory, with a reason for every bad row."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

from dialer.cli.failures import Refused
from dialer.core.number import BadNumber, Number, parse
from dialer.operation.intake.header import BadHeader, Header, read_header
from dialer.operation.intake.rules import RowError
from dialer.operation.intake.text import SNIFFED, Line, lines, sniff

_CHUNK = 256 * 1024
_FAULTS = {
    "BAD_ENCODING": "text in the file's encoding was expected; these bytes are none",
    "NUL": "text was expected; there is a NUL character",
    "LINE_TOO_LONG": "a line of at most 64 kB was expected",
}


def numbers(
    file: Path, column: str | None, region: str, lab: bool, progress: Callable[[int, int], None]
) -> Iterator[Number | RowError]:
    """Every row that is not blank. Without `column`: the one whose name says phone, or the first where none does.

    Raises:
        Refused: no such column.
        OSError: the file cannot be read.
    """
    with file.open("rb") as source:
        encoding = sniff(source.read(SNIFFED))
        source.seek(0)
        total = file.stat().st_size

        def chunks() -> Iterator[bytes]:
            done = 0
            while chunk := source.read(_CHUNK):
                yield chunk
                done += len(chunk)
                progress(done, total)

        place: int | None = None
        delimiter = ","
        for line in lines(chunks(), encoding):
            if line.fault is None and not line.text.strip():
                continue
            if place is None:
                header = _header(line, column)
                if header is not None:
                    place, delimiter = _place(header, column), header.delimiter
                    continue
                place = 0
            yield _number(line, place, delimiter, column, region, lab)


def _header(line: Line, column: str | None) -> Header | None:
    """The first row as a header; None where it is a number already. With a column named there has to be one."""
    if line.fault is None:
        try:
            return read_header(line.text)
        except BadHeader:
            if column is None:
                return None
    titles = next(csv.reader([line.text]), []) if line.fault is None else []
    if column is not None and column in (title.strip() for title in titles):
        return Header(tuple(_column(title) for title in titles), ",")
    if column is not None:
        raise Refused(f"--column: the first row has no column {column!r}")
    return None
