from datetime import date, datetime

import pytest

from dialer.core.compliance.wall import change_between, day_start, instants
from tests.core.compliance.makers import at


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ("2026-11-23 08:00", ["2026-11-23 13:00"]),
        ("2026-11-01 01:15", ["2026-11-01 05:15", "2026-11-01 06:15"]),
        ("2026-03-08 02:15", []),
    ],
)
def test_a_wall_time_is_shown_once_twice_or_never(shown: str, found: list[str]) -> None:
    assert instants(datetime.fromisoformat(shown), "America/New_York") == tuple(at(text) for text in found)


@pytest.mark.parametrize(
    ("day", "zone", "start"),
    [
        (date(2026, 11, 23), "Asia/Shanghai", "2026-11-22 16:00"),
        (date(2026, 9, 6), "America/Santiago", "2026-09-06 04:00"),  # midnight was skipped: it is 01:00 at once
        (date(2026, 11, 1), "America/Havana", "2026-11-01 04:00"),  # midnight comes twice: the first one
    ],
)
def test_a_day_starts_at_its_first_instant(day: date, zone: str, start: str) -> None:
    assert day_start(day, zone) == at(start)


def test_a_change_of_offset_is_found_to_the_second() -> None:
    assert change_between(at("2026-03-07 12:00"), at("2026-03-08 12:00"), "America/New_York") == at("2026-03-08 07:00")
    assert change_between(at("2026-03-06 12:00"), at("2026-03-07 12:00"), "America/New_York") is None
