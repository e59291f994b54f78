"""Stories of a call, told to a real floor."""

from datetime import timedelta

import pytest

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState, ImpossibleTurn
from dialer.core.lead import Again, Done
from dialer.core.outcome import Cause, Kind, WhoEnded
from tests.core.makers import NOW, Stage, make_campaign, make_prospect


def ready(*agents: str, **campaign: object) -> Stage:
    stage = Stage(make_campaign(**campaign))
    stage.log_in(*(agents or ("ann",)))
    return stage


def test_the_row_is_written_before_the_phone_rings() -> None:
    stage = ready()
    stage.supply(make_prospect())
    assert stage.last(cmd.OpenAttemptRow).agent_id == "ann"
    assert not stage.given(cmd.Originate)
    stage.open_rows()
    assert stage.last(cmd.Originate).attempt_id == "call-t1-1-1"


def test_the_order_has_the_permits_number_and_the_reserved_agents_leg() -> None:
    stage = ready(ring_seconds=20, amd=True, notice="hello")
    stage.dialing()
    order = stage.last(cmd.Originate)
    assert order.permit.number == make_prospect().number.number
    assert order.agent_leg == stage.agent().leg_id
    assert (order.trunk, order.caller_id, order.ring_seconds) == ("carrier", "1000", 20)
    assert (order.amd, order.notice) == (True, "hello")


def test_the_attempts_number_goes_on_where_the_lead_left_off() -> None:
    stage = ready()
    prospect = make_prospect()
    object.__setattr__(prospect.lead, "serial", 4)
    assert stage.dialing(prospect) == "call-t1-1-5"


def test_answered_and_bridged() -> None:
    stage = ready()
    attempt = stage.talking()
    assert stage.state() is AgentState.TALKING
    assert stage.last(cmd.SaveBridge).bridged_at == stage.now - timedelta(seconds=1)
    stage.wait(59)
    stage.hung_up(attempt)
    assert stage.state() is AgentState.WRAP_UP
    ending = stage.last(cmd.SaveEnding).ending
    assert (ending.who_ended, ending.talk_seconds) == (WhoEnded.CUSTOMER, 60)
    assert stage.last(cmd.FinishRecording).talk_seconds == 60
    assert not stage.given(cmd.CloseAttempt)
    stage.tell(ev.DispositionGiven("ann", attempt, "sale", "wants two"))
    outcome = stage.outcome(attempt)
    assert (outcome.disposition, outcome.kind, outcome.decided_by) == ("sale", Kind.TALKED, "agent")
    assert outcome.note == "wants two"
    assert stage.last(cmd.CloseAttempt).lead == Done("sale")
    assert stage.state() is AgentState.READY


def test_busy() -> None:
    stage = ready()
    attempt = stage.dialing()
    stage.hung_up(attempt, Cause.BUSY, answered=False)
    outcome = stage.outcome(attempt)
    assert (outcome.disposition, outcome.decided_by, outcome.agent_id) == ("busy", "system", "ann")
    assert stage.last(cmd.CloseAttempt).lead == Again(NOW + timedelta(minutes=10), "busy")
    assert stage.state() is AgentState.READY
    assert not stage.given(cmd.FinishRecording)


def test_a_busy_call_is_closed_without_waiting_and_its_line_is_free() -> None:
    stage = ready()
    attempt = stage.dialing()
    assert stage.picture.trunks["carrier"].in_use == 1
    orders = stage.tell(ev.CustomerLegEnded(attempt, Cause.BUSY, 17, False))
    assert any(isinstance(order, cmd.CloseAttempt) for order in orders)
    assert stage.picture.trunks["carrier"].in_use == 0


