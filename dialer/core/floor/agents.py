"""Agents: asks of people and phones, and how a call's turns move them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from dialer.core import events as ev
from dialer.core.agent import Agent, AgentState, Ask, ImpossibleTurn, Kept, Rest, Turn
from dialer.core.commands import HangupLeg, RaiseIncident, RingAgent, SaveAgent
from dialer.core.floor.picture import Link, Picture

# A phone that does not answer in this time is not on its agent's desk.
RING_PHONE = timedelta(seconds=30)
# A phone that refused is left alone for this long before the next ring.
RING_PAUSE = timedelta(seconds=2)
# After this many rings in a row without an answer the agent is paused; a supervisor sees the code.
RING_TRIES = 3
NO_PHONE = "phone_unreachable"


def ring(picture: Picture, agent: Agent, now: datetime) -> None:
    """Ring the agent's phone under a leg id that was never used before; without a PBX, once it is back."""
    if picture.link is not Link.UP:
        return
    agent.drop_leg()
    agent.leg_number = max(agent.leg_number + 1, int(now.timestamp()))
    agent.leg_id = f"agent-{picture.tag}-{agent.id}-{agent.leg_number}"
    agent.deadline = now + RING_PHONE
    picture.wake(agent.deadline, "agent", agent.id)
    picture.do(RingAgent(agent.id, agent.leg_id, agent.endpoint, agent.on_hook))


def hang_up_phone(picture: Picture, agent: Agent) -> None:
    """Let go of the agent's phone, if it is on line or ringing."""
    leg_id = agent.drop_leg()
    if leg_id is not None:
        picture.do(HangupLeg(leg_id))


def _to(
    picture: Picture, agent: Agent, state: AgentState, now: datetime, *, code: str | None = None, by: str = ""
) -> None:
    """Enter a state: the one place where an agent's state changes."""
    agent.enter(state, now, code=code, by=by)
    picture.ready.pop(agent.id, None)
    match state:
        case AgentState.READY:
            picture.ready[agent.id] = None
            picture.repace = True
        case AgentState.LOGGED_OUT:
            hang_up_phone(picture, agent)
        case _:
            pass
    save(picture, agent, now)
    if state is AgentState.CONNECTING and agent.ring_failures:
        agent.deadline = now + RING_PAUSE
        picture.wake(agent.deadline, "agent", agent.id)
    elif state is AgentState.CONNECTING:
        ring(picture, agent, now)


def save(picture: Picture, agent: Agent, now: datetime) -> None:
    """Keep the state, for the history and for a service that starts again."""
    picture.touch("agent", agent.id)
    picture.do(
        SaveAgent(
            agent_id=agent.id,
            state=agent.state.value,
            code=agent.code,
            by=agent.by,
            attempt_id=agent.attempt_id,
            campaigns=agent.campaigns,
            endpoint=agent.endpoint,
            on_hook=agent.on_hook,
            leg_id=agent.leg_id,
            leg_number=agent.leg_number,
            at=now,
        )
    )


def rest(picture: Picture, agent: Agent, now: datetime) -> None:
    """Nothing holds the agent any more: apply a kept ask, or go back to work, reconnecting a lost phone first."""
    kept, agent.kept = agent.kept, None
    if kept is not None:
        _to(picture, agent, kept.to, now, code=kept.code, by=kept.by)
    elif agent.leg_up or agent.on_hook:
        _to(picture, agent, AgentState.READY, now)
    else:
        _to(picture, agent, AgentState.CONNECTING, now)


def turn(picture: Picture, agent: Agent, what: Turn, now: datetime) -> None:
    """A call's, or a preview's, effect on its agent."""
    after = agent.next_state(what)
    if isinstance(after, Rest):
        return
    if after is AgentState.READY:
        rest(picture, agent, now)
    else:
        _to(picture, agent, after, now)


def release(picture: Picture, agent: Agent, now: datetime) -> None:
    """The agent's lead or call came to nothing: back to work."""
    picture.waiting.pop(agent.id, None)
    if agent.on_hook:
        hang_up_phone(picture, agent)
    turn(picture, agent, Turn.RELEASED, now)


