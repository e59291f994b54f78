"""Hours in every zone there is, at every change of its clock from 2020 to 2037: exhaustive, nothing is drawn.

Zones that show the same time at every instant of these years are one clock, asked once; a clock that never changes is
asked at an instant of its own. At each change four timetables are asked: one that lies in the hour that is skipped or
repeated, one that shuts at the change's own wall time, one that runs through the night across it, and one that is open
all day but for Sundays. They are asked in the seconds around the change, half an hour and more away from it, and for
the next opening.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from dialer.core.compliance.hours import Timetable, next_open, shut_at
from dialer.core.compliance.week import DAYS, Week
from dialer.rules.zone_data import zone_names
from tests.core.compliance.oracle.cases import clock
from tests.core.compliance.oracle.clocks import FIRST, changes
from tests.core.compliance.oracle.law import MINUTE, looks_open

SECOND = timedelta(seconds=1)
UNCHANGED = datetime(2026, 6, 5, 12, tzinfo=UTC)
BATCHES = 8


@cache
def _clocks() -> list[str]:
    shown: dict[tuple[object, ...], str] = {}
    for zone in sorted(zone_names()):
        turns = (FIRST, *changes(zone))
        shown.setdefault(tuple((turn, turn.astimezone(ZoneInfo(zone)).utcoffset()) for turn in turns), zone)
    return list(shown.values())


def test_every_zone_is_some_clock_and_most_of_the_changes_are_seen() -> None:
    assert len(zone_names()) > 590
    assert len(_clocks()) > 80
    assert sum(len(changes(zone)) for zone in _clocks()) > 1200


@pytest.mark.parametrize("batch", range(BATCHES))
def test_at_every_change_of_every_clock_hours_are_read_off_the_wall(batch: int) -> None:
    for zone in _clocks()[batch::BATCHES]:
        for change in changes(zone) or (UNCHANGED,):
            for windows in _timetables(zone, change):
                _same(zone, change, windows)


def _timetables(zone: str, change: datetime) -> Iterator[tuple[tuple[str, str], ...]]:
    before, after = (at.astimezone(ZoneInfo(zone)) for at in (change - MINUTE, change))
    low, high = sorted((before.hour * 60 + before.minute + 1, after.hour * 60 + after.minute))
    if high - low > 720:  # the change is at midnight
        low, high = 1380, 1440
    middle = (low + high) // 2
    yield ((clock(low), clock(middle)),)
    yield ((clock(max(low - 60, 0)), clock(low)),) if low else (("00:00", clock(middle)),)
    yield ((clock(middle % 1440), clock(max(low - 30, 1))),)
    yield (("00:00", "24:00"),)


def _same(zone: str, change: datetime, windows: tuple[tuple[str, str], ...]) -> None:
    week = {day: list(windows) for day in DAYS} | ({"sun": []} if windows == (("00:00", "24:00"),) else {})
    timetable = Timetable("made-up", _week(tuple(windows), not week["sun"]), (zone,))
    for minutes in (-90, -60, -30, 0, 30, 60, 90):
        at = change + minutes * MINUTE
        for instant in (at - SECOND, at):
            assert (not shut_at((timetable,), instant)) == looks_open(week, instant, zone), (zone, instant, windows)
    asked = change - 30 * MINUTE - SECOND
    found = next_open((timetable,), asked)
    assert found == _first(week, asked, zone), (zone, asked, windows)


@cache
def _week(windows: tuple[tuple[str, str], ...], sunday_shut: bool) -> Week:
    day = tuple((int(a[:2]) * 60 + int(a[3:]), int(b[:2]) * 60 + int(b[3:])) for a, b in windows)
    return (day, day, day, day, day, day, () if sunday_shut else day)


def _first(week: dict[str, list[tuple[str, str]]], at: datetime, zone: str) -> datetime:
    if looks_open(week, at, zone):
        return at
    minute = at.replace(second=0, microsecond=0)
    while True:
        minute += MINUTE
        if looks_open(week, minute, zone):
            return minute
