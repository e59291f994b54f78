"""Weekly windows as minutes: what a pack or a campaign says about each weekday.

A window is local wall time and half-open. An end of 24:00 is midnight; an end before the start wraps past midnight and
belongs to the day it starts on.
"""

import itertools
import re
from collections.abc import Mapping, Sequence

Window = tuple[int, int]
"""Minutes after local midnight, `[start, end)`, end up to 1440; end < start runs into the next day."""

Day = tuple[Window, ...]
Week = tuple[Day, Day, Day, Day, Day, Day, Day]
"""Monday first, as `date.weekday()` counts."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TEXT = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00))")


class BadWeek(ValueError):
    """`key` is the entry that is wrong; None where one is missing."""

    def __init__(self, key: str | None, why: str) -> None:
        super().__init__(why if key is None else f"{key}: {why}")
        self.key, self.why = key, why


def parse_week(text: Mapping[str, Sequence[str]]) -> Week:
    """Read `{"mon-fri": ["10:00-13:00", "14:00-20:00"], "sat": [], "sun": []}`; "daily" stands for all seven days.

    Every day must be named exactly once: a forgotten day would read as closed, or as open, by accident. Windows stand
    in the order of the clock and do not overlap, not with the night of the day before either. Raises `BadWeek`.
    """
    week: dict[int, Day] = {}
    named: dict[int, str] = {}
    for key, windows in text.items():
        day = tuple(_window(key, window) for window in windows)
        for before, after in itertools.pairwise(day):
            if before[1] > after[0] or before[1] <= before[0]:
                raise BadWeek(key, "windows overlap, are out of order, or one past midnight is not its day's last")
        for index in _days(key):
            if index in week:
                raise BadWeek(key, f"{DAYS[index]} is named twice")
            week[index], named[index] = day, key
    missing = [DAYS[index] for index in range(7) if index not in week]
    if missing:
        raise BadWeek(None, f"no windows for {', '.join(missing)}; an empty list means closed")
    for index in range(7):
        night, morning = week[index], week[(index + 1) % 7]
        if night and morning and night[-1][1] < night[-1][0] and morning[0][0] < night[-1][1]:
            follows = (index + 1) % 7
            raise BadWeek(
                named[follows], f"windows overlap: {DAYS[index]}'s night reaches into {DAYS[follows]}'s first"
            )
    return (week[0], week[1], week[2], week[3], week[4], week[5], week[6])


def week_text(week: Week) -> str:
    """ "mon-fri 10:00-13:00 14:00-20:00, sat-sun closed": days alike and side by side in one run."""
    runs: list[tuple[int, int]] = []
    for index in range(7):
        if runs and week[runs[-1][0]] == week[index]:
            runs[-1] = (runs[-1][0], index)
        else:
            runs.append((index, index))
    return ", ".join(f"{_run(first, last)} {day_text(week[first])}" for first, last in runs)


def day_text(day: Day) -> str:
    """ "10:00-13:00 14:00-20:00", or "closed"."""
    return " ".join(f"{_clock(start)}-{_clock(end)}" for start, end in day) or "closed"


def _run(first: int, last: int) -> str:
    if (first, last) == (0, 6):
        return "daily"
    return DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _days(key: str) -> range:
    first, _, last = ("mon-sun" if key == "daily" else key).partition("-")
    try:
        days = range(DAYS.index(first), DAYS.index(last or first) + 1)
    except ValueError:
        days = range(0)
    if not days:
        raise BadWeek(key, "expected daily, a day such as sat, or days such as mon-fri")
    return days


def _window(key: str, text: str) -> Window:
    match = _TEXT.fullmatch(text)
    if match is None:
        raise BadWeek(key, f"{text!r}: expected a window such as 08:00-21:00")
    hour, minute, *end = (int(part) for part in match.groups() if part is not None)
    window = (hour * 60 + minute, end[0] * 60 + end[1])
    if window[0] == window[1]:
        raise BadWeek(key, f"{text!r}: start and end are the same; a whole day is 00:00-24:00")
    return window
