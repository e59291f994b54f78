"""A lost link and a new service: what lived on, what ended unseen, what nobody owns."""

from datetime import timedelta

import pytest

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.core.call import CallState
from dialer.core.outcome import Cause, Kind, WhoEnded
from dialer.core.remembered import AgentSession, LiveLeg, OpenAttempt
from tests.core.makers import (
    NOW,
    Stage,
    leg,
    make_campaign,
    make_ending,
    make_open_attempt,
    make_preview_campaign,
    make_prospect,
    make_session,
)

CALL, ANN = "call-t1-1-1", "agent-t1-ann-7"
MINUTE = timedelta(minutes=1)


# --- the link was lost and came back --------------------------------------------------------------------------------


def talking() -> Stage:
    stage = Stage()
    stage.log_in("ann")
    stage.talking()
    return stage


def back(stage: Stage, *legs: LiveLeg, after: float = 30) -> list[cmd.Command]:
    """The link is lost, some time passes, it is back, and these legs live."""
    stage.tell(ev.LinkDown("reset"))
    stage.wait(after)
    stage.tell(ev.LinkUp())
    return stage.tell(ev.Resynced(legs))


def ann(stage: Stage) -> LiveLeg:
    return leg(stage.agent().leg_id or "", bridged=True)


def test_a_talk_that_lived_on_goes_on() -> None:
    stage = talking()
    orders = back(stage, ann(stage), leg(CALL, bridged=True))
    assert stage.state() is AgentState.TALKING
    assert not [o for o in orders if not isinstance(o, cmd.ClaimLeads)]


def test_a_talk_that_ended_unseen_is_witnessed() -> None:
    stage = talking()
    began = stage.now
    orders = back(stage, ann(stage))
    assert cmd.AskWitness(CALL) in orders
    stage.tell(ev.Witnessed(CALL, began + timedelta(seconds=20), began, began, Cause.NORMAL))
    assert stage.state() is AgentState.WRAP_UP
    assert stage.last(cmd.SaveEnding).ending.talk_seconds == 21  # it was up for a second before


def test_a_witness_is_asked_once() -> None:
    stage = talking()
    back(stage, ann(stage))
    for _ in range(3):
        stage.wait(5)
        stage.tell(ev.Resynced((ann(stage),)))
    assert stage.given(cmd.AskWitness) == [cmd.AskWitness(CALL)]


def test_a_call_bridged_unseen_is_talking_and_its_length_is_not_guessed() -> None:
    stage = Stage()
    stage.log_in("ann")
    attempt = stage.dialing()
    back(stage, ann(stage), leg(attempt, bridged=True))
    assert stage.state() is AgentState.TALKING
    stage.hung_up(attempt)
    assert stage.last(cmd.FinishRecording).talk_seconds is None


def test_the_true_moment_of_a_bridge_replaces_the_guess() -> None:
    stage = Stage()
    stage.log_in("ann")
    attempt = stage.dialing()
    back(stage, ann(stage), leg(attempt, bridged=True))
    stage.tell(ev.CallBridged(attempt, stage.now - timedelta(seconds=9)))
    stage.hung_up(attempt)
    assert stage.last(cmd.FinishRecording).talk_seconds == 9


def test_a_call_answered_unseen_is_answered() -> None:
    stage = Stage()
    stage.log_in("ann")
    attempt = stage.dialing()
    back(stage, ann(stage), leg(attempt))
    assert stage.picture.calls[attempt].state is CallState.ANSWERED


def test_a_call_that_still_rings_is_left_alone() -> None:
    stage = Stage()
    stage.log_in("ann")
    attempt = stage.dialing()
    back(stage, ann(stage), leg(attempt, answered=False), after=3)
    assert stage.picture.calls[attempt].state is CallState.PLACING
    assert not stage.given(cmd.AskWitness)


def test_an_unknown_order_is_looked_for_and_is_not_sent_again() -> None:
    stage = Stage()
    stage.log_in("ann")
    stage.supply(make_prospect())
    stage.open_rows()
    assert cmd.Resync() in stage.tell(ev.OriginateUnknown(CALL, "no reply"))
    stage.wait(3)
    stage.tell(ev.Resynced((leg(stage.agent().leg_id or ""),)))
    stage.wait(5)
    stage.tell(ev.Resynced((leg(stage.agent().leg_id or ""),)))
    stage.tell(ev.Witnessed(CALL, None, None, None, None))
    outcome = stage.outcome(CALL)
    assert (outcome.disposition, outcome.kind) == ("unknown", Kind.FAILED)
    assert len(stage.given(cmd.Originate)) == 1