def test_a_machine_is_hung_up_and_its_agent_is_free() -> None:
    stage = ready(amd=True)
    attempt = stage.dialing()
    stage.tell(ev.CustomerAnswered(attempt))
    stage.tell(ev.MachineChecked(attempt, "MACHINE", "TOOLONG"))
    stage.hung_up(attempt)
    assert stage.outcome(attempt).disposition == "machine"
    assert stage.last(cmd.SaveEnding).ending.machine == "TOOLONG"
    assert stage.state() is AgentState.READY
    assert stage.desk().abandons.tally("day", stage.now).answered == 0


def test_a_machine_that_hears_the_message_is_a_machine_however_long_it_takes() -> None:
    stage = ready(amd=True)
    attempt = stage.dialing()
    stage.tell(ev.MachineChecked(attempt, "MACHINE", ""))
    stage.wait(40)
    assert stage.state() is AgentState.RESERVED
    stage.hung_up(attempt)
    assert stage.outcome(attempt).kind is Kind.MACHINE
    assert stage.last(cmd.SaveEnding).ending.machine == "MACHINE"


def test_answered_and_hung_up_at_once_is_closed_after_the_settle_time() -> None:
    stage = ready()
    attempt = stage.dialing()
    stage.tell(ev.CustomerAnswered(attempt))
    stage.tell(ev.CustomerLegEnded(attempt, Cause.NORMAL, 16, True))
    assert not stage.given(cmd.CloseAttempt)
    stage.wait(0.5)
    assert stage.outcome(attempt).disposition == "hung_up_at_once"
    assert stage.desk().abandons.tally("day", stage.now).abandoned == 0


def test_a_settled_call_is_closed_once_even_if_its_deadline_still_comes() -> None:
    stage = ready()
    attempt = stage.dialing()
    stage.tell(ev.CustomerLegEnded(attempt, Cause.NORMAL, 16, True))
    stage.tell(ev.CallBridged(attempt, at=stage.now - timedelta(seconds=9)))
    stage.wait(5)
    assert stage.state() is AgentState.WRAP_UP
    assert len(stage.given(cmd.SaveEnding)) == 1


def test_legs_that_parted_before_a_word_was_said_are_no_talk_and_leave_no_recording() -> None:
    stage = ready()
    attempt = stage.dialing()
    stage.tell(ev.CallBridged(attempt))
    stage.wait(0.4)
    stage.hung_up(attempt)
    assert stage.outcome(attempt).disposition == "hung_up_at_once"
    assert stage.given(cmd.DropRecording) == [cmd.DropRecording(attempt, stage.last(cmd.SaveEnding).ending.ended_at)]
    assert not stage.given(cmd.FinishRecording)
    assert stage.state() is AgentState.READY


# --- the agent's phone and the customer -----------------------------------------------------------------------------


def test_the_agents_phone_dies_mid_call() -> None:
    stage = ready()
    attempt = stage.talking()
    orders = stage.phone_lost()
    assert cmd.HangupLeg(attempt) in orders
    assert stage.state() is AgentState.TALKING
    stage.hung_up(attempt)
    assert stage.last(cmd.SaveEnding).ending.who_ended is WhoEnded.AGENT
    assert stage.state() is AgentState.WRAP_UP
    stage.tell(ev.DispositionGiven("ann", attempt, "interested"))
    assert stage.state() is AgentState.CONNECTING
    stage.phone_up()
    assert stage.state() is AgentState.READY


def test_the_agents_phone_dies_while_the_customer_is_being_rung() -> None:
    stage = ready()
    attempt = stage.dialing()
    assert cmd.HangupLeg(attempt) in stage.phone_lost()
    stage.hung_up(attempt, answered=False)
    assert stage.outcome(attempt).disposition == "cancelled"
    assert stage.outcome(attempt).kind is Kind.UNCHARGED
    assert stage.state() is AgentState.CONNECTING


