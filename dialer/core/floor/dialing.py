"""From a claimed lead to an order for Asterisk: pacing, previews, permits and the trunk's turn."""

from __future__ import annotations

from datetime import datetime, timedelta

from dialer.core import events as ev
from dialer.core.agent import Agent, AgentState, ImpossibleTurn, Preview, Turn
from dialer.core.call import OVERDUE, Call
from dialer.core.campaign import DialMode, PreviewPolicy
from dialer.core.commands import ClaimLeads, OpenAttemptRow, Originate
from dialer.core.compliance.gate import Permit, Refusal
from dialer.core.floor import abandonment, agents, calls, leads, unplaced
from dialer.core.floor.picture import Desk, Link, Picture, Waiting
from dialer.core.lead import Prospect
from dialer.core.pacing import preview
from dialer.core.pacing.progressive import calls_to_place

# An empty claim is repeated after this time at the latest: somebody may have imported a list meanwhile.
ASK_AGAIN = timedelta(seconds=5)


def claimed(picture: Picture, desk: Desk, event: ev.LeadsClaimed, now: datetime) -> None:
    """Fill the hopper with what the gate allows now; the rest goes back with its reason."""
    hopper = desk.hopper
    hopper.claiming, hopper.next_at, hopper.ask_again_at = False, event.next_at, None
    hopper.left = hopper.left if event.left is None else event.left
    picture.touch("campaign", desk.campaign.id)
    if not event.prospects:
        hopper.ask_again_at = min(event.next_at or now + ASK_AGAIN, now + ASK_AGAIN)
        picture.wake(hopper.ask_again_at, "pace", "")
    for prospect in event.prospects:
        if not desk.running or picture.draining:
            leads.give_back(picture, prospect, now, "not_running")
            continue
        answer = leads.verdict(picture, desk, prospect, now)
        if isinstance(answer, Refusal):
            leads.refuse(picture, desk, prospect, answer, now)
        else:
            hopper.prospects.append(prospect)
    picture.repace = True


def pace(picture: Picture, now: datetime) -> None:
    """Give every ready agent work, campaign by campaign, as far as the limits allow."""
    picture.repace = False
    for desk in sorted(picture.desks.values(), key=lambda d: (-d.campaign.priority, d.campaign.id)):
        if not desk.running or not picture.may_dial:
            continue
        if desk.campaign.dial_mode is DialMode.PROGRESSIVE:
            _progressive(picture, desk, now)
        else:
            for agent in _idle(picture, desk):
                _offer(picture, desk, agent, now)
        count = desk.hopper.wanted(len(picture.on_desk(desk)), now)
        if count > 0:
            desk.hopper.claiming = True
            picture.do(ClaimLeads(desk.campaign.id, count))


def _idle(picture: Picture, desk: Desk) -> list[Agent]:
    ready = (picture.agents[agent_id] for agent_id in picture.ready)
    return [a for a in ready if desk.campaign.id in a.campaigns and (desk.campaign.on_hook or not a.on_hook)]


def _progressive(picture: Picture, desk: Desk, now: datetime) -> None:
    trunk = picture.trunks[desk.campaign.trunk]
    idle = _idle(picture, desk)
    unsent = sum(1 for c in picture.calls.values() if c.trunk == trunk.name and c.sent_at is None)
    brake = abandonment.weigh(picture, desk, now)
    desk.pace = calls_to_place(
        ready=len(idle),
        leads=len(desk.hopper),
        free_lines=picture.free_lines(trunk.name),
        allowance=trunk.allowance(now) - unsent,
        brake=brake,
    )
    if brake.until is not None:
        picture.wake(brake.until, "pace", "")
    left = desk.pace.place
    for agent in idle:
        if left <= 0:
            break
        found = _next_permitted(picture, desk, agent, now)
        if found is not None:
            left -= 1
            reserve(picture, desk, agent, *found, now)


def _next_permitted(picture: Picture, desk: Desk, agent: Agent, now: datetime) -> tuple[Prospect, Permit] | None:
    while (prospect := desk.hopper.take(agent.id, now)) is not None:
        answer = leads.verdict(picture, desk, prospect, now)
        if isinstance(answer, Permit):
            return prospect, answer
        leads.refuse(picture, desk, prospect, answer, now)
    return None


