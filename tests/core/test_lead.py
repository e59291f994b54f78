"""Which number is next, and the recycling table."""

from datetime import timedelta

import pytest

from dialer.core.campaign import DEFAULT_RECYCLE, RecycleRule
from dialer.core.lead import Again, Done, Lead, recycle
from dialer.core.outcome import Kind
from tests.core.makers import NOW, make_campaign, make_lead, make_number, make_outcome

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def after(kind: Kind, lead: Lead | None = None, **outcome: object) -> Again | Done:
    lead = lead or make_lead()
    return recycle(make_campaign(), lead, lead.numbers[0], make_outcome(kind, **outcome), NOW)


def test_the_number_tried_least_is_next_and_the_first_among_equals() -> None:
    tried, fresh, other = make_number(1, tries=2), make_number(2, tries=1), make_number(3, tries=1)
    assert make_lead(numbers=(tried, fresh, other)).next_number() == fresh


def test_a_dead_number_is_never_next() -> None:
    dead, living = make_number(1, dead=True), make_number(2, tries=7)
    assert make_lead(numbers=(dead, living)).next_number() == living
    assert make_lead(numbers=(dead,)).next_number() is None


@pytest.mark.parametrize(
    ("kind", "delay"),
    [
        (Kind.BUSY, 10 * MINUTE),
        (Kind.NO_ANSWER, 2 * HOUR),
        (Kind.MACHINE, 24 * HOUR),
        (Kind.CONGESTION, 5 * MINUTE),
        (Kind.REJECTED, 24 * HOUR),
        (Kind.FAILED, HOUR),
    ],
)
def test_a_lead_nobody_spoke_to_is_tried_again_later(kind: Kind, delay: timedelta) -> None:
    assert after(kind) == Again(NOW + delay, kind.value)


@pytest.mark.parametrize("kind", [kind for kind in DEFAULT_RECYCLE if kind is not Kind.UNCHARGED])
def test_a_kind_has_its_limit(kind: Kind) -> None:
    limit = DEFAULT_RECYCLE[kind].limit
    assert after(kind, make_lead(tries_by_kind={kind: limit - 1})) == Done(f"{kind.value}_limit")


@pytest.mark.parametrize("kind", [kind for kind, rule in DEFAULT_RECYCLE.items() if rule.limit > 2])
def test_one_below_its_limit_a_kind_is_tried_again(kind: Kind) -> None:
    limit = DEFAULT_RECYCLE[kind].limit
    assert isinstance(after(kind, make_lead(tries_by_kind={kind: limit - 2})), Again)


def test_all_kinds_together_have_a_limit() -> None:
    assert isinstance(after(Kind.BUSY, make_lead(tries=6)), Again)
    assert after(Kind.BUSY, make_lead(tries=7)) == Done("attempt_limit")


def test_an_abandoned_customer_is_left_in_peace() -> None:
    assert after(Kind.ABANDONED) == Done("abandoned_limit")


def test_a_try_that_was_not_the_leads_fault_is_not_charged() -> None:
    again = after(Kind.UNCHARGED, make_lead(tries=99), disposition="not_placed")
    assert again == Again(NOW + MINUTE, "not_placed", charged=False)


def test_even_uncharged_tries_come_to_an_end() -> None:
    assert after(Kind.UNCHARGED, make_lead(tries_by_kind={Kind.UNCHARGED: 9})) == Done("too_many_failures")


def test_a_talk_is_the_end() -> None:
    assert after(Kind.TALKED, disposition="sale") == Done("sale")


def test_who_opts_out_is_not_called_again_and_the_number_is_dead() -> None:
    assert after(Kind.OPT_OUT) == Done("do_not_call", kill_number=True)


def test_a_callback_comes_at_its_time_for_its_agent() -> None:
    at = NOW + 3 * HOUR
    assert after(Kind.CALLBACK, callback_at=at, callback_agent="ann") == Again(at, "callback", agent_id="ann")


def test_a_callback_whose_time_has_passed_is_due_now() -> None:
    assert after(Kind.CALLBACK, callback_at=NOW - HOUR) == Again(NOW, "callback")


def test_a_callback_without_a_time_comes_in_an_hour() -> None:
    assert after(Kind.CALLBACK) == Again(NOW + HOUR, "callback")


def test_after_a_dead_number_the_next_one_is_tried_at_once() -> None:
    lead = make_lead(numbers=(make_number(1), make_number(2)))
    assert after(Kind.DEAD_NUMBER, lead) == Again(NOW, "next_number", kill_number=True)


@pytest.mark.parametrize(
    "lead",
    [
        make_lead(),
        make_lead(numbers=(make_number(1), make_number(2, dead=True))),
        make_lead(numbers=(make_number(1), make_number(2)), tries=7),
    ],
    ids=["the only number", "the other is dead too", "no attempt is left"],
)
def test_a_dead_number_without_another_ends_the_lead(lead: Lead) -> None:
    assert after(Kind.DEAD_NUMBER, lead, disposition="unallocated") == Done("unallocated", kill_number=True)


def test_a_kind_the_campaign_does_not_recycle_ends_the_lead() -> None:
    campaign = make_campaign(recycle={Kind.BUSY: RecycleRule(MINUTE, 3)})
    lead = make_lead()
    outcome = make_outcome(Kind.MACHINE)
    assert recycle(campaign, lead, lead.numbers[0], outcome, NOW) == Done("machine")
