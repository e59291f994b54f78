"""A campaign's waiting leads in spans of ids, with what the gate must know of each: to look ahead, not to dial."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.number import Number
from dialer.store.lists import NewLead
from dialer.store.schema import lead_numbers, leads

_IS_NEW = leads.c.status == literal_column("'new'")


@dataclass(frozen=True, slots=True)
class Standing:
    """A campaign's leads by their state: `waiting` may be claimed now or some time, `calling` have an attempt open."""

    waiting: int
    calling: int
    done: int


@dataclass(frozen=True, slots=True)
class WaitingLead:
    """`row` has region, zone and subject: of a lead, or of a row that would be one. `due`: when it may be claimed.
    `living` are the numbers that may be tried, the next one first, `own` all of them.
    """

    row: Row[Any] | NewLead
    due: datetime
    living: tuple[Number, ...]
    own: tuple[Number, ...]


async def standing(c: AsyncConnection, campaign_id: int) -> Standing:
    rows = await c.execute(
        select(leads.c.status, func.count()).where(leads.c.campaign_id == campaign_id).group_by(leads.c.status)
    )
    found: dict[str, int] = {row[0]: row[1] for row in rows}
    return Standing(found.get("new", 0), found.get("calling", 0), found.get("done", 0))


async def spans(c: AsyncConnection, campaign_id: int, size: int) -> list[tuple[int, int]]:
    """Spans of ids, first and last, with about `size` waiting leads each; all of the campaign's together."""
    place = func.row_number().over(order_by=leads.c.id)
    numbered = select(leads.c.id, place.label("place")).where(leads.c.campaign_id == campaign_id, _IS_NEW).subquery()
    query = select(numbered.c.id).where(numbered.c.place % size == 1 if size > 1 else numbered.c.place > 0)
    first = list(await c.scalars(query.order_by(numbered.c.id)))
    last = await c.scalar(select(func.max(leads.c.id)).where(leads.c.campaign_id == campaign_id, _IS_NEW))
    return list(zip(first, [*(one - 1 for one in first[1:]), last], strict=True)) if first else []


async def waiting(c: AsyncConnection, campaign_id: int, first: int, last: int) -> dict[int, WaitingLead]:
    """The waiting leads with ids from `first` to `last`, by id."""
    among = leads.c.id.between(first, last), leads.c.campaign_id == campaign_id
    rows = (
        await c.execute(
            select(leads.c.id, leads.c.region, leads.c.zone, leads.c.subject, leads.c.next_at, leads.c.was_due)
            .where(*among, _IS_NEW)
            .order_by(leads.c.id)
        )
    ).all()
    numbers = await c.execute(
        select(lead_numbers.c.lead_id, lead_numbers.c.number, lead_numbers.c.dead, lead_numbers.c.tries)
        .join(leads, leads.c.id == lead_numbers.c.lead_id)
        .where(*among, _IS_NEW, lead_numbers.c.lead_id.between(first, last))
        .order_by(lead_numbers.c.lead_id, lead_numbers.c.position)
    )
    own: dict[int, list[tuple[int, bool, Number]]] = defaultdict(list)
    for lead_id, number, dead, tries in numbers:
        own[lead_id].append((tries, dead, Number(number)))
    return {row.id: _lead(row, own[row.id]) for row in rows}


def _lead(row: Any, own: list[tuple[int, bool, Number]]) -> WaitingLead:
    living = sorted((one for one in own if not one[1]), key=lambda one: one[0])  # as a claim chooses
    due = row.was_due or row.next_at  # of a lead in a hopper, next_at is the end of its lease
    return WaitingLead(row, due, tuple(number for _, _, number in living), tuple(number for _, _, number in own))
