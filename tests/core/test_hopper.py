"""The hopper: whose turn a claimed lead is, and how many to claim."""

from collections import deque
from datetime import timedelta

from dialer.core.hopper import LEASE_MARGIN, Hopper
from dialer.core.lead import Prospect
from tests.core.makers import NOW, make_prospect


def full(*prospects: Prospect) -> Hopper:
    return Hopper(deque(prospects))


def test_the_first_in_is_the_first_out() -> None:
    hopper = full(make_prospect(1), make_prospect(2))
    assert hopper.take("ann", NOW) == make_prospect(1)
    assert hopper.take("ann", NOW) == make_prospect(2)
    assert hopper.take("ann", NOW) is None


def test_a_personal_callback_waits_for_its_agent() -> None:
    hopper = full(make_prospect(1, for_agent="bob"))
    assert hopper.take("ann", NOW) is None
    assert hopper.take("bob", NOW) is not None


def test_who_is_passed_over_keeps_the_place_in_line() -> None:
    callback = make_prospect(1, for_agent="bob")
    hopper = full(callback, make_prospect(2), make_prospect(3))
    assert hopper.take("ann", NOW) == make_prospect(2)
    assert hopper.take("bob", NOW) == callback


def test_a_personal_callback_is_open_to_all_after_its_grace() -> None:
    callback = make_prospect(1, for_agent="bob", open_from=NOW + timedelta(minutes=10))
    hopper = full(callback)
    assert hopper.take("ann", NOW + timedelta(minutes=10, seconds=-1)) is None
    assert hopper.take("ann", NOW + timedelta(minutes=10)) == callback


def test_a_lead_is_not_begun_in_the_last_minute_of_its_lease() -> None:
    stale = make_prospect(1, lease_until=NOW + LEASE_MARGIN)
    fresh = make_prospect(2, lease_until=NOW + LEASE_MARGIN + timedelta(seconds=1))
    hopper = full(stale, fresh)
    assert hopper.take("ann", NOW) == fresh
    assert len(hopper) == 0


def test_two_leads_are_wanted_for_each_worker() -> None:
    assert Hopper().wanted(3, NOW) == 6
    assert full(make_prospect(1), make_prospect(2)).wanted(3, NOW) == 4


def test_nothing_is_wanted_while_there_is_one_for_each_worker() -> None:
    assert full(make_prospect(1), make_prospect(2)).wanted(2, NOW) == 0


def test_nothing_is_wanted_for_nobody() -> None:
    assert Hopper().wanted(0, NOW) == 0


def test_one_claim_runs_at_a_time() -> None:
    assert Hopper(claiming=True).wanted(3, NOW) == 0


def test_after_an_empty_claim_the_next_waits() -> None:
    hopper = Hopper(ask_again_at=NOW + timedelta(seconds=5))
    assert hopper.wanted(1, NOW) == 0
    assert hopper.wanted(1, NOW + timedelta(seconds=5)) == 2


def test_those_concerned_are_taken_out_and_the_others_keep_their_order() -> None:
    hopper = full(make_prospect(1), make_prospect(2))
    assert hopper.take_out(lambda prospect: prospect.lead.id == 1) == [make_prospect(1)]
    assert list(hopper.prospects) == [make_prospect(2)]


def test_emptying_returns_everything() -> None:
    hopper = full(make_prospect(1), make_prospect(2))
    assert hopper.empty() == [make_prospect(1), make_prospect(2)]
    assert len(hopper) == 0
