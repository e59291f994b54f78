"""Leads with all that the gate and the agent need, read in a constant number of statements however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.compliance.do_not_call import ListHit
from dialer.core.compliance.gate import PastAttempt
from dialer.core.lead import Contact, Lead, LeadNumber, Prospect
from dialer.core.number import Number
from dialer.core.outcome import Kind
from dialer.store import do_not_call
from dialer.store.schema import attempts, lead_numbers

# No cap of the rule packs looks back further than a calendar month; a campaign's own may count all of its past.
HISTORY = timedelta(days=31)
CONTACTS = 10


async def numbers_of(c: AsyncConnection, lead_ids: Sequence[int]) -> dict[int, tuple[LeadNumber, ...]]:
    """Each lead's numbers, in the order they should be tried."""
    query = select(lead_numbers).where(lead_numbers.c.lead_id.in_(lead_ids))
    found: dict[int, list[LeadNumber]] = defaultdict(list)
    for row in await c.execute(query.order_by(lead_numbers.c.lead_id, lead_numbers.c.position)):
        found[row.lead_id].append(LeadNumber(row.id, Number(row.number), row.label, row.dead, row.tries))
    return {lead_id: tuple(numbers) for lead_id, numbers in found.items()}


def lead_of(row: Row[Any], numbers: tuple[LeadNumber, ...]) -> Lead:
    """A row of `leads` and its numbers as the core knows it."""
    return Lead(
        id=row.id,
        campaign_id=row.campaign_id,
        name=row.name,
        numbers=numbers,
        region=row.region,
        zone=row.zone,
        consent=row.consent,
        tries=row.tries,
        tries_by_kind={Kind(kind): tries for kind, tries in row.tries_by_kind.items()},
        fields=dict(row.fields),
        serial=row.serial,
    )


async def history(
    c: AsyncConnection, numbers: Iterable[Number], campaign_id: int, now: datetime
) -> dict[Number, tuple[PastAttempt, ...]]:
    """Attempts to these numbers, oldest first: this campaign's all, others' of the last 31 days.

    An attempt that is still open counts; one that never reached the trunk or died in it does not, because nobody's
    phone rang. A number's attempts are few: they are sorted out here, where no planner can choose another index.
    """
    query = select(
        attempts.c.number, attempts.c.opened_at, attempts.c.campaign_id, attempts.c.kind, attempts.c.rang_at,
        attempts.c.answered_at, attempts.c.bridged_at, attempts.c.machine, attempts.c.abandoned,
    ).where(attempts.c.number.in_([number.e164 for number in numbers]))  # fmt: skip
    found: dict[Number, list[PastAttempt]] = defaultdict(list)
    for row in await c.execute(query.order_by(attempts.c.opened_at)):
        recent = row.opened_at > now - HISTORY or row.campaign_id == campaign_id
        if recent and (row.kind != Kind.UNCHARGED or row.rang_at is not None):
            found[Number(row.number)].append(PastAttempt(row.opened_at, _past_kind(row), row.campaign_id))
    return {number: tuple(past) for number, past in found.items()}


def _past_kind(row: Any) -> str:
    """The gate's word for an attempt; what is known of the call itself goes before what was said of it."""
    if row.abandoned:
        return "abandoned"
    if row.machine is not None:
        return "amd_machine"
    if row.bridged_at is not None:
        return "conversation"
    if row.answered_at is not None:
        return "answered"
    return row.kind or "open"


async def contacts(c: AsyncConnection, lead_ids: Sequence[int]) -> dict[int, tuple[Contact, ...]]:
    """The last ten attempts on each lead that have their outcome, the newest first."""
    rank = func.row_number().over(partition_by=attempts.c.lead_id, order_by=attempts.c.opened_at.desc())
    ranked = (
        select(attempts.c.lead_id, attempts.c.opened_at, attempts.c.disposition, attempts.c.agent_id, attempts.c.note,
               rank.label("rank"))
        .where(attempts.c.lead_id.in_(lead_ids), attempts.c.closed_at.is_not(None))
        .subquery()
    )  # fmt: skip
    query = select(ranked).where(ranked.c.rank <= CONTACTS).order_by(ranked.c.lead_id, ranked.c.rank)
    found: dict[int, list[Contact]] = defaultdict(list)
    for row in await c.execute(query):
        found[row.lead_id].append(Contact(row.opened_at, row.disposition, row.agent_id, row.note or ""))
    return {lead_id: tuple(past) for lead_id, past in found.items()}


async def prospects(
    c: AsyncConnection,
    rows: Sequence[Row[Any]],
    chosen: Mapping[int, LeadNumber],
    numbers: Mapping[int, tuple[LeadNumber, ...]],
    *,
    campaign_id: int,
    grace: timedelta,
    now: datetime,
) -> tuple[Prospect, ...]:
    """Rows of `leads`, held until their `next_at`, with the number chosen for each. `grace` is how long a personal
    callback waits for its agent."""
    if not rows:
        return ()
    dialed = [chosen[row.id].number for row in rows]
    past = await history(c, dialed, campaign_id, now)
    hits: dict[Number, tuple[ListHit, ...]] = await do_not_call.hits(c, dialed, campaign_id)
    before = await contacts(c, [row.id for row in rows])
    return tuple(
        Prospect(
            lead=lead_of(row, numbers[row.id]),
            number=chosen[row.id],
            lease_until=row.next_at,
            history=past.get(chosen[row.id].number, ()),
            hits=hits.get(chosen[row.id].number, ()),
            contacts=before.get(row.id, ()),
            for_agent=row.callback_agent,
            open_from=row.callback_at + grace if row.callback_agent and row.callback_at else None,
        )
        for row in rows
    )