def _offer(picture: Picture, desk: Desk, agent: Agent, now: datetime) -> None:
    """Show one lead to one agent."""
    found = _next_permitted(picture, desk, agent, now)
    if found is None:
        return
    prospect, permit = found
    until = preview.deadline(desk.campaign, now, prospect.lease_until)
    agent.preview = Preview(prospect, permit, now, until)
    agents.turn(picture, agent, Turn.RESERVED, now)
    agent.deadline = until
    picture.wake(until, "agent", agent.id)


def reserve(picture: Picture, desk: Desk, agent: Agent, prospect: Prospect, permit: Permit, now: datetime) -> None:
    """Bind this lead to this agent, and go: the one way from a permitted lead to a call."""
    if agent.state is not AgentState.RESERVED:
        agents.turn(picture, agent, Turn.RESERVED, now)
    if agent.on_hook and not agent.leg_up:
        agent.preview = None  # from here on the lead waits for the phone, not for a click
        picture.waiting[agent.id] = Waiting(prospect, permit)
        agents.ring(picture, agent, now)
    else:
        _open(picture, desk, agent, prospect, permit, now)


def _open(picture: Picture, desk: Desk, agent: Agent, prospect: Prospect, permit: Permit, now: datetime) -> None:
    """Have the row written. Nothing leaves for Asterisk before it is durable."""
    campaign = desk.campaign
    attempt_id = f"call-{picture.tag}-{prospect.lead.id}-{prospect.lead.serial + 1}"
    call = Call(attempt_id, campaign.id, prospect, permit, agent.id, campaign.trunk, desk.next_caller_id(), now)
    picture.calls[attempt_id] = call
    picture.trunks[campaign.trunk].in_use += 1
    agent.attempt_id, agent.preview, agent.deadline = attempt_id, None, None
    agents.save(picture, agent, now)
    picture.touch("call", attempt_id)
    picture.do(OpenAttemptRow(attempt_id, campaign.id, prospect, permit, agent.id, call.trunk, call.caller_id))


def answered_own_phone(picture: Picture, agent: Agent, now: datetime) -> None:
    """An on-hook agent picked up: now the customer may be called, if the gate still says so."""
    waiting = picture.waiting.pop(agent.id, None)
    if waiting is None:
        return
    desk = picture.desks[waiting.prospect.lead.campaign_id]
    answer = leads.verdict(picture, desk, waiting.prospect, now)
    if isinstance(answer, Refusal):
        leads.refuse(picture, desk, waiting.prospect, answer, now)
        unplaced.call(picture, agent.id, waiting.prospect, "refused", now, answer)
        agents.release(picture, agent, now)
    else:
        _open(picture, desk, agent, waiting.prospect, answer, now)


def dispatch(picture: Picture, now: datetime) -> None:
    """Send what is durable, in order, as the trunks' turns come; ask the gate again where a permit went stale."""
    waiting, picture.outgoing = picture.outgoing, []
    for attempt_id in waiting:
        call = picture.calls.get(attempt_id)
        if call is None or call.ended_at is not None:
            continue
        trunk = picture.trunks[call.trunk]
        if picture.link is Link.UP and trunk.allowance(now) <= 0:
            picture.outgoing.append(attempt_id)
            continue
        _send(picture, call, now)


def _send(picture: Picture, call: Call, now: datetime) -> None:
    desk = picture.desks[call.campaign_id]
    agent = picture.agents.get(call.agent_id or "")
    permit = call.permit
    if not picture.may_dial or not desk.running:
        calls.give_up(picture, call, "stopped before it was sent", now)
    elif agent is None or agent.leg_id is None or not agent.leg_up:
        calls.give_up(picture, call, "the agent's phone is gone", now)
    else:
        if permit is None or now >= permit.stale_at:
            answer = leads.verdict(picture, desk, call.prospect, now)
            if isinstance(answer, Refusal):
                call.refusal = answer
                leads.note(picture, desk, answer)
                calls.give_up(picture, call, answer.rule, now)
                return
            call.permit = permit = answer
        campaign = desk.campaign
        trunk = picture.trunks[call.trunk]
        trunk.send(now)
        if (again := trunk.next_allowance()) is not None:  # full: whoever waits for a turn is asked again then
            picture.wake(again, "pace", "")
        call.sent_at = now
        call.deadline = now + timedelta(seconds=campaign.ring_seconds) + OVERDUE
        picture.wake(call.deadline, "call", call.attempt_id)
        desk.placed += 1
        desk.started_at = desk.started_at or now
        picture.touch("campaign", campaign.id)
        picture.do(
            Originate(
                call.attempt_id,
                permit,
                call.trunk,
                call.caller_id,
                agent.leg_id,
                campaign.ring_seconds,
                campaign.amd and not call.prospect.manual,
                campaign.machine_policy,
                campaign.notice,
                message=campaign.abandon_message,
                opt_out_key=campaign.opt_out_key,
            )
        )


