"""Transfers that dial out: the customer is handed over to an outside number once it answers."""

from datetime import timedelta

import pytest

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState, ImpossibleTurn
from dialer.core.compliance.gate import CampaignRules
from dialer.core.compliance.week import parse_week
from dialer.core.events import SpyMode
from dialer.core.floor.views import view
from dialer.core.number import Number
from dialer.core.outcome import Cause, WhoEnded
from dialer.core.transfer import TransferState
from tests.core.handing_over import (
    CALL,
    EXPERT,
    ask,
    calling,
    handed_over,
    keeps_the_customer,
    lines,
    make,
    permit,
    reason,
    talking,
)
from tests.core.makers import (
    NOW,
    Stage,
    leg,
    make_prospect,
    make_refusal,
)

MINUTE = timedelta(minutes=1)
CLOSES_SOON = CampaignRules(windows=parse_week({"daily": ["08:00-15:01"]}))  # NOW is 15:00


# --- the way of a transfer ------------------------------------------------------------------------------------------


def test_the_row_is_written_before_anybody_is_called() -> None:
    stage = talking()
    transfer_id = ask(stage)
    assert transfer_id.startswith("transfer-t1-1-1-")
    assert stage.last(cmd.OpenTransferRow) == cmd.OpenTransferRow(
        transfer_id, CALL, 1, EXPERT, "ann", "carrier", "1000"
    )
    assert not stage.given(cmd.OriginateTransfer)
    assert lines(stage) == 2


def test_the_number_that_is_called_is_the_permits() -> None:
    stage = talking()
    transfer_id = calling(stage)
    order = stage.last(cmd.OriginateTransfer)
    assert (order.transfer_id, order.attempt_id, order.permit.number) == (transfer_id, CALL, EXPERT)
    assert stage.state() is AgentState.TALKING


def test_the_attempt_ends_and_wrap_up_begins_when_the_customer_leaves_the_agent() -> None:
    stage = talking()
    handed_over(stage)
    ending = stage.last(cmd.SaveEnding).ending
    assert (ending.who_ended, ending.cause, ending.ended_at) == (WhoEnded.AGENT, Cause.NORMAL, stage.now)
    assert stage.last(cmd.FinishRecording).talk_seconds == pytest.approx(6)
    assert stage.state() is AgentState.WRAP_UP
    stage.tell(ev.DispositionGiven("ann", CALL, "sale"))
    assert stage.outcome(CALL).disposition == "sale"
    assert stage.state() is AgentState.READY


def test_both_lines_are_held_until_their_legs_end() -> None:
    stage = talking()
    transfer_id = handed_over(stage)
    stage.tell(ev.DispositionGiven("ann", CALL, "sale"))
    assert lines(stage) == 2
    stage.tell(ev.TransferLegEnded(transfer_id, Cause.NORMAL, True))
    assert lines(stage) == 1
    stage.tell(ev.CustomerLegEnded(CALL, Cause.NORMAL, 16, True))
    assert lines(stage) == 0
    saved = stage.last(cmd.SaveTransfer)
    assert saved.answered_at == saved.joined_at == NOW + timedelta(seconds=9)
    assert (saved.ended_at, saved.because) == (stage.now, None)
    assert reason(stage) is None


def test_a_customer_who_hangs_up_on_the_outside_ends_it_for_both() -> None:
    stage = talking()
    transfer_id = handed_over(stage)
    stage.tell(ev.CustomerLegEnded(CALL, Cause.NORMAL, 16, True))
    assert stage.last(cmd.HangupLeg).leg_id == transfer_id
    stage.tell(ev.TransferLegEnded(transfer_id, Cause.NORMAL, True))
    assert lines(stage) == 0
    assert stage.last(cmd.SaveTransfer).because is None


def test_a_supervisor_who_barged_in_only_listens_once_the_customer_has_gone() -> None:
    stage = talking()
    stage.tell(ev.SpyAsked("boss", "phone-boss", "ann", SpyMode.BARGE))
    spy = stage.picture.spies["boss"]
    stage.tell(ev.SpyLegUp("boss", spy.leg_id))
    handed_over(stage)
    assert spy.mode is SpyMode.LISTEN


