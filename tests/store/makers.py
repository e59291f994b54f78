"""Makers with defaults for the store's tests: numbers of the lab's range, a rule book that is always open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.campaign import Campaign
from dialer.core.commands import CloseAttempt, OpenAttemptRow
from dialer.core.compliance.do_not_call import unscreened
from dialer.core.compliance.gate import CampaignRules, Permit, Question, Refusal, check
from dialer.core.compliance.packs import Pack, Rulebook
from dialer.core.lead import Prospect, recycle
from dialer.core.number import Number
from dialer.core.outcome import AGENT_DISPOSITIONS, SYSTEM_DISPOSITIONS, Cause, Ending, Outcome, WhoEnded
from dialer.store import attempts, campaigns, closing, leads, lists, people
from dialer.store.lists import NewLead
from dialer.store.people import Role, User

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
LEASE = timedelta(minutes=10)
NODE = "node-a"
TZDATA = "2026.6"

_LAB = Pack(
    id="LAB",
    version="1",
    name="always open",
    week=(((0, 1440),),) * 7,
    status="test",
    confidence="test",
    prefixes=("999",),
    zones=("Etc/UTC",),
)
RULEBOOK = Rulebook({"LAB": (_LAB,)}, {}, {}, TZDATA, zone_names=frozenset({"Etc/UTC"}), prefixes={"999": "LAB"})


def after(**parts: float) -> datetime:
    return NOW + timedelta(**parts)


def a_number(n: int) -> Number:
    return Number(f"+999{n:06d}")


def settings(**changes: Any) -> dict[str, Any]:
    return {"name": "Winter", "dial_mode": "progressive", "trunk": "trunk-a", "caller_ids": [], "rules": {}} | changes


async def a_campaign(c: AsyncConnection, **changes: Any) -> Campaign:
    return await campaigns.create(c, settings(**changes), NOW)


async def an_agent(c: AsyncConnection, login: str = "anna", **changes: Any) -> User:
    user = User(**{"login": login, "name": login.title(), "role": Role.AGENT, "endpoint": login} | changes)
    await people.create(c, user, NOW)
    return user


async def some_leads(c: AsyncConnection, campaign: Campaign, *numbers: int | Sequence[int], **changes: Any) -> int:
    """One lead for each argument, with one number or several; returns the list's id."""
    list_id = await lists.create(c, campaign.id, "test", source="test", by="anna", now=NOW)
    rows = []
    for entry in numbers:
        own = (entry,) if isinstance(entry, int) else entry
        phones = tuple((a_number(n), "") for n in own)
        rows.append(NewLead(**{"name": f"Lead {own[0]}", "numbers": phones, "zone": "Etc/UTC"} | changes))
    await lists.add(c, campaign.id, list_id, rows, NOW)
    return list_id


async def claimed(
    c: AsyncConnection, campaign: Campaign, n: int = 1, *, now: datetime = NOW, node: str = NODE
) -> tuple[Prospect, ...]:
    return (await leads.claim(c, campaign, n, until=now + LEASE, now=now, node=node, screen=unscreened)).prospects


def permit(prospect: Prospect, campaign: Campaign, now: datetime = NOW) -> Permit:
    question = Question(prospect.number.number, prospect.lead.id, campaign.id, CampaignRules(), zone=prospect.lead.zone)
    answer = check(RULEBOOK, question, now)
    assert isinstance(answer, Permit)
    return answer


def a_refusal(
    rule: str, prospect: Prospect, campaign: Campaign, try_after: datetime | None = None, now: datetime = NOW
) -> Refusal:
    """A refusal of this prospect as if the gate had made it."""
    return Refusal(rule, "no", try_after, basis=permit(prospect, campaign, now).basis)


def an_order(prospect: Prospect, campaign: Campaign, now: datetime = NOW, agent: str = "anna") -> OpenAttemptRow:
    attempt_id = f"call-abc123-{prospect.lead.id}-{prospect.lead.serial + 1}"
    return OpenAttemptRow(
        attempt_id, campaign.id, prospect, permit(prospect, campaign, now), agent, campaign.trunk, "100"
    )


async def opened(
    c: AsyncConnection,
    campaign: Campaign,
    prospect: Prospect | None = None,
    *,
    now: datetime = NOW,
    agent: str = "anna",
) -> OpenAttemptRow:
    """Claim a lead where none is given, and open an attempt on it."""
    if prospect is None:
        (prospect,) = await claimed(c, campaign, now=now)
    order = an_order(prospect, campaign, now, agent)
    answer = await attempts.open(c, order, RULEBOOK, campaign, now, unscreened)
    assert isinstance(answer, Permit)
    return order


async def refused_at_opening(
    c: AsyncConnection, campaign: Campaign, prospect: Prospect, now: datetime = NOW
) -> Refusal:
    answer = await attempts.open(c, an_order(prospect, campaign, now), RULEBOOK, campaign, now, unscreened)
    assert isinstance(answer, Refusal)
    return answer


def an_ending(order: OpenAttemptRow, **changes: Any) -> Ending:
    defaults = {
        "attempt_id": order.attempt_id,
        "campaign_id": order.campaign_id,
        "lead_id": order.prospect.lead.id,
        "agent_id": order.agent_id,
        "ended_at": after(seconds=90),
        "who_ended": WhoEnded.CUSTOMER,
        "cause": Cause.NORMAL,
        "cause_code": 16,
    }
    return Ending(**defaults | changes)


def a_close(
    order: OpenAttemptRow, campaign: Campaign, disposition: str = "no_answer", *, now: datetime = NOW, **changes: Any
) -> CloseAttempt:
    """What the floor orders when an attempt ended with this word."""
    kind = (SYSTEM_DISPOSITIONS | AGENT_DISPOSITIONS)[disposition]
    outcome = Outcome(
        **{
            "attempt_id": order.attempt_id,
            "campaign_id": order.campaign_id,
            "lead_id": order.prospect.lead.id,
            "agent_id": order.agent_id,
            "disposition": disposition,
            "kind": kind,
            "decided_by": "agent" if disposition in AGENT_DISPOSITIONS else "system",
            "at": now,
        }
        | changes
    )
    fate = recycle(campaign, order.prospect.lead, order.prospect.number, outcome, now)
    return CloseAttempt(outcome, fate, order.prospect.number.id)


async def closed(
    c: AsyncConnection,
    campaign: Campaign,
    disposition: str = "no_answer",
    *,
    now: datetime = NOW,
    agent: str = "anna",
    **changes: Any,
) -> OpenAttemptRow:
    """A whole attempt on the next due lead; a disposition of the agent's means that people talked."""
    order = await opened(c, campaign, now=now, agent=agent)
    talked = disposition in AGENT_DISPOSITIONS
    met = now + timedelta(seconds=20) if talked else None
    ending = an_ending(order, ended_at=now + timedelta(seconds=80), rang_at=now, answered_at=met, bridged_at=met)
    await attempts.save_ending(c, ending)
    await closing.close(c, a_close(order, campaign, disposition, now=now, **changes), now + timedelta(seconds=90))
    return order
