"""Between instants (UTC) and what a clock on the wall shows in a zone, where clocks jump and repeat."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@lru_cache(maxsize=1024)
def clock(zone: str) -> ZoneInfo:
    return ZoneInfo(zone)


def wall(at: datetime, zone: str) -> datetime:
    """The naive local time shown at the instant `at`."""
    return at.astimezone(clock(zone)).replace(tzinfo=None)


def wall_text(at: datetime, zone: str) -> str:
    shown = wall(at, zone)
    return f"{_NAMES[shown.weekday()]} {shown:%Y-%m-%d %H:%M:%S}"


def instants(shown: datetime, zone: str) -> tuple[datetime, ...]:
    """The instants at which the clock shows `shown`: one, two in a repeated hour, none in a skipped one."""
    both = {shown.replace(tzinfo=clock(zone), fold=fold).astimezone(UTC) for fold in (0, 1)}
    return tuple(sorted(at for at in both if wall(at, zone) == shown))


def change_between(start: datetime, end: datetime, zone: str) -> datetime | None:
    """The instant in (start, end] from which another UTC offset holds; None where both ends have the same.

    Looks for one change: ends a day or two apart never hold two.
    """
    offset = start.astimezone(clock(zone)).utcoffset()
    if end.astimezone(clock(zone)).utcoffset() == offset:
        return None
    while end - start > timedelta(seconds=1):
        middle = start + timedelta(seconds=(end - start) // timedelta(seconds=2))
        if middle.astimezone(clock(zone)).utcoffset() == offset:
            start = middle
        else:
            end = middle
    return end


def day_start(day: date, zone: str) -> datetime:
    """The first instant of the local date: midnight, or the end of a gap that swallowed it."""
    midnight = datetime.combine(day, time())
    found = instants(midnight, zone)
    if found:
        return found[0]
    around = midnight.replace(tzinfo=UTC)
    change = change_between(around - timedelta(days=1), around + timedelta(days=1), zone)
    assert change is not None, "a wall time is skipped only where the offset changes"
    return change
