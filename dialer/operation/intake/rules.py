"""What a row must be to become a lead. Pure: bytes in, rows and reasons out."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dialer.core import number as numbers
from dialer.core.number import BadNumber, Number
from dialer.operation.intake.agreed import Agreed, Unclear, agreed
from dialer.operation.intake.header import BadHeader, Header, Known, read_header
from dialer.operation.intake.regions import region_code
from dialer.operation.intake.text import Encoding, Line, lines

LONGEST_NAME = 100
LONGEST_FIELD = 1000
LONGEST_GRADE = 8
# A quoted cell may hold line breaks, an address say; a quote that is never closed must not swallow the file.
MOST_LINES = 20

_SENTENCES = {
    "BAD_ENCODING": "text in the file's encoding was expected; these bytes are none",
    "NUL": "text was expected; there is a NUL character",
    "LINE_TOO_LONG": "a line of at most 64 kB was expected",
    "BAD_QUOTES": "a quoted cell was expected to end with a quote and a delimiter",
    "TOO_FEW_CELLS": "a cell for every column was expected; the row is shorter than the header",
    "TOO_MANY_CELLS": "no more cells than columns were expected; is a delimiter inside a cell that is not quoted?",
    "CONTROL_CHARACTER": "visible characters were expected",
    "TOO_LONG": "a shorter text was expected",
    "NO_NUMBER": "at least one phone number was expected",
    "NUMBER_ROUNDED": "all digits were expected; the spreadsheet wrote a rounded number: format the column as text",
    "BAD_ZONE": "an IANA time zone such as Asia/Shanghai was expected",
    "BAD_PRIORITY": "a whole number from -1000 to 1000 was expected",
    "REGION_KEPT_AS_TEXT": "a region code such as US-NY was expected; the text is kept as a custom field",
    "FORMULA": "kept as text; exports put a mark in front so that no spreadsheet runs it",
}


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that was not added, or a remark on one that was. The sentence says what was expected and holds no number.

    `row` is the line in the file where the row begins, the header being 1; `column` is the header's name for it.
    """

    row: int
    column: str | None
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class LeadRow:
    """A row fit to be a lead; `numbers` are (number, the column's name), each once. `remarks` did not hinder it."""

    row: int
    name: str
    numbers: tuple[tuple[Number, str], ...]
    region: str | None = None
    zone: str | None = None
    consent: Agreed | None = None
    subject: str | None = None
    grade: str | None = None
    source: str | None = None
    external_id: str | None = None
    priority: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    remarks: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read: the country of numbers without one, the time zones there are, and whether the lab's range counts."""

    country: str | None
    zones: frozenset[str]
    lab: bool = False


class _Refused(Exception):
    def __init__(self, column: str | None, code: str, sentence: str | None = None) -> None:
        super().__init__(code)
        self.column, self.code, self.sentence = column, code, sentence or _SENTENCES[code]


def read_rows(chunks: Iterable[bytes], encoding: Encoding, reading: Reading) -> Iterator[Header | LeadRow | RowError]:
    """The header first, then every row that is not blank, in order.

    Raises:
        BadHeader: nothing was read.
    """
    source = _Pushback(lines(chunks, encoding))
    header: Header | None = None
    while (first := source.take()) is not None:
        if first.fault is None and not first.text.strip():
            continue
        if header is None:
            if first.fault is not None:
                raise BadHeader(first.fault, _SENTENCES[first.fault])
            header = read_header(first.text)
            yield header
            continue
        try:
            cells = _cells(source, first, header.delimiter)
            if any(cell.strip() for cell in cells):
                yield _lead(first.number, header, cells, reading)
        except _Refused as why:
            yield RowError(first.number, why.column, why.code, why.sentence)
    if header is None:
        raise BadHeader("EMPTY", "a first row with the columns' names was expected; the file is empty")


