"""Manual calls: an agent asks for one lead, or types a number. The gate is asked as for every other call.

A lead in the hopper is taken from there; any other is claimed from the database, and meanwhile the agent is reserved.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from dialer.core import events as ev
from dialer.core.agent import Agent, AgentState, ImpossibleTurn, Kept, Turn
from dialer.core.commands import ClaimLead
from dialer.core.compliance.gate import Refusal
from dialer.core.floor import agents, dialing, leads, unplaced
from dialer.core.floor.picture import Asking, Desk, Picture
from dialer.core.hopper import LEASE_MARGIN
from dialer.core.lead import Prospect
from dialer.core.number import Number

# An agent does not sit reserved for longer than this because the database is away.
ANSWER = timedelta(seconds=10)


def ask(picture: Picture, agent: Agent, event: ev.ManualAsked, now: datetime) -> None:
    """Claim what the agent wants to call; from a pause the agent goes back to the pause afterwards.

    Raises:
        ImpossibleTurn: the agent has work, or no phone on line; the campaign is not theirs, is stopped or lets nobody
            type numbers; nothing can be dialed now; or the lead is promised to another agent.
    """
    desk = picture.desks.get(event.campaign_id)
    if desk is None or event.campaign_id not in agent.campaigns:
        raise ImpossibleTurn(f"agent {agent.id} does not work on campaign {event.campaign_id}")
    if isinstance(event.who, Number) and not desk.campaign.manual:
        raise ImpossibleTurn(f"campaign {desk.campaign.name} calls its leads only: no number can be typed")
    if not (agent.leg_up or (agent.on_hook and desk.campaign.on_hook)):
        raise ImpossibleTurn("your phone is not on line")
    if (reason := _hindrance(picture, desk)) is not None:
        raise ImpossibleTurn(unplaced.REASONS[reason])
    found = _in_hopper(desk, event.who, now)
    if found is not None and found.for_agent not in (None, agent.id) and found.open_from and now < found.open_from:
        raise ImpossibleTurn(unplaced.REASONS["promised"])
    agent.next_state(Turn.ASKED)
    agent.unplaced = None
    if agent.state is AgentState.PAUSED:
        agent.kept = Kept(AgentState.PAUSED, agent.code, agent.by)
    agents.turn(picture, agent, Turn.ASKED, now)
    if found is not None:
        desk.hopper.prospects.remove(found)
        _call(picture, agent, replace(found, question=replace(found.question, mode="manual")), now)
        return
    picture.asking[agent.id] = Asking(event.campaign_id, event.who, now)
    agent.deadline = now + ANSWER
    picture.wake(agent.deadline, "agent", agent.id)
    picture.do(ClaimLead(agent.id, now, event.campaign_id, event.who))


def claimed(picture: Picture, event: ev.LeadClaimed, now: datetime) -> None:
    """The lead is held for the agent, unless they wait for it no longer."""
    agent = _waiting(picture, event)
    if agent is None:
        leads.give_back(picture, event.prospect, now, "asked_no_more")
    else:
        _call(picture, agent, event.prospect, now)


def not_claimed(picture: Picture, event: ev.LeadNotClaimed, now: datetime) -> None:
    """Nobody is called; the agent is told why."""
    asking = picture.asking.get(event.agent_id)
    agent = _waiting(picture, event)
    if agent is None or asking is None:
        return
    if event.refusal is not None:
        leads.note(picture, picture.desks[asking.campaign_id], event.refusal)
    unplaced.claim(picture, agent.id, asking.campaign_id, asking.who, event.reason, now, event.refusal)
    agents.release(picture, agent, now)


def overdue(picture: Picture, agent: Agent, now: datetime) -> None:
    """No answer from the database in time: the agent is free; what is claimed later is given back."""
    asking = picture.asking.pop(agent.id)
    unplaced.claim(picture, agent.id, asking.campaign_id, asking.who, "late", now, None)
    agents.release(picture, agent, now)


def _waiting(picture: Picture, event: ev.LeadClaimed | ev.LeadNotClaimed) -> Agent | None:
    asking = picture.asking.get(event.agent_id)
    if asking is None or asking.asked_at != event.asked_at:
        return None
    del picture.asking[event.agent_id]
    agent = picture.agents[event.agent_id]
    agent.deadline = None
    return agent


def _call(picture: Picture, agent: Agent, prospect: Prospect, now: datetime) -> None:
    """From here on it goes as with a preview that the agent dials."""
    desk = picture.desks[prospect.lead.campaign_id]
    reason = _hindrance(picture, desk)
    if reason is None and not (agent.leg_up or agent.on_hook):
        reason = "agent_phone"
    if reason is not None:
        leads.give_back(picture, prospect, now, reason)
        unplaced.call(picture, agent.id, prospect, reason, now)
        agents.release(picture, agent, now)
        return
    answer = leads.verdict(picture, desk, prospect, now)
    if isinstance(answer, Refusal):
        leads.refuse(picture, desk, prospect, answer, now)
        unplaced.call(picture, agent.id, prospect, "refused", now, answer)
        agents.release(picture, agent, now)
    else:
        dialing.reserve(picture, desk, agent, prospect, answer, now)


def _hindrance(picture: Picture, desk: Desk) -> str | None:
    if not picture.may_dial or not desk.running:
        return "stopped"
    return "no_line" if picture.free_lines(desk.campaign.trunk) <= 0 else None


def _in_hopper(desk: Desk, who: int | Number, now: datetime) -> Prospect | None:
    for prospect in desk.hopper.prospects:
        wanted = prospect.number.number == who if isinstance(who, Number) else prospect.lead.id == who
        if wanted and prospect.lease_until - LEASE_MARGIN > now:
            return prospect
    return None
