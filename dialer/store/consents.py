"""Consent on file: of which number, to what, with what proof, until when. A row is never deleted; withdrawing is a
dated fact on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.compliance.consent import Consent, Given
from dialer.core.number import Number
from dialer.store.schema import consents


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a consent is known from: `source` (import, web, cli, agent ...), what proves it, and who entered it."""

    source: str
    proof: str
    by: str


async def add(c: AsyncConnection, given: Sequence[tuple[Number, Given]], evidence: Evidence, now: datetime) -> None:
    """Keep what these numbers' owners agreed to."""
    rows = [
        {
            "number": number.e164,
            "kind": one.kind,
            "purpose": one.purpose,
            "since": one.since,
            "expires": one.expires,
            "source": evidence.source,
            "proof": evidence.proof,
            "by": evidence.by,
            "added_at": now,
        }
        for number, one in given
    ]
    if rows:
        await c.execute(insert(consents), rows)


async def withdraw(
    c: AsyncConnection,
    number: Number,
    *,
    by: str,
    because: str,
    now: datetime,
    kind: Consent | None = None,
    purpose: str | None = None,
) -> int:
    """End what is in force for the number, or only one kind or purpose of it; returns how many rows that were."""
    ending = update(consents).where(consents.c.number == number.e164, consents.c.withdrawn_at.is_(None))
    if kind is not None:
        ending = ending.where(consents.c.kind == kind)
    if purpose is not None:
        ending = ending.where(or_(consents.c.purpose == purpose, consents.c.purpose.is_(None)))
    done = await c.execute(ending.values(withdrawn_at=now, withdrawn_by=by, withdrawn_because=because))
    return done.rowcount


async def given(c: AsyncConnection, numbers: Iterable[Number]) -> dict[Number, tuple[Given, ...]]:
    """What is on file for each number and not withdrawn; numbers with nothing are left out."""
    wanted = [number.e164 for number in numbers]
    query = select(consents).where(consents.c.number.in_(wanted), consents.c.withdrawn_at.is_(None))
    found: dict[Number, list[Given]] = defaultdict(list)
    for row in await c.execute(query.order_by(consents.c.id)):
        found[Number(row.number)].append(Given(row.kind, row.since, row.purpose, row.expires))
    return {number: tuple(rows) for number, rows in found.items()}