def neutral(text: str) -> str:
    """Text for a spreadsheet that would take it for a formula. OWASP names these first characters."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


class _Pushback:
    """Lines that can be given back, when a quoted cell turns out not to end."""

    def __init__(self, source: Iterator[Line]) -> None:
        self._source, self._returned = source, list[Line]()

    def take(self) -> Line | None:
        return self._returned.pop() if self._returned else next(self._source, None)

    def give_back(self, taken: list[Line]) -> None:
        self._returned.extend(reversed(taken))


def _cells(source: _Pushback, first: Line, delimiter: str) -> list[str]:
    """The row that begins here. Where its quotes do not come out, that is this line's fault alone: the lines that were
    read with it are given back."""
    if first.fault is not None:
        raise _Refused(None, first.fault)
    more: list[Line] = []

    def feed() -> Iterator[str]:
        yield first.text
        while len(more) < MOST_LINES and (line := source.take()) is not None:
            more.append(line)
            if line.fault is not None:
                return
            yield line.text

    try:
        return next(csv.reader(feed(), delimiter=delimiter, strict=True))
    except csv.Error:
        source.give_back(more)
        raise _Refused(None, "BAD_QUOTES") from None


def _lead(row: int, header: Header, cells: list[str], reading: Reading) -> LeadRow:
    columns = header.columns
    if len(cells) < len(columns):  # what a file cut off in transfer ends with
        raise _Refused(None, "TOO_FEW_CELLS")
    if any(cell.strip() for cell in cells[len(columns) :]):
        raise _Refused(None, "TOO_MANY_CELLS")
    remarks: list[RowError] = []
    phones: dict[Number, str] = {}
    bad_phone: _Refused | None = None
    known: dict[Known, str] = {}
    custom: dict[str, str] = {}
    for column, cell in zip(columns, cells, strict=False):
        if column.known == "phone":
            try:
                found = _number(column.title, cell, reading)
            except _Refused as why:
                bad_phone = bad_phone or why
                remarks.append(RowError(row, column.title, why.code, why.sentence))
            else:
                if found is not None:
                    phones.setdefault(found, column.title)
            continue
        text = _text(column.title, cell, LONGEST_NAME if column.known else LONGEST_FIELD)
        if neutral(text) != text:
            remarks.append(RowError(row, column.title, "FORMULA", _SENTENCES["FORMULA"]))
        if column.known is not None:
            known[column.known] = text
        elif text:
            custom[column.title] = text
    if not phones:
        raise bad_phone or _Refused(_phone_title(header), "NO_NUMBER")
    region = region_code(known.get("region", ""), reading.country)
    titles = {column.known: column.title for column in columns if column.known != "phone"}
    if region is None and known.get("region"):
        title = titles["region"]
        custom[title] = known["region"]
        remarks.append(RowError(row, title, "REGION_KEPT_AS_TEXT", _SENTENCES["REGION_KEPT_AS_TEXT"]))
    return LeadRow(
        row=row,
        name=known.get("name", ""),
        numbers=tuple(phones.items()),
        region=region,
        zone=_zone(titles.get("zone"), known.get("zone", ""), reading),
        consent=_agreed(titles, known),
        subject=known.get("subject") or None,
        grade=_short(titles.get("grade"), known.get("grade", ""), LONGEST_GRADE),
        source=known.get("source") or None,
        external_id=known.get("external_id") or None,
        priority=_priority(titles.get("priority"), known.get("priority", "")),
        fields=custom,
        remarks=tuple(remarks),
    )


def _phone_title(header: Header) -> str:
    return next(column.title for column in header.columns if column.known == "phone")


def _number(title: str, cell: str, reading: Reading) -> Number | None:
    """Undo what people do to keep a spreadsheet from rounding (`="138..."`, a leading apostrophe), and no more."""
    text = cell.strip()
    wrapped = re.fullmatch(r'="(.*)"', text)
    text = (wrapped[1] if wrapped else text.removeprefix("'")).strip()
    if not text:
        return None
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?[eE]\+?[0-9]+", unicodedata.normalize("NFKC", text)):
        raise _Refused(title, "NUMBER_ROUNDED")
    try:
        return numbers.parse(text, reading.country, lab=reading.lab)
    except BadNumber as error:
        raise _Refused(title, f"NUMBER_{error.code}", str(error)) from None


def _text(title: str, cell: str, longest: int) -> str:
    """Line breaks and tabs become spaces, invisible marks go; other control characters are nobody's name."""
    spaced = " ".join(cell.split())
    if not spaced.isprintable():
        spaced = "".join(mark for mark in spaced if unicodedata.category(mark) != "Cf" or mark in "\u200c\u200d")
        if any(unicodedata.category(mark) in ("Cc", "Cs", "Co", "Cn") for mark in spaced):
            raise _Refused(title, "CONTROL_CHARACTER")
    if len(spaced) > longest:
        raise _Refused(title, "TOO_LONG", f"at most {longest} characters were expected")
    return spaced


def _agreed(titles: Mapping[Any, str], known: Mapping[Known, str]) -> Agreed | None:
    try:
        return agreed(known)
    except Unclear as error:
        raise _Refused(titles.get(error.column), error.code, error.sentence) from None


def _zone(title: str | None, text: str, reading: Reading) -> str | None:
    if text and text not in reading.zones:
        raise _Refused(title, "BAD_ZONE")
    return text or None


def _priority(title: str | None, text: str) -> int:
    if not text:
        return 0
    plain = unicodedata.normalize("NFKC", text)
    if not re.fullmatch(r"[+-]?[0-9]{1,4}", plain) or abs(int(plain)) > 1000:
        raise _Refused(title, "BAD_PRIORITY")
    return int(plain)


def _short(title: str | None, text: str, longest: int) -> str | None:
    if len(text) > longest:
        raise _Refused(title, "TOO_LONG", f"at most {longest} characters were expected")
    return text or None
