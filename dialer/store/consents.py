"""Consent on file: of which number, to what, with what proof, until when. A row is never deleted; withdrawing is a
dated fact on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.compliance.consent import Consent, Given
from dialer.core.number import Number
from dialer.store import locks, signals
from dialer.store.schema import LOGIN, consents
from dialer.store.together import among


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a consent is known from: `source` (import, web, cli, agent ...), what proves it, and who entered it."""

    source: str
    proof: str
    by: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A consent as it is on file."""

    id: int
    given: Given
    evidence: Evidence
    added_at: datetime
    withdrawn_by: str | None
    withdrawn_because: str | None


class BadConsent(ValueError):
    """Not a consent that could ever be shown to a court; the text says what was expected."""


def checked(given: Given, proof: str) -> Given:
    """A consent as it may be entered by a person.

    Raises:
        BadConsent: no proof, a span that ends before it begins, or an appointment without the hour it was made for.
    """
    if not proof.strip():
        raise BadConsent("expected what proves the consent: a contract's number, a form's, a recording's")
    if given.expires is not None and given.expires <= given.since:
        raise BadConsent("expected a consent that ends after it begins")
    if given.kind == "appointment" and given.expires is None:
        raise BadConsent("expected the span of the appointment: when it begins and when it ends")
    return given


async def add(c: AsyncConnection, given: Sequence[tuple[Number, Given]], evidence: Evidence, now: datetime) -> None:
    """Keep what these numbers' owners agreed to."""
    await add_each(c, [(number, one, evidence) for number, one in given], now)


async def add_each(c: AsyncConnection, given: Sequence[tuple[Number, Given, Evidence]], now: datetime) -> None:
    """Keep consents that each have a proof of their own."""
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
        for number, one, evidence in given
    ]
    if rows:
        await c.execute(insert(consents), rows)


async def not_on_file(
    c: AsyncConnection, given: Sequence[tuple[Number, Given, Evidence]]
) -> list[tuple[Number, Given, Evidence]]:
    """Those of these consents that are not in force already, of the same kind and purpose, until the same time and by
    the same proof; each once.
    """
    wanted = consents.c.number.in_(sorted({number.e164 for number, _, _ in given}))
    rows = await c.execute(select(consents).where(wanted, consents.c.withdrawn_at.is_(None)))
    seen = {(row.number, row.kind, row.purpose, row.expires, row.proof) for row in rows}
    new = []
    for one in given:
        number, agreed, evidence = one
        key = (number.e164, agreed.kind, agreed.purpose, agreed.expires, evidence.proof)
        if key not in seen:
            seen.add(key)
            new.append(one)
    return new


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
    """End what is in force for the number, or only one kind or purpose of it; returns how many rows that were.

    An attempt that is being opened has its row before, or sees it; every process is told, so that calls under way to
    somebody who had to agree stop.
    """
    await locks.hold(c, (number,))
    ending = update(consents).where(consents.c.number == number.e164, consents.c.withdrawn_at.is_(None))
    if kind is not None:
        ending = ending.where(consents.c.kind == kind)
    if purpose is not None:
        ending = ending.where(or_(consents.c.purpose == purpose, consents.c.purpose.is_(None)))
    who = by[: LOGIN.length]
    ending = ending.values(withdrawn_at=now, withdrawn_by=who, withdrawn_because=because)
    ids = list(await c.scalars(ending.returning(consents.c.id)))
    await signals.send(c, "consent", ids)
    return len(ids)


# What is on file for the numbers bound to `dialed` and not withdrawn.
GIVEN = select(
    consents.c.number, consents.c.kind, consents.c.since, consents.c.purpose, consents.c.expires,
    consents.c.withdrawn_at,
).where(among(consents.c.number, "dialed"), consents.c.withdrawn_at.is_(None))  # fmt: skip


def read(rows: Iterable[Any]) -> dict[Number, tuple[Given, ...]]:
    """The rows of `GIVEN` by number; numbers with nothing on file are left out."""
    found: dict[Number, list[Given]] = defaultdict(list)
    for row in rows:
        found[Number(row.number)].append(_given(row))
    return {number: tuple(rows) for number, rows in found.items()}


async def entries(c: AsyncConnection, number: Number) -> tuple[Entry, ...]:
    """Everything on file about a number, withdrawn rows too, the newest first."""
    query = select(consents).where(consents.c.number == number.e164).order_by(consents.c.id.desc())
    return tuple(
        Entry(
            id=row.id,
            given=_given(row),
            evidence=Evidence(row.source, row.proof, row.by),
            added_at=row.added_at,
            withdrawn_by=row.withdrawn_by,
            withdrawn_because=row.withdrawn_because,
        )
        for row in await c.execute(query)
    )


async def withdrawn(c: AsyncConnection, since: datetime) -> frozenset[Number]:
    """Whose consent ended, in whole or in part, at or after `since`."""
    return await _numbers(c, consents.c.withdrawn_at >= since)


async def withdrawn_among(c: AsyncConnection, first: int, last: int) -> frozenset[Number]:
    """Whose consent ended, of the rows `first` to `last`."""
    return await _numbers(c, consents.c.id.between(first, last) & consents.c.withdrawn_at.is_not(None))


async def _numbers(c: AsyncConnection, condition: Any) -> frozenset[Number]:
    return frozenset(Number(number) for number in await c.scalars(select(consents.c.number).where(condition)))


def _given(row: Row[Any]) -> Given:
    return Given(row.kind, row.since, row.purpose, row.expires, row.withdrawn_at)
