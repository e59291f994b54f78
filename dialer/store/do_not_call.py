"""The company's and the campaigns' do-not-call lists: who asked, when, with what proof, until when.

A row is never deleted. Taking a number off is a dated fact on its row, and a later request makes a new one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.campaign import Campaign
from dialer.core.compliance.do_not_call import CHANNEL, ListHit, Scope
from dialer.core.number import Number
from dialer.store.schema import do_not_call as table
from dialer.store.upsert import insert_new

# Parameters of one statement stay far below what SQLite (32,766) and PostgreSQL (32,767) take.
_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Listing:
    """Why a number may not be called. `campaign_id` None: by nobody in the company. `expires` None: for good."""

    source: str  # agent, import, web, carrier ...
    asked_by: str  # the callee's or the entering person's name or login
    since: datetime
    proof: str = ""  # an attempt's id, a letter's reference
    campaign_id: int | None = None
    expires: datetime | None = None

    @property
    def scope(self) -> Scope:
        return "company" if self.campaign_id is None else "campaign"


@dataclass(frozen=True, slots=True)
class ListCount:
    scope: Scope
    campaign_id: int | None
    source: str
    numbers: int


@dataclass(frozen=True, slots=True)
class Blocked:
    """A number that was put on a list at `added_at`."""

    number: Number
    campaign_id: int | None
    added_at: datetime


async def add(c: AsyncConnection, number: Number, listing: Listing, now: datetime) -> bool:
    """Put a number on a list; False where it already stands there for at least as long."""
    return await add_many(c, (number,), listing, now) == 1


async def add_many(c: AsyncConnection, numbers: Iterable[Number], listing: Listing, now: datetime) -> int:
    """Put many numbers on a list, from an iterator that need not fit in memory; returns how many that changed.

    A number already there stays as it is, except that a longer listing ends the shorter one and takes its place.
    """
    changed, rest = 0, iter(numbers)
    while chunk := {number.e164 for number in islice(rest, _CHUNK)}:
        present = {row.number: row.expires for row in await c.execute(
            select(table.c.number, table.c.expires).where(_on(listing.campaign_id), table.c.number.in_(chunk))
        )}  # fmt: skip
        outlived = [n for n, expires in present.items() if expires is not None and _outlives(listing.expires, expires)]
        if outlived:
            await c.execute(
                update(table)
                .where(_on(listing.campaign_id), table.c.number.in_(outlived))
                .values(removed_at=now, removed_by=None, removed_because="replaced by a longer listing")
            )
        new = sorted(chunk - present.keys()) + sorted(outlived)
        if new:
            await c.execute(insert_new(c, table), [_row(number, listing, now) for number in new])
        changed += len(new)
    return changed


async def remove(
    c: AsyncConnection, number: Number, campaign_id: int | None, *, by: str, because: str, now: datetime
) -> bool:
    """Take a number off a list, with who and why; False where it was not on it."""
    done = await c.execute(
        update(table)
        .where(_on(campaign_id), table.c.number == number.e164)
        .values(removed_at=now, removed_by=by, removed_because=because)
    )
    return done.rowcount > 0


async def hits(
    c: AsyncConnection, numbers: Iterable[Number], campaign: Campaign | None = None
) -> dict[Number, tuple[ListHit, ...]]:
    """The lists each number stands on: the company's, and those of this campaign, its brand and the telephone. Numbers
    on none are left out.
    """
    found: dict[Number, list[ListHit]] = {}
    rest = iter(numbers)
    while chunk := {number.e164 for number in islice(rest, _CHUNK)}:
        scope = or_(
            table.c.scope == "company",
            table.c.channel == CHANNEL,
            *((table.c.campaign_id == campaign.id, table.c.brand == campaign.brand) if campaign is not None else ()),
        )
        rows = await c.execute(
            select(table.c.number, table.c.scope, table.c.source, table.c.since, table.c.expires)
            .where(table.c.removed_at.is_(None), scope, table.c.number.in_(chunk))
            .order_by(table.c.id)
        )
        for row in rows:
            hit = ListHit(row.scope, row.scope, row.source, row.since, row.expires)
            found.setdefault(Number(row.number), []).append(hit)
    return {number: tuple(lists) for number, lists in found.items()}


async def counts(c: AsyncConnection, now: datetime) -> tuple[ListCount, ...]:
    """How many numbers are on each list at `now`, by who put them there."""
    columns = (table.c.scope, table.c.campaign_id, table.c.source)
    rows = await c.execute(
        select(*columns, func.count().label("numbers"))
        .where(table.c.removed_at.is_(None), or_(table.c.expires.is_(None), table.c.expires > now))
        .group_by(*columns)
        .order_by(*columns)
    )
    return tuple(ListCount(row.scope, row.campaign_id, row.source, row.numbers) for row in rows)


async def blocked(c: AsyncConnection, since: datetime) -> tuple[Blocked, ...]:
    """What was put on a list at or after `since`. Ask again from a little before the last answer: rows become visible
    in the order of their commits, not of their times.
    """
    rows = await c.execute(
        select(table.c.number, table.c.campaign_id, table.c.added_at)
        .where(table.c.added_at >= since, table.c.removed_at.is_(None))
        .order_by(table.c.added_at, table.c.id)
    )
    return tuple(Blocked(Number(row.number), row.campaign_id, row.added_at) for row in rows)


def _on(campaign_id: int | None) -> ColumnElement[bool]:
    """Present on exactly this list."""
    scope = "company" if campaign_id is None else "campaign"
    return and_(
        table.c.removed_at.is_(None), table.c.scope == scope, table.c.campaign_id.is_not_distinct_from(campaign_id)
    )


def _outlives(one: datetime | None, other: datetime) -> bool:
    return one is None or one > other


def _row(number: str, listing: Listing, now: datetime) -> dict[str, object]:
    return {
        "number": number,
        "scope": listing.scope,
        "campaign_id": listing.campaign_id,
        "source": listing.source,
        "proof": listing.proof,
        "asked_by": listing.asked_by,
        "since": listing.since,
        "expires": listing.expires,
        "added_at": now,
    }