def test_a_phone_on_hook_that_rests_while_the_customer_is_fetched_does_not_end_the_call() -> None:
    stage = talking(on_hook=True)
    transfer_id = calling(stage)
    stage.tell(ev.TransferAnswered(transfer_id))
    stage.phone_lost()
    assert not stage.given(cmd.HangupLeg)
    stage.tell(ev.CustomerTransferred(CALL))
    assert stage.state() is AgentState.WRAP_UP
    assert CALL not in [order.leg_id for order in stage.given(cmd.HangupLeg)]


def test_a_phone_that_is_lost_while_the_outside_rings_ends_both() -> None:
    stage = talking()
    transfer_id = calling(stage)
    stage.phone_lost()
    assert stage.last(cmd.HangupLeg).leg_id == CALL
    stage.tell(ev.CustomerLegEnded(CALL, Cause.NORMAL, 16, True))
    assert stage.last(cmd.HangupLeg).leg_id == transfer_id


# --- transfers that come to nothing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cause", "why"),
    [(Cause.BUSY, "busy"), (Cause.NORMAL, "no_answer"), (Cause.REJECTED, "rejected"), (Cause.OTHER, "failed")],
)
def test_an_outside_that_cannot_be_reached_leaves_the_customer_with_the_agent(cause: Cause, why: str) -> None:
    stage = talking()
    transfer_id = calling(stage)
    stage.tell(ev.TransferLegEnded(transfer_id, cause, False))
    keeps_the_customer(stage, why)
    assert stage.last(cmd.SaveTransfer).cause is cause
    stage.tell(ev.TransferLegEnded(transfer_id, cause, False))  # twice is once
    assert len(stage.given(cmd.SaveTransfer)) == 1


def test_an_outside_that_answers_and_hangs_up_leaves_the_customer_with_the_agent() -> None:
    stage = talking()
    transfer_id = calling(stage)
    stage.tell(ev.TransferAnswered(transfer_id))
    stage.tell(ev.TransferLegEnded(transfer_id, Cause.NORMAL, True))
    keeps_the_customer(stage, "hung_up")


def test_a_refused_transfer_calls_nobody_and_says_why() -> None:
    stage = talking()
    refusal = make_refusal("OUTSIDE_WINDOW", NOW + timedelta(hours=17))
    stage.tell(ev.TransferNotOpened(ask(stage), refusal))
    keeps_the_customer(stage, "refused")
    unplaced = stage.agent().unplaced
    assert unplaced is not None
    assert (unplaced.what, unplaced.number_ends, unplaced.refusal) == ("transfer", "001", refusal)
    assert stage.desk().refusals["OUTSIDE_WINDOW"] == 1
    assert not stage.given(cmd.SaveTransfer)  # it has no row


def test_a_row_that_was_not_written_is_no_transfer() -> None:
    stage = talking()
    stage.tell(ev.TransferNotOpened(ask(stage)))
    keeps_the_customer(stage, "failed")


def test_after_closing_hours_a_talk_runs_on_and_a_transfer_does_not_dial() -> None:
    stage = talking(rules=CLOSES_SOON)
    transfer_id = ask(stage)
    given = permit(stage)
    stage.now = NOW + timedelta(minutes=1)
    stage.tell(ev.TransferOpened(transfer_id, given))
    keeps_the_customer(stage, "refused")
    assert not stage.given(cmd.OriginateTransfer)
    assert stage.last(cmd.SaveTransfer).sent_at is None


def test_a_stale_permit_is_asked_for_again() -> None:
    stage = talking()
    transfer_id = ask(stage)
    given = permit(stage)
    stage.now += timedelta(minutes=1)
    stage.tell(ev.TransferOpened(transfer_id, given))
    assert stage.last(cmd.OriginateTransfer).permit.stale_at > stage.now


def test_an_order_that_asterisk_refused_called_nobody() -> None:
    stage = talking()
    stage.tell(ev.TransferNotSent(calling(stage), "Asterisk refused it"))
    keeps_the_customer(stage, "not_placed")
    assert stage.last(cmd.SaveTransfer).sent_at is None


def test_the_last_look_at_the_lists_may_refuse() -> None:
    stage = talking()
    stage.tell(ev.TransferNotSent(calling(stage), "DNC_INTERNAL", make_refusal()))
    keeps_the_customer(stage, "refused")
    assert stage.desk().refusals["DNC_INTERNAL"] == 1


