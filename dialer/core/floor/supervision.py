"""Supervisors: one leg for the shift, pointed at one agent at a time, its mode changed without a new call."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from dialer.core import events as ev
from dialer.core.agent import Agent, AgentState, ImpossibleTurn
from dialer.core.commands import HangupLeg, RingSupervisor, SaveSupervision, SpyOn
from dialer.core.floor.picture import Picture, Spy, Stretch


def ask(picture: Picture, event: ev.SpyAsked, now: datetime) -> None:
    """Point the supervisor at an agent; ring the supervisor's phone first if it is not on line.

    Raises:
        ImpossibleTurn: the agent is not logged in or has no phone on line.
    """
    agent = picture.agents.get(event.agent_id)
    if agent is None or agent.leg_id is None or not agent.leg_up:
        raise ImpossibleTurn(f"agent {event.agent_id} has no phone on line: there is nothing to hear")
    spy = picture.spies.get(event.supervisor_id)
    if spy is None:
        leg_id = f"spy-{picture.tag}-{event.supervisor_id}-{int(now.timestamp() * 1000)}"
        spy = picture.spies[event.supervisor_id] = Spy(event.supervisor_id, event.endpoint, leg_id)
        picture.do(RingSupervisor(spy.supervisor_id, leg_id, event.endpoint))
    spy.agent_id, spy.mode = event.agent_id, event.mode
    picture.touch("supervisor", spy.supervisor_id)
    if spy.leg_up:
        _point(picture, spy)


def _point(picture: Picture, spy: Spy) -> None:
    agent = picture.agents.get(spy.agent_id or "")
    leg = agent.leg_id if agent is not None and agent.leg_up else None
    picture.do(SpyOn(spy.supervisor_id, spy.leg_id, leg, spy.mode if leg is not None else None))


def call_over(picture: Picture, agent: Agent) -> None:
    """The agent's leg is back from a call: whoever barged in on it only listens from now on, also to the next one.

    And at once, for Asterisk keeps the customer's channel, and its Hangup, for as long as the barge lasts.
    """
    for spy in picture.spies.values():
        if spy.agent_id == agent.id and spy.mode is ev.SpyMode.BARGE:
            spy.mode = ev.SpyMode.LISTEN
            picture.touch("supervisor", spy.supervisor_id)
            if spy.leg_up:
                _point(picture, spy)


def end(picture: Picture, spy: Spy, event: ev.SpyEndAsked, now: datetime) -> None:
    """Stop listening; the leg waits for the next, or is let go."""
    spy.agent_id = None
    picture.touch("supervisor", spy.supervisor_id)
    if event.hang_up:
        picture.do(HangupLeg(spy.leg_id))
    else:
        _point(picture, spy)


def told(picture: Picture, event: ev.SpyLegUp | ev.SpyStarted | ev.SpyStopped | ev.SpyLegEnded, now: datetime) -> None:
    """What the PBX says of a supervisor's leg. News of a leg that is not the present one is late but normal."""
    spy = picture.spies.get(event.supervisor_id)
    if spy is None or spy.leg_id != event.leg_id:
        return
    picture.touch("supervisor", spy.supervisor_id)
    match event:
        case ev.SpyLegUp():
            first, spy.leg_up = not spy.leg_up, True
            if first and spy.agent_id is not None:
                _point(picture, spy)
        case ev.SpyStarted():
            _close_stretch(picture, spy, now)
            _open_stretch(picture, spy, now)
        case ev.SpyStopped():
            _close_stretch(picture, spy, now)
        case ev.SpyLegEnded():
            _close_stretch(picture, spy, now)
            del picture.spies[spy.supervisor_id]
        case _:
            assert_never(event)


def split(picture: Picture, agent: Agent, now: datetime) -> None:
    """A call began or ended under the supervisors' ears: what they hear from now on belongs to another row."""
    for spy in picture.spies.values():
        heard = spy.stretch
        if heard is not None and heard.agent_id == agent.id:
            _close_stretch(picture, spy, now)
            spy.stretch = Stretch(agent.id, _call_heard(agent), heard.mode, now)


def _open_stretch(picture: Picture, spy: Spy, now: datetime) -> None:
    agent = picture.agents.get(spy.agent_id or "")
    if agent is not None:
        spy.stretch = Stretch(agent.id, _call_heard(agent), spy.mode, now)


def _call_heard(agent: Agent) -> str | None:
    return agent.attempt_id if agent.state is AgentState.TALKING else None


def _close_stretch(picture: Picture, spy: Spy, now: datetime) -> None:
    stretch, spy.stretch = spy.stretch, None
    if stretch is not None:
        picture.do(
            SaveSupervision(
                spy.supervisor_id, stretch.agent_id, stretch.attempt_id, stretch.mode, stretch.started_at, now
            )
        )