def test_an_unknown_order_that_rings_after_all_is_a_call_like_any_other() -> None:
    stage = Stage()
    stage.log_in("ann")
    stage.supply(make_prospect())
    stage.open_rows()
    stage.tell(ev.OriginateUnknown(CALL, "no reply"))
    stage.tell(ev.CustomerRang(CALL))
    stage.hung_up(CALL, Cause.BUSY, answered=False)
    assert stage.outcome(CALL).disposition == "busy"


def test_an_order_too_young_to_have_a_channel_is_not_given_up() -> None:
    stage = Stage()
    stage.log_in("ann")
    stage.wait(5)
    stage.dialing()
    stage.tell(ev.Resynced((leg(stage.agent().leg_id or ""),)))
    assert not stage.given(cmd.AskWitness)


def test_an_unknown_order_is_not_asked_about_while_the_link_is_down() -> None:
    stage = Stage()
    stage.log_in("ann")
    stage.supply(make_prospect())
    stage.open_rows()
    stage.tell(ev.LinkDown("reset"))
    assert stage.tell(ev.OriginateUnknown(CALL, "reset")) == []


def test_an_unknown_order_of_a_call_that_ended_is_no_question() -> None:
    stage = Stage()
    stage.log_in("ann")
    attempt = stage.dialing()
    stage.tell(ev.CustomerLegEnded(attempt, Cause.NORMAL, 16, True))
    assert cmd.Resync() not in stage.tell(ev.OriginateUnknown(attempt, "no reply"))


def test_a_row_that_waits_for_its_order_is_not_asked_about() -> None:
    stage = Stage()
    stage.log_in("ann")
    stage.supply(make_prospect())
    stage.wait(5)
    stage.tell(ev.Resynced((leg(stage.agent().leg_id or ""),)))
    assert not stage.given(cmd.AskWitness)


def test_a_phone_lost_while_nobody_looked_is_rung_again_and_its_talk_hung_up() -> None:
    stage = talking()
    orders = back(stage, leg(CALL, bridged=True))
    assert cmd.HangupLeg(CALL) in orders
    stage.hung_up(CALL)
    stage.tell(ev.DispositionGiven("ann", CALL, "sale"))
    assert stage.state() is AgentState.CONNECTING


def test_a_lost_end_of_a_ready_agents_leg_is_noticed_by_the_next_look() -> None:
    stage = Stage()
    stage.log_in("ann")
    stage.wait(5)
    stage.tell(ev.Resynced(()))
    assert stage.state() is AgentState.CONNECTING
    assert len(stage.given(cmd.RingAgent)) == 2


