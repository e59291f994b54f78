"""What the gate is asked, read from the database: the same for the call itself and for who only wants to know."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.campaign import Campaign
from dialer.core.compliance.gate import CampaignRules, Question
from dialer.core.compliance.question import Mode
from dialer.core.number import Number
from dialer.store import do_not_call, prospects
from dialer.store.schema import lead_numbers, leads


class NoSuchLead(LookupError):
    """The campaign has no lead of this id."""


async def of_lead_row(
    c: AsyncConnection,
    lead: Row[Any] | None,
    number: Number,
    campaign_id: int,
    rules: CampaignRules,
    mode: Mode,
    now: datetime,
) -> Question:
    """The question about one number as things stand in this transaction. `lead` None: a stranger's number."""
    past = await prospects.history(c, (number,), campaign_id, now)
    hits = await do_not_call.hits(c, (number,), campaign_id)
    return Question(
        number=number,
        lead_id=lead.id if lead is not None else 0,
        campaign_id=campaign_id,
        rules=rules,
        history=past.get(number, ()),
        hits=hits.get(number, ()),
        region=lead.region if lead is not None else None,
        zone=lead.zone if lead is not None else None,
        consent=lead.consent if lead is not None else "none",
        mode=mode,
    )


async def about(c: AsyncConnection, campaign: Campaign, who: Number | int, now: datetime) -> Question:
    """The question about a number, or about the number of a lead (by its id) that would be tried next.

    A number that is no lead of the campaign is asked about as a stranger's.

    Raises:
        NoSuchLead:
    """
    query = select(leads, lead_numbers.c.number).join(lead_numbers, lead_numbers.c.lead_id == leads.c.id)
    query = query.where(leads.c.campaign_id == campaign.id)
    if isinstance(who, Number):
        query = query.where(lead_numbers.c.number == who.e164)
    else:
        next_first = (lead_numbers.c.dead, lead_numbers.c.tries, lead_numbers.c.position)
        query = query.where(leads.c.id == who).order_by(*next_first)
    row = (await c.execute(query.limit(1))).one_or_none()
    if row is None and not isinstance(who, Number):
        raise NoSuchLead(f"campaign {campaign.name} has no lead {who}")
    number = who if isinstance(who, Number) else Number(row.number)  # type: ignore[union-attr]
    return await of_lead_row(c, row, number, campaign.id, campaign.rules, campaign.dial_mode.value, now)