def test_the_agents_phone_dies_after_the_answer_and_another_agent_is_offered() -> None:
    stage = ready("ann", "bob")
    attempt = stage.dialing()
    stage.tell(ev.CustomerAnswered(attempt))
    assert cmd.HangupLeg(attempt) not in stage.phone_lost("ann")
    (offer,) = (o for o in stage.tell(ev.BridgeFailed(attempt, "NONEXISTENT")) if isinstance(o, cmd.OfferAgent))
    assert (offer.agent_id, offer.agent_leg) == ("bob", stage.agent("bob").leg_id)
    assert stage.state("ann") is AgentState.CONNECTING
    stage.tell(ev.CallBridged(attempt))
    assert stage.state("bob") is AgentState.TALKING
    stage.wait(5)
    stage.hung_up(attempt)
    stage.tell(ev.DispositionGiven("bob", attempt, "sale"))
    assert stage.outcome(attempt).agent_id == "bob"
    assert "abandon" not in stage.incidents()


def test_a_phone_that_is_up_for_us_and_gone_for_the_pbx_is_rung_anew() -> None:
    stage = ready()
    attempt = stage.dialing()
    old = stage.agent().leg_id
    assert old is not None
    orders = stage.tell(ev.BridgeFailed(attempt, "NONEXISTENT"))
    assert cmd.HangupLeg(old) in orders
    assert stage.last(cmd.RingAgent).leg_id != old
    assert stage.state() is AgentState.CONNECTING


def test_the_same_failure_told_twice_does_not_take_the_second_agent_away() -> None:
    stage = ready("ann", "bob", "cat")
    attempt = stage.dialing()
    failed = ev.BridgeFailed(attempt, "NONEXISTENT", NOW)
    stage.tell(failed)
    stage.tell(failed)
    assert [o.agent_id for o in stage.given(cmd.OfferAgent)] == ["bob"]
    assert stage.state("bob") is AgentState.RESERVED


def test_a_second_failure_offers_a_third_agent() -> None:
    stage = ready("ann", "bob", "cat")
    attempt = stage.dialing()
    for seconds in (0, 1):
        stage.tell(ev.BridgeFailed(attempt, "NONEXISTENT", NOW + timedelta(seconds=seconds)))
    assert [o.agent_id for o in stage.given(cmd.OfferAgent)] == ["bob", "cat"]


def test_an_agent_who_comes_back_in_time_is_offered_after_a_second_failure() -> None:
    stage = ready("ann")
    attempt = stage.dialing()
    stage.tell(ev.BridgeFailed(attempt, "NONEXISTENT", NOW))
    assert not stage.given(cmd.OfferAgent)
    stage.phone_up("ann")
    stage.tell(ev.BridgeFailed(attempt, "NONEXISTENT", NOW + timedelta(seconds=1)))
    assert [o.agent_id for o in stage.given(cmd.OfferAgent)] == ["ann"]


def test_who_hears_the_message_is_not_offered_an_agent_any_more() -> None:
    stage = ready("ann", "bob")
    attempt = stage.dialing()
    stage.tell(ev.CustomerAbandoned(attempt, NOW))
    stage.tell(ev.BridgeFailed(attempt, "NONEXISTENT", NOW))
    assert not stage.given(cmd.OfferAgent)
    assert stage.state("ann") is AgentState.CONNECTING


@pytest.mark.parametrize(("late", "offered"), [(1.5, True), (1.6, False)])
def test_news_of_a_failed_bridge_that_comes_after_the_hold_offers_nobody(late: float, offered: bool) -> None:
    stage = ready("ann", "bob")
    attempt = stage.dialing()
    stage.tell(ev.BridgeFailed(attempt, "NONEXISTENT", stage.now - timedelta(seconds=late)))
    assert bool(stage.given(cmd.OfferAgent)) is offered


def test_only_an_agent_of_the_campaign_with_a_phone_on_line_is_offered() -> None:
    stage = ready("ann")
    attempt = stage.dialing()
    stage.log_in("bob", campaigns=(2,))
    stage.log_in("cat", on_hook=True)
    stage.tell(ev.BridgeFailed(attempt, "NONEXISTENT"))
    assert not stage.given(cmd.OfferAgent)


