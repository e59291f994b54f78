"""Calls and the agents who have them: the joint rules.

talking                              the agent talks
answered, the agent's phone is gone  another ready agent inside the limit, else the message and an abandon
the customer pressed the key         the number goes on the company's list; a conversation goes on
ended after talk                     wrap-up, with a deadline the service holds
ended otherwise                      closed by the system, the agent is free at once
"""

from __future__ import annotations

from datetime import datetime, timedelta

from dialer.core import events as ev
from dialer.core.agent import Agent, AgentState, ImpossibleTurn, Turn
from dialer.core.call import Call, CallState
from dialer.core.commands import (
    AskWitness,
    BlockNumber,
    CloseAttempt,
    DropRecording,
    FinishRecording,
    HangupLeg,
    OfferAgent,
    RaiseIncident,
    ReleaseLead,
    Resync,
    SaveBridge,
    SaveEnding,
)
from dialer.core.compliance.abandonment import HOLD
from dialer.core.floor import abandonment, agents, leads, supervision, unplaced
from dialer.core.floor.picture import Desk, Link, Picture
from dialer.core.lead import Again, Done, recycle
from dialer.core.outcome import SYSTEM_DISPOSITIONS, Kind, Outcome, WhoEnded, system_disposition

# Between two looks at a call that should be over by now.
LOOK_AGAIN = timedelta(seconds=5)
# A lead given back because the database failed rests this long: it is not the lead that is broken.
REST = timedelta(seconds=30)


def told(picture: Picture, event: ev.CustomerEvent | ev.OriginateEvent, now: datetime) -> None:
    """Add a fact to a call and do what follows from it. Facts of calls long closed are late but normal."""
    call = picture.calls.get(event.attempt_id)
    if call is None:
        return
    match event:
        case ev.AttemptOpened(permit=permit):
            if call.opened:
                return
            call.opened, call.permit = True, permit
            abandonment.met(picture, call, permit, now)
            picture.outgoing.append(call.attempt_id)
            if call.ended_at is not None:  # given up while the row was being written
                _settled(picture, call, now)
            return
        case ev.AttemptRefused(refusal=refusal):
            leads.refuse(picture, picture.desks[call.campaign_id], call.prospect, refusal, now)
            unplaced.call(picture, call.agent_id, call.prospect, "refused", now, refusal)
            _never_was(picture, call, now)
            return
        case ev.AttemptNotOpened(reason=reason):
            picture.do(ReleaseLead(call.campaign_id, call.prospect.lead.id, now + REST, reason))
            _never_was(picture, call, now)
            return
        case _:
            _fact(picture, call, event, now)


def _fact(picture: Picture, call: Call, event: ev.CustomerEvent | ev.OriginateEvent, now: datetime) -> None:
    was_settled, failed_before, pressed_before = call.settled, call.bridge_failed_at, call.opted_out_at
    if isinstance(event, ev.OriginateNotSent) and event.refusal is not None:
        call.refusal, call.blocked = event.refusal, event.refusal.rule == "DNC_INTERNAL"
        leads.note(picture, picture.desks[call.campaign_id], event.refusal)
    if isinstance(event, ev.CustomerDone) and event.result == "SUCCESS" and call.ended_by is None:
        call.ended_by = WhoEnded.AGENT  # the dialplan gets to say it only where the agent's side went first
        if was_settled:  # it came late: the ending is saved once more, with its true author
            picture.do(SaveEnding(call.ending()))
    moved = call.handle(event, now)
    picture.touch("call", call.attempt_id)
    if call.opted_out_at is not None and pressed_before is None:
        picture.do(BlockNumber(call.attempt_id, "key", call.opted_out_at))
    if moved and call.state is CallState.TALKING:
        _talking(picture, call, now)
    elif moved and call.state is CallState.ENDED:
        if call.transferred:  # the leg is still up, and on its line
            picture.handed[call.attempt_id] = call.trunk
        else:
            picture.free_line(call.trunk)
        if call.deadline is not None:
            picture.wake(call.deadline, "call", call.attempt_id)
    elif call.state is CallState.ANSWERED and call.bridge_failed_at != failed_before:  # not the same news twice
        _offer_another(picture, call, now)
    elif isinstance(event, ev.OriginateUnknown) and call.state is not CallState.ENDED:
        look(picture, now)
    if call.settled and not was_settled and call.opened:
        _settled(picture, call, now)


def give_up(picture: Picture, call: Call, reason: str, now: datetime) -> None:
    """End a call whose order has not left. Its row, once durable, is closed as not placed."""
    _fact(picture, call, ev.OriginateNotSent(call.attempt_id, reason), now)


def hang_up(picture: Picture, call: Call, by: WhoEnded, now: datetime) -> None:
    """End a call that has not ended, whatever it has come to."""
    if call.sent_at is None:
        give_up(picture, call, f"ended by the {by.value} before it was sent", now)
    else:
        call.ended_by = call.ended_by or by
        picture.do(HangupLeg(call.attempt_id))


