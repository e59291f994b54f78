"""Stories of an agent: asks kept during a call, wrap-up, phones that die or do not answer."""

import pytest

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState, ImpossibleTurn
from dialer.core.floor.agents import NO_PHONE, RING_PAUSE, RING_PHONE, RING_TRIES
from dialer.core.outcome import Cause, Kind
from tests.core.makers import Stage, make_campaign, make_prospect

IN_VAIN = RING_PHONE.total_seconds()
PAUSE = RING_PAUSE.total_seconds()


def ready(*agents: str, **campaign: object) -> Stage:
    stage = Stage(make_campaign(**campaign))
    stage.log_in(*(agents or ("ann",)))
    return stage


# --- logging in -----------------------------------------------------------------------------------------------------


def test_an_agent_is_ready_once_the_phone_is_on_line() -> None:
    stage = Stage()
    stage.tell(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
    assert stage.state() is AgentState.CONNECTING
    ring = stage.last(cmd.RingAgent)
    assert (ring.endpoint, ring.on_hook) == ("phone-ann", False)
    stage.phone_up()
    assert stage.state() is AgentState.READY


def test_an_agent_on_hook_is_ready_at_once() -> None:
    stage = Stage()
    stage.log_in("ann", on_hook=True)
    assert stage.state() is AgentState.READY
    assert not stage.given(cmd.RingAgent)


def test_logging_in_again_changes_the_campaigns_and_not_the_state() -> None:
    stage = ready()
    attempt = stage.talking()
    stage.tell(ev.AgentLoggedIn("ann", "another-phone", (1, 2)))
    assert stage.state() is AgentState.TALKING
    assert (stage.agent().campaigns, stage.agent().endpoint) == ((1, 2), "phone-ann")
    assert stage.agent().attempt_id == attempt


def test_an_agent_may_come_back_with_another_phone() -> None:
    stage = ready()
    stage.tell(ev.LogoutAsked("ann"))
    stage.tell(ev.AgentLoggedIn("ann", "another-phone", (1,)))
    assert stage.last(cmd.RingAgent).endpoint == "another-phone"


def test_each_ring_has_a_leg_id_that_was_never_used_before() -> None:
    stage = ready()
    for _ in range(3):
        stage.phone_lost()
        stage.phone_up()
    legs = [ring.leg_id for ring in stage.given(cmd.RingAgent)]
    assert len(legs) == len(set(legs)) == 4


def test_a_phone_that_says_again_that_it_is_up_changes_nothing() -> None:
    stage = ready()
    assert stage.phone_up() == []


def test_a_leg_that_is_not_the_agents_any_more_is_hung_up() -> None:
    stage = ready()
    old = stage.agent().leg_id or ""
    stage.phone_lost()
    assert stage.tell(ev.AgentLegUp("ann", old)) == [cmd.HangupLeg(old)]
    assert stage.tell(ev.AgentLegUp("nobody", "agent-t1-nobody-1")) == [cmd.HangupLeg("agent-t1-nobody-1")]


def test_while_the_link_syncs_a_leg_of_nobody_is_left_to_the_adoption() -> None:
    stage = Stage(linked=False)
    stage.tell(ev.LinkUp())
    assert stage.tell(ev.AgentLegUp("ann", "agent-t1-ann-1")) == []


def test_the_end_of_a_leg_that_is_nobodys_is_late_but_normal() -> None:
    stage = ready()
    assert stage.tell(ev.AgentLegEnded("ann", "agent-t1-ann-1", Cause.NORMAL)) == []
    assert stage.tell(ev.AgentLegEnded("nobody", "agent-t1-nobody-1", Cause.NORMAL)) == []
    assert stage.state() is AgentState.READY


@pytest.mark.parametrize(
    "ask",
    [
        ev.ReadyAsked("bob"),
        ev.PauseAsked("bob", "lunch"),
        ev.LogoutAsked("bob"),
        ev.DialAsked("bob"),
        ev.SkipAsked("bob", "no"),
        ev.HangupAsked("bob"),
        ev.DispositionGiven("bob", "call-t1-1-1", "sale"),
    ],
    ids=lambda ask: type(ask).__name__,
)
def test_who_is_not_logged_in_can_ask_for_nothing(ask: ev.AgentAsk) -> None:
    stage = ready("ann", "bob")
    stage.tell(ev.LogoutAsked("bob"))
    with pytest.raises(ImpossibleTurn, match="bob is not logged in"):
        stage.tell(ask)


# --- pause and log-out ----------------------------------------------------------------------------------------------


def test_a_ready_agent_pauses_at_once_and_is_given_nothing() -> None:
    stage = ready()
    stage.tell(ev.PauseAsked("ann", "lunch", by="boss"))
    assert (stage.state(), stage.agent().code, stage.agent().by) == (AgentState.PAUSED, "lunch", "boss")
    stage.supply(make_prospect())
    assert not stage.given(cmd.OpenAttemptRow)


def test_a_pause_asked_during_a_call_is_applied_after_wrap_up() -> None:
    stage = ready()
    attempt = stage.talking()
    stage.tell(ev.PauseAsked("ann", "lunch", by="boss"))
    assert stage.state() is AgentState.TALKING
    stage.hung_up(attempt)
    assert stage.state() is AgentState.WRAP_UP
    stage.tell(ev.DispositionGiven("ann", attempt, "sale"))
    assert (stage.state(), stage.agent().code, stage.agent().by) == (AgentState.PAUSED, "lunch", "boss")
    stage.tell(ev.ReadyAsked("ann"))
    assert stage.state() is AgentState.READY


def test_a_log_out_asked_during_a_call_is_applied_after_wrap_up() -> None:
    stage = ready()
    attempt = stage.talking()
    stage.tell(ev.LogoutAsked("ann"))
    assert stage.state() is AgentState.TALKING
    stage.hung_up(attempt)
    leg_id = stage.agent().leg_id or ""
    orders = stage.tell(ev.DispositionGiven("ann", attempt, "sale"))
    assert stage.state() is AgentState.LOGGED_OUT
    assert cmd.HangupLeg(leg_id) in orders


def test_a_kept_pause_is_taken_back_by_asking_for_work() -> None:
    stage = ready()
    attempt = stage.talking()
    stage.tell(ev.PauseAsked("ann", "lunch"))
    stage.tell(ev.ReadyAsked("ann"))
    stage.hung_up(attempt)
    stage.tell(ev.DispositionGiven("ann", attempt, "sale"))
    assert stage.state() is AgentState.READY


def test_the_last_ask_is_the_one_that_is_kept() -> None:
    stage = ready()
    attempt = stage.dialing()
    stage.tell(ev.PauseAsked("ann", "lunch"))
    stage.tell(ev.LogoutAsked("ann"))
    stage.hung_up(attempt, Cause.BUSY, answered=False)
    assert stage.state() is AgentState.LOGGED_OUT


def test_asking_for_work_while_the_phone_rings_changes_nothing() -> None:
    stage = Stage()
    stage.tell(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
    stage.tell(ev.ReadyAsked("ann"))
    assert stage.state() is AgentState.CONNECTING


def test_a_phone_that_comes_up_during_a_pause_does_not_end_it() -> None:
    stage = Stage()
    stage.tell(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
    stage.tell(ev.PauseAsked("ann", "lunch"))
    stage.phone_up()
    assert stage.state() is AgentState.PAUSED
    assert stage.last(cmd.SaveAgent).state == "paused"


def test_every_state_is_saved_with_what_a_new_service_needs() -> None:
    stage = ready()
    stage.talking()
    saved = stage.last(cmd.SaveAgent)
    assert (saved.state, saved.attempt_id, saved.leg_id) == ("talking", "call-t1-1-1", stage.agent().leg_id)


# --- wrap-up --------------------------------------------------------------------------------------------------------


def test_the_wrap_up_deadline_gives_the_default_disposition() -> None:
    stage = ready(wrap_up_seconds=30)
    attempt = stage.wrapping_up()
    stage.wait(29)
    assert stage.state() is AgentState.WRAP_UP
    stage.wait(1)
    outcome = stage.outcome(attempt)
    assert (outcome.disposition, outcome.kind, outcome.decided_by) == ("no_disposition", Kind.TALKED, "deadline")
    assert stage.state() is AgentState.READY


def test_a_default_disposition_the_campaign_does_not_list_still_means_a_talk() -> None:
    stage = ready(default_disposition="house_word")
    attempt = stage.wrapping_up()
    stage.wait(30)
    assert stage.outcome(attempt).kind is Kind.TALKED


def test_the_deadline_of_a_wrap_up_that_was_ended_in_time_does_nothing() -> None:
    stage = ready(wrap_up_seconds=30)
    attempt = stage.wrapping_up()
    stage.tell(ev.DispositionGiven("ann", attempt, "sale"))
    stage.wait(60)
    assert stage.outcome(attempt).disposition == "sale"
    assert stage.state() is AgentState.READY


def test_a_phone_lost_in_wrap_up_is_rung_again_afterwards() -> None:
    stage = ready()
    attempt = stage.wrapping_up()
    rings = len(stage.given(cmd.RingAgent))
    stage.phone_lost()
    assert stage.state() is AgentState.WRAP_UP
    assert len(stage.given(cmd.RingAgent)) == rings
    stage.tell(ev.DispositionGiven("ann", attempt, "sale"))
    assert stage.state() is AgentState.CONNECTING
    assert len(stage.given(cmd.RingAgent)) == rings + 1


# --- phones that do not answer --------------------------------------------------------------------------------------


def test_a_ready_agent_whose_phone_is_lost_is_rung_again() -> None:
    stage = ready()
    stage.phone_lost()
    assert stage.state() is AgentState.CONNECTING
    stage.phone_up()
    assert stage.state() is AgentState.READY


def test_three_rings_in_vain_pause_the_agent_and_tell_a_supervisor() -> None:
    stage = ready()
    stage.phone_lost()
    for _ in range(RING_TRIES - 1):
        stage.wait(IN_VAIN + PAUSE)
        assert stage.state() is AgentState.CONNECTING
    stage.wait(IN_VAIN)
    assert (stage.state(), stage.agent().code) == (AgentState.PAUSED, NO_PHONE)
    assert stage.incidents() == ["agent_phone"]
    rings = [ring.leg_id for ring in stage.given(cmd.RingAgent)][-RING_TRIES:]
    assert all(cmd.HangupLeg(leg_id) in stage.orders for leg_id in rings)


def test_a_phone_that_refuses_counts_like_one_that_is_silent() -> None:
    stage = Stage()
    stage.tell(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
    for _ in range(RING_TRIES):
        assert stage.state() is AgentState.CONNECTING
        stage.phone_lost()
        stage.wait(PAUSE)
    assert stage.agent().code == NO_PHONE


def test_a_phone_that_refused_is_left_alone_for_a_moment() -> None:
    stage = Stage()
    stage.tell(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
    stage.phone_lost()
    stage.wait(PAUSE - 0.1)
    assert len(stage.given(cmd.RingAgent)) == 1
    stage.wait(0.1)
    assert len(stage.given(cmd.RingAgent)) == 2


def test_rings_in_vain_are_forgotten_once_the_phone_answers() -> None:
    stage = ready()
    for _ in range(RING_TRIES):
        stage.phone_lost()
        stage.phone_lost()
        stage.wait(PAUSE)
        stage.phone_up()
    assert stage.state() is AgentState.READY


def test_an_unreachable_agent_who_is_back_is_rung_again() -> None:
    stage = Stage()
    stage.tell(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
    for _ in range(RING_TRIES):
        stage.phone_lost()
        stage.wait(PAUSE)
    stage.tell(ev.ReadyAsked("ann"))
    assert stage.state() is AgentState.CONNECTING
    stage.phone_lost()
    assert stage.state() is AgentState.CONNECTING


def test_the_deadline_of_a_phone_that_answered_in_time_does_nothing() -> None:
    stage = ready()
    stage.wait(IN_VAIN * 2)
    assert stage.state() is AgentState.READY
    assert not stage.given(cmd.HangupLeg)


def test_without_a_pbx_no_phone_is_rung_and_nobody_is_to_blame() -> None:
    stage = Stage(linked=False)
    stage.tell(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
    stage.wait(IN_VAIN * 10)
    assert stage.state() is AgentState.CONNECTING
    assert not stage.given(cmd.RingAgent)
    stage.tell(ev.LinkUp())
    stage.tell(ev.Resynced(()))
    assert len(stage.given(cmd.RingAgent)) == 1
