"""Leads with all that the gate and the agent need, read in a constant number of statements however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.campaign import Campaign
from dialer.core.compliance.do_not_call import Screen
from dialer.core.lead import Contact, Lead, LeadNumber, Prospect
from dialer.core.number import Number
from dialer.core.outcome import Kind
from dialer.store.number_hash import secret
from dialer.store.questions import FACTS, read, values
from dialer.store.schema import attempts, lead_numbers, leads
from dialer.store.together import Together, among, as_json, rows_of

CONTACTS = 10


_OWN_NUMBERS = select(
    lead_numbers.c.id, lead_numbers.c.lead_id, lead_numbers.c.number, lead_numbers.c.label, lead_numbers.c.dead,
    lead_numbers.c.tries, lead_numbers.c.position,
)  # fmt: skip


_NUMBERS_OF = _OWN_NUMBERS.where(among(lead_numbers.c.lead_id, "lead_ids"))


async def numbers_of(c: AsyncConnection, lead_ids: Sequence[int]) -> dict[int, tuple[LeadNumber, ...]]:
    """Each lead's numbers, in the order they should be tried."""
    rows = await c.execute(_NUMBERS_OF, {"lead_ids": list(lead_ids)})
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.lead_id].append(row)
    return {lead_id: _in_order(numbers) for lead_id, numbers in found.items()}


def own_numbers() -> ColumnElement[Any]:
    """For PostgreSQL, a column of a statement about `leads`: the numbers of each, for `read_own_numbers`. (SQLite works
    such a column out once for all rows that an UPDATE returns.)
    """
    return as_json(_OWN_NUMBERS.where(lead_numbers.c.lead_id == leads.c.id).correlate(leads), "postgresql")


def read_own_numbers(text: str | None) -> tuple[LeadNumber, ...]:
    """The value of `own_numbers`: in the order they should be tried."""
    return _in_order(rows_of(_OWN_NUMBERS, text))


def _in_order(rows: Iterable[Any]) -> tuple[LeadNumber, ...]:
    return tuple(
        LeadNumber(row.id, Number(row.number), row.label, row.dead, row.tries)
        for row in sorted(rows, key=lambda row: row.position)
    )


def lead_of(row: Row[Any], numbers: tuple[LeadNumber, ...]) -> Lead:
    """A row of `leads` and its numbers as the core knows it."""
    return Lead(
        id=row.id,
        campaign_id=row.campaign_id,
        name=row.name,
        numbers=numbers,
        region=row.region,
        zone=row.zone,
        subject=row.subject,
        tries=row.tries,
        tries_by_kind={Kind(kind): tries for kind, tries in row.tries_by_kind.items()},
        fields=dict(row.fields),
        serial=row.serial,
    )


_RANK = func.row_number().over(partition_by=attempts.c.lead_id, order_by=attempts.c.opened_at.desc())
_RANKED = (
    select(attempts.c.lead_id, attempts.c.opened_at, attempts.c.disposition, attempts.c.agent_id, attempts.c.note,
           _RANK.label("rank"))
    .where(among(attempts.c.lead_id, "lead_ids"), attempts.c.closed_at.is_not(None))
    .subquery()
)  # fmt: skip
# The last ten attempts on each of the leads bound to `lead_ids` that have their outcome, the newest first.
_CONTACTS = select(_RANKED).where(_RANKED.c.rank <= CONTACTS).order_by(_RANKED.c.lead_id, _RANKED.c.rank)

_KNOWN = Together(**FACTS, contacts=_CONTACTS)


async def contacts(c: AsyncConnection, lead_ids: Sequence[int]) -> dict[int, tuple[Contact, ...]]:
    """The last ten attempts on each lead that have their outcome, the newest first."""
    return _contacts(await c.execute(_CONTACTS, {"lead_ids": list(lead_ids)}))


def _contacts(rows: Iterable[Any]) -> dict[int, tuple[Contact, ...]]:
    found: dict[int, list[Contact]] = defaultdict(list)
    for row in rows:
        found[row.lead_id].append(Contact(row.opened_at, row.disposition, row.agent_id, row.note or ""))
    return {lead_id: tuple(past) for lead_id, past in found.items()}


async def prospects(
    c: AsyncConnection,
    campaign: Campaign,
    rows: Sequence[Row[Any]],
    chosen: Mapping[int, LeadNumber],
    numbers: Mapping[int, tuple[LeadNumber, ...]],
    *,
    screen: Screen,
    now: datetime,
) -> tuple[Prospect, ...]:
    """Rows of `leads`, held until their `next_at`, with the number chosen for each."""
    if not rows:
        return ()
    who = {row.id: (row, chosen[row.id].number, [n.number for n in numbers[row.id]]) for row in rows}
    key = await secret(c)
    found = await _KNOWN.ask(c, values(campaign, who, key, now) | {"lead_ids": [row.id for row in rows]})
    questions = read(campaign, who, found, key, screen, now)
    before = _contacts(found["contacts"])
    grace = campaign.callback_grace
    return tuple(
        Prospect(
            lead=lead_of(row, numbers[row.id]),
            number=chosen[row.id],
            lease_until=row.next_at,
            question=questions[row.id],
            contacts=before.get(row.id, ()),
            for_agent=row.callback_agent,
            open_from=row.callback_at + grace if row.callback_agent and row.callback_at else None,
        )
        for row in rows
    )
