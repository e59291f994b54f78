"""Manual calls: an agent asks for one lead, or types a number, and the gate is asked like for every other call."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState, ImpossibleTurn
from dialer.core.compliance.gate import CampaignRules
from dialer.core.compliance.week import parse_week
from dialer.core.lead import Prospect
from dialer.core.number import Number
from dialer.core.outcome import Kind
from tests.core.makers import (
    NOW,
    Stage,
    leg,
    make_campaign,
    make_preview_campaign,
    make_prospect,
    make_refusal,
    make_session,
)

TYPED = Number("+9991777777")
SHUT = CampaignRules(windows=parse_week({"daily": ["08:00-09:00"]}))  # NOW is 15:00
CLOSES_SOON = CampaignRules(windows=parse_week({"daily": ["08:00-15:01"]}))


def at_work(*, paused: bool = False, lines: int = 10, **campaign: object) -> Stage:
    stage = Stage(make_campaign(**{"manual": True} | campaign), lines=lines)
    stage.log_in("ann")
    if paused:
        stage.tell(ev.PauseAsked("ann", "lunch", "boss"))
    return stage


def asked(stage: Stage, who: int | Number = 7) -> cmd.ClaimLead:
    stage.tell(ev.ManualAsked("ann", 1, who))
    return stage.last(cmd.ClaimLead)


def by_hand(id: int = 7, was_due: datetime | None = None) -> Prospect:
    """As the database claims it."""
    prospect = make_prospect(id, was_due=was_due)
    return replace(prospect, question=replace(prospect.question, mode="manual"))


def claimed(stage: Stage, prospect: Prospect | None = None) -> list[cmd.Command]:
    return stage.tell(ev.LeadClaimed("ann", stage.last(cmd.ClaimLead).asked_at, prospect or by_hand()))


def reason(stage: Stage) -> str | None:
    unplaced = stage.agent().unplaced
    return unplaced.reason if unplaced is not None else None


# --- asked and placed -----------------------------------------------------------------------------------------------


def test_an_agent_who_asks_for_a_lead_is_reserved_while_it_is_claimed() -> None:
    stage = at_work()
    assert asked(stage) == cmd.ClaimLead("ann", NOW, 1, 7)
    assert stage.state() is AgentState.RESERVED
    stage.supply(make_prospect())
    assert not stage.given(cmd.OpenAttemptRow)  # the pacing does not use an agent who has asked for a call


def test_a_lead_that_was_asked_for_is_called_with_the_gates_permit() -> None:
    stage = at_work()
    asked(stage)
    claimed(stage)
    stage.open_rows()
    order = stage.last(cmd.Originate)
    assert order.permit.number == by_hand().number.number
    assert order.permit.basis.question.mode == "manual"
    assert order.attempt_id == "call-t1-7-1"


def test_a_call_by_hand_is_not_checked_for_a_machine() -> None:
    stage = at_work(amd=True)
    asked(stage)
    claimed(stage)
    stage.open_rows()
    assert not stage.last(cmd.Originate).amd
    stage.hung_up(stage.last(cmd.Originate).attempt_id, answered=False)
    stage.dialing(make_prospect(8))
    assert stage.last(cmd.Originate).amd


def test_a_call_by_hand_ends_like_every_other() -> None:
    stage = at_work(wrap_up_seconds=30)
    asked(stage, TYPED)
    claimed(stage)
    stage.open_rows()
    attempt = stage.last(cmd.Originate).attempt_id
    stage.tell(ev.CallBridged(attempt))
    stage.wait(60)
    stage.hung_up(attempt)
    stage.tell(ev.DispositionGiven("ann", attempt, "sale"))
    assert stage.outcome(attempt).kind is Kind.TALKED
    assert stage.state() is AgentState.READY


def test_who_was_paused_is_paused_again_after_the_call() -> None:
    stage = at_work(paused=True)
    asked(stage)
    claimed(stage)
    stage.open_rows()
    attempt = stage.last(cmd.Originate).attempt_id
    stage.tell(ev.CallBridged(attempt))
    stage.wait(60)
    stage.hung_up(attempt)
    stage.tell(ev.DispositionGiven("ann", attempt, "sale"))
    agent = stage.agent()
    assert (agent.state, agent.code, agent.by) == (AgentState.PAUSED, "lunch", "boss")


def test_a_lead_in_the_hopper_is_taken_from_there() -> None:
    stage = at_work(paused=True)
    stage.supply(make_prospect(1), make_prospect(2))
    stage.tell(ev.ManualAsked("ann", 1, 2))
    assert not stage.given(cmd.ClaimLead)
    stage.open_rows()
    assert stage.last(cmd.Originate).permit.lead_id == 2
    assert stage.last(cmd.Originate).permit.basis.question.mode == "manual"
    assert [p.lead.id for p in stage.desk().hopper.prospects] == [1]


def test_a_number_whose_lead_is_in_the_hopper_is_called_as_that_lead() -> None:
    stage = at_work(paused=True)
    stage.supply(make_prospect(1), make_prospect(2))
    stage.tell(ev.ManualAsked("ann", 1, make_prospect(2).number.number))
    assert stage.last(cmd.OpenAttemptRow).prospect.lead.id == 2


def test_a_lead_whose_lease_is_nearly_over_is_claimed_anew() -> None:
    stage = at_work(paused=True)
    stage.supply(make_prospect(1, lease_until=NOW + timedelta(seconds=30)))
    assert asked(stage, 1).who == 1


def test_an_on_hook_agent_is_rung_first() -> None:
    stage = Stage(make_campaign(on_hook=True))
    stage.log_in("ann", on_hook=True)
    asked(stage)
    claimed(stage)
    assert stage.last(cmd.RingAgent).agent_id == "ann"
    assert not stage.given(cmd.OpenAttemptRow)
    stage.phone_up()
    stage.open_rows()
    assert stage.last(cmd.Originate).permit.lead_id == 7


# --- refused and not to be had --------------------------------------------------------------------------------------


def test_a_refusal_is_shown_with_its_next_moment_and_nothing_is_dialed() -> None:
    stage = at_work()
    order = asked(stage)
    refusal = make_refusal("OUTSIDE_WINDOW", NOW + timedelta(hours=17))
    stage.tell(ev.LeadNotClaimed("ann", order.asked_at, "refused", refusal))
    unplaced = stage.agent().unplaced
    assert unplaced is not None
    assert (unplaced.what, unplaced.lead_id, unplaced.refusal) == ("call", 7, refusal)
    assert stage.desk().refusals["OUTSIDE_WINDOW"] == 1
    assert stage.state() is AgentState.READY
    assert not stage.given(cmd.OpenAttemptRow)


def test_a_number_that_was_refused_is_shown_by_its_last_digits() -> None:
    stage = at_work(paused=True)
    order = asked(stage, TYPED)
    stage.tell(ev.LeadNotClaimed("ann", order.asked_at, "promised"))
    unplaced = stage.agent().unplaced
    assert unplaced is not None
    assert (unplaced.lead_id, unplaced.number_ends, unplaced.reason) == (None, "777", "promised")
    assert stage.agent().code == "lunch"


def test_the_gate_is_asked_again_when_the_claim_comes() -> None:
    stage = at_work(rules=CLOSES_SOON)
    asked(stage)
    prospect = by_hand(was_due=NOW + timedelta(days=3))
    stage.tell(ev.CampaignSet(make_campaign(manual=True, rules=SHUT), running=True))
    claimed(stage, prospect)
    refusal = stage.last(cmd.RefuseLead)
    assert refusal.refusal.rule == "OUTSIDE_WINDOW"
    assert refusal.at == NOW + timedelta(days=3)  # the lead is not called sooner because somebody tried
    assert reason(stage) == "refused"
    assert stage.state() is AgentState.READY


def test_the_gate_refuses_when_the_on_hook_phone_is_picked_up_too_late() -> None:
    stage = Stage(make_campaign(on_hook=True, rules=CLOSES_SOON))
    stage.log_in("ann", on_hook=True)
    asked(stage)
    claimed(stage)
    stage.wait(25)
    stage.now = NOW + timedelta(minutes=1)
    stage.picture.agents["ann"].deadline = None
    stage.phone_up()
    assert reason(stage) == "refused"
    assert not stage.given(cmd.OpenAttemptRow)


def test_the_database_has_the_last_word() -> None:
    stage = at_work()
    asked(stage)
    claimed(stage)
    stage.tell(ev.AttemptRefused(stage.last(cmd.OpenAttemptRow).attempt_id, make_refusal()))
    assert reason(stage) == "refused"
    assert stage.state() is AgentState.READY


def test_a_permit_that_went_stale_is_asked_for_again_before_the_call() -> None:
    stage = at_work(rules=CLOSES_SOON)
    asked(stage)
    claimed(stage)
    order = stage.last(cmd.OpenAttemptRow)
    stage.now = NOW + timedelta(minutes=1)
    stage.tell(ev.AttemptOpened(order.attempt_id, order.permit))
    assert not stage.given(cmd.Originate)
    assert reason(stage) == "refused"


def test_a_call_that_asterisk_refused_is_said_to_its_agent() -> None:
    stage = at_work()
    asked(stage)
    claimed(stage)
    stage.open_rows()
    stage.tell(ev.OriginateNotSent(stage.last(cmd.Originate).attempt_id, "Asterisk refused it"))
    assert reason(stage) == "not_placed"


def test_what_the_pacing_chose_and_the_gate_refused_is_no_news_for_the_agent() -> None:
    stage = at_work()
    stage.supply(make_prospect())
    stage.tell(ev.AttemptRefused(stage.last(cmd.OpenAttemptRow).attempt_id, make_refusal()))
    assert reason(stage) is None


def test_a_preview_that_is_refused_when_it_is_dialed_says_why() -> None:
    stage = Stage(make_preview_campaign(rules=CLOSES_SOON, preview_seconds=300))
    stage.log_in("ann")
    stage.supply(make_prospect())
    stage.now = NOW + timedelta(minutes=1)
    stage.tell(ev.DialAsked("ann"))
    assert reason(stage) == "refused"


# --- what cannot be asked -------------------------------------------------------------------------------------------


def refused_to_ask(stage: Stage, words: str, who: int | Number = 7, campaign_id: int = 1) -> None:
    before = stage.state()
    with pytest.raises(ImpossibleTurn, match=words):
        stage.tell(ev.ManualAsked("ann", campaign_id, who))
    assert stage.state() is before
    assert not stage.given(cmd.ClaimLead)


def test_a_campaign_must_be_the_agents_own() -> None:
    refused_to_ask(at_work(), "does not work on campaign 2", campaign_id=2)
    stage = Stage(make_campaign(), make_campaign(id=2, name="winter"))
    stage.log_in("ann", campaigns=(1,))
    refused_to_ask(stage, "does not work on campaign 2", campaign_id=2)


def test_numbers_are_typed_only_where_the_campaign_allows_it() -> None:
    refused_to_ask(at_work(manual=False), "no number can be typed", TYPED)


def test_without_a_phone_on_line_nothing_is_asked() -> None:
    stage = at_work(paused=True)
    stage.phone_lost()
    refused_to_ask(stage, "phone is not on line")
    hooked = Stage(make_campaign(on_hook=False))
    hooked.log_in("ann", on_hook=True)
    refused_to_ask(hooked, "phone is not on line")


def test_while_nothing_may_be_dialed_nothing_is_asked() -> None:
    stage = at_work()
    stage.tell(ev.StoreDown("away"))
    refused_to_ask(stage, "nothing may be dialed")
    stage.tell(ev.StoreUp())
    stage.tell(ev.CampaignSet(make_campaign(manual=True), running=False))
    refused_to_ask(stage, "nothing may be dialed")


def test_without_a_line_nothing_is_asked() -> None:
    refused_to_ask(at_work(lines=0), "all lines")


@pytest.mark.parametrize("busy", ["reserved", "talking", "wrapping up"])
def test_who_has_a_call_cannot_ask_for_another(busy: str) -> None:
    stage = at_work()
    {"reserved": stage.dialing, "talking": stage.talking, "wrapping up": stage.wrapping_up}[busy]()
    refused_to_ask(stage, "is not possible now")


def test_a_lead_that_was_promised_to_another_agent_is_theirs_until_its_time_has_passed() -> None:
    stage = at_work(paused=True)
    stage.supply(make_prospect(7, for_agent="bob", open_from=NOW + timedelta(minutes=5)))
    refused_to_ask(stage, "promised")
    stage.wait(300)
    stage.tell(ev.ManualAsked("ann", 1, 7))
    assert stage.given(cmd.OpenAttemptRow)


def test_a_personal_callback_passes_the_gate_like_every_call() -> None:
    stage = Stage(make_campaign(rules=SHUT))
    stage.log_in("ann")
    stage.supply(make_prospect(7, for_agent="ann", open_from=NOW + timedelta(minutes=5)))
    assert stage.last(cmd.RefuseLead).refusal.rule == "OUTSIDE_WINDOW"
    assert not stage.given(cmd.OpenAttemptRow)
    stage.tell(ev.CampaignSet(make_campaign(), running=True))
    stage.supply(make_prospect(7, for_agent="ann", open_from=NOW + timedelta(minutes=5)))
    stage.open_rows()
    assert stage.last(cmd.Originate).permit.lead_id == 7


# --- meanwhile ------------------------------------------------------------------------------------------------------


def test_an_answer_that_does_not_come_frees_the_agent_and_what_comes_late_is_given_back() -> None:
    stage = at_work(paused=True)
    order = asked(stage)
    stage.wait(10)
    assert stage.state() is AgentState.PAUSED
    assert reason(stage) == "late"
    stage.tell(ev.LeadNotClaimed("ann", order.asked_at, "held"))
    assert reason(stage) == "late"
    stage.tell(ev.LeadClaimed("ann", order.asked_at, by_hand(was_due=NOW + timedelta(hours=1))))
    assert stage.last(cmd.ReleaseLead).at == NOW + timedelta(hours=1)


def test_an_answer_to_an_earlier_ask_is_not_taken_for_the_present_one() -> None:
    stage = at_work()
    first = asked(stage)
    stage.wait(11)
    asked(stage, 8)
    stage.tell(ev.LeadClaimed("ann", first.asked_at, by_hand(7)))
    assert stage.last(cmd.ReleaseLead).lead_id == 7
    assert "ann" in stage.picture.asking


@pytest.mark.parametrize("what", ["stopped", "agent_phone"])
def test_what_changed_during_the_claim_gives_the_lead_back(what: str) -> None:
    stage = at_work()
    asked(stage)
    if what == "stopped":
        stage.tell(ev.CampaignSet(make_campaign(manual=True), running=False))
    else:
        stage.phone_lost()
    claimed(stage)
    assert stage.last(cmd.ReleaseLead).because == what
    assert reason(stage) == what
    assert not stage.given(cmd.OpenAttemptRow)


def test_a_log_out_asked_during_the_claim_waits_for_the_call() -> None:
    stage = at_work()
    order = asked(stage)
    stage.tell(ev.LogoutAsked("ann"))
    assert stage.state() is AgentState.RESERVED
    stage.tell(ev.LeadNotClaimed("ann", order.asked_at, "held"))
    assert stage.state() is AgentState.LOGGED_OUT
    assert reason(stage) is None


def test_a_link_that_comes_back_does_not_take_the_agents_ask_away() -> None:
    stage = at_work()
    asked(stage)
    leg_id = stage.agent().leg_id or ""
    stage.tell(ev.LinkDown("reset"))
    stage.tell(ev.LinkUp())
    stage.tell(ev.Resynced((leg(leg_id),)))
    assert stage.state() is AgentState.RESERVED


def test_an_adopted_agent_who_had_asked_goes_back_to_work() -> None:
    stage = Stage(linked=False)
    session = make_session(state="reserved")
    stage.tell(ev.Adopted((session,), ()))
    stage.tell(ev.LinkUp())
    stage.tell(ev.Resynced((leg(session.leg_id or ""),)))
    assert stage.state() is AgentState.READY


def test_the_last_word_on_a_call_goes_with_the_next_talk() -> None:
    stage = at_work()
    order = asked(stage)
    stage.tell(ev.LeadNotClaimed("ann", order.asked_at, "held"))
    assert reason(stage) == "held"
    stage.talking(make_prospect(8))
    assert reason(stage) is None
