"""Short words from one process to all others of a PostgreSQL database, delivered with the commit they belong to.

A word names rows by their ids and holds nothing of them: what goes over the wire is not for keeping, and numbers are
read by those who may read them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.session import make_engine

Subject = Literal["listed", "consent", "suspension"]

_SUBJECTS: dict[str, Subject] = {subject: subject for subject in get_args(Subject)}
_CHANNEL = "dialer_stops"
_SEND = text("SELECT pg_notify(:channel, :word)")


class LineLost(Exception):
    """The connection that was listened on is gone: what was said meanwhile was not heard."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Rows `first` to `last` (ids) are new or changed; rows of others may lie between them."""

    subject: Subject
    first: int
    last: int


async def send(c: AsyncConnection, subject: Subject, ids: Sequence[int]) -> None:
    """Tell every process, this one too, once the transaction is committed. (SQLite has no such thing: see stops.py.)"""
    if ids and c.dialect.name == "postgresql":
        await c.execute(_SEND, {"channel": _CHANNEL, "word": f"{subject} {min(ids)} {max(ids)}"})


@asynccontextmanager
async def listening(url: URL) -> AsyncIterator[tuple[AsyncConnection, AsyncIterator[Signal]]]:
    """What is said from now on, and the connection over which it is heard: what it means can be read there in one trip,
    each statement a transaction of its own.

    Raises:
        LineLost: from the iterator.
    """
    engine = make_engine(url).execution_options(isolation_level="AUTOCOMMIT")
    words: asyncio.Queue[str | None] = asyncio.Queue()

    def heard(_connection: object, _pid: int, _channel: str, word: str) -> None:
        words.put_nowait(word)

    def gone(_connection: object) -> None:
        words.put_nowait(None)

    try:
        async with engine.connect() as c:
            driver: Any = (await c.get_raw_connection()).driver_connection
            driver.add_termination_listener(gone)
            await driver.add_listener(_CHANNEL, heard)
            yield c, _signals(words)
            driver.remove_termination_listener(gone)
            await driver.remove_listener(_CHANNEL, heard)  # says nothing where the connection is gone
    finally:
        await engine.dispose()


async def _signals(words: asyncio.Queue[str | None]) -> AsyncIterator[Signal]:
    while (word := await words.get()) is not None:
        subject, first, last = word.split()
        yield Signal(_SUBJECTS.get(subject, "listed"), int(first), int(last))
    raise LineLost("the connection to the database that was listened on is gone")
