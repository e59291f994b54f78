"""Sealing: every second the decisions written since are chained to all before them.

A seal must never cover an id whose decision is yet to be committed. Ids are given before the commit, so whoever inserts
holds a shared lock from before the id is given until the transaction ends (a trigger of the table does that, see
migration 0002). The sealer asks for the same lock alone: when it has it, every id up to the highest one is committed or
never will be. It lets go at once, and takes its time for the rest.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.ledger import GENESIS, Seal, gaps_read, gaps_text, sealed
from dialer.store.schema import decision_seals, decisions
from dialer.store.session import Database, DatabaseUnreachable

log = logging.getLogger(__name__)

EVERY = 1.0  # seconds between two rounds
MOST = 5_000  # decisions a seal, so that checking one takes little memory

# Numbers of PostgreSQL's advisory locks, as pairs; the single keys of `locks.py` are another space. Migration 0002 has
# the first one, too.
_FAMILY = 7301
_INSERTING, _SEALING = 1, 2

# Shorter than PostgreSQL's deadlock_timeout of 1 s: where inserters wait for each other across the sealer's place in
# the queue, the sealer gives way before anybody's transaction is ended.
_PATIENCE = "300ms"
_LOCK_NOT_AVAILABLE = "55P03"


async def run(db: Database, clock: Callable[[], datetime]) -> None:
    """Seal every second until cancelled; where the database is away, as soon as it is back."""
    while True:
        await asyncio.sleep(EVERY)
        try:
            await seal(db, clock)
        except DatabaseUnreachable as error:
            log.debug("the ledger was not sealed this time: %s", error)


async def seal(db: Database, clock: Callable[[], datetime]) -> tuple[Seal, ...]:
    """Seal all decisions that are committed now. Nothing where there are none, where another node is just doing it, or
    where an inserter does not finish in time.

    Raises:
        DatabaseUnreachable:
    """
    async with db.read() as c:
        before = await newest(c)
        last = select(decisions.c.id, decisions.c.digest).order_by(decisions.c.id.desc()).limit(1)
        row = (await c.execute(last)).one_or_none()
    if row is None or row.digest is None or (before is not None and before.last_id >= row.id):
        return ()
    try:
        async with db.begin() as c:
            upto = await _committed_up_to(c)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        return ()
    made = []
    while (one := await _one(db, upto, clock)) is not None:
        made.append(one)
    return tuple(made)


async def newest(c: AsyncConnection) -> Seal | None:
    """The last seal of the chain."""
    row = (await c.execute(select(decision_seals).order_by(decision_seals.c.id.desc()).limit(1))).one_or_none()
    return None if row is None else seal_of(row)


def seal_of(row: Row[Any], gaps_kept: str | None = None) -> Seal:
    """Raises `ValueError` where somebody wrote gaps that no seal has; they may be given instead."""
    gaps = gaps_read(row.gaps if gaps_kept is None else gaps_kept)
    count = row._mapping["count"]  # a row is a tuple and has a method of that name
    return Seal(row.first_id, row.last_id, count, gaps, row.previous, row.made_at, row.digest, row.id)


async def _committed_up_to(c: AsyncConnection) -> int:
    """The highest id of which it is certain that no lower one is still to come."""
    if c.dialect.name == "postgresql":
        await c.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE}'"))
        await c.execute(text("SELECT pg_advisory_xact_lock(:family, :key)"), {"family": _FAMILY, "key": _INSERTING})
    return await c.scalar(select(func.max(decisions.c.id))) or 0  # a statement of its own: it sees what was committed


async def _one(db: Database, upto: int, clock: Callable[[], datetime]) -> Seal | None:
    """The next seal; None where all is sealed up to there, or another node is at it."""
    async with db.begin() as c:
        if c.dialect.name == "postgresql":
            turn = text("SELECT pg_try_advisory_xact_lock(:family, :key)")
            if not await c.scalar(turn, {"family": _FAMILY, "key": _SEALING}):
                return None
        before = await newest(c)
        query = select(decisions.c.id, decisions.c.digest).where(decisions.c.digest.is_not(None))
        query = query.where(decisions.c.id <= upto, decisions.c.id > (before.last_id if before else 0))
        rows = [(row.id, row.digest) for row in await c.execute(query.order_by(decisions.c.id).limit(MOST))]
        if not rows:
            return None
        first_id = before.last_id + 1 if before is not None else rows[0][0]
        made = sealed(before.digest if before else GENESIS, rows, first_id, clock())
        await c.execute(
            insert(decision_seals).values(
                first_id=made.first_id,
                last_id=made.last_id,
                count=made.count,
                gaps=gaps_text(made.gaps),
                previous=made.previous,
                digest=made.digest,
                made_at=made.made_at,
            )
        )
        return made
