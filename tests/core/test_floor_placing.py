"""From the row to the order: what keeps a call from being placed, and what a call costs that never was."""

from datetime import timedelta

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.core.call import OVERDUE
from dialer.core.lead import Again
from tests.core.makers import NOW, Stage, leg, make_campaign, make_permit, make_preview_campaign, make_prospect


def ready(*agents: str, **campaign: object) -> Stage:
    stage = Stage(make_campaign(**campaign))
    stage.log_in(*(agents or ("ann",)))
    return stage


def test_an_order_asterisk_refused_costs_the_lead_nothing() -> None:
    stage = ready()
    stage.supply(make_prospect())
    stage.open_rows()
    stage.tell(ev.OriginateNotSent("call-t1-1-1", "no such trunk"))
    assert stage.outcome("call-t1-1-1").disposition == "not_placed"
    lead = stage.last(cmd.CloseAttempt).lead
    assert isinstance(lead, Again)
    assert not lead.charged
    assert stage.state() is AgentState.READY


def test_a_row_that_could_not_be_written_gives_the_lead_and_the_agent_back() -> None:
    stage = ready()
    stage.supply(make_prospect())
    stage.tell(ev.AttemptNotOpened("call-t1-1-1", "database locked"))
    assert stage.last(cmd.ReleaseLead).at == NOW + timedelta(seconds=30)
    assert not stage.picture.calls
    assert stage.picture.trunks["carrier"].in_use == 0
    assert stage.state() is AgentState.READY
    assert not stage.given(cmd.CloseAttempt)


def test_a_row_that_fails_after_the_agent_gave_up_frees_the_line_once() -> None:
    stage = ready("ann", "bob")
    stage.supply(make_prospect(1), make_prospect(2))
    stage.tell(ev.HangupAsked("ann"))
    assert stage.picture.trunks["carrier"].in_use == 1
    stage.tell(ev.AttemptNotOpened("call-t1-1-1", "database locked"))
    assert stage.picture.trunks["carrier"].in_use == 1
    assert stage.state("ann") is AgentState.READY


def test_a_row_reported_twice_is_dialed_once() -> None:
    stage = ready()
    stage.dialing()
    stage.tell(ev.AttemptOpened("call-t1-1-1", make_permit()))
    assert len(stage.given(cmd.Originate)) == 1


def test_a_row_reported_twice_while_the_trunk_is_full_is_dialed_once() -> None:
    stage = Stage(make_preview_campaign(), calls_per_second=1)
    stage.log_in("ann", "bob")
    stage.supply(make_prospect(1), make_prospect(2))
    stage.tell(ev.DialAsked("ann"))
    stage.tell(ev.DialAsked("bob"))
    stage.open_rows()
    stage.tell(ev.AttemptOpened("call-t1-2-1", make_permit(make_prospect(2))))
    stage.wait(5)
    assert [o.attempt_id for o in stage.given(cmd.Originate)] == ["call-t1-1-1", "call-t1-2-1"]


def test_an_agent_whose_phone_went_before_the_order_left_costs_nothing() -> None:
    stage = ready()
    stage.supply(make_prospect())
    stage.phone_lost()
    stage.open_rows()
    assert not stage.given(cmd.Originate)
    assert stage.outcome("call-t1-1-1").disposition == "not_placed"
    assert stage.state() is AgentState.CONNECTING


def test_no_order_leaves_for_an_agent_without_a_phone() -> None:
    stage = ready()
    stage.supply(make_prospect())
    stage.agent().drop_leg()  # however that came about
    stage.open_rows()
    assert not stage.given(cmd.Originate)
    assert stage.outcome("call-t1-1-1").disposition == "not_placed"


def test_a_call_the_pbx_is_silent_about_is_looked_for_after_its_ring_time() -> None:
    stage = ready(ring_seconds=25)
    attempt = stage.dialing()
    stage.wait(25 + OVERDUE.total_seconds() - 1)
    stage.tell(ev.Resynced((leg(stage.agent().leg_id or ""), leg(attempt, answered=False))))
    assert cmd.Resync() not in stage.wait(0.9)
    assert cmd.Resync() in stage.wait(0.2)


def test_a_call_that_is_still_ringing_is_looked_at_again() -> None:
    stage = ready(ring_seconds=25)
    attempt = stage.dialing()
    for _ in range(20):
        stage.wait(5)
        stage.tell(ev.Resynced((leg(stage.agent().leg_id or ""), leg(attempt, answered=False))))
    assert attempt in stage.picture.calls
    assert not stage.given(cmd.AskWitness)