def test_an_order_whose_fate_is_unknown_is_looked_for() -> None:
    stage = talking()
    transfer_id = calling(stage)
    stage.tell(ev.TransferUnknown(transfer_id, "no reply"))
    assert isinstance(stage.orders[-1], cmd.Resync)
    stage.now += timedelta(seconds=5)
    stage.tell(ev.Resynced((leg(stage.agent().leg_id or "", bridged=True), leg(CALL, bridged=True))))
    assert stage.picture.transfers  # asked at the moment the order left: too soon to believe
    stage.wait(5)
    stage.tell(ev.Resynced((leg(stage.agent().leg_id or "", bridged=True), leg(CALL, bridged=True))))
    keeps_the_customer(stage, "unknown")
    stage.tell(ev.TransferUnknown(transfer_id, "no reply"))


def test_a_transfer_that_rings_for_too_long_is_looked_for() -> None:
    stage = talking(ring_seconds=25)
    calling(stage)
    stage.tell(ev.ResyncFailed("busy"))
    before = len(stage.given(cmd.Resync))
    stage.picture.resync_due_at = None
    stage.wait(36)
    assert len(stage.given(cmd.Resync)) > before


def test_an_agent_may_cancel_until_the_outside_answers() -> None:
    stage = talking()
    transfer_id = calling(stage)
    stage.tell(ev.TransferCancelAsked("ann"))
    assert stage.last(cmd.HangupLeg).leg_id == transfer_id
    stage.tell(ev.TransferLegEnded(transfer_id, Cause.NORMAL, False))
    keeps_the_customer(stage, "cancelled")
    transfer_id = ask(stage)
    stage.tell(ev.TransferOpened(transfer_id, permit(stage)))
    stage.tell(ev.TransferAnswered(transfer_id))
    with pytest.raises(ImpossibleTurn, match="no transfer that could be cancelled"):
        stage.tell(ev.TransferCancelAsked("ann"))


def test_a_transfer_cancelled_while_its_row_is_written_calls_nobody() -> None:
    stage = talking()
    transfer_id = ask(stage)
    stage.tell(ev.TransferCancelAsked("ann"))
    stage.tell(ev.TransferOpened(transfer_id, permit(stage)))
    keeps_the_customer(stage, "cancelled")
    assert not stage.given(cmd.OriginateTransfer)
    stage.tell(ev.TransferOpened(transfer_id, permit(stage)))
    stage.tell(ev.TransferNotOpened(transfer_id))


def test_a_transfer_cancelled_while_it_waits_for_the_trunk_calls_nobody() -> None:
    stage = talking(calls_per_second=1)
    stage.picture.trunks["carrier"].send(stage.now)
    transfer_id = calling(stage)
    assert not stage.given(cmd.OriginateTransfer)
    stage.tell(ev.TransferCancelAsked("ann"))
    keeps_the_customer(stage, "cancelled")
    assert stage.last(cmd.SaveTransfer).transfer_id == transfer_id


def test_a_transfer_waits_for_the_trunks_turn() -> None:
    stage = talking(calls_per_second=1)
    stage.picture.trunks["carrier"].send(stage.now)
    calling(stage)
    stage.wait(2)
    assert stage.given(cmd.OriginateTransfer)


def test_a_transfer_is_not_sent_once_nothing_may_be_dialed() -> None:
    stage = talking()
    transfer_id = ask(stage)
    stage.tell(ev.StoreDown("away"))
    stage.tell(ev.TransferOpened(transfer_id, permit(stage)))
    keeps_the_customer(stage, "stopped")


def test_a_customer_who_hangs_up_while_the_outside_rings_ends_the_transfer() -> None:
    stage = talking()
    transfer_id = calling(stage)
    stage.tell(ev.CustomerLegEnded(CALL, Cause.NORMAL, 16, True))
    assert stage.last(cmd.HangupLeg).leg_id == transfer_id
    assert stage.state() is AgentState.WRAP_UP
    stage.tell(ev.TransferLegEnded(transfer_id, Cause.NORMAL, False))
    assert reason(stage) == "customer_gone"
    assert lines(stage) == 0