def test_a_customer_for_whom_nobody_is_there_is_abandoned() -> None:
    stage = ready()
    attempt = stage.dialing()
    stage.tell(ev.CustomerAnswered(attempt))
    stage.phone_lost()
    stage.tell(ev.BridgeFailed(attempt, "NONEXISTENT"))
    stage.tell(ev.CustomerAbandoned(attempt))
    stage.hung_up(attempt)
    outcome = stage.outcome(attempt)
    assert (outcome.disposition, outcome.kind) == ("abandoned", Kind.ABANDONED)
    today = stage.desk().abandons.tally("day", stage.now)
    assert (today.answered, today.abandoned) == (1, 1)
    assert stage.incidents() == ["abandon"]
    assert stage.last(cmd.CloseAttempt).lead == Done("abandoned_limit")


def test_a_bridge_after_all_with_nobody_of_ours_goes_to_the_default_disposition() -> None:
    stage = ready()
    attempt = stage.dialing()
    stage.tell(ev.BridgeFailed(attempt, "NONEXISTENT"))
    stage.tell(ev.CallBridged(attempt))
    assert not stage.given(cmd.SaveBridge)
    stage.wait(5)
    stage.hung_up(attempt)
    outcome = stage.outcome(attempt)
    assert (outcome.disposition, outcome.decided_by, outcome.agent_id) == ("no_disposition", "system", None)


# --- hanging up -----------------------------------------------------------------------------------------------------


def test_an_agent_hangs_up_a_talk() -> None:
    stage = ready()
    attempt = stage.talking()
    assert cmd.HangupLeg(attempt) in stage.tell(ev.HangupAsked("ann"))
    stage.hung_up(attempt)
    assert stage.last(cmd.SaveEnding).ending.who_ended is WhoEnded.AGENT


def test_an_agent_who_hangs_up_on_an_answer_has_abandoned_it() -> None:
    stage = ready()
    attempt = stage.dialing()
    stage.tell(ev.CustomerAnswered(attempt))
    stage.tell(ev.HangupAsked("ann"))
    stage.hung_up(attempt)
    assert stage.outcome(attempt).disposition == "abandoned"


def test_a_call_hung_up_before_its_order_left_is_never_placed() -> None:
    stage = ready()
    stage.supply(make_prospect())
    stage.tell(ev.HangupAsked("ann"))
    assert stage.state() is AgentState.RESERVED
    stage.open_rows()
    outcome = stage.outcome("call-t1-1-1")
    assert (outcome.disposition, outcome.kind) == ("not_placed", Kind.UNCHARGED)
    assert not stage.given(cmd.Originate)
    assert stage.state() is AgentState.READY


def test_who_has_no_call_cannot_hang_up() -> None:
    stage = ready()
    with pytest.raises(ImpossibleTurn, match="no call to hang up"):
        stage.tell(ev.HangupAsked("ann"))
    stage.wrapping_up()
    with pytest.raises(ImpossibleTurn, match="no call to hang up"):
        stage.tell(ev.HangupAsked("ann"))


def test_who_hung_up_first_is_remembered() -> None:
    stage = ready()
    attempt = stage.talking()
    stage.tell(ev.HangupAsked("ann"))
    stage.phone_lost()
    stage.hung_up(attempt)
    assert stage.last(cmd.SaveEnding).ending.who_ended is WhoEnded.AGENT
    assert stage.given(cmd.HangupLeg).count(cmd.HangupLeg(attempt)) == 2


def test_news_of_a_call_long_closed_is_late_but_normal() -> None:
    stage = ready()
    attempt = stage.dialing()
    stage.hung_up(attempt, Cause.BUSY, answered=False)
    assert stage.tell(ev.CustomerRang(attempt)) == []
    assert stage.tell(ev.CustomerLegEnded(attempt, Cause.BUSY, 17, False)) == []
