"""Connections and transactions, the same to callers on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import URL, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from dialer.store.migrations.runner import migrate

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}

# WAL lets readers go on beside the one writer; NORMAL survives a crash of ours, and a power cut loses at most the
# last transactions, never the file.
_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000")

CONNECT_SECONDS = 5
COMMAND_SECONDS = 30


class DatabaseUnreachable(Exception):
    """The database cannot be reached, or was lost in mid-transaction; what was being written may or may not be there.

    Everything in this package may therefore be done again. The text is fit for people and holds no password.
    """


class BadDatabaseUrl(ValueError):
    """Not a database address we can use; the text says what was expected."""


def parse_url(text: str) -> URL:
    """`sqlite:///path/file.db` or `postgresql://user:password@host/name`, with our drivers filled in.

    Raises:
        BadDatabaseUrl: something else.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        raise BadDatabaseUrl("expected sqlite:///path/to/file or postgresql://user@host/name") from None
    kind = url.get_backend_name()
    if kind not in _DRIVERS:
        raise BadDatabaseUrl(f"expected sqlite or postgresql, found {kind!r}")
    if kind == "sqlite" and url.database in (None, "", ":memory:"):
        raise BadDatabaseUrl("expected a file for SQLite: a database in memory is lost with its connection")
    return url.set(drivername=_DRIVERS[kind])


def make_engine(url: URL, *, foreign_keys: bool = True) -> AsyncEngine:
    """An engine as this package needs it. Statement parameters never appear in errors: they hold phone numbers."""
    if url.get_backend_name() == "postgresql":
        connect_args: dict[str, Any] = {
            "timeout": CONNECT_SECONDS,
            "command_timeout": COMMAND_SECONDS,
            "server_settings": {"application_name": "dialer", "jit": "off"},
        }
        return create_async_engine(
            url, hide_parameters=True, pool_pre_ping=True, pool_size=10, max_overflow=5, connect_args=connect_args
        )
    if url.database is not None:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, hide_parameters=True, pool_size=5, max_overflow=5)

    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by its own rules
        cursor = connection.cursor()
        for pragma in (*_PRAGMAS, f"foreign_keys={'ON' if foreign_keys else 'OFF'}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def on_begin(connection: Connection) -> None:
        # A transaction that reads first and writes later would fail where another wrote in between.
        write = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "begin", on_begin)
    return engine


class Database:
    """One database. Writers take turns on SQLite: waiting in line beats 'database is locked' after five seconds."""

    def __init__(self, url: str) -> None:
        self.url = parse_url(url)
        engine = make_engine(self.url)
        self._writer = engine.execution_options(write=True)
        self._reader = engine.execution_options(postgresql_readonly=True)
        self._turn: AbstractAsyncContextManager[Any] = asyncio.Lock() if self.is_sqlite else nullcontext()

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write; committed at the end, rolled back where an exception leaves it.

        Raises:
            DatabaseUnreachable: see there; the transaction may be tried again.
        """
        async with self._turn, self._transaction(self._writer) as c:
            yield c

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that reads; on SQLite it sees one moment and never waits for the writer."""
        async with self._transaction(self._reader) as c:
            yield c

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        async with AsyncExitStack() as stack:
            with _Reachable(self.url, OSError):
                c = await stack.enter_async_context(engine.connect())
            with _Reachable(self.url, ConnectionError, TimeoutError):
                async with c.begin():
                    yield c

    async def migrate(self) -> None:
        """Bring the tables to this version's form; safe to call at every start and from two services at once."""
        engine = make_engine(self.url, foreign_keys=False)  # SQLite changes a table by making it anew
        try:
            async with self._transaction(engine.execution_options(write=True)) as c:
                await c.run_sync(migrate)
        finally:
            await engine.dispose()

    async def close(self) -> None:
        """Let go of every connection."""
        await self._writer.dispose()


class _Reachable:
    """Tells a database that is not there from one that refused a statement, and from the caller's own mistakes."""

    def __init__(self, url: URL, *lost: type[Exception]) -> None:
        self._where = url.render_as_string(hide_password=True)
        self._lost = (*lost, PoolTimeout)

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, DBAPIError):
            lost = error.connection_invalidated or _says_gone(error)
        else:
            lost = isinstance(error, self._lost)
        if lost:
            raise DatabaseUnreachable(f"database {self._where}: {_reason(error)}") from error


# SQLSTATE classes: 08 connection, 57P01-03 shutting down or starting, 53 out of resources, 25006 read-only,
# 40 deadlock or serialisation failure. A new attempt may succeed in each.
_GONE_STATES = ("08", "57P", "53", "25006", "40")
_GONE_SQLITE = ("database is locked", "unable to open", "disk", "readonly")


def _says_gone(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None) or ""
    if state:
        return str(state).startswith(_GONE_STATES)
    text = str(error.orig)
    return any(words in text for words in _GONE_SQLITE)


def _reason(error: BaseException | None) -> str:
    orig = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(orig).split())[:200] or type(orig).__name__