@pytest.mark.parametrize("campaign_id", [None, 1, 2])
def test_a_number_that_is_blocked_meanwhile_is_not_transferred_to(campaign_id: int | None) -> None:
    stage = talking()
    transfer_id = calling(stage)
    stage.tell(ev.NumberBlocked(EXPERT, campaign_id))
    assert [order.leg_id for order in stage.given(cmd.HangupLeg)] == ([] if campaign_id == 2 else [transfer_id])


# --- what cannot be asked -------------------------------------------------------------------------------------------


def refused_to_ask(stage: Stage, words: str, number: Number = EXPERT) -> None:
    before = len(stage.given(cmd.OpenTransferRow))
    with pytest.raises(ImpossibleTurn, match=words):
        stage.tell(ev.TransferAsked("ann", number))
    assert len(stage.given(cmd.OpenTransferRow)) == before


def test_only_who_talks_can_transfer() -> None:
    stage = Stage(make())
    stage.log_in("ann")
    refused_to_ask(stage, "talks with no customer")
    with pytest.raises(ImpossibleTurn, match="no transfer"):
        stage.tell(ev.TransferCancelAsked("ann"))
    stage.dialing(make_prospect())
    refused_to_ask(stage, "talks with no customer")


def test_one_transfer_at_a_time() -> None:
    stage = talking()
    ask(stage)
    refused_to_ask(stage, "being transferred already")


def test_the_customer_is_not_transferred_to_themselves() -> None:
    refused_to_ask(talking(manual=True), "own number", make_prospect().number.number)


def test_other_numbers_than_the_campaigns_need_its_leave() -> None:
    other = Number("+9995550002")
    refused_to_ask(talking(), "does not allow", other)
    stage = talking(manual=True)
    ask(stage, other)
    assert stage.last(cmd.OpenTransferRow).number == other


def test_a_stopped_campaign_and_a_full_trunk_call_nobody() -> None:
    stage = talking()
    stage.tell(ev.CampaignSet(make(), running=False))
    refused_to_ask(stage, "nothing may be dialed")
    stage = talking()
    stage.tell(ev.LinkDown("reset"))
    refused_to_ask(stage, "nothing may be dialed")
    refused_to_ask(talking(lines=1), "all lines")


# --- late and early ------------------------------------------------------------------------------------


def test_facts_in_another_order_end_the_same() -> None:
    stage = talking()
    transfer_id = calling(stage)
    stage.tell(ev.CustomerTransferred(CALL))
    stage.tell(ev.TransferAnswered(transfer_id))
    assert stage.picture.transfers[transfer_id].state is TransferState.JOINED
    assert stage.last(cmd.SaveTransfer).answered_at == stage.now
    stage.tell(ev.TransferNotSent(transfer_id, "too late to be true"))
    assert transfer_id in stage.picture.transfers


def test_a_handover_before_anybody_saw_the_legs_meet_is_a_talk() -> None:
    stage = Stage(make())
    stage.log_in("ann")
    attempt = stage.dialing(make_prospect())
    stage.wait(10)
    stage.tell(ev.CustomerTransferred(attempt))
    ending = stage.last(cmd.SaveEnding).ending
    assert (ending.talked, ending.guessed) == (True, True)


def test_the_screen_shows_the_transfer_and_why_it_came_to_nothing() -> None:
    stage = talking()
    transfer_id = calling(stage)
    shown = view(stage.picture, "call", CALL)
    assert shown is not None
    assert (shown["transfer"]["state"], shown["transfer"]["number_ends"]) == ("calling", "001")
    stage.tell(ev.TransferLegEnded(transfer_id, Cause.BUSY, False))
    agent = view(stage.picture, "agent", "ann")
    assert agent is not None
    assert agent["unplaced"] == {
        "what": "transfer",
        "campaign_id": 1,
        "lead_id": None,
        "number_ends": "001",
        "reason": "busy",
        "sentence": "the number is busy",
        "at": stage.now.isoformat(),
        "verdict": None,
    }
    stage.tell(ev.TransferNotOpened(ask(stage), make_refusal()))
    again = view(stage.picture, "agent", "ann")
    assert again is not None
    assert again["unplaced"]["verdict"]["rule"] == "DNC_INTERNAL"


def test_a_handover_of_a_call_that_nobody_knows_is_late_but_normal() -> None:
    stage = talking()
    stage.tell(ev.CustomerTransferred("call-t1-99-1"))
    assert stage.state() is AgentState.TALKING
