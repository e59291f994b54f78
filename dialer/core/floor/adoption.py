"""Starting again: what the database remembers, joined with what the PBX says is alive."""

from __future__ import annotations

from datetime import datetime, timedelta

from dialer.core import events as ev
from dialer.core.agent import Agent, AgentState
from dialer.core.call import Call, CallState
from dialer.core.commands import HangupLeg, RaiseIncident
from dialer.core.floor import agents, calls, dialing, supervision, transfer
from dialer.core.floor.picture import NOT_YET, Link, Picture
from dialer.core.pacing.trunk import Trunk
from dialer.core.remembered import LiveLeg, OpenAttempt

# How often the PBX is asked what lives, while all seems well: a lost event is noticed within this time.
ROUTINE = timedelta(seconds=5)
# An order that left this shortly before the question may not have a channel yet when the PBX answers.
YOUNG = timedelta(seconds=2)


def adopt(picture: Picture, event: ev.Adopted, now: datetime) -> None:
    """Rebuild agents and calls as they were; `resynced` finds out which are still so."""
    for session in event.sessions:
        agent = Agent(session.agent_id, session.endpoint, session.campaigns, session.on_hook, session.since)
        agent.state, agent.code = AgentState(session.state), session.code
        agent.leg_id, agent.leg_number = session.leg_id, session.leg_number
        picture.agents[agent.id] = agent
        picture.touch("agent", agent.id)
    for attempt in event.attempts:
        call = Call(
            attempt.attempt_id,
            attempt.campaign_id,
            attempt.prospect,
            None,
            attempt.agent_id,
            attempt.trunk,
            "",
            attempt.opened_at,
            opened=True,
            sent_at=attempt.opened_at,
            answered_at=attempt.answered_at,
            bridged_at=attempt.bridged_at,
            unwatched=True,
        )
        picture.calls[call.attempt_id] = call
        picture.touch("call", call.attempt_id)
        agent_ = picture.agents.get(attempt.agent_id or "")
        if agent_ is not None and agent_.busy:
            agent_.attempt_id = call.attempt_id
        if attempt.ending is not None:
            _was_over(picture, call, attempt, now)
        else:
            # A trunk that was taken out of the configuration still has this call; it gets no other: it has no lines.
            picture.trunks.setdefault(call.trunk, Trunk(call.trunk, 0, 1)).in_use += 1
    for found in event.transfers:
        transfer.adopt(picture, found)


def _was_over(picture: Picture, call: Call, attempt: OpenAttempt, now: datetime) -> None:
    """Only the disposition is missing: the agent still may say it, else the default does."""
    assert attempt.ending is not None
    call.state, call.settled = CallState.ENDED, True
    call.ended_at = attempt.ending.ended_at
    agent = picture.agents.get(attempt.agent_id or "")
    calls.ask_witness(picture, call)
    if attempt.ending.talked and agent is not None and agent.attempt_id == call.attempt_id:
        calls.wrap_up(picture, agent, now)
    else:
        call.settled = False
        call.deadline = now
        _restore_facts(call, attempt)
        picture.wake(now, "call", call.attempt_id)


def _restore_facts(call: Call, attempt: OpenAttempt) -> None:
    ending = attempt.ending
    assert ending is not None
    call.rang_at, call.answered_at, call.bridged_at = ending.rang_at, ending.answered_at, ending.bridged_at
    call.cause, call.code, call.machine = ending.cause, ending.cause_code, ending.machine
    call.abandoned, call.ended_by, call.greeting_ended_at = ending.abandoned, ending.who_ended, ending.greeting_ended_at


def resynced(picture: Picture, event: ev.Resynced, now: datetime) -> None:
    """Believe the PBX: what lives goes on, what is gone is asked about, what nobody owns is hung up."""
    asked_at = picture.resync_asked_at or now
    picture.resync_asked_at = None
    live = {leg.leg_id: leg for leg in event.legs}
    first = picture.link is not Link.UP
    picture.link = Link.UP
    transfer.seen(picture, live, now)
    _agents(picture, live, now, first=first)
    transfer.resynced(picture, live, asked_at - YOUNG, now)
    _calls(picture, live, asked_at, now)
    _spies(picture, live, now, first=first)
    _orphans(picture, live, now)
    _ask_again(picture, now + ROUTINE)
    picture.touch("node", "")
    picture.repace = True


