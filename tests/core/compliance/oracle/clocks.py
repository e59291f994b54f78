"""Every change of every zone's clock, found by asking `zoneinfo` hour by hour of day by day."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)


@cache
def changes(zone: str) -> tuple[datetime, ...]:
    """The instants (whole minutes, UTC) from 2020 to 2037 from which the zone's clock shows another offset."""
    clock, found, day = ZoneInfo(zone), [], FIRST
    while day < LAST:
        following = day + timedelta(days=1)
        if _offset(clock, day) != _offset(clock, following):
            low, high = day, following
            while high - low > timedelta(minutes=1):
                middle = low + timedelta(minutes=int((high - low) / timedelta(minutes=1)) // 2)
                low, high = (middle, high) if _offset(clock, middle) == _offset(clock, low) else (low, middle)
            found.append(high)
        day = following
    return tuple(found)


def _offset(clock: ZoneInfo, at: datetime) -> timedelta | None:
    return at.astimezone(clock).utcoffset()