def look(picture: Picture, now: datetime) -> None:
    """Ask the PBX which calls live; once, until it answers."""
    if picture.link is not Link.DOWN and picture.resync_asked_at is None:
        picture.resync_asked_at = now
        picture.do(Resync())


def overdue(picture: Picture, call: Call, now: datetime) -> None:
    """A call's deadline passed: a straggler did not come, or the PBX said nothing for too long."""
    if call.state is CallState.ENDED:
        call.settle()
        _settled(picture, call, now)
    else:
        call.deadline = now + LOOK_AGAIN
        picture.wake(call.deadline, "call", call.attempt_id)
        look(picture, now)


def agent_phone_lost(picture: Picture, agent: Agent, now: datetime) -> None:
    """The phone of an agent is gone: hung up by the agent, or dead. A preview goes back, a call is ended."""
    if agent.preview is not None:
        leads.give_back(picture, agent.preview.prospect, now, "agent_phone")
        agents.release(picture, agent, now)
        return
    call = picture.call_of(agent)
    if call is None or call.state is CallState.ENDED:
        return
    transfer = picture.transfer_of(call.attempt_id)
    if transfer is not None and transfer.fetched:
        return  # the customer is being taken away from this phone, and the phone may rest
    if call.state is CallState.TALKING:
        if agent.on_hook:  # this phone goes with every call: `CustomerDone` tells whose side went first
            picture.do(HangupLeg(call.attempt_id))
        else:
            hang_up(picture, call, WhoEnded.AGENT, now)
    elif call.state is not CallState.ANSWERED:  # an answered customer gets another agent, or the message
        hang_up(picture, call, WhoEnded.SYSTEM, now)


def _talking(picture: Picture, call: Call, now: datetime) -> None:
    agent = picture.agents.get(call.agent_id or "")
    assert call.bridged_at is not None
    assert call.answered_at is not None
    if call.agent_id is not None:
        picture.do(SaveBridge(call.attempt_id, call.agent_id, call.answered_at, call.bridged_at))
    if agent is not None and agent.attempt_id == call.attempt_id and agent.state is AgentState.RESERVED:
        agents.turn(picture, agent, Turn.BRIDGED, now)
        supervision.split(picture, agent, now)


def _offer_another(picture: Picture, call: Call, now: datetime) -> None:
    """The reserved agent's phone was gone when the customer answered: name another, unless the message has begun."""
    before = picture.agents.get(call.agent_id or "")
    if before is not None and before.attempt_id == call.attempt_id:
        if before.leg_id is not None and before.leg_up:
            picture.do(HangupLeg(before.leg_id))  # it is up for us and gone for the PBX: ring it anew
            agents.leg_lost(picture, before, before.leg_id, now)
        agents.release(picture, before, now)
    call.agent_id = None
    if call.abandoned or call.answered_at is None or now - call.answered_at > HOLD or call.opted_out_at is not None:
        return
    for agent_id in list(picture.ready):
        agent = picture.agents[agent_id]
        if agent.leg_up and agent.leg_id is not None and call.campaign_id in agent.campaigns:
            agent.attempt_id, call.agent_id = call.attempt_id, agent.id
            agents.turn(picture, agent, Turn.RESERVED, now)
            picture.do(OfferAgent(call.attempt_id, agent.id, agent.leg_id))
            return


def _never_was(picture: Picture, call: Call, now: datetime) -> None:
    """No row, so no attempt: forget the call and free its agent."""
    if call.state is not CallState.ENDED:
        picture.free_line(call.trunk)
    _free_agent(picture, call, now)
    picture.calls.pop(call.attempt_id, None)
    picture.touch("call", call.attempt_id)


def _free_agent(picture: Picture, call: Call, now: datetime) -> None:
    agent = picture.agents.get(call.agent_id or "")
    if agent is not None and agent.attempt_id == call.attempt_id:
        agents.release(picture, agent, now)


def _settled(picture: Picture, call: Call, now: datetime) -> None:
    """All facts are in: save them, then close the attempt or give the agent their wrap-up."""
    ending = call.ending()
    picture.do(SaveEnding(ending))
    if ending.talked:
        talk = None if call.unseen else ending.talk_seconds
        picture.do(FinishRecording(call.attempt_id, talk, ending.ended_at))
    elif ending.bridged_at is not None:
        picture.do(DropRecording(call.attempt_id, ending.ended_at))
    if call.not_sent is not None:
        reason = "refused" if call.refusal is not None else "not_placed"
        unplaced.call(picture, call.agent_id, call.prospect, reason, now, call.refusal)
    disposition = system_disposition(ending, hung_up_by_us=call.ended_by in (WhoEnded.AGENT, WhoEnded.SYSTEM))
    if call.not_sent is not None:
        disposition = "not_placed"
    elif call.cause is None and call.answered_at is None:
        disposition = "unknown"  # neither the PBX nor its call records know this call
    if ending.answered_at is not None and ending.machine is None:
        abandonment.answered(picture, call, ending, now)
        if ending.abandoned:
            name = picture.desks[call.campaign_id].campaign.name
            sentence = f"campaign {name}: a customer answered and no agent was there in time"
            picture.do(RaiseIncident("abandon", sentence, now, attempt_id=call.attempt_id))
    if call.unwatched:
        ask_witness(picture, call)  # the customer may have pressed the key while nobody listened
    agent = picture.agents.get(call.agent_id or "")
    if disposition is not None:
        _free_agent(picture, call, now)
        close(picture, call, disposition, SYSTEM_DISPOSITIONS[disposition], "system", now)
    elif agent is not None and agent.attempt_id == call.attempt_id:
        wrap_up(picture, agent, now)
    else:
        by_default(picture, call, "system", now)