def _agents(picture: Picture, live: dict[str, LiveLeg], now: datetime, *, first: bool) -> None:
    for agent in list(picture.agents.values()):
        if agent.state is AgentState.LOGGED_OUT:
            continue
        leg = live.get(agent.leg_id or "")
        if leg is not None and leg.answered and not agent.leg_up:
            agents.leg_up(picture, agent, leg.leg_id, now)
            dialing.answered_own_phone(picture, agent, now)
        elif leg is None and agent.state is AgentState.CONNECTING and (first or agent.leg_id is None):
            agents.ring(picture, agent, now)
        elif leg is None and (agent.leg_up or (first and not agent.on_hook)):
            agents.phone_gone(picture, agent, now, in_vain=False)
            calls.agent_phone_lost(picture, agent, now)
        if first:
            _rejoin(picture, agent, now)


def _rejoin(picture: Picture, agent: Agent, now: datetime) -> None:
    """An adopted agent whose work is gone goes back to work; a ready one is put in line again."""
    holds = agent.attempt_id is not None or agent.preview is not None or agent.id in picture.waiting
    holds = holds or agent.id in picture.asking
    if (agent.busy and not holds) or (agent.state is AgentState.READY and agent.id not in picture.ready):
        agents.rest(picture, agent, now)


def _calls(picture: Picture, live: dict[str, LiveLeg], asked_at: datetime, now: datetime) -> None:
    for call in list(picture.calls.values()):
        if call.state is CallState.ENDED or call.sent_at is None:
            continue
        leg = live.get(call.attempt_id)
        if leg is None:
            if call.sent_at <= asked_at - YOUNG or call.rang_at is not None or call.answered_at is not None:
                calls.ask_witness(picture, call)
        elif leg.bridged:
            seen = call.bridged_at is not None and not call.unseen
            calls.told(picture, ev.CallBridged(call.attempt_id, call.bridged_at), now)
            call.unseen = not seen
        elif leg.answered:
            calls.told(picture, ev.CustomerAnswered(call.attempt_id), now)


def _spies(picture: Picture, live: dict[str, LiveLeg], now: datetime, *, first: bool) -> None:
    for spy in list(picture.spies.values()):
        if spy.leg_id not in live and (spy.leg_up or first):
            supervision.told(picture, ev.SpyLegEnded(spy.supervisor_id, spy.leg_id), now)


def _orphans(picture: Picture, live: dict[str, LiveLeg], now: datetime) -> None:
    """A channel of ours that nobody owns must not stay up."""
    owned = picture.calls.keys() | picture.transfers.keys() | picture.handed.keys()
    owned |= {agent.leg_id for agent in picture.agents.values() if agent.leg_id is not None}
    owned |= {spy.leg_id for spy in picture.spies.values()}
    picture.hung_up &= live.keys()
    for leg_id, leg in live.items():
        kind, _, rest = leg_id.partition("-")
        if leg_id in owned or not rest.startswith(f"{picture.tag}-") or leg.seconds < YOUNG.total_seconds():
            continue
        if leg_id not in picture.hung_up:  # else our order is still on its way: no news
            picture.do(RaiseIncident("orphan_leg", f"a live {kind} leg had no owner and was hung up", now))
        picture.do(HangupLeg(leg_id))


def resync_failed(picture: Picture, now: datetime) -> None:
    """No answer: what we believe stays, and the question is asked again soon."""
    picture.resync_asked_at = None
    _ask_again(picture, now + calls.LOOK_AGAIN)


def _ask_again(picture: Picture, at: datetime) -> None:
    picture.resync_due_at = at
    picture.wake(at, "resync", "")


def link_up(picture: Picture, now: datetime) -> None:
    """Connected: find out what lives before anything is dialed."""
    picture.link, picture.link_reason = Link.SYNCING, "asking which calls live"
    picture.resync_asked_at = None
    picture.touch("node", "")
    calls.look(picture, now)


def link_down(picture: Picture, reason: str, now: datetime) -> None:
    """No word from the PBX: calls go on there without us; nothing new is dialed."""
    if picture.link is not Link.DOWN or picture.link_reason == NOT_YET:
        picture.do(RaiseIncident("ami_down", f"the link to Asterisk is down: {reason}", now))
    picture.link, picture.link_reason, picture.resync_asked_at = Link.DOWN, reason, None
    for call in picture.calls.values():
        call.unwatched = call.unwatched or (call.sent_at is not None and call.state is not CallState.ENDED)
    picture.touch("node", "")
