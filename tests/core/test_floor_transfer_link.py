"""Transfers, a lost link and a new service: what was handed over unseen, what talks on, what has ended."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.core.outcome import Cause
from dialer.core.remembered import LiveLeg, OpenAttempt, OpenTransfer
from dialer.core.transfer import TransferState
from tests.core.handing_over import (
    CALL,
    EXPERT,
    calling,
    handed_over,
    keeps_the_customer,
    lines,
    make,
    talking,
)
from tests.core.makers import NOW, Stage, leg, make_ending, make_open_attempt, make_session

MINUTE = timedelta(minutes=1)

# --- a lost link and a new service ----------------------------------------------------------------------------------


def back(stage: Stage, *live: LiveLeg) -> None:
    stage.tell(ev.LinkDown("reset"))
    stage.wait(30)
    stage.tell(ev.LinkUp())
    stage.tell(ev.Resynced(live))


def ann(stage: Stage, *, bridged: bool = True) -> LiveLeg:
    return leg(stage.agent().leg_id or "", bridged=bridged)


def test_a_handover_that_nobody_saw_is_found() -> None:
    stage = talking()
    transfer_id = calling(stage)
    back(stage, ann(stage, bridged=False), leg(CALL, bridged=True), leg(transfer_id, bridged=True))
    assert stage.state() is AgentState.WRAP_UP
    assert stage.last(cmd.SaveTransfer).joined_at == stage.now
    assert not [order for order in stage.given(cmd.HangupLeg) if order.leg_id in (CALL, transfer_id)]
    assert not stage.incidents()[1:]  # the lost link alone


def test_an_answer_that_nobody_saw_is_found() -> None:
    stage = talking()
    transfer_id = calling(stage)
    back(stage, ann(stage), leg(CALL, bridged=True), leg(transfer_id))
    assert stage.picture.transfers[transfer_id].state is TransferState.ANSWERED


def test_a_transfer_that_rings_on_goes_on() -> None:
    stage = talking()
    transfer_id = calling(stage)
    back(stage, ann(stage), leg(CALL, bridged=True), leg(transfer_id, answered=False))
    assert stage.picture.transfers[transfer_id].state is TransferState.CALLING


def test_two_who_hung_up_while_nobody_looked_are_let_go() -> None:
    stage = talking()
    handed_over(stage)
    stage.tell(ev.DispositionGiven("ann", CALL, "sale"))
    back(stage, ann(stage, bridged=False))
    assert lines(stage) == 0
    assert not stage.picture.transfers


def test_a_handed_over_customer_is_no_orphan() -> None:
    stage = talking()
    transfer_id = handed_over(stage)
    stage.tell(ev.DispositionGiven("ann", CALL, "sale"))
    back(stage, ann(stage, bridged=False), leg(CALL, bridged=True), leg(transfer_id, bridged=True))
    assert not stage.given(cmd.HangupLeg)
    assert lines(stage) == 2


def adopted(
    transfer: OpenTransfer, *live: LiveLeg, attempts: tuple[OpenAttempt, ...] = (), state: str = "ready"
) -> Stage:
    stage = Stage(make(), linked=False)
    session = make_session(state=state)
    stage.tell(ev.Adopted((session,), attempts, (transfer,)))
    stage.tell(ev.LinkUp())
    stage.tell(ev.Resynced((leg(session.leg_id or ""), *live)))
    return stage


FOUND = OpenTransfer("transfer-t1-1-1-7", CALL, 1, "ann", EXPERT, "carrier", "carrier", NOW - MINUTE, None, None)
JOINED = replace(FOUND, answered_at=NOW, joined_at=NOW)
BOTH = (leg(CALL, bridged=True), leg(FOUND.transfer_id, bridged=True))


def test_a_new_service_finds_two_who_talk_and_leaves_them_alone() -> None:
    stage = adopted(JOINED, *BOTH)
    assert not stage.given(cmd.HangupLeg)
    assert lines(stage) == 2
    stage.tell(ev.TransferLegEnded(FOUND.transfer_id, Cause.NORMAL, True))
    stage.tell(ev.CustomerLegEnded(CALL, Cause.NORMAL, 16, True))
    assert lines(stage) == 0
    assert stage.last(cmd.SaveTransfer).ended_at == stage.now


def test_a_new_service_ends_what_has_ended() -> None:
    stage = adopted(JOINED)
    assert lines(stage) == 0
    assert stage.last(cmd.SaveTransfer).ended_at == stage.now


def test_a_transfer_of_an_agent_who_is_gone_is_nobodys_news() -> None:
    stage = adopted(replace(FOUND, agent_id="bob"))
    assert stage.last(cmd.SaveTransfer).ended_at == stage.now
    assert stage.agent().unplaced is None


def test_a_new_service_goes_on_with_a_transfer_that_rings() -> None:
    attempt = make_open_attempt(answered_at=NOW - 2 * MINUTE, bridged_at=NOW - 2 * MINUTE)
    stage = adopted(
        FOUND, leg(CALL, bridged=True), leg(FOUND.transfer_id, answered=False), attempts=(attempt,), state="talking"
    )
    assert stage.state() is AgentState.TALKING
    stage.tell(ev.TransferLegEnded(FOUND.transfer_id, Cause.BUSY, False))
    keeps_the_customer(stage, "busy")


@pytest.mark.parametrize("over", [False, True])
def test_an_attempt_that_was_still_open_is_ended_by_the_handover(over: bool) -> None:
    ending = make_ending(bridged_at=NOW - timedelta(minutes=2), answered_at=NOW - timedelta(minutes=2))
    met = NOW - timedelta(minutes=2)
    attempt = make_open_attempt(answered_at=met, bridged_at=met, ending=ending if over else None)
    stage = adopted(JOINED, *BOTH, attempts=(attempt,), state="wrap_up" if over else "talking")
    assert stage.state() is AgentState.WRAP_UP
    assert lines(stage) == 2
    assert not stage.given(cmd.HangupLeg)
