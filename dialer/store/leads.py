"""Leads as the dialer takes them and gives them back.

A lead that is claimed stays `new`; its `next_at` becomes the end of its lease and `node` names the holder. A lease that
ran out is therefore claimable again by itself, and a crash needs no repair. The lease's end is also the token by which
an attempt proves that the lead is still its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Integer, and_, bindparam, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.campaign import Campaign
from dialer.core.commands import RefuseLead, ReleaseLead
from dialer.core.compliance.do_not_call import Screen
from dialer.core.lead import LeadNumber, Prospect
from dialer.store import decisions
from dialer.store.prospects import numbers_of, own_numbers, prospects, read_own_numbers
from dialer.store.schema import IS_DATED, lead_numbers, leads
from dialer.store.types import UTCDateTime

# `Claimed.left` is counted up to here: a screen does not tell ten thousand from more, and a claim must stay quick.
LEFT_COUNTED = 10_000

# A refusal that neither time alone cures nor is for good (no zone known, consent missing, abandon rate): somebody must
# do something first, and asking all the time would only fill the ledger.
REFUSED_REST = timedelta(hours=1)

# Refusals that end a lead where they come without a moment to try again.
FOR_GOOD = frozenset({"NUMBER_INVALID", "DNC_INTERNAL", "DNC_REGISTRY", "REGION_BLOCKED", "ATTEMPT_CAP"})

NO_NUMBER = "no_living_number"

# A literal, so that the planner can prove the partial indexes fit; see schema.py.
_IS_NEW = leads.c.status == literal_column("'new'")


@dataclass(frozen=True, slots=True)
class Claimed:
    """`next_at`: when the next lead falls due, where fewer than asked for were due now. `left`: leads not finally done,
    claimed ones included, counted to 10,000; None: not counted this time."""

    prospects: tuple[Prospect, ...]
    next_at: datetime | None
    left: int | None


# The ids of the next due leads, in the order in which they are called, locked. Statements of a claim are made once:
# building one takes longer than asking it.
DUE = (
    select(leads.c.id)
    .where(
        leads.c.campaign_id == bindparam("of_campaign"),
        _IS_NEW,
        leads.c.next_at <= bindparam("due_by", type_=UTCDateTime()),
    )
    .order_by(leads.c.priority.desc(), leads.c.personal.desc(), leads.c.next_at, leads.c.id)
    .limit(bindparam("at_most", type_=Integer()))
    .with_for_update(skip_locked=True)
)
_due = DUE.cte("due")
_TAKE = (
    update(leads)
    .where(leads.c.id.in_(select(_due.c.id)))
    .values(
        next_at=bindparam("lease_until", type_=UTCDateTime()), was_due=leads.c.next_at, node=bindparam("held_by")
    )
    .returning(*leads.c)
)  # fmt: skip
_TAKE_WITH_NUMBERS = _TAKE.returning(own_numbers().label("numbers"))


async def claim(
    c: AsyncConnection,
    campaign: Campaign,
    n: int,
    *,
    until: datetime,
    now: datetime,
    node: str,
    screen: Screen,
    count: bool = True,
) -> Claimed:
    """Take the next `n` due leads that nobody holds, until the lease's end.

    One statement takes them, a second one reads what the gate wants to know of them; counting what is left is a third
    one, left out unless `count` asks for it or the list runs out. Locked rows are skipped and not waited for, so that
    claimers never queue behind each other; the list is a CTE because a subquery with a limit may be run more than once
    by PostgreSQL. (SQLite has one writer and ignores the lock.)
    """
    values = {
        "of_campaign": campaign.id, "at_most": n, "due_by": now, "lease_until": until, "held_by": node,
    }  # fmt: skip
    numbers: Mapping[int, tuple[LeadNumber, ...]]
    if c.dialect.name == "postgresql":
        taken = (await c.execute(_TAKE_WITH_NUMBERS, values)).all()
        numbers = {row.id: read_own_numbers(row.numbers) for row in taken}
    else:
        taken = (await c.execute(_TAKE, values)).all()
        numbers = await numbers_of(c, [row.id for row in taken])
    rows = sorted(taken, key=lambda row: (-row.priority, -row.personal, row.was_due, row.id))
    chosen: dict[int, LeadNumber] = {}
    for row in rows:
        living = [number for number in numbers.get(row.id, ()) if not number.dead]
        if living:
            chosen[row.id] = min(living, key=lambda number: number.tries)
    unreachable = [row.id for row in rows if row.id not in chosen]
    if unreachable:
        await c.execute(update(leads).where(leads.c.id.in_(unreachable)).values(_done(NO_NUMBER, now)))
    found = await prospects(
        c, campaign, [row for row in rows if row.id in chosen], chosen, numbers, screen=screen, now=now
    )
    short = len(found) < n
    next_at = await _next_at(c, campaign.id) if short else None
    return Claimed(found, next_at, await left(c, campaign.id) if short or count else None)


async def _next_at(c: AsyncConnection, campaign_id: int) -> datetime | None:
    due = select(leads.c.next_at).where(leads.c.campaign_id == campaign_id, IS_DATED).order_by(leads.c.next_at).limit(1)
    at: datetime | None = await c.scalar(due)
    return at


async def left(c: AsyncConnection, campaign_id: int) -> int:
    """Leads of the campaign not finally done, counted to 10,000."""
    some = select(leads.c.id).where(leads.c.campaign_id == campaign_id, leads.c.status.in_(("new", "calling")))
    return await c.scalar(select(func.count()).select_from(some.limit(LEFT_COUNTED).subquery())) or 0


async def release(c: AsyncConnection, order: ReleaseLead, now: datetime) -> bool:
    """Give a held lead back untried. False where it was not held (any more): then nothing changes."""
    done = await c.execute(
        update(leads)
        .where(leads.c.id == order.lead_id, _IS_NEW, leads.c.node.is_not(None))
        .values(next_at=order.at, node=None, was_due=None, because=order.because, changed_at=now)
    )
    return done.rowcount > 0


async def release_node(c: AsyncConnection, node: str, now: datetime) -> int:
    """Give back at once what this node held before it started again; returns how many leads that were.

    The caller must know that no other process of this name is alive.
    """
    done = await c.execute(
        update(leads)
        .where(leads.c.node == node, _IS_NEW)
        .values(next_at=func.coalesce(leads.c.was_due, now), node=None, was_due=None, changed_at=now)
    )
    return done.rowcount


async def refuse(c: AsyncConnection, order: RefuseLead, now: datetime) -> bool:
    """Keep the gate's refusal of a held lead, and the lead until it may be asked again, or for good.

    False where the lead is not held (any more): told twice, it is kept once. A number that nobody may dial is dead,
    and the lead goes on with its others.
    """
    held = select(leads).where(leads.c.id == order.lead_id, _IS_NEW, leads.c.node.is_not(None))
    row = (await c.execute(held.with_for_update())).one_or_none()
    if row is None:
        return False
    numbers = (await numbers_of(c, [order.lead_id]))[order.lead_id]
    living = sorted((number for number in numbers if not number.dead), key=lambda number: number.tries)
    await decisions.keep(c, order.refusal)
    await settle_refused(c, order, living[0], others=len(living) > 1, now=now)
    return True


async def settle_refused(
    c: AsyncConnection, order: RefuseLead, number: LeadNumber, *, others: bool, now: datetime
) -> None:
    """What a refusal means for its lead; the decision is written by the caller."""
    refusal = order.refusal
    if refusal.rule == "NUMBER_INVALID":
        await c.execute(update(lead_numbers).where(lead_numbers.c.id == number.id).values(dead=True))
    if refusal.rule in FOR_GOOD and refusal.try_after is None and not (refusal.rule == "NUMBER_INVALID" and others):
        values = _done(f"refused:{refusal.rule}", now)
    else:
        rest = timedelta() if refusal.try_after or refusal.rule == "NUMBER_INVALID" else REFUSED_REST
        values = {"next_at": order.at + rest, "node": None, "was_due": None, "because": refusal.rule, "changed_at": now}
    await c.execute(update(leads).where(leads.c.id == order.lead_id).values(values))


async def redate(c: AsyncConnection, lead_id: int, at: datetime, agent_id: str | None, now: datetime) -> bool:
    """Promise another time for a callback, or to another agent (None: to anybody). False where the lead is being
    called, held or done.
    """
    done = await c.execute(
        update(leads)
        .where(leads.c.id == lead_id, _IS_NEW, leads.c.node.is_(None))
        .values(next_at=at, callback_at=at, callback_agent=agent_id, personal=int(agent_id is not None), changed_at=now)
    )
    return done.rowcount > 0


@dataclass(frozen=True, slots=True)
class Callback:
    """A promised call that was not made yet; `agent_id` None: by anybody."""

    lead_id: int
    campaign_id: int
    name: str
    at: datetime
    agent_id: str | None


async def callbacks(
    c: AsyncConnection, *, agent_id: str | None = None, campaign_id: int | None = None, limit: int = 100
) -> tuple[Callback, ...]:
    """The earliest first; of one agent or campaign, or of all."""
    query = select(leads).where(leads.c.callback_at.is_not(None), leads.c.status != "done")
    if agent_id is not None:
        query = query.where(leads.c.callback_agent == agent_id)
    if campaign_id is not None:
        query = query.where(leads.c.campaign_id == campaign_id)
    rows = await c.execute(query.order_by(leads.c.callback_at, leads.c.id).limit(limit))
    return tuple(Callback(row.id, row.campaign_id, row.name, row.callback_at, row.callback_agent) for row in rows)


def _done(because: str, now: datetime) -> dict[str, object]:
    return {"status": "done", "because": because, "node": None, "was_due": None, "changed_at": now}


async def counts(c: AsyncConnection, campaign_id: int, now: datetime) -> dict[str, int]:
    """Leads by where they stand. The parts add up to `total`, and every lead ever added is in one of them.

    `due` may be claimed now, `waiting` later, `claimed` is in a hopper, `calling` has an open attempt, `refused` and
    `done` are final.
    """
    held = and_(leads.c.node.is_not(None), leads.c.next_at > now)
    columns = (leads.c.status, held.label("held"), (leads.c.next_at > now).label("later"),
               leads.c.because.startswith("refused:").label("refused"))  # fmt: skip
    rows = await c.execute(
        select(*columns, func.count().label("leads")).where(leads.c.campaign_id == campaign_id).group_by(*columns)
    )
    out = dict.fromkeys(("due", "waiting", "claimed", "calling", "refused", "done", "total"), 0)
    for row in rows:
        match row.status:
            case "new":
                key = "claimed" if row.held else "waiting" if row.later else "due"
            case "done":
                key = "refused" if row.refused else "done"
            case _:
                key = "calling"
        out[key] += row.leads
        out["total"] += row.leads
    return out
