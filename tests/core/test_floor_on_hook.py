"""Agents who work with the phone on hook: rung first for each call, let go after it."""

import pytest

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState, ImpossibleTurn
from dialer.core.floor.agents import NO_PHONE, RING_PHONE
from dialer.core.outcome import Cause, WhoEnded
from tests.core.makers import Stage, leg, make_campaign, make_preview_campaign, make_prospect

IN_VAIN = RING_PHONE.total_seconds()


def on_hook() -> Stage:
    stage = Stage(make_campaign(on_hook=True))
    stage.log_in("ann", on_hook=True)
    return stage


def test_an_agent_on_hook_is_rung_before_the_customer() -> None:
    stage = on_hook()
    stage.supply(make_prospect())
    assert stage.state() is AgentState.RESERVED
    assert stage.last(cmd.RingAgent).on_hook
    assert not stage.given(cmd.OpenAttemptRow)
    stage.phone_up()
    stage.open_rows()
    assert stage.last(cmd.Originate).agent_leg == stage.agent().leg_id


def test_an_agent_on_hook_hangs_up_after_the_call_and_is_ready_after_wrap_up() -> None:
    stage = on_hook()
    stage.supply(make_prospect())
    stage.phone_up()
    stage.open_rows()
    attempt = stage.last(cmd.Originate).attempt_id
    stage.tell(ev.CallBridged(attempt))
    stage.wait(5)
    leg_id = stage.agent().leg_id or ""
    assert cmd.HangupLeg(leg_id) in stage.hung_up(attempt)
    stage.tell(ev.DispositionGiven("ann", attempt, "sale"))
    assert stage.state() is AgentState.READY
    assert stage.agent().leg_id is None


def test_an_agent_on_hook_who_puts_the_phone_down_ends_the_talk() -> None:
    stage = on_hook()
    stage.supply(make_prospect())
    stage.phone_up()
    stage.open_rows()
    attempt = stage.last(cmd.Originate).attempt_id
    stage.tell(ev.CallBridged(attempt))
    assert cmd.HangupLeg(attempt) in stage.phone_lost()


@pytest.mark.parametrize(
    ("agents_side_first", "who"), [(True, WhoEnded.AGENT), (False, WhoEnded.CUSTOMER)], ids=["agent", "customer"]
)
def test_who_ended_a_talk_on_hook_is_told_by_the_dialplan(agents_side_first: bool, who: WhoEnded) -> None:
    stage = on_hook()
    stage.supply(make_prospect())
    stage.phone_up()
    stage.open_rows()
    attempt = stage.last(cmd.Originate).attempt_id
    stage.tell(ev.CallBridged(attempt))
    if agents_side_first:
        stage.tell(ev.CustomerDone(attempt, "SUCCESS"))
    stage.phone_lost()  # a phone on hook goes with every call, whoever ended it
    stage.hung_up(attempt)
    assert stage.last(cmd.SaveEnding).ending.who_ended is who


def test_a_busy_customer_lets_the_phone_on_hook_go() -> None:
    stage = on_hook()
    stage.supply(make_prospect())
    stage.phone_up()
    leg_id = stage.agent().leg_id or ""
    stage.open_rows()
    attempt = stage.last(cmd.Originate).attempt_id
    assert cmd.HangupLeg(leg_id) in stage.hung_up(attempt, Cause.BUSY, answered=False)
    assert stage.state() is AgentState.READY


@pytest.mark.parametrize("how", ["silent", "refused"])
def test_a_phone_on_hook_that_does_not_answer_gives_the_lead_back_and_pauses_the_agent(how: str) -> None:
    stage = on_hook()
    stage.supply(make_prospect())
    if how == "silent":
        leg_id = stage.agent().leg_id or ""
        assert cmd.HangupLeg(leg_id) in stage.wait(IN_VAIN)
    else:
        stage.phone_lost()
    assert stage.last(cmd.ReleaseLead).because == "agent_phone"
    assert (stage.state(), stage.agent().code) == (AgentState.PAUSED, NO_PHONE)
    assert not stage.picture.waiting


def test_a_log_out_asked_while_the_phone_on_hook_rings_in_vain_is_a_log_out() -> None:
    stage = on_hook()
    stage.supply(make_prospect())
    stage.tell(ev.LogoutAsked("ann"))
    stage.wait(IN_VAIN)
    assert stage.state() is AgentState.LOGGED_OUT
    assert stage.last(cmd.ReleaseLead).because == "agent_phone"


def test_a_line_is_kept_for_a_customer_whose_agent_is_still_being_rung() -> None:
    stage = Stage(make_campaign(on_hook=True), lines=1)
    stage.log_in("ann", "bob", on_hook=True)
    stage.supply(make_prospect(1), make_prospect(2))
    assert list(stage.picture.waiting) == ["ann"]


def test_a_campaign_that_wants_phones_on_line_gives_no_work_to_one_on_hook() -> None:
    stage = Stage()
    stage.log_in("ann", on_hook=True)
    stage.supply(make_prospect())
    assert stage.state() is AgentState.READY


def previewing_on_hook() -> Stage:
    stage = Stage(make_preview_campaign(on_hook=True, preview_seconds=20))
    stage.log_in("ann", on_hook=True)
    stage.supply(make_prospect())
    stage.tell(ev.DialAsked("ann"))
    return stage


def test_a_previewed_lead_is_dialed_once_the_phone_on_hook_is_up() -> None:
    stage = previewing_on_hook()
    assert stage.agent().preview is None
    stage.phone_up()
    assert stage.last(cmd.OpenAttemptRow).prospect == make_prospect()


def test_a_phone_on_hook_that_is_silent_ends_the_preview_like_any_other_lead() -> None:
    stage = previewing_on_hook()
    stage.wait(IN_VAIN)
    assert stage.agent().code == NO_PHONE
    assert len(stage.given(cmd.ReleaseLead)) == 1


def test_asking_twice_to_dial_rings_the_phone_on_hook_once() -> None:
    stage = previewing_on_hook()
    with pytest.raises(ImpossibleTurn, match="no lead in preview"):
        stage.tell(ev.DialAsked("ann"))
    assert len(stage.given(cmd.RingAgent)) == 1


def test_an_answer_on_hook_that_only_a_resync_saw_is_as_good() -> None:
    stage = on_hook()
    stage.supply(make_prospect())
    leg_id = stage.agent().leg_id or ""
    stage.tell(ev.Resynced((leg(leg_id),)))
    assert stage.given(cmd.OpenAttemptRow)


def test_a_line_promised_to_an_agent_on_hook_is_nobody_elses() -> None:
    stage = Stage(make_campaign(on_hook=True), make_preview_campaign(id=2, name="preview"), lines=1)
    stage.log_in("bob", campaigns=(2,))
    stage.supply(make_prospect(2, campaign_id=2), campaign_id=2)
    stage.log_in("ann", on_hook=True)
    stage.supply(make_prospect(1))
    assert stage.picture.waiting.keys() == {"ann"}
    with pytest.raises(ImpossibleTurn, match="all lines"):
        stage.tell(ev.DialAsked("bob"))
    stage.phone_up("ann")
    stage.open_rows()
    assert stage.picture.trunks["carrier"].in_use == 1
