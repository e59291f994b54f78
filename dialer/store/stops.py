"""Numbers that may not be called any more, as soon as anybody has written it: another node, the command line.

PostgreSQL says it with the commit (signals.py). SQLite says nothing, but tells for some microseconds whether its file
has changed; that is asked two hundred times a second.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.number import Number
from dialer.store import consents, do_not_call, signals
from dialer.store.do_not_call import Blocked
from dialer.store.session import Database, DatabaseUnreachable
from dialer.store.signals import LineLost, Signal

log = logging.getLogger(__name__)

# Between two looks at a SQLite file. One costs about ten microseconds.
LOOK_SECONDS = 0.005
# Before a lost connection is tried again; whoever listens must also look into the tables from time to time.
AGAIN_SECONDS = 0.5

_NOBODY: frozenset[Number] = frozenset()


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


async def heard(db: Database) -> AsyncIterator[Stops]:
    """What is committed from now on, within milliseconds, by this process too. Nothing is promised of the time in which
    the database cannot be reached.
    """
    async for stops in _looked(db) if db.is_sqlite else _listened(db):
        if stops.blocked or stops.withdrawn or stops.suspensions:
            yield stops


async def _listened(db: Database) -> AsyncIterator[Stops]:
    while True:
        try:
            async with signals.listening(db.url) as said:
                async for signal in said:
                    with suppress(DatabaseUnreachable):
                        async with db.read() as c:
                            meant = await _meant(c, signal)
                        yield meant
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


async def _looked(db: Database) -> AsyncIterator[Stops]:
    """The look itself is made in the event loop's own turn: it never waits, and a thread would cost ten times as much.

    Of one writer at a time the ids grow in the order of the commits, so that the highest one seen tells what is new.
    """
    with closing(sqlite3.connect(str(db.url.database), timeout=0, isolation_level=None)) as file:
        version, listed, withdrawn = _state(file, None) or (0, 0, "")
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = _state(file, version)
            if now is None:
                continue
            before = listed, withdrawn
            version, listed, withdrawn = now
            if (listed, withdrawn) == before:
                continue
            with suppress(DatabaseUnreachable):
                async with db.read() as c:
                    blocked = await do_not_call.blocked_among(c, before[0] + 1, listed) if listed > before[0] else ()
                    ended = await consents.withdrawn(c, _moment(before[1])) if withdrawn > before[1] else _NOBODY
                yield Stops(blocked, ended)


def _state(file: sqlite3.Connection, version: int | None) -> tuple[int, int, str] | None:
    """The file's version, the last row of the lists, and when a consent was last withdrawn, as text; None: nothing is
    new, or it cannot be told at this moment.
    """
    try:
        (now,) = file.execute("PRAGMA data_version").fetchone()
        if now == version:
            return None
        (listed,) = file.execute("SELECT max(id) FROM do_not_call").fetchone()
        (withdrawn,) = file.execute("SELECT max(withdrawn_at) FROM consents WHERE withdrawn_at IS NOT NULL").fetchone()
    except sqlite3.OperationalError:  # locked while somebody tidies up: the next look is soon
        return None
    return now, listed or 0, withdrawn or ""


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(f"{text or '1970-01-01 00:00:00'}+00:00")