def wrap_up(picture: Picture, agent: Agent, now: datetime) -> None:
    """The agent says what came of the talk, until the deadline."""
    call = picture.call_of(agent)
    assert call is not None
    agents.turn(picture, agent, Turn.ENDED, now)
    if agent.on_hook:
        agents.hang_up_phone(picture, agent)
    agent.deadline = now + timedelta(seconds=picture.desks[call.campaign_id].campaign.wrap_up_seconds)
    picture.wake(agent.deadline, "agent", agent.id)
    supervision.split(picture, agent, now)


def by_default(picture: Picture, call: Call, decided_by: str, now: datetime) -> None:
    """Nobody said: the campaign's default disposition."""
    campaign = picture.desks[call.campaign_id].campaign
    word = campaign.default_disposition
    close(picture, call, word, campaign.dispositions.get(word, Kind.TALKED), decided_by, now)


def wrap_up_over(picture: Picture, agent: Agent, now: datetime) -> None:
    """The deadline came first."""
    call = picture.call_of(agent)
    assert call is not None
    by_default(picture, call, "deadline", now)
    agents.turn(picture, agent, Turn.WRAPPED, now)


def dispose(picture: Picture, agent: Agent, event: ev.DispositionGiven, now: datetime) -> None:
    """The agent's word on the call just ended.

    Raises:
        ImpossibleTurn: not in wrap-up of this attempt, an unknown disposition, or a callback without a time ahead.
    """
    call = picture.call_of(agent)
    if agent.state is not AgentState.WRAP_UP or call is None or call.attempt_id != event.attempt_id:
        raise ImpossibleTurn(f"agent {agent.id} is not wrapping up attempt {event.attempt_id}")
    campaign = picture.desks[call.campaign_id].campaign
    kind = campaign.dispositions.get(event.disposition)
    if kind is None:
        words = ", ".join(sorted(campaign.dispositions))
        raise ImpossibleTurn(f"{event.disposition!r} is no disposition of this campaign; expected one of: {words}")
    if kind is Kind.CALLBACK and (event.callback_at is None or event.callback_at <= now):
        raise ImpossibleTurn("a callback needs a time that lies ahead")
    close(picture, call, event.disposition, kind, "agent", now, event)
    agents.turn(picture, agent, Turn.WRAPPED, now)


def close(
    picture: Picture,
    call: Call,
    disposition: str,
    kind: Kind,
    decided_by: str,
    now: datetime,
    said: ev.DispositionGiven | None = None,
) -> None:
    """The one way an attempt ends for good: its outcome, and what becomes of its lead."""
    desk = picture.desks[call.campaign_id]
    outcome = Outcome(
        attempt_id=call.attempt_id,
        campaign_id=call.campaign_id,
        lead_id=call.prospect.lead.id,
        agent_id=call.agent_id,
        disposition=disposition,
        kind=kind,
        decided_by=decided_by,
        at=now,
        note=said.note if said else "",
        callback_at=said.callback_at if said else None,
        callback_agent=said.agent_id if said and said.personal else None,
        opted_out=call.opted_out_at is not None,
    )
    after = recycle(desk.campaign, call.prospect.lead, call.prospect.number, outcome, now)
    if call.blocked and isinstance(after, Again):
        after = Done("refused:DNC_INTERNAL")
    if outcome.opted_out and isinstance(after, Again):
        after = Done("do_not_call")
    desk.dispositions[disposition] += 1
    _count_left(desk, after)
    picture.calls.pop(call.attempt_id, None)
    picture.do(CloseAttempt(outcome, after, call.prospect.number.id, call.refusal))
    picture.touch("call", call.attempt_id)
    picture.touch("campaign", call.campaign_id)


def _count_left(desk: Desk, after: object) -> None:
    if isinstance(after, Done) and desk.hopper.left:
        desk.hopper.left -= 1


def ask_witness(picture: Picture, call: Call) -> None:
    """The PBX has no such channel any more: its call record may say how it ended. Asked once."""
    if not call.asked:
        call.asked = True
        picture.do(AskWitness(call.attempt_id))
