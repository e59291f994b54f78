"""Calls and transfers that an agent asked for and that came to nothing: the agent is told why."""

from __future__ import annotations

from datetime import datetime

from dialer.core.agent import Unplaced
from dialer.core.campaign import DialMode
from dialer.core.compliance.gate import Refusal
from dialer.core.floor.picture import Picture
from dialer.core.lead import Prospect
from dialer.core.number import Number
from dialer.core.outcome import Cause

# Words for screens and programs, each with its sentence.
REASONS: dict[str, str] = {
    "refused": "the rules do not allow it now",
    "no_lead": "the campaign has no such lead",
    "no_number": "the lead has no number that can be called",
    "calling": "the lead is being called at this moment",
    "held": "somebody else holds the lead at this moment: try again in some minutes",
    "promised": "the lead was promised a call by another agent",
    "done": "the lead is done: no further call is wanted",
    "late": "the database did not answer in time",
    "stopped": "nothing may be dialed for this campaign at the moment",
    "no_line": "all lines of the trunk are in use",
    "agent_phone": "the agent's phone is not on line",
    "not_placed": "the call was not placed",
    "cancelled": "it was cancelled",
    "customer_gone": "the customer hung up",
    "busy": "the number is busy",
    "no_answer": "nobody answered",
    "rejected": "the call was rejected",
    "unallocated": "there is no such number",
    "congestion": "the network has no room",
    "trunk_failure": "the trunk does not work",
    "failed": "the call failed",
    "hung_up": "they answered and hung up",
    "unknown": "the PBX does not know what became of it",
}

OF_CAUSE: dict[Cause, str] = {
    Cause.NORMAL: "no_answer",
    Cause.BUSY: "busy",
    Cause.NO_ANSWER: "no_answer",
    Cause.REJECTED: "rejected",
    Cause.UNALLOCATED: "unallocated",
    Cause.CONGESTION: "congestion",
    Cause.TRUNK_FAILURE: "trunk_failure",
    Cause.OTHER: "failed",
}


def call(
    picture: Picture,
    agent_id: str | None,
    prospect: Prospect,
    reason: str,
    now: datetime,
    refusal: Refusal | None = None,
) -> None:
    """The lead this agent wanted to call is not called. Where the pacing chose it, the agent wanted nothing."""
    campaign = picture.desks[prospect.lead.campaign_id].campaign
    if campaign.dial_mode is DialMode.PROGRESSIVE and not prospect.manual:
        return
    number = prospect.number.number
    _tell(picture, agent_id, "call", prospect.lead.campaign_id, prospect.lead.id, number, reason, now, refusal)


def claim(
    picture: Picture,
    agent_id: str,
    campaign_id: int,
    who: int | Number,
    reason: str,
    now: datetime,
    refusal: Refusal | None,
) -> None:
    """The lead, or number, this agent wanted to call cannot be had."""
    number = refusal.basis.question.number if refusal is not None else who if isinstance(who, Number) else None
    lead_id = who if isinstance(who, int) else None
    _tell(picture, agent_id, "call", campaign_id, lead_id, number, reason, now, refusal)


def transfer(
    picture: Picture,
    agent_id: str,
    campaign_id: int,
    number: Number,
    reason: str,
    now: datetime,
    refusal: Refusal | None,
) -> None:
    """The customer stays with the agent."""
    _tell(picture, agent_id, "transfer", campaign_id, None, number, reason, now, refusal)


def _tell(
    picture: Picture,
    agent_id: str | None,
    what: str,
    campaign_id: int,
    lead_id: int | None,
    number: Number | None,
    reason: str,
    now: datetime,
    refusal: Refusal | None,
) -> None:
    agent = picture.agents.get(agent_id or "")
    if agent is not None:
        ends = number.last3 if number is not None else ""
        agent.unplaced = Unplaced(what, campaign_id, lead_id, ends, reason, now, refusal)
        picture.touch("agent", agent.id)