def dial(picture: Picture, agent: Agent, now: datetime) -> None:
    """The agent, or the timer, says: call the previewed lead.

    Raises:
        ImpossibleTurn: no lead is previewed, nothing may be dialed at all now, or no line is free.
    """
    preview_ = _previewed(agent)
    if not picture.may_dial:
        raise ImpossibleTurn("nothing can be dialed at the moment: the link, the database or the service is going down")
    desk = picture.desks[preview_.prospect.lead.campaign_id]
    answer = leads.verdict(picture, desk, preview_.prospect, now)
    if isinstance(answer, Refusal):
        leads.refuse(picture, desk, preview_.prospect, answer, now)
        unplaced.call(picture, agent.id, preview_.prospect, "refused", now, answer)
        agents.release(picture, agent, now)
    elif picture.free_lines(desk.campaign.trunk) <= 0:
        raise ImpossibleTurn("all lines of the trunk are in use: try again in a moment")
    else:
        reserve(picture, desk, agent, preview_.prospect, answer, now)


def skip(picture: Picture, agent: Agent, reason: str, now: datetime, rest: timedelta = timedelta(hours=1)) -> None:
    """The previewed lead goes back for `rest`, with the reason.

    Raises:
        ImpossibleTurn: no lead is previewed.
    """
    leads.give_back(picture, _previewed(agent).prospect, now, f"skipped: {reason}", rest)
    agents.release(picture, agent, now)


def preview_over(picture: Picture, agent: Agent, now: datetime) -> None:
    """The preview's time is up: do what the campaign says."""
    preview_ = _previewed(agent)
    campaign = picture.desks[preview_.prospect.lead.campaign_id].campaign
    policy = campaign.preview_policy
    if policy is PreviewPolicy.DIAL and picture.free_lines(campaign.trunk) > 0 and picture.may_dial:
        dial(picture, agent, now)
    elif policy is PreviewPolicy.PAUSE:
        agents.ask(picture, agent, ev.PauseAsked(agent.id, "preview_timeout"), now)
        skip(picture, agent, "time_out", now, timedelta())
    else:
        skip(picture, agent, "time_out", now)


def _previewed(agent: Agent) -> Preview:
    if agent.state is not AgentState.RESERVED or agent.preview is None:
        raise ImpossibleTurn(f"agent {agent.id} has no lead in preview")
    return agent.preview


def held(picture: Picture, agent: Agent) -> Prospect | None:
    """The lead an agent has before it is a call: in preview, or kept while their own phone rings."""
    if agent.preview is not None:
        return agent.preview.prospect
    waiting = picture.waiting.get(agent.id)
    return waiting.prospect if waiting is not None else None


def own_phone_silent(picture: Picture, agent: Agent, now: datetime) -> None:
    """An on-hook agent did not pick up: the lead goes back, the agent is paused."""
    leads.give_back(picture, picture.waiting.pop(agent.id).prospect, now, "agent_phone")
    agents.hang_up_phone(picture, agent)
    agents.turn(picture, agent, Turn.RELEASED, now)
    if agent.state is AgentState.READY:  # else a pause or log-out asked meanwhile has been applied
        agents.unreachable(picture, agent, now)


def withdraw(picture: Picture, desk: Desk, now: datetime, because: str) -> None:
    """Give back everything of a campaign that is not yet a call."""
    for prospect in desk.hopper.empty():
        leads.give_back(picture, prospect, now, because)
    for agent in list(picture.agents.values()):
        prospect_ = held(picture, agent)
        if prospect_ is not None and prospect_.lead.campaign_id == desk.campaign.id:
            leads.give_back(picture, prospect_, now, because)
            agents.release(picture, agent, now)
