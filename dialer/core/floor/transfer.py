"""Transfers that dial out: the customer is handed over to an outside number, which has to pass the gate like any other.

asked                 a row and a permit, then the order; the customer stays with the agent
refused, not answered the agent keeps the customer and is told why
answered              Asterisk fetches the customer from the agent, without us: the attempt and its recording end
the customer has gone the leg that is called is hung up
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from dialer.core import events as ev
from dialer.core.agent import Agent, AgentState, ImpossibleTurn
from dialer.core.call import OVERDUE, CallState
from dialer.core.commands import HangupLeg, OpenTransferRow, OriginateTransfer
from dialer.core.compliance.gate import Refusal, check
from dialer.core.floor import calls, leads, supervision, unplaced
from dialer.core.floor.picture import Picture
from dialer.core.pacing.trunk import Trunk
from dialer.core.remembered import LiveLeg, OpenTransfer
from dialer.core.transfer import Transfer, TransferState


def ask(picture: Picture, agent: Agent, event: ev.TransferAsked, now: datetime) -> None:
    """Have the gate asked about the number, and the transfer's row written.

    Raises:
        ImpossibleTurn: the agent talks with no customer or transfers one already; the campaign does not allow this
            number; or nothing can be dialed now.
    """
    call = picture.call_of(agent)
    if agent.state is not AgentState.TALKING or call is None or call.state is not CallState.TALKING:
        raise ImpossibleTurn(f"agent {agent.id} talks with no customer who could be transferred")
    if picture.transfer_of(call.attempt_id) is not None:
        raise ImpossibleTurn("this customer is being transferred already")
    if event.number == call.prospect.number.number:
        raise ImpossibleTurn("this is the customer's own number")
    desk = picture.desks[call.campaign_id]
    campaign = desk.campaign
    if event.number.e164 not in campaign.transfer_numbers and not campaign.manual:
        raise ImpossibleTurn(f"campaign {campaign.name} does not allow transfers to this number")
    if not picture.may_dial or not desk.running:
        raise ImpossibleTurn(unplaced.REASONS["stopped"])
    if picture.free_lines(campaign.trunk) <= 0:
        raise ImpossibleTurn(unplaced.REASONS["no_line"])
    agent.unplaced = None
    _, tag, lead_id, serial = call.attempt_id.split("-")
    transfer_id = f"transfer-{tag}-{lead_id}-{serial}-{int(now.timestamp() * 1000)}"
    made = Transfer(
        transfer_id,
        call.attempt_id,
        campaign.id,
        agent.id,
        event.number,
        campaign.trunk,
        desk.next_caller_id(),
        now,
    )
    picture.transfers[made.id] = made
    picture.trunks[made.trunk].in_use += 1
    _touch(picture, made)
    picture.do(
        OpenTransferRow(made.id, made.attempt_id, campaign.id, made.number, agent.id, made.trunk, made.caller_id)
    )


def cancel(picture: Picture, agent: Agent, now: datetime) -> None:
    """The agent wants to keep the customer after all.

    Raises:
        ImpossibleTurn: there is no transfer, or it was answered.
    """
    call = picture.call_of(agent)
    transfer = picture.transfer_of(call.attempt_id) if call is not None else None
    if transfer is None or transfer.fetched:
        raise ImpossibleTurn(f"agent {agent.id} has no transfer that could be cancelled")
    stop(picture, transfer, "cancelled", now)


def stop(picture: Picture, transfer: Transfer, because: str, now: datetime) -> None:
    """End a transfer that nobody has answered; one whose row is still being written ends once it is."""
    transfer.cancelled, transfer.because = True, transfer.because or because
    if transfer.sent_at is not None:
        picture.do(HangupLeg(transfer.id))
    elif transfer.permit is not None:
        _not_sent(picture, transfer, now)


def opened(picture: Picture, event: ev.TransferOpened, now: datetime) -> None:
    """The row is durable: the order leaves at the trunk's next turn."""
    transfer = picture.transfers.get(event.transfer_id)
    if transfer is None or transfer.permit is not None:
        return
    transfer.permit = event.permit
    if transfer.cancelled:
        _not_sent(picture, transfer, now)


