"""The abandonment brake: what may be dialed after phones have died, and how near the limit a campaign is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dialer.core.compliance.abandonment import Limit, Tally, block
from dialer.core.compliance.question import AbandonCount
from dialer.core.pacing.abandon import BRAKE_TIME, HOUSE_LIMIT, Abandons
from tests.core.makers import NOW

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
US = {"campaign_30_days": Limit(3.0, "US")}


def lasting(abandoned: int, answered: int, *, law: bool = True, shaken: bool = True) -> Abandons:
    """A campaign that has dialed for ten days, with these figures in its block and few of them today."""
    found = Abandons()
    started = NOW - 10 * DAY
    of_block = Tally("campaign_30_days", started, started + 30 * DAY, abandoned, answered)
    of_today = Tally("day", *block("day", started, "UTC", NOW), 1 if abandoned else 0, min(answered, 1000))
    found.counted("UTC", started, (of_block, of_today), NOW if abandoned and shaken else None)
    if law:
        found.meet(US)  # type: ignore[arg-type]
    return found


def answers(*abandoned: bool) -> Abandons:
    count = Abandons()
    for each in abandoned:
        count.answered(NOW, NOW, abandoned=each)
    return count


# --- the internal alarm ---------------------------------------------------------------------------------------------


def test_one_abandon_is_forgiven() -> None:
    assert answers(True).brake(NOW).room is None


def test_a_second_abandon_brakes_for_ten_minutes() -> None:
    count = answers(False, True, True)
    assert count.brake(NOW).on
    assert count.brake(NOW).until == NOW + BRAKE_TIME
    assert count.brake(NOW + BRAKE_TIME - SECOND).on
    assert count.brake(NOW + BRAKE_TIME).room is None


def test_two_abandons_in_two_hundred_answers_are_within_the_share() -> None:
    assert not answers(*[False] * 198, True, True).brake(NOW).on
    assert answers(*[False] * 197, True, True).brake(NOW).on


def test_the_alarm_counts_today_only() -> None:
    count = answers(True, True)
    assert not count.brake(NOW + DAY).on
    assert count.tally("day", NOW + DAY).abandoned == 0
    assert count.tally("campaign_30_days", NOW + DAY).abandoned == 2


# --- a rule's limit -------------------------------------------------------------------------------------------------


def test_dialing_with_a_named_agent_is_free_while_no_phone_has_died() -> None:
    assert lasting(0, 0).brake(NOW).room is None
    assert lasting(20, 1000, shaken=False).brake(NOW, in_flight=50).room is None


def test_after_an_abandon_no_more_calls_go_out_than_could_all_go_wrong() -> None:
    count = lasting(20, 1000)  # eleven more would pass three percent
    assert count.brake(NOW).room == 10
    assert count.brake(NOW, in_flight=4).room == 6
    assert count.brake(NOW, in_flight=40).room == 0


def test_where_the_next_abandon_would_pass_the_limit_not_one_call_goes_out() -> None:
    brake = lasting(30, 1000).brake(NOW)
    assert (brake.on, brake.until) == (True, NOW + BRAKE_TIME)
    assert brake.because == "one abandon more could pass 3 % (US)"


def test_the_brake_lets_go_when_the_phones_have_held_for_ten_minutes() -> None:
    assert lasting(30, 1000).brake(NOW + BRAKE_TIME).room is None


def test_a_limit_that_is_passed_brakes_until_the_block_ends_or_the_rate_falls() -> None:
    count = lasting(31, 1000)
    brake = count.brake(NOW + DAY)
    assert (brake.on, brake.until) == (True, NOW + 20 * DAY)
    assert brake.because == "31 of 1000 live answers abandoned, over 3 % (US)"
    for _ in range(34):  # by preview, where an agent is on the line
        count.answered(NOW, NOW, abandoned=False)
    assert count.brake(NOW + DAY).room is None
    assert lasting(31, 1000).brake(NOW + 20 * DAY).room is None


def test_without_a_rule_the_houses_limit_is_shown_and_stops_nothing() -> None:
    count = lasting(500, 1000, law=False)
    (standing,) = count.standing(NOW)
    assert standing.limit == HOUSE_LIMIT
    assert count.brake(NOW).room is None


def test_the_tightest_limit_met_counts() -> None:
    count = Abandons()
    assert count.meet({"day": Limit(5.0, "A")})
    assert count.meet({"day": Limit(3.0, "B")})
    assert not count.meet({"day": Limit(4.0, "C")})
    assert count.limits == {"day": Limit(3.0, "B")}


# --- counting -------------------------------------------------------------------------------------------------------


def test_a_late_agent_counts_as_an_abandon_where_the_rule_says_so() -> None:
    count = Abandons()
    count.answered(NOW, NOW, abandoned=False, waited_ms=2500, greeting_ms=800)
    assert count.tally("campaign_30_days", NOW).abandoned == 0
    assert count.tally("calendar_month", NOW).abandoned == 1
    assert count.counts(NOW) == (
        AbandonCount(0, 1, "campaign_30_days"),
        AbandonCount(1, 1, "calendar_month"),
        AbandonCount(1, 1, "day"),
    )


def test_a_call_counts_in_the_block_in_which_it_was_begun() -> None:
    count = answers(False)
    tomorrow = NOW + DAY
    assert count.tally("day", tomorrow).answered == 0
    count.answered(NOW, tomorrow, abandoned=True)
    assert count.tally("day", tomorrow).answered == 0
    assert count.tally("campaign_30_days", tomorrow).answered == 2


def test_the_first_call_counts_though_its_row_was_written_a_moment_later() -> None:
    count, start = Abandons(), NOW + timedelta(milliseconds=3)
    count.counted("UTC", start, (Tally("campaign_30_days", start, start + 30 * DAY),), None)
    count.answered(NOW, NOW + SECOND, abandoned=True)
    assert count.tally("campaign_30_days", NOW + SECOND).abandoned == 1


def test_a_count_from_the_database_never_takes_away_what_was_seen_since() -> None:
    count = lasting(2, 100)
    for abandoned in (False, True):
        count.answered(NOW, NOW, abandoned=abandoned)
    seen = count.tally("campaign_30_days", NOW)
    assert (seen.abandoned, seen.answered) == (3, 102)
    older = Tally("campaign_30_days", seen.start, seen.end, 2, 101)
    assert not count.counted("UTC", seen.start, (older,), NOW)
    assert count.tally("campaign_30_days", NOW) == seen
    assert count.counted("UTC", seen.start, (Tally("campaign_30_days", seen.start, seen.end, 5, 200),), NOW)
    assert count.tally("campaign_30_days", NOW).abandoned == 5


def test_the_forecast_goes_on_as_lately() -> None:
    count = lasting(10, 1000)
    before = count.tally("campaign_30_days", NOW)
    assert count.forecast(before, NOW) == pytest.approx(1.0)  # nothing lately: as in the block so far
    for _ in range(20):
        count.answered(NOW, NOW, abandoned=False)
    after = count.tally("campaign_30_days", NOW)
    assert count.forecast(after, NOW) == pytest.approx(100 * 10 / (1020 * 3), rel=0.01)  # a third of the block is over
