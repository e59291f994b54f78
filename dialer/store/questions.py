"""What the gate is asked, read from the database: the same for a claim, for the call and for who wants to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.campaign import Campaign
from dialer.core.compliance.consent import in_force
from dialer.core.compliance.do_not_call import Screen
from dialer.core.compliance.gate import PastAttempt, Question
from dialer.core.number import Number
from dialer.store import consents, do_not_call, history, suspensions
from dialer.store.lists import NewLead
from dialer.store.number_hash import secret
from dialer.store.schema import lead_numbers, leads
from dialer.store.together import Found, Together

Whom = Mapping[int, tuple[Row[Any] | NewLead | None, Number, Sequence[Number]]]
"""By the lead's id: its row, or what a file says of them (None: a stranger), the number to be called, and all the
person's numbers.
"""

NOBODY = 0
"""The lead's id where a number is asked about that is no lead's."""


class NoSuchLead(LookupError):
    """The campaign has no lead of this id."""


async def asked(
    c: AsyncConnection,
    campaign: Campaign,
    who: Whom,
    screen: Screen,
    now: datetime,
) -> dict[int, Question]:
    """The questions about these leads as things stand in this transaction, in one statement."""
    key = await secret(c)
    return read(campaign, who, await _ASKED.ask(c, values(campaign, who, key, now)), key, screen, now)


# What must be asked of the database.
FACTS: Mapping[str, Select[Any]] = {
    "past": history.PAST,
    "transfers": history.TRANSFERS,
    "hits": do_not_call.HITS,
    "erased": do_not_call.ERASED,
    "given": consents.GIVEN,
    "suspended": suspensions.RUNNING,
}
_ASKED = Together(**FACTS)


def values(campaign: Campaign, who: Whom, key: str | None, now: datetime) -> dict[str, Any]:
    """What `FACTS` are bound to. `key`: the installation's secret."""
    everyone = {number.e164 for _, _, own in who.values() for number in own}
    dialed = [number for _, number, _ in who.values()]
    return {"everyone": sorted(everyone), "now": now, **do_not_call.values(dialed, key, campaign)}


def read(
    campaign: Campaign, who: Whom, found: Mapping[str, Found], key: str | None, screen: Screen, now: datetime
) -> dict[int, Question]:
    """The questions, from the answers to `FACTS`."""
    past = history.read([*found["past"], *found["transfers"]], campaign.id, now)
    dialed = [number for _, number, _ in who.values()]
    hits = do_not_call.read([*found["hits"], *found["erased"]], dialed, key, campaign)
    given = consents.read(found["given"])
    suspended = tuple(row.area for row in found["suspended"])
    out = {}
    for lead_id, (lead, number, own) in who.items():
        screened = screen(number)
        before: list[PastAttempt] = [attempt for one in own for attempt in past.get(one, ())]
        out[lead_id] = Question(
            number=number,
            lead_id=lead_id,
            campaign_id=campaign.id,
            rules=campaign.rules,
            history=tuple(sorted(before, key=lambda attempt: attempt.at)),
            hits=(*hits.get(number, ()), *screened.hits),
            region=lead.region if lead is not None else None,
            zone=lead.zone if lead is not None else None,
            mode=campaign.dial_mode.value,
            consents=in_force(given.get(number, ()), campaign.rules.purposes, now),
            subject=(lead.subject if lead is not None else None) or campaign.subject,
            suspended=suspended,
            snapshots=screened.snapshots,
        )
    return out


async def with_hits_now(c: AsyncConnection, question: Question, campaign: Campaign) -> Question:
    """The question with the company's lists as they are now, and everything else as it was. Unchanged, it is the same
    object.
    """
    found = await do_not_call.hits(c, (question.number,), campaign)
    registries = tuple(hit for hit in question.hits if hit.scope == "registry")
    hits = (*found.get(question.number, ()), *registries)
    return question if hits == question.hits else replace(question, hits=hits)


async def about(c: AsyncConnection, campaign: Campaign, who: Number | int, screen: Screen, now: datetime) -> Question:
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
        not_erased = lead_numbers.c.number.startswith("+")
        query = query.where(leads.c.id == who, not_erased).order_by(*next_first)
    row = (await c.execute(query.limit(1))).one_or_none()
    if row is None and not isinstance(who, Number):
        raise NoSuchLead(f"campaign {campaign.name} has no lead {who}")
    number = who if isinstance(who, Number) else Number(row.number)  # type: ignore[union-attr]
    lead_id, own = NOBODY, [number]
    if row is not None:
        lead_id = row.id
        numbers = await c.scalars(select(lead_numbers.c.number).where(lead_numbers.c.lead_id == lead_id))
        own = [Number(one) for one in numbers]
    return (await asked(c, campaign, {lead_id: (row, number, own)}, screen, now))[lead_id]