def log_in(picture: Picture, event: ev.AgentLoggedIn, now: datetime) -> None:
    """An agent begins a shift, or comes back to one: campaigns may have changed, the state has not."""
    agent = picture.agents.get(event.agent_id)
    if agent is None:
        agent = Agent(event.agent_id, event.endpoint, event.campaigns, event.on_hook, now)
        picture.agents[agent.id] = agent
    agent.campaigns = event.campaigns
    if agent.next_state(Ask.LOG_IN) is Rest.IGNORE:
        picture.touch("agent", agent.id)
        picture.repace = True
        return
    agent.endpoint, agent.on_hook, agent.kept, agent.ring_failures = event.endpoint, event.on_hook, None, 0
    rest(picture, agent, now)


def ask(picture: Picture, agent: Agent, event: ev.ReadyAsked | ev.PauseAsked | ev.LogoutAsked, now: datetime) -> None:
    """Ready, pause or log out: at once where nothing holds the agent, else kept.

    Raises:
        ImpossibleTurn: the agent is not logged in.
    """
    match event:
        case ev.ReadyAsked():
            what, to, code, by = Ask.READY, AgentState.READY, None, ""
        case ev.PauseAsked(code=asked_code, by=asked_by):
            what, to, code, by = Ask.PAUSE, AgentState.PAUSED, asked_code, asked_by
        case ev.LogoutAsked(by=asked_by):
            what, to, code, by = Ask.LOG_OUT, AgentState.LOGGED_OUT, None, asked_by
        case _:
            assert_never(event)
    after = agent.next_state(what)
    picture.touch("agent", agent.id)
    if after is Rest.KEEP:
        agent.kept = None if what is Ask.READY else Kept(to, code, by)
    elif after is AgentState.READY:
        agent.ring_failures = 0
        rest(picture, agent, now)
    elif isinstance(after, AgentState):
        _to(picture, agent, after, now, code=code, by=by)


def leg_up(picture: Picture, agent: Agent, leg_id: str, now: datetime) -> bool:
    """The phone is on line. False where this leg is not the agent's (any more): the caller hangs it up."""
    if leg_id != agent.leg_id:
        return False
    if agent.leg_up:
        return True  # Asterisk says so again each time the agent comes back to the wait
    agent.leg_up, agent.ring_failures = True, 0
    if agent.next_state(Ask.LEG_UP) is AgentState.READY:
        rest(picture, agent, now)
    else:
        save(picture, agent, now)
    return True


def leg_lost(picture: Picture, agent: Agent, leg_id: str, now: datetime) -> bool:
    """The phone is gone. True where the leg was the agent's."""
    if leg_id != agent.leg_id:
        return False
    phone_gone(picture, agent, now, in_vain=not agent.leg_up)
    return True


def phone_gone(picture: Picture, agent: Agent, now: datetime, *, in_vain: bool) -> None:
    """The agent has no leg any more: ring again where the state wants one. `in_vain`: it rang and nobody answered."""
    agent.drop_leg()
    picture.touch("agent", agent.id)
    if agent.on_hook:
        return
    agent.ring_failures += in_vain
    after = agent.next_state(Ask.LEG_LOST)
    if after is not AgentState.CONNECTING:
        save(picture, agent, now)
    elif agent.ring_failures >= RING_TRIES:
        unreachable(picture, agent, now)
    else:
        _to(picture, agent, AgentState.CONNECTING, now)


def unreachable(picture: Picture, agent: Agent, now: datetime) -> None:
    """The phone did not answer: pause the agent, and say so."""
    picture.do(RaiseIncident("agent_phone", f"the phone of agent {agent.id} does not answer", now, agent_id=agent.id))
    _to(picture, agent, AgentState.PAUSED, now, code=NO_PHONE)


def ring_overdue(picture: Picture, agent: Agent, now: datetime) -> None:
    """The phone rang too long: give up on this leg. Or it had its pause: ring it again."""
    if agent.leg_id is None:
        ring(picture, agent, now)
        return
    hang_up_phone(picture, agent)
    phone_gone(picture, agent, now, in_vain=True)


def known(picture: Picture, agent_id: str) -> Agent:
    """The agent, who must be logged in.

    Raises:
        ImpossibleTurn: nobody of that id is logged in.
    """
    agent = picture.agents.get(agent_id)
    if agent is None or agent.state is AgentState.LOGGED_OUT:
        raise ImpossibleTurn(f"agent {agent_id} is not logged in")
    return agent