def not_opened(picture: Picture, event: ev.TransferNotOpened, now: datetime) -> None:
    """No row, so no transfer."""
    transfer = picture.transfers.get(event.transfer_id)
    if transfer is None:
        return
    if event.refusal is not None:
        leads.note(picture, picture.desks[transfer.campaign_id], event.refusal)
    transfer.because = transfer.because or ("refused" if event.refusal is not None else "failed")
    _over(picture, transfer, now, event.refusal)


def dispatch(picture: Picture, now: datetime) -> None:
    """Send what is durable as the trunks' turns come; ask the gate again where a permit went stale."""
    for transfer in list(picture.transfers.values()):
        if transfer.permit is None or transfer.sent_at is not None:
            continue
        desk = picture.desks[transfer.campaign_id]
        trunk = picture.trunks[transfer.trunk]
        if not picture.may_dial or not desk.running:
            transfer.because = "stopped"
            _not_sent(picture, transfer, now)
            continue
        if trunk.allowance(now) <= 0:
            again = trunk.next_allowance()
            assert again is not None  # what was sent in the last second fills it
            picture.wake(again, "pace", "")
            continue
        if now >= transfer.permit.stale_at:
            asked = transfer.permit.basis.question
            suspended = tuple(dict.fromkeys((*asked.suspended, *picture.suspended)))
            answer = check(picture.rulebook, replace(asked, rules=desk.campaign.rules, suspended=suspended), now)
            if isinstance(answer, Refusal):
                leads.note(picture, desk, answer)
                transfer.because = "refused"
                _not_sent(picture, transfer, now, answer)
                continue
            transfer.permit = answer
        trunk.send(now)
        transfer.sent_at, transfer.state = now, TransferState.CALLING
        transfer.deadline = now + timedelta(seconds=desk.campaign.ring_seconds) + OVERDUE
        picture.wake(transfer.deadline, "transfer", transfer.id)
        _touch(picture, transfer)
        ring = desk.campaign.ring_seconds
        picture.do(
            OriginateTransfer(
                transfer.id, transfer.attempt_id, transfer.permit, transfer.trunk, transfer.caller_id, ring
            )
        )


def told(
    picture: Picture, event: ev.TransferNotSent | ev.TransferAnswered | ev.TransferLegEnded, now: datetime
) -> None:
    """What became of the order and of the leg. Facts of transfers long over are late but normal."""
    transfer = picture.transfers.get(event.transfer_id)
    if transfer is None or not transfer.handle(event, now):
        return
    if transfer.state is TransferState.ENDED:
        refusal = event.refusal if isinstance(event, ev.TransferNotSent) else None
        if refusal is not None:
            leads.note(picture, picture.desks[transfer.campaign_id], refusal)
            transfer.because = "refused"
        _over(picture, transfer, now, refusal)
    else:
        picture.do(transfer.facts())
        _touch(picture, transfer)


def unknown(picture: Picture, event: ev.TransferUnknown, now: datetime) -> None:
    """Nobody knows whether the order arrived: which legs live says so."""
    if event.transfer_id in picture.transfers:
        calls.look(picture, now)


def overdue(picture: Picture, transfer: Transfer, now: datetime) -> None:
    """It has rung for too long and the PBX said nothing: ask it."""
    transfer.deadline = now + calls.LOOK_AGAIN
    picture.wake(transfer.deadline, "transfer", transfer.id)
    calls.look(picture, now)


def handed_over(picture: Picture, event: ev.CustomerTransferred, now: datetime) -> None:
    """The customer has left the agent, whose part is over: the attempt ends, and wrap-up begins."""
    transfer = picture.transfer_of(event.attempt_id)
    if transfer is not None and transfer.handle(event, now):
        picture.do(transfer.facts())
    call = picture.calls.get(event.attempt_id)
    agent = picture.agents.get(call.agent_id or "") if call is not None else None
    if agent is not None:
        supervision.call_over(picture, agent)
    calls.told(picture, event, now)


def customer_gone(picture: Picture, attempt_id: str, now: datetime) -> None:
    """The customer's leg has ended: a line is free, and nobody is to be called for them any more."""
    trunk = picture.handed.pop(attempt_id, None)
    if trunk is not None:
        picture.free_line(trunk)
    transfer = picture.transfer_of(attempt_id)
    if transfer is not None and transfer.fetched:
        picture.do(HangupLeg(transfer.id))
    elif transfer is not None:
        stop(picture, transfer, "customer_gone", now)


