"""Calling hours: whether every clock that may hang on the callee's wall allows a call, and when they next all do.

The wall time of an instant is compared with the windows; window ends are never turned into instants to compare with.
So a window inside the skipped hour of spring does not open that night, and one inside the repeated hour opens twice.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dialer.core.compliance.wall import change_between, day_start, instants, wall
from dialer.core.compliance.week import Day, Week

HORIZON_DAYS = 45
"""How far `next_open` looks: longer than any run of holidays, short enough to give up where nothing ever opens."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, eq=False, slots=True)
class Calendar:
    """Days off, and weekend days that are worked instead, for the years in which somebody knows them.

    A year outside `years` is not a year without holidays: it is unknown, and a pack that closes on holidays refuses.
    """

    id: str
    years: frozenset[int]
    off: frozenset[date]
    workdays: frozenset[date] = frozenset()
    every_day: bool = False

    def knows(self, day: date) -> bool:
        return self.every_day or day.year in self.years

    def is_off(self, day: date) -> bool:
        return self.every_day or day in self.off

    def is_workday(self, day: date) -> bool:
        return day in self.workdays or (day.weekday() < 5 and not self.is_off(day))


@dataclass(frozen=True, eq=False, slots=True)
class Timetable:
    """One source's hours, read in each of `zones`.

    `eve` is the weekday whose windows a Monday to Friday takes when the next day is a holiday. `only_workdays`
    closes every day that is no workday of that calendar. `blackouts` are naive local intervals, half-open.
    """

    source: str
    week: Week
    zones: tuple[str, ...]
    calendars: tuple[Calendar, ...] = ()
    eve: int | None = None
    only_workdays: Calendar | None = None
    blackouts: tuple[tuple[datetime, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Shut:
    """Why one source says no in one zone. `rule` is OUTSIDE_WINDOW, HOLIDAY or HOLIDAY_UNKNOWN."""

    rule: str
    source: str
    zone: str


def shut_at(timetables: Iterable[Timetable], at: datetime) -> list[Shut]:
    """Everything that is shut at the instant, in the order of timetables and zones; empty when all are open."""
    shown: dict[str, datetime] = {}
    found = []
    for timetable in timetables:
        for zone in timetable.zones:
            local = shown.get(zone)
            if local is None:
                local = shown[zone] = wall(at, zone)
            rule = _look(timetable, local)
            if rule is not None:
                found.append(Shut(rule, timetable.source, zone))
    return found


def open_at(timetables: Iterable[Timetable], at: datetime, guard: timedelta = timedelta()) -> bool:
    """Open everywhere now, and still open `guard` later."""
    timetables = tuple(timetables)
    return not shut_at(timetables, at) and (not guard or not shut_at(timetables, at + guard))


def next_open(timetables: Iterable[Timetable], at: datetime, guard: timedelta = timedelta()) -> datetime | None:
    """The first instant from `at` on at which everything is open; None if there is none within `HORIZON_DAYS`."""
    timetables = tuple(timetables)
    end = at + HORIZON_DAYS * _DAY
    now: datetime | None = at
    while now is not None and now <= end:
        now = _all_open(timetables, now, end)
        if now is None or open_at(timetables, now, guard):
            return now
        # the guard reaches into a closed time: try so that it ends exactly where things open again
        reopening = _all_open(timetables, now + guard, end)
        if reopening is not None and open_at(timetables, reopening - guard, guard):
            return reopening - guard
        now = reopening
    return None


def _all_open(timetables: tuple[Timetable, ...], at: datetime, end: datetime) -> datetime | None:
    while at <= end:
        latest = at
        for timetable in timetables:
            for zone in timetable.zones:
                opening = _one_open(timetable, zone, latest)
                if opening is None:
                    return None
                latest = opening
        if latest == at:
            return at
        at = latest
    return None


def _one_open(timetable: Timetable, zone: str, at: datetime) -> datetime | None:
    local = wall(at, zone)
    if _look(timetable, local) is None:
        return at
    for ahead in range(-1, HORIZON_DAYS):
        openings = _openings(timetable, zone, local.date() + ahead * _DAY)
        found = min((o for o in openings if o >= at and _look(timetable, wall(o, zone)) is None), default=None)
        if found is not None:
            return found
    return None


def _openings(timetable: Timetable, zone: str, day: date) -> Iterator[datetime]:
    """Every instant of the local day at which the timetable may turn open: few, and a superset of the true ones."""
    if _day_rule(timetable, day) is None:
        for start, _ in _windows(timetable, day):
            yield from instants(datetime.combine(day, time(start // 60, start % 60)), zone)
    for _, end in timetable.blackouts:
        if end.date() == day:
            yield from instants(end, zone)
    change = change_between(day_start(day, zone), day_start(day + _DAY, zone), zone)
    if change is not None:
        yield change


def _look(timetable: Timetable, local: datetime) -> str | None:
    """The rule that shuts the timetable at this wall time. A window past midnight is judged by its first day."""
    today = local.date()
    minute = local.hour * 60 + local.minute
    before = _windows(timetable, today - _DAY)
    if before and before[-1][1] <= before[-1][0] and minute < before[-1][1]:
        rule = _day_rule(timetable, today - _DAY)
        if rule is None or not _inside(_windows(timetable, today), minute):
            return rule or _blackout(timetable, local)
    rule = _day_rule(timetable, today)
    if rule is not None:
        return rule
    return _blackout(timetable, local) if _inside(_windows(timetable, today), minute) else "OUTSIDE_WINDOW"


def _inside(windows: Day, minute: int) -> bool:
    return any(start <= minute and (minute < end or end <= start) for start, end in windows)


def _blackout(timetable: Timetable, local: datetime) -> str | None:
    return "OUTSIDE_WINDOW" if any(start <= local < end for start, end in timetable.blackouts) else None


def _windows(timetable: Timetable, day: date) -> Day:
    weekday = day.weekday()
    eve = _eve(timetable, day)
    if eve is not None and any(c.is_off(day + _DAY) for c in timetable.calendars):
        weekday = eve
    return timetable.week[weekday]


def _eve(timetable: Timetable, day: date) -> int | None:
    """Whose windows the day takes if it is an eve: that shortens a working day, and opens no Saturday or Sunday."""
    return timetable.eve if day.weekday() < 5 else None


def _day_rule(timetable: Timetable, day: date) -> str | None:
    """HOLIDAY or HOLIDAY_UNKNOWN where the day as a whole is closed."""
    workdays = timetable.only_workdays
    if _eve(timetable, day) is not None and any(not calendar.knows(day + _DAY) for calendar in timetable.calendars):
        return "HOLIDAY_UNKNOWN"
    asked = timetable.calendars if workdays is None else (*timetable.calendars, workdays)
    if any(not calendar.knows(day) for calendar in asked):
        return "HOLIDAY_UNKNOWN"
    if any(calendar.is_off(day) for calendar in asked):
        return "HOLIDAY"
    return None if workdays is None or workdays.is_workday(day) else "HOLIDAY"
