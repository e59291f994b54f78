"""The one lead that an agent asks for: claimed for this agent's call if nobody else has it and the gate permits."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.campaign import Campaign
from dialer.core.commands import ClaimLead
from dialer.core.compliance.do_not_call import Screen
from dialer.core.compliance.gate import Refusal, check
from dialer.core.compliance.packs import Rulebook
from dialer.core.lead import LeadNumber, Prospect
from dialer.core.number import Number
from dialer.store import decisions, lists, locks
from dialer.store.lists import NewLead
from dialer.store.prospects import numbers_of, prospects
from dialer.store.questions import about
from dialer.store.schema import lead_numbers, leads
from dialer.store.schema import lists as lists_table

LEASE = timedelta(minutes=10)
"""How long the lead is held: for as long as an on-hook phone may ring, and then some."""

LIST = "manual"
"""The name and the source of the list to which numbers go that an agent typed."""


async def claim_one(
    c: AsyncConnection,
    order: ClaimLead,
    campaign: Campaign,
    rulebook: Rulebook,
    *,
    now: datetime,
    node: str,
    screen: Screen,
) -> Prospect | Refusal | str:
    """The lead, held for its agent; or the gate's refusal, which is kept; or the word for why it cannot be had.

    Who is refused stays where they were: a lead keeps its time, and a number that was nobody's does not become a lead.
    """
    lead_id = order.who if isinstance(order.who, int) else await _lead_of(c, campaign.id, order.who)
    if isinstance(order.who, Number) and lead_id is None:
        await locks.hold(c, [order.who])
        question = replace(await about(c, campaign, order.who, screen, now), mode="manual")
        verdict = check(rulebook, question, now)
        if isinstance(verdict, Refusal):
            await decisions.keep(c, verdict)
            return verdict
        await _add(c, campaign.id, order.who, order.agent_id, now)
        lead_id = await _lead_of(c, campaign.id, order.who)
    query = select(leads).where(leads.c.id == lead_id, leads.c.campaign_id == campaign.id).with_for_update()
    row = (await c.execute(query)).one_or_none()
    if row is None:
        return "no_lead"
    if (reason := _taken(row, campaign, order.agent_id, now)) is not None:
        return reason
    numbers = await numbers_of(c, [row.id])
    chosen = _chosen(numbers[row.id], order.who)
    if chosen is None:
        return "no_number"
    [found] = await prospects(c, campaign, [row], {row.id: chosen}, numbers, screen=screen, now=now)
    question = replace(found.question, mode="manual")
    verdict = check(rulebook, question, now)
    if isinstance(verdict, Refusal):
        await decisions.keep(c, verdict)
        return verdict
    until = now + LEASE
    held = {"next_at": until, "was_due": row.next_at, "node": node}
    await c.execute(update(leads).where(leads.c.id == row.id).values(held))
    return replace(found, question=question, lease_until=until, was_due=row.next_at)


def _taken(row: Row[Any], campaign: Campaign, agent_id: str, now: datetime) -> str | None:
    """Why this lead is not to be had, where it is not: done, being called, held, or promised to another agent."""
    if row.status != "new":
        return str(row.status)
    if row.node is not None and row.next_at > now:
        return "held"
    theirs = row.callback_agent in (None, agent_id) or row.callback_at is None
    return None if theirs or now >= row.callback_at + campaign.callback_grace else "promised"


def _chosen(numbers: tuple[LeadNumber, ...], who: int | Number) -> LeadNumber | None:
    """The number that was typed, or the living one tried least; None where it is dead."""
    living = [n for n in numbers if not n.dead and who in (n.number, who if isinstance(who, int) else None)]
    return min(living, key=lambda number: number.tries, default=None)


async def _lead_of(c: AsyncConnection, campaign_id: int, number: Number) -> int | None:
    query = select(lead_numbers.c.lead_id)
    where = lead_numbers.c.campaign_id == campaign_id, lead_numbers.c.number == number.e164
    found: int | None = await c.scalar(query.where(*where))
    return found


async def _add(c: AsyncConnection, campaign_id: int, number: Number, agent_id: str, now: datetime) -> None:
    """Make it a lead. Where another agent typed it at the same moment, theirs is the lead."""
    t = lists_table.c
    mine = t.campaign_id == campaign_id, t.name == LIST, t.source == LIST, t.by == agent_id
    list_id = await c.scalar(select(t.id).where(*mine))
    if list_id is None:
        list_id = await lists.create(c, campaign_id, LIST, source=LIST, by=agent_id, now=now)
        await lists.finish(c, list_id, now)
    [added] = await lists.add(c, campaign_id, list_id, [NewLead(str(number), ((number, ""),), source=LIST)], now)
    await lists.count(c, list_id, added=int(added), doubled=int(not added))
