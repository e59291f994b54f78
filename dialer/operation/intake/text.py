"""From a file's bytes to its lines, in bounded memory, whatever wrote them."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Encoding = Literal["utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030"]

# How much of a file is looked at to tell its encoding.
SNIFFED = 4 * 1024 * 1024
# No honest row is longer; a file that is one endless line must not fill the memory.
LONGEST_LINE = 64 * 1024

LineFault = Literal["BAD_ENCODING", "NUL", "LINE_TOO_LONG"]


@dataclass(frozen=True, slots=True)
class Line:
    """`number` counts from 1, as an editor shows it. With a fault the text is empty."""

    number: int
    text: str
    fault: LineFault | None = None


def sniff(head: bytes) -> Encoding:
    """The encoding of a file that begins so: up to `SNIFFED` bytes, the whole file where it is shorter.

    A byte order mark says it; UTF-16 without one is known by its NULs, since delimiters are ASCII. Else the lines that
    are not ASCII vote: one that is valid UTF-8 is hardly ever anything else, and GB18030 is what Chinese spreadsheets
    write otherwise (it holds GBK and GB2312).
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8"
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) / 20 and min(even, odd) * 10 < max(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    first, *rest = head.splitlines() or [b""]
    if rest and len(head) >= SNIFFED:
        rest.pop()  # cut, perhaps inside a character
    utf8 = gb18030 = 0
    for line in (first, *rest):
        if line.isascii():
            continue
        if _decodes(line, "utf-8"):
            utf8 += 1
        elif _decodes(line, "gb18030"):
            gb18030 += 1
    return "gb18030" if gb18030 > utf8 else "utf-8"


def lines(chunks: Iterable[bytes], encoding: Encoding) -> Iterator[Line]:
    """Every line, with its end left on, because a quoted cell may run over it."""
    number = 0
    wide = encoding.startswith("utf-16")
    source = _as_utf8(chunks, encoding) if wide else chunks
    for raw in _split(source):
        number += 1
        if raw is None:
            yield Line(number, "", "LINE_TOO_LONG")
            continue
        if number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        try:
            text = raw.decode("utf-8" if wide else encoding)
        except UnicodeDecodeError:
            yield Line(number, "", "BAD_ENCODING")
            continue
        if "\0" in text:
            yield Line(number, "", "NUL")
        elif "\ufffd" in text:  # somebody else's failed conversion, or half a character of UTF-16
            yield Line(number, "", "BAD_ENCODING")
        else:
            yield Line(number, text)


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _as_utf8(chunks: Iterable[bytes], encoding: Encoding) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode()
    yield decoder.decode(b"", final=True).encode()


def _split(chunks: Iterable[bytes]) -> Iterator[bytes | None]:
    """Lines ended by LF, CR or both; None for one that is too long. GB18030 uses these bytes for nothing else."""
    rest, too_long = b"", False
    for chunk in chunks:
        pieces = (rest + chunk).splitlines(keepends=True)
        # An unfinished line waits for more, and so does one that ends in CR: LF may follow.
        rest = pieces.pop() if pieces and not pieces[-1].endswith(b"\n") else b""
        for piece in pieces:
            yield None if too_long or len(piece) > LONGEST_LINE else piece
            too_long = False
        if len(rest) > LONGEST_LINE:
            rest, too_long = rest[-1:], True  # the last byte may be the CR that ends it
    if rest:
        yield None if too_long or len(rest) > LONGEST_LINE else rest
