"""Lines of text to numbers, some hundred thousand lines at a time and no line in a Python loop.

A line is `+12015550100`, `12015550100`, national digits, or `201,5550100` (the form of the United States' registry).
It ends in LF or CRLF and may be empty. Each is looked at through its last sixteen bytes, two words of eight: an E.164
number with its plus is just that long. Whatever else stands in a line makes it a bad line; nothing is repaired.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dialer.registry.numbering import E164, NANP, Plan

Words = NDArray[np.uint64]
Places = NDArray[np.intp]
Widths = tuple[int, int]

PAD: Final = 16
"""Bytes that must stand before the first line, so that its last sixteen can be looked at."""

NAMED: Final = 100
"""Bad lines that are told apart; all are counted."""

_LF, _CR, _PLUS, _COMMA, _ZERO = 10, 13, 43, 44, 48
_ZEROS = np.uint64(0x3030303030303030)
_POWER = np.array([10**n for n in range(PAD + 1)], np.uint64)
_COMMA_LENGTH = 11

_NONE = np.empty(0, np.uint64)
_TO_TEN = np.uint64(0x7676767676767676)
_TOP_BITS = np.uint64(0x8080808080808080)

# Of the eight bytes of a word the last n are digits of the number; the first byte of the text is the lowest.
_KEEP = np.array([(2**64 - 1) & ~((1 << 8 * (8 - n)) - 1) for n in range(9)], np.uint64)
_LATER = _KEEP[np.minimum(np.arange(PAD + 1), 8)]
_EARLIER = _KEEP[np.maximum(np.arange(PAD + 1) - 8, 0)]

_CHARACTERS, _COMMA_ABROAD, _NO_CODE, _LENGTH, _NATIONAL_LENGTH = 1, 2, 3, 4, 5
_SAID = {
    _CHARACTERS: "digits were expected, with a plus before them at most, or the form 201,5550100",
    _COMMA_ABROAD: "the form 201,5550100 is North America's; a number of another country was expected",
    _NO_CODE: "a country code was expected at the start, and none begins with 0; are these national numbers?",
    _LENGTH: E164.expected,
}


@dataclass(slots=True)
class Tally:
    """What was found besides the numbers, over all pieces of a text.

    `rows` counts every line, `good` those with a number; `bad` names lines by their place in the text, from 0, with
    what was expected, `bad_rows` counts them. `widths` are the shortest and the longest line but for the last, blank
    ones apart (None: there is only one), `last` is the width of that last one.
    """

    rows: int = 0
    good: int = 0
    bad_rows: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)
    widths: Widths | None = None
    last: int = 0

    def widen(self, widths: Widths | None, last: int) -> None:
        """Note lines that follow. `last` 0: none does."""
        if last:
            seen = [*(self.widths or ()), *(widths or ()), *([self.last] if self.last else ())]
            self.widths, self.last = (min(seen), max(seen)) if seen else None, last


def header_length(start: bytes) -> int:
    """Bytes of a file that stand before its numbers: a byte order mark, and a first line with letters and no digit."""
    mark = 3 if start.startswith(b"\xef\xbb\xbf") else 0
    first = start[mark : start.find(b"\n", mark) + 1]
    named = any(65 <= byte <= 90 or 97 <= byte <= 122 or byte >= 128 for byte in first)
    return mark + (len(first) if named and not any(48 <= byte <= 57 for byte in first) else 0)


def read_lines(text: bytearray, end: int, plan: Plan, tally: Tally) -> Words:
    """The numbers of whole lines, E.164 without the plus, in their order; bad lines are noted in `tally`.

    The lines begin at `PAD`, after bytes of no meaning, and the last byte before `end` is a LF. Best are some hundred
    kilobytes at a time: the arrays that are made of them stay in the processor's cache.
    """
    marks = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(marks[PAD:end] == _LF) + PAD
    starts = np.empty_like(ends)
    starts[0], starts[1:] = PAD, ends[:-1] + 1
    ends -= (marks[ends - 1] == _CR) & (ends > starts)
    width = ends - starts
    before = tally.rows
    tally.rows += len(width)
    places: Places | None = None
    if not width.all():
        places = np.flatnonzero(width)
        starts, ends, width = starts[places], ends[places], width[places]
    if not len(width):
        return _NONE
    body = width[:-1]
    tally.widen((int(body.min()), int(body.max())) if len(body) else None, int(width[-1]))
    values, wrong = _numbers(text, marks, starts, ends, width, plan)
    tally.good += len(values)
    if not wrong.any():
        return values
    lines = np.flatnonzero(wrong)
    tally.bad_rows += len(lines)
    tally.good -= len(lines)
    said = {**_SAID, _NATIONAL_LENGTH: (plan if plan.country else NANP).expected}
    for line in lines[: max(NAMED - len(tally.bad), 0)].tolist():
        row = before + (line if places is None else int(places[line]))
        tally.bad.append((row, said[int(wrong[line])]))
    good: Words = values[wrong == 0]
    return good


def _numbers(
    text: bytearray,
    marks: NDArray[np.uint8],
    starts: Places,
    ends: Places,
    width: Places,
    plan: Plan,
) -> tuple[Words, NDArray[np.uint8]]:
    """The number of each line, and for each 0 or what is wrong with it."""
    words = np.ndarray((len(text) - 7,), "<u8", text, 0, (1,))  # at every byte the word that begins there
    later, earlier = words[ends - 8], words[ends - PAD]
    plus = marks[starts] == _PLUS
    comma = (width == _COMMA_LENGTH) & ((later & np.uint64(0xFF)) == _COMMA)
    digits = _one_if_same(np.minimum(width - plus, PAD))

    # The other bytes belong to the line before, to the plus, or to nothing: zeros, now that a digit is 0 to 9.
    later = (later ^ _ZEROS) & _LATER[digits]
    earlier = (earlier ^ _ZEROS) & _EARLIER[digits]
    scale = _POWER[8:9]
    if comma.any():
        later[comma] ^= np.uint64(_COMMA ^ _ZERO)
        digits = _one_if_same(digits - comma)
        scale = np.where(comma, _POWER[7], _POWER[8])
    wrong = np.where(_beyond_nine(later) | _beyond_nine(earlier) | (plus & comma), _CHARACTERS, 0).astype(np.uint8)
    values = _decimal(earlier) * scale + _decimal(later)

    inland = ~plus if plan.country else comma
    if plan.country not in ("", NANP.country):
        wrong[comma & (wrong == 0)] = _COMMA_ABROAD
    if inland.all():
        values, fault = _national(values, digits, plan if plan.country else NANP)
    else:
        fault = _whole(values, digits)
        if inland.any():
            digits = np.broadcast_to(digits, values.shape)
            values[inland], fault[inland] = _national(values[inland], digits[inland], plan if plan.country else NANP)
    return values, np.where(wrong, wrong, fault)


def _one_if_same(digits: Places) -> Places:
    """What is true of every line is worked out once: most files have one length."""
    return digits[:1] if digits.min() == digits.max() else digits


def _whole(values: Words, digits: Places) -> NDArray[np.uint8]:
    """What is wrong with each. `digits` is one for all, or one for each."""
    fault = np.where(values < _POWER[np.maximum(digits - 1, 0)], _NO_CODE, 0)
    return np.where(_allowed(E164)[digits], fault, _LENGTH).astype(np.uint8)


def _national(values: Words, digits: Places, plan: Plan) -> tuple[Words, NDArray[np.uint8]]:
    """With the country code before them. The trunk prefix goes where it cannot be the number's own beginning."""
    allowed = _allowed(plan)
    rest = np.maximum(digits - len(plan.trunk), 0)
    # No national number begins with 0 where 0 leads out of town; another prefix is told by the length.
    possible = allowed[rest] & (plan.trunk == "0" or ~allowed[digits])
    if plan.trunk and possible.any():
        prefixed = possible & (values // _POWER[rest] == int(plan.trunk))
        values = values - np.where(prefixed, _POWER[rest] * np.uint64(int(plan.trunk)), np.uint64(0))
        digits = np.where(prefixed, rest, digits)
    fits = allowed[digits]
    if plan.trunk == "0":
        fits = fits & (values >= _POWER[np.maximum(digits - 1, 0)])
    fault = np.where(np.broadcast_to(fits, values.shape), 0, _NATIONAL_LENGTH).astype(np.uint8)
    return values + _POWER[digits] * np.uint64(int(plan.country)), fault


def _allowed(plan: Plan) -> NDArray[np.bool_]:
    return np.isin(np.arange(PAD + 1), list(plan.lengths))


def _beyond_nine(word: Words) -> NDArray[np.bool_]:
    """Whether any of the eight bytes is more than 9."""
    found: NDArray[np.bool_] = ((word + _TO_TEN) | word) & _TOP_BITS != 0
    return found


def _decimal(word: Words) -> Words:
    """Eight bytes of one digit each, the first the lowest, to one number: pairs, then fours, then all eight."""
    word = (word * _POWER[1] + (word >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    word = (word * _POWER[2] + (word >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    number: Words = (word * _POWER[4] + (word >> np.uint64(32))) & np.uint64(0xFFFFFFFF)
    return number
