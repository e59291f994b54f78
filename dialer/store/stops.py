"""Numbers that may not be called any more, as soon as anybody has written it: another node, the command line.

PostgreSQL says it with the commit (signals.py). SQLite says nothing, but tells for some microseconds whether its file
has changed; that is asked two hundred times a second.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, closing, suppress
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.compliance.do_not_call import CHANNEL
from dialer.core.number import Number
from dialer.store import consents, do_not_call, signals
from dialer.store.do_not_call import Blocked
from dialer.store.session import Database
from dialer.store.signals import LineLost, Signal

log = logging.getLogger(__name__)

# Between two looks at a SQLite file. One costs about ten microseconds.
LOOK_SECONDS = 0.005
# Before a lost connection is tried again; whoever listens must also look into the tables from time to time.
AGAIN_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Stops:
    """Numbers put on a list, numbers whose owners withdrew a consent, and whether an emergency was set or lifted."""

    blocked: tuple[Blocked, ...] = ()
    withdrawn: frozenset[Number] = frozenset()
    suspensions: bool = False


async def since(c: AsyncConnection, moment: datetime) -> Stops:
    """What was written at or after this moment. Ask again from a little before the last answer: rows become visible in
    the order of their commits, not of their times.
    """
    return Stops(await do_not_call.blocked(c, moment), await consents.withdrawn(c, moment))


async def heard(db: Database) -> AsyncGenerator[Stops, None]:
    """What is committed from now on, within milliseconds, by this process too. Nothing is promised of the time in which
    the database cannot be reached.
    """
    async with aclosing(_looked(db) if db.is_sqlite else _listened(db)) as found:
        async for stops in found:
            if stops.blocked or stops.withdrawn or stops.suspensions:
                yield stops


async def _listened(db: Database) -> AsyncGenerator[Stops, None]:
    while True:
        try:
            async with signals.listening(db.url) as (c, said):
                async for signal in said:
                    yield await _meant(c, signal)
        except (
            OSError,
            TimeoutError,
            SQLAlchemyError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            LineLost,
        ) as error:
            log.warning("blocked numbers are heard of late: %s", " ".join(str(error).split())[:200])
            await asyncio.sleep(AGAIN_SECONDS)


async def _meant(c: AsyncConnection, signal: Signal) -> Stops:
    if signal.subject == "listed":
        return Stops(blocked=await do_not_call.blocked_among(c, signal.first, signal.last))
    if signal.subject == "suspension":
        return Stops(suspensions=True)
    return Stops(withdrawn=await consents.withdrawn_among(c, signal.first, signal.last))


async def _looked(db: Database) -> AsyncGenerator[Stops, None]:
    """The look itself is made in the event loop's own turn: it never waits, and a thread would cost ten times as much.

    Of one writer at a time the ids grow in the order of the commits, so that the highest one seen tells what is new.
    """
    with closing(sqlite3.connect(str(db.url.database), timeout=0, isolation_level=None)) as file:
        version, listed, withdrawn = await _begun(file)
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            found = Stops()
            with suppress(sqlite3.OperationalError):  # locked while somebody tidies up: the next look is soon
                now = _state(file, version)
                if now is None:
                    continue
                found = Stops(
                    tuple(_blocked(file, listed, now[1])) if now[1] > listed else (),
                    _ended(file, withdrawn) if now[2] > withdrawn else frozenset(),
                )
                version, listed, withdrawn = now
            yield found


async def _begun(file: sqlite3.Connection) -> tuple[int, int, str]:
    while True:
        with suppress(sqlite3.OperationalError):
            if (now := _state(file, None)) is not None:
                return now
        await asyncio.sleep(LOOK_SECONDS)


def _state(file: sqlite3.Connection, version: int | None) -> tuple[int, int, str] | None:
    """The file's version, the last row of the lists, and when a consent was last withdrawn, as text; None: nothing is
    new since that version.
    """
    (now,) = file.execute("PRAGMA data_version").fetchone()
    if now == version:
        return None
    (listed,) = file.execute("SELECT max(id) FROM do_not_call").fetchone()
    (withdrawn,) = file.execute("SELECT max(withdrawn_at) FROM consents WHERE withdrawn_at IS NOT NULL").fetchone()
    return now, listed or 0, withdrawn or ""


def _blocked(file: sqlite3.Connection, after: int, last: int) -> Iterator[Blocked]:
    """As `do_not_call.blocked_among`; a reader of SQLite waits for nobody."""
    rows = file.execute(
        "SELECT number, campaign_id, brand FROM do_not_call WHERE id > ? AND id <= ? AND removed_at IS NULL"
        " AND number IS NOT NULL AND coalesce(channel, ?) = ?",
        (after, last, CHANNEL, CHANNEL),
    )
    for number, campaign_id, brand in rows:
        yield Blocked(Number(number), campaign_id, brand)


def _ended(file: sqlite3.Connection, after: str) -> frozenset[Number]:
    """As `consents.withdrawn`, but after that moment alone."""
    rows = file.execute("SELECT number FROM consents WHERE withdrawn_at > ?", (after,))
    return frozenset(Number(number) for (number,) in rows)