def blocked(picture: Picture, event: ev.NumberBlocked, now: datetime) -> None:
    """A number that was put on a list is not transferred to, short of a conversation."""
    for transfer in list(picture.transfers.values()):
        campaign = picture.desks[transfer.campaign_id].campaign
        listed = event.campaign_id in (None, campaign.id) and event.brand in (None, campaign.brand)
        if listed and transfer.number == event.number and not transfer.fetched:
            stop(picture, transfer, "refused", now)


def adopt(picture: Picture, found: OpenTransfer) -> None:
    """As it was when the last service ended; `resynced` says what of it still lives."""
    transfer = Transfer(
        found.transfer_id,
        found.attempt_id,
        found.campaign_id,
        found.agent_id,
        found.number,
        found.trunk,
        "",
        found.opened_at,
        TransferState.CALLING if found.answered_at is None else TransferState.ANSWERED,
        sent_at=found.opened_at,
        answered_at=found.answered_at,
        joined_at=found.joined_at,
    )
    _hold_line(picture, found.trunk)
    picture.transfers[transfer.id] = transfer
    if found.joined_at is not None:
        transfer.state = TransferState.JOINED
        call = picture.calls.get(found.attempt_id)
        if call is None or call.state is CallState.ENDED:
            _hold_line(picture, found.customer_trunk)
            picture.handed[found.attempt_id] = found.customer_trunk


def _hold_line(picture: Picture, trunk: str) -> None:
    """A trunk that was taken out of the configuration still has this leg; it gets no other."""
    picture.trunks.setdefault(trunk, Trunk(trunk, 0, 1)).in_use += 1


def seen(picture: Picture, live: dict[str, LiveLeg], now: datetime) -> None:
    """Who has answered while nobody looked takes the customer away: to be known before any phone is missed."""
    for transfer in list(picture.transfers.values()):
        leg = live.get(transfer.id)
        if leg is not None and leg.answered and not transfer.fetched:
            told(picture, ev.TransferAnswered(transfer.id), now)


def resynced(picture: Picture, live: dict[str, LiveLeg], settled_before: datetime, now: datetime) -> None:
    """Believe the PBX. A leg that is bridged has its customer; one that should be there and is not has ended."""
    for transfer in list(picture.transfers.values()):
        leg = live.get(transfer.id)
        if leg is None:
            if transfer.sent_at is not None and (transfer.sent_at <= settled_before or transfer.fetched):
                transfer.state, transfer.ended_at = TransferState.ENDED, now
                _over(picture, transfer, now)
        elif leg.bridged and (transfer.joined_at is None or _talks(picture, transfer.attempt_id)):
            handed_over(picture, ev.CustomerTransferred(transfer.attempt_id), now)
    for attempt_id in [one for one in picture.handed if one not in live]:
        customer_gone(picture, attempt_id, now)


def _talks(picture: Picture, attempt_id: str) -> bool:
    call = picture.calls.get(attempt_id)
    return call is not None and call.state is not CallState.ENDED


def _not_sent(picture: Picture, transfer: Transfer, now: datetime, refusal: Refusal | None = None) -> None:
    """It was never ordered: its row says so."""
    transfer.because = transfer.because or "not_placed"
    transfer.state, transfer.ended_at = TransferState.ENDED, now
    _over(picture, transfer, now, refusal)


def _over(picture: Picture, transfer: Transfer, now: datetime, refusal: Refusal | None = None) -> None:
    """The one way a transfer ends: its facts are saved, its line is free, and the agent who still has the customer is
    told why."""
    del picture.transfers[transfer.id]
    picture.free_line(transfer.trunk)
    if transfer.permit is not None or transfer.sent_at is not None:  # else it has no row
        picture.do(transfer.facts())
    if transfer.joined_at is None:
        unplaced.transfer(
            picture, transfer.agent_id, transfer.campaign_id, transfer.number, _reason(transfer), now, refusal
        )
    _touch(picture, transfer)


def _reason(transfer: Transfer) -> str:
    if transfer.because is not None:
        return transfer.because
    if transfer.answered_at is not None:
        return "hung_up"
    return unplaced.OF_CAUSE[transfer.cause] if transfer.cause is not None else "unknown"


def _touch(picture: Picture, transfer: Transfer) -> None:
    picture.touch("call", transfer.attempt_id)
    picture.touch("trunk", transfer.trunk)
