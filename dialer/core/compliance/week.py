"""Weekly windows as minutes: what a pack or a campaign says about each weekday.

A window is local wall time and half-open. An end of 24:00 is midnight; an end at or before the start wraps past
midnight and belongs to the day it starts on.
"""

import itertools
import re
from collections.abc import Mapping, Sequence

Window = tuple[int, int]
"""Minutes after local midnight, `[start, end)`, end up to 1440; end <= start runs into the next day."""

Day = tuple[Window, ...]
Week = tuple[Day, Day, Day, Day, Day, Day, Day]
"""Monday first, as `date.weekday()` counts."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TEXT = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00))")


def parse_week(text: Mapping[str, Sequence[str]]) -> Week:
    """Read `{"mon-fri": ["10:00-13:00", "14:00-20:00"], "sat": [], "sun": []}`; "daily" stands for all seven days.

    Every day must be named exactly once: a forgotten day would read as closed, or as open, by accident.
    Raises `ValueError` saying which key is wrong.
    """
    week: dict[int, Day] = {}
    for key, windows in text.items():
        day = tuple(sorted(_window(window) for window in windows))
        for before, after in itertools.pairwise(day):
            if before[1] > after[0] or before[1] <= before[0]:
                raise ValueError(f"{key}: windows overlap, or one that passes midnight is not the last of its day")
        for index in _days(key):
            if index in week:
                raise ValueError(f"{key}: {DAYS[index]} is named twice")
            week[index] = day
    missing = [DAYS[index] for index in range(7) if index not in week]
    if missing:
        raise ValueError(f"no windows for {', '.join(missing)}; an empty list means closed")
    return (week[0], week[1], week[2], week[3], week[4], week[5], week[6])


def _days(key: str) -> range:
    first, _, last = ("mon-sun" if key == "daily" else key).partition("-")
    try:
        return range(DAYS.index(first), DAYS.index(last or first) + 1)
    except ValueError:
        raise ValueError(f"{key}: expected daily, a day such as sat, or days such as mon-fri") from None


def _window(text: str) -> Window:
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r}: expected a window such as 08:00-21:00")
    hour, minute, *end = (int(part) for part in match.groups() if part is not None)
    return (hour * 60 + minute, end[0] * 60 + end[1])
