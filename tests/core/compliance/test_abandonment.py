"""Blocks of time in which abandons are counted, and how near a limit a count is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.compliance.abandonment import (
    PERIODS,
    Limit,
    Tally,
    block,
    demands_message,
    forecast,
    limits,
    more,
    passed,
    too_late,
)
from dialer.core.compliance.packs import AbandonPeriod
from tests.core.makers import rulebook

START = datetime(2026, 10, 1, 14, 30, tzinfo=UTC)
THREE = Limit(3.0, "US")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def tally(abandoned: int, answered: int) -> Tally:
    return Tally("campaign_30_days", START, START + timedelta(days=30), abandoned, answered)


@pytest.mark.parametrize(
    ("days", "start_day", "end_day"), [(0, 0, 30), (29.999, 0, 30), (30, 30, 60), (59.999, 30, 60), (95, 90, 120)]
)
def test_blocks_of_thirty_days_follow_each_other_from_the_first_call(days: float, start_day: int, end_day: int) -> None:
    found = block("campaign_30_days", START, "Europe/London", START + timedelta(days=days))
    assert found == (START + timedelta(days=start_day), START + timedelta(days=end_day))


def test_a_campaign_that_has_not_called_yet_begins_its_block_now() -> None:
    assert block("campaign_30_days", None, "UTC", START) == (START, START + timedelta(days=30))
    assert block("campaign_30_days", START + timedelta(hours=1), "UTC", START)[0] == START


DAYS = [
    # zone, now, start, end
    ("Europe/London", "2026-11-23T00:00", "2026-11-23T00:00", "2026-11-24T00:00"),
    ("Europe/London", "2026-11-22T23:59:59", "2026-11-22T00:00", "2026-11-23T00:00"),
    ("Europe/London", "2026-10-25T12:00", "2026-10-24T23:00", "2026-10-26T00:00"),  # 25 hours
    ("Europe/London", "2026-03-29T12:00", "2026-03-29T00:00", "2026-03-29T23:00"),  # 23 hours
    ("Asia/Shanghai", "2026-11-22T17:00", "2026-11-22T16:00", "2026-11-23T16:00"),
    ("Africa/Cairo", "2026-04-24T12:00", "2026-04-23T22:00", "2026-04-24T21:00"),  # midnight is skipped
    ("America/Havana", "2025-11-02T12:00", "2025-11-02T04:00", "2025-11-03T05:00"),  # midnight comes twice
]


@pytest.mark.parametrize(("zone", "now", "start", "end"), DAYS)
def test_a_day_goes_from_midnight_to_midnight_in_the_houses_zone(zone: str, now: str, start: str, end: str) -> None:
    assert block("day", START, zone, utc(now)) == (utc(start), utc(end))


@pytest.mark.parametrize(
    ("zone", "now", "start", "end"),
    [
        ("America/Toronto", "2026-11-15T12:00", "2026-11-01T04:00", "2026-12-01T05:00"),  # clocks change in it
        ("America/Toronto", "2026-12-01T04:59:59", "2026-11-01T04:00", "2026-12-01T05:00"),
        ("America/Toronto", "2026-12-01T05:00", "2026-12-01T05:00", "2027-01-01T05:00"),
        ("UTC", "2028-02-29T12:00", "2028-02-01T00:00", "2028-03-01T00:00"),
    ],
)
def test_a_month_goes_from_the_first_to_the_first(zone: str, now: str, start: str, end: str) -> None:
    assert block("calendar_month", START, zone, utc(now)) == (utc(start), utc(end))


ZONES = st.sampled_from(
    ["UTC", "Europe/London", "America/Toronto", "Asia/Shanghai", "Africa/Cairo", "America/Santiago"]
)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(st.sampled_from(PERIODS), ZONES, MOMENTS, MOMENTS)
def test_blocks_cover_all_time_without_overlap(
    period: AbandonPeriod, zone: str, started: datetime, now: datetime
) -> None:
    start, end = block(period, started, zone, now)
    assert start <= now < end
    assert block(period, started, zone, start) == (start, end)
    if started <= now:
        assert block(period, started, zone, end)[0] == end
    if period != "campaign_30_days":
        assert block(period, started, zone, start - timedelta(microseconds=1))[1] == start
        assert start.astimezone(ZoneInfo(zone)).hour in (0, 1)


# --- the limit ------------------------------------------------------------------------------------------------------


def test_exactly_the_limit_is_inside_it() -> None:
    assert not passed(tally(30, 1000), THREE)
    assert passed(tally(31, 1000), THREE)


@pytest.mark.parametrize(
    ("abandoned", "answered", "needed"),
    [(0, 0, 1), (0, 1000, 31), (30, 1000, 1), (31, 1000, 0), (0, 33, 2), (0, 32, 1)],
)
def test_how_many_more_abandons_would_pass_the_limit(abandoned: int, answered: int, needed: int) -> None:
    assert more(tally(abandoned, answered), THREE) == needed


@given(st.integers(0, 500), st.integers(0, 5000), st.sampled_from([0.0, 1.0, 3.0, 3.1, 5.0, 50.0, 99.9]))
def test_one_fewer_would_not(abandoned: int, answered: int, percent: float) -> None:
    answered, limit = max(answered, abandoned), Limit(percent, "X")
    needed = more(tally(abandoned, answered), limit)
    assert passed(tally(abandoned + needed, answered + needed), limit)
    if needed:
        assert not passed(tally(abandoned + needed - 1, answered + needed - 1), limit)


def test_a_limit_of_everything_is_never_passed() -> None:
    assert more(tally(5, 5), Limit(100.0, "X")) > 1000


def test_the_forecast_mixes_what_was_with_what_comes() -> None:
    assert forecast(tally(30, 1000), 0.0, 1000) == pytest.approx(1.5)
    assert forecast(tally(0, 1000), 0.1, 1000) == pytest.approx(5.0)
    assert forecast(tally(0, 0), 0.1, 0) == 0.0


def test_of_two_counts_of_one_block_the_larger_is_believed() -> None:
    ours, theirs = tally(1, 10), tally(2, 9)
    assert ours.joined(theirs) == tally(2, 10)
    later = Tally("campaign_30_days", ours.end, ours.end + timedelta(days=30), 0, 1)
    assert later.joined(ours) == later


# --- who came too late ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("waited", "greeting", "united_states", "canada_and_kingdom"),
    [
        (None, None, False, False),
        (2000, None, False, False),
        (2001, None, True, True),
        (3000, 1000, False, True),
        (3001, 1000, True, True),
    ],
)
def test_an_agent_after_two_seconds_is_an_abandon(
    waited: int | None, greeting: int | None, united_states: bool, canada_and_kingdom: bool
) -> None:
    assert too_late(waited, greeting, "campaign_30_days") is united_states
    assert too_late(waited, greeting, "calendar_month") is canada_and_kingdom
    assert too_late(waited, greeting, "day") is canada_and_kingdom


# --- the shipped packs ----------------------------------------------------------------------------------------------


def packs(*ids: str):  # type: ignore[no-untyped-def]
    return [edition for one in ids for edition in rulebook().packs[one]]


def test_the_shipped_packs_limit_three_kinds_of_block() -> None:
    assert limits(packs("US", "CA", "GB", "DE", "CN")) == {
        "campaign_30_days": Limit(3.0, "US"),
        "calendar_month": Limit(5.0, "CA"),
        "day": Limit(3.0, "GB"),
    }


def test_of_two_limits_on_the_same_block_the_tighter_one_holds_whatever_their_order() -> None:
    (us,) = packs("US")
    looser = replace(us, id="ZX", abandonment=replace(us.abandonment, limit_percent=5.0))
    for order in ((us, looser), (looser, us)):
        assert limits(order) == {"campaign_30_days": Limit(3.0, "US")}


@pytest.mark.parametrize(("pack", "demands"), [("US", True), ("CA", True), ("GB", True), ("DE", False), ("CN", False)])
def test_a_pack_that_limits_abandonment_demands_a_message(pack: str, demands: bool) -> None:
    assert (demands_message(packs(pack)) is not None) is demands