def test_a_phone_that_rings_is_not_rung_again_by_a_look() -> None:
    stage = Stage()
    stage.tell(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
    stage.wait(5)
    stage.tell(ev.Resynced((leg(stage.agent().leg_id or "", answered=False),)))
    assert len(stage.given(cmd.RingAgent)) == 1
    stage.wait(5)
    stage.tell(ev.Resynced(()))
    assert len(stage.given(cmd.RingAgent)) == 1


def test_who_logged_out_is_not_looked_for() -> None:
    stage = Stage()
    stage.log_in("ann")
    stage.tell(ev.LogoutAsked("ann"))
    stage.wait(5)
    stage.tell(ev.Resynced(()))
    assert stage.state() is AgentState.LOGGED_OUT


# --- a new service adopts what was there ----------------------------------------------------------------------------


def adopted(sessions: tuple[AgentSession, ...], *attempts: OpenAttempt, **campaign: object) -> Stage:
    stage = Stage(make_campaign(**campaign), linked=False)
    stage.tell(ev.Adopted(sessions, attempts))
    stage.tell(ev.LinkUp())
    return stage


def bridged_attempt() -> OpenAttempt:
    return make_open_attempt(answered_at=NOW - 2 * MINUTE, bridged_at=NOW - 2 * MINUTE)


def test_a_talk_survives_a_restart() -> None:
    stage = adopted((make_session(state="talking"),), bridged_attempt())
    stage.tell(ev.Resynced((leg(ANN, bridged=True), leg(CALL, bridged=True))))
    assert stage.state() is AgentState.TALKING
    assert stage.picture.calls[CALL].state is CallState.TALKING
    assert stage.picture.trunks["carrier"].in_use == 1
    stage.hung_up(CALL)
    assert stage.last(cmd.SaveEnding).ending.talk_seconds == 120
    stage.tell(ev.DispositionGiven("ann", CALL, "sale"))
    assert stage.outcome(CALL).disposition == "sale"
    assert stage.picture.trunks["carrier"].in_use == 0


def test_a_call_that_was_bridged_during_the_restart_is_talking() -> None:
    stage = adopted((make_session(state="reserved"),), make_open_attempt())
    stage.tell(ev.Resynced((leg(ANN, bridged=True), leg(CALL, bridged=True))))
    assert stage.state() is AgentState.TALKING


def test_a_talk_that_ended_during_the_restart_leads_to_wrap_up() -> None:
    stage = adopted((make_session(state="talking"),), bridged_attempt())
    assert cmd.AskWitness(CALL) in stage.tell(ev.Resynced((leg(ANN),)))
    stage.tell(ev.Witnessed(CALL, NOW - MINUTE, NOW - 2 * MINUTE, NOW - 2 * MINUTE, Cause.NORMAL))
    assert stage.state() is AgentState.WRAP_UP
    stage.wait(30)
    assert stage.outcome(CALL).decided_by == "deadline"


def test_a_call_that_was_busy_during_the_restart_is_closed_and_its_agent_free() -> None:
    stage = adopted((make_session(state="reserved"),), make_open_attempt())
    stage.tell(ev.Resynced((leg(ANN),)))
    stage.tell(ev.Witnessed(CALL, NOW - MINUTE, None, None, Cause.BUSY))
    assert stage.outcome(CALL).disposition == "busy"
    assert stage.state() is AgentState.READY


def test_a_row_without_an_order_is_unknown_and_never_sent() -> None:
    stage = adopted((make_session(state="reserved"),), make_open_attempt())
    stage.tell(ev.Resynced((leg(ANN),)))
    stage.tell(ev.Witnessed(CALL, None, None, None, None))
    assert stage.outcome(CALL).disposition == "unknown"
    assert not stage.given(cmd.Originate)


def test_a_wrap_up_begins_anew_after_a_restart() -> None:
    ending = make_ending(answered_at=NOW - 2 * MINUTE, bridged_at=NOW - 2 * MINUTE)
    stage = adopted((make_session(state="wrap_up"),), make_open_attempt(ending=ending), wrap_up_seconds=30)
    stage.tell(ev.Resynced((leg(ANN),)))
    stage.wait(29)
    assert stage.state() is AgentState.WRAP_UP
    stage.tell(ev.DispositionGiven("ann", CALL, "sale"))
    assert stage.outcome(CALL).decided_by == "agent"
    assert stage.picture.trunks["carrier"].in_use == 0


def test_a_talk_whose_end_was_saved_just_before_the_restart_leads_to_wrap_up() -> None:
    ending = make_ending(answered_at=NOW - 2 * MINUTE, bridged_at=NOW - 2 * MINUTE)
    stage = adopted((make_session(state="talking"),), make_open_attempt(ending=ending), wrap_up_seconds=30)
    stage.tell(ev.Resynced((leg(ANN),)))
    assert stage.state() is AgentState.WRAP_UP
    stage.wait(30)
    assert stage.outcome(CALL).disposition == "no_disposition"


def test_a_talk_whose_agent_is_not_there_any_more_gets_the_default_disposition() -> None:
    ending = make_ending(answered_at=NOW - 2 * MINUTE, bridged_at=NOW - 2 * MINUTE)
    stage = adopted((), make_open_attempt(ending=ending))
    outcome = stage.outcome(CALL)
    assert (outcome.disposition, outcome.decided_by, outcome.agent_id) == ("no_disposition", "system", "ann")


def test_an_ending_that_was_saved_and_not_closed_is_closed() -> None:
    ending = make_ending(cause=Cause.BUSY, who_ended=WhoEnded.NETWORK)
    stage = adopted((make_session(state="reserved"),), make_open_attempt(ending=ending))
    assert stage.outcome(CALL).disposition == "busy"
    assert stage.given(cmd.SaveEnding)[-1].ending == ending
    stage.tell(ev.Resynced((leg(ANN),)))
    assert stage.state() is AgentState.READY


@pytest.mark.parametrize("state", ["reserved", "talking", "wrap_up"])
def test_an_agent_whose_work_is_gone_goes_back_to_work(state: str) -> None:
    stage = adopted((make_session(state=state),))
    stage.tell(ev.Resynced((leg(ANN),)))
    assert stage.state() is AgentState.READY


def test_a_ready_agent_whose_phone_is_on_line_is_ready_and_in_line() -> None:
    stage = adopted((make_session(),))
    stage.tell(ev.Resynced((leg(ANN),)))
    stage.supply(make_prospect())
    assert stage.last(cmd.OpenAttemptRow).agent_id == "ann"


def test_a_ready_agent_whose_phone_is_gone_is_rung_under_a_new_id() -> None:
    stage = adopted((make_session(),))
    stage.tell(ev.Resynced(()))
    assert stage.state() is AgentState.CONNECTING
    assert stage.last(cmd.RingAgent).leg_id == stage.agent().leg_id != ANN
    assert stage.agent().leg_number > 7


def test_an_agent_whose_phone_had_not_been_rung_yet_is_rung() -> None:
    stage = adopted((make_session(state="connecting", leg_id=None, leg_number=0),))
    stage.tell(ev.Resynced(()))
    assert len(stage.given(cmd.RingAgent)) == 1


def test_a_paused_agent_stays_paused_with_the_same_code() -> None:
    stage = adopted((make_session(state="paused", code="lunch"),))
    stage.tell(ev.Resynced((leg(ANN),)))
    assert (stage.state(), stage.agent().code, stage.agent().leg_up) == (AgentState.PAUSED, "lunch", True)


def test_an_agent_on_hook_needs_no_phone_to_be_ready() -> None:
    stage = adopted((make_session(on_hook=True, leg_id=None),), on_hook=True)
    stage.tell(ev.Resynced(()))
    assert stage.state() is AgentState.READY
    stage.supply(make_prospect())
    assert stage.last(cmd.RingAgent).agent_id == "ann"


def test_an_attempt_on_a_trunk_that_is_no_longer_configured_is_still_closed() -> None:
    stage = adopted((make_session(state="talking"),), make_open_attempt(trunk="old", bridged_at=NOW, answered_at=NOW))
    stage.tell(ev.Resynced((leg(ANN, bridged=True), leg(CALL, bridged=True))))
    stage.wait(5)
    stage.hung_up(CALL)
    stage.tell(ev.DispositionGiven("ann", CALL, "sale"))
    assert stage.outcome(CALL).disposition == "sale"


def test_a_campaign_is_not_dialed_on_the_trunk_that_only_an_old_attempt_remembers() -> None:
    stage = Stage(make_preview_campaign(), linked=False)
    stage.tell(ev.Adopted((), (make_open_attempt(trunk="old"),)))
    stage.tell(ev.CampaignSet(make_campaign(trunk="old"), running=True))
    stage.tell(ev.LinkUp())
    stage.tell(ev.Resynced(()))
    stage.log_in("ann")
    stage.supply(make_prospect())
    assert not stage.given(cmd.OpenAttemptRow)


# --- legs that nobody owns ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("leg_id", ["call-t1-8-1", "agent-t1-bob-1", "spy-t1-boss-1"])
def test_a_live_leg_of_ours_without_an_owner_is_hung_up_and_told(leg_id: str) -> None:
    stage = Stage()
    assert cmd.HangupLeg(leg_id) in stage.tell(ev.Resynced((leg(leg_id),)))
    assert stage.incidents() == ["orphan_leg"]


def test_a_leg_of_another_dialer_on_the_same_pbx_is_left_alone() -> None:
    stage = Stage()
    stage.tell(ev.Resynced((leg("call-t2-8-1"), leg("agent-t11-bob-1"))))
    assert not stage.given(cmd.HangupLeg)


def test_a_leg_too_young_to_be_known_is_left_alone() -> None:
    stage = Stage()
    stage.tell(ev.Resynced((leg("call-t1-8-1", seconds=1),)))
    assert not stage.given(cmd.HangupLeg)


def test_a_leg_that_is_on_its_way_out_is_no_news() -> None:
    stage = Stage()
    stage.log_in("ann")
    leg_id = stage.agent().leg_id or ""
    stage.tell(ev.LogoutAsked("ann"))
    assert cmd.HangupLeg(leg_id) in stage.tell(ev.Resynced((leg(leg_id),)))
    assert not stage.incidents()
    stage.tell(ev.Resynced(()))
    assert not stage.picture.hung_up
