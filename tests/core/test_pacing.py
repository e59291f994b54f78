"""Pacing: how many calls, the trunk's rate, the abandonment brake, the end of a preview."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.pacing import preview
from dialer.core.pacing.abandon import GUARANTEED, Brake
from dialer.core.pacing.progressive import calls_to_place
from dialer.core.pacing.trunk import WINDOW, Trunk
from tests.core.makers import NOW, make_campaign

COUNT = st.integers(-5, 50)
BRAKED = Brake(0, "phones die")
BRAKES = st.sampled_from([GUARANTEED, Brake(2, "phones die"), BRAKED])
SECOND = timedelta(seconds=1)


# --- progressive ----------------------------------------------------------------------------------------------------


@given(COUNT, COUNT, COUNT, COUNT)
def test_never_negative_and_never_over_a_limit(ready: int, leads: int, free_lines: int, allowance: int) -> None:
    pace = calls_to_place(ready=ready, leads=leads, free_lines=free_lines, allowance=allowance, brake=GUARANTEED)
    assert pace.place == max(0, min(ready, leads, free_lines, allowance))
    assert pace.because


@given(COUNT, st.integers(0, 20), COUNT, COUNT, COUNT, BRAKES)
def test_more_agents_never_mean_fewer_calls(
    ready: int, more: int, leads: int, lines: int, rate: int, on: Brake
) -> None:
    few = calls_to_place(ready=ready, leads=leads, free_lines=lines, allowance=rate, brake=on)
    many = calls_to_place(ready=ready + more, leads=leads, free_lines=lines, allowance=rate, brake=on)
    assert many.place >= few.place


@given(COUNT, COUNT, COUNT, COUNT)
def test_nothing_is_placed_under_the_brake(ready: int, leads: int, free_lines: int, allowance: int) -> None:
    pace = calls_to_place(ready=ready, leads=leads, free_lines=free_lines, allowance=allowance, brake=BRAKED)
    assert pace.place == 0


@pytest.mark.parametrize(
    ("counts", "place", "because"),
    [
        ({}, 4, "one call for each ready agent"),
        ({"ready": 0}, 0, "no agent is ready"),
        ({"leads": 3}, 3, "fewer leads than agents"),
        ({"leads": 0}, 0, "no lead is ready to dial"),
        ({"free_lines": 2}, 2, "fewer lines than agents"),
        ({"free_lines": 0}, 0, "all lines are in use"),
        ({"allowance": 1}, 1, "the trunk's calls per second"),
        ({"allowance": 0}, 0, "the trunk's calls per second are used up"),
        ({"brake": BRAKED}, 0, "the abandonment brake is on: phones die"),
        ({"brake": Brake(2, "phones die")}, 2, "the abandonment brake: phones die"),
    ],
)
def test_the_tightest_limit_is_the_reason(counts: dict[str, int], place: int, because: str) -> None:
    given = {"ready": 4, "leads": 9, "free_lines": 9, "allowance": 9, "brake": GUARANTEED} | counts
    pace = calls_to_place(**given)  # type: ignore[arg-type]
    assert (pace.place, pace.because) == (place, because)


# --- the trunk ------------------------------------------------------------------------------------------------------


@given(st.integers(1, 20), st.lists(st.floats(0, 0.4), min_size=1, max_size=200))
def test_no_sliding_second_has_more_calls_than_the_rate(rate: int, pauses: list[float]) -> None:
    trunk, now, sent = Trunk("carrier", 1000, rate), NOW, []
    for pause in pauses:
        now += timedelta(seconds=pause)
        if trunk.allowance(now) > 0:
            trunk.send(now)
            sent.append(now)
    for first, over in zip(sent, sent[rate:], strict=False):
        assert over - first > SECOND


def test_a_call_counts_for_a_second_and_two_milliseconds_more() -> None:
    trunk = Trunk("carrier", 10, 1)
    trunk.send(NOW)
    assert trunk.allowance(NOW + SECOND + timedelta(milliseconds=1.9)) == 0
    assert trunk.allowance(NOW + SECOND + timedelta(milliseconds=2)) == 1


@pytest.mark.parametrize("rate", [1, 5, 20, 50])
def test_an_eager_sender_uses_the_whole_rate(rate: int) -> None:
    trunk, now, sent = Trunk("carrier", 1000, rate), NOW, 0
    while now < NOW + timedelta(minutes=1):
        while trunk.allowance(now) > 0:
            trunk.send(now)
            sent += 1
        again = trunk.next_allowance()
        assert again is not None
        now = again
    assert sent >= 0.99 * 60 * rate


@given(st.integers(1, 5), st.lists(st.floats(0, 2), max_size=30))
def test_the_next_allowance_is_the_first_moment_with_one(rate: int, pauses: list[float]) -> None:
    trunk, now = Trunk("carrier", 10, rate), NOW
    for pause in pauses:
        now += timedelta(seconds=pause)
        if trunk.allowance(now) > 0:
            assert trunk.next_allowance() is None
            trunk.send(now)
        else:
            again = trunk.next_allowance()
            assert again is not None
            assert again - now <= WINDOW
            assert trunk.allowance(again - timedelta(microseconds=1)) == 0
            assert trunk.allowance(again) > 0


@pytest.mark.parametrize(("in_use", "free"), [(0, 2), (1, 1), (2, 0), (3, 0)])
def test_free_lines_are_never_negative(in_use: int, free: int) -> None:
    assert Trunk("carrier", 2, 1, in_use=in_use).free_lines == free


# --- preview --------------------------------------------------------------------------------------------------------


def test_a_preview_lasts_the_campaigns_time_but_never_past_the_lease() -> None:
    campaign = make_campaign(preview_seconds=30)
    assert preview.deadline(campaign, NOW, NOW + timedelta(hours=1)) == NOW + timedelta(seconds=30)
    assert preview.deadline(campaign, NOW, NOW + timedelta(seconds=10)) == NOW + timedelta(seconds=10)
