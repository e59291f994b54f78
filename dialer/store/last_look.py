"""Whether a number stands on a list, asked in the instant before it is called.

Between this look and the order for Asterisk nothing may take long: a call must not leave from ten milliseconds after
its number was blocked. A transaction over the pool is several trips and turns of the event loop. So one connection is
kept for this one question: with SQLite it is answered within the turn, in some tens of microseconds; PostgreSQL takes
one trip.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialer.core.campaign import Campaign
from dialer.core.compliance.do_not_call import CHANNEL
from dialer.core.number import Number
from dialer.store.number_hash import number_hash, secret
from dialer.store.session import Database, make_engine

# The lists that a campaign obeys, as `do_not_call.HITS` and `ERASED` have them; whether a row has run out is not asked.
_BINDS = f"removed_at IS NULL AND (scope = 'company' OR channel = '{CHANNEL}' OR campaign_id = $3 OR brand = $4)"
_STANDS = (
    f"SELECT 1 FROM do_not_call WHERE number = $1 AND {_BINDS}"  # noqa: S608 -- a constant
    f" UNION ALL SELECT 1 FROM do_not_call WHERE number_hash = $2 AND {_BINDS} LIMIT 1"
)
# Longer than this nobody waits for a connection that says nothing: the slow way finds out what is wrong.
_SECONDS = 1.0


class LastLook:
    """One connection to a database, made at the first question."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._key: str | None = None
        self._file: sqlite3.Connection | None = None
        self._engine: AsyncEngine | None = None
        self._connection: AsyncConnection | None = None
        self._driver: Any = None
        self._turn = asyncio.Lock()  # a connection answers one question at a time

    async def stands(self, number: Number, campaign: Campaign, clock: Callable[[], datetime]) -> tuple[bool, datetime]:
        """Whether there may be a row about this number that binds the campaign, and the moment of the look. True also
        where it cannot be told: then `do_not_call.hits` knows, or raises.
        """
        if self._key is None:
            async with self._db.read() as c:
                self._key = await secret(c)
        hashed = number_hash(self._key, number) if self._key is not None else ""
        bound = (number.e164, hashed, campaign.id, campaign.brand)
        if self._db.is_sqlite:
            looked_at = clock()
            return self._look(bound), looked_at
        async with self._turn:
            looked_at = clock()
            try:
                async with asyncio.timeout(_SECONDS):
                    driver = self._driver or await self._connect()
                    return await driver.fetchval(_STANDS, *bound) is not None, looked_at
            except (OSError, TimeoutError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._let_go()
                return True, looked_at

    async def close(self) -> None:
        """Let go of the connection."""
        if self._file is not None:
            self._file.close()
            self._file = None
        await self._let_go()

    def _look(self, bound: tuple[Any, ...]) -> bool:
        try:
            if self._file is None:
                self._file = sqlite3.connect(str(self._db.url.database), timeout=0, isolation_level=None)
            return self._file.execute(_STANDS.replace("$", "?"), bound).fetchone() is not None
        except sqlite3.OperationalError:  # locked while somebody tidies up
            return True

    async def _connect(self) -> Any:
        self._engine = make_engine(self._db.url)
        self._connection = await self._engine.connect()
        self._driver = (await self._connection.get_raw_connection()).driver_connection
        return self._driver

    async def _let_go(self) -> None:
        connection, engine = self._connection, self._engine
        self._connection = self._engine = self._driver = None
        if connection is not None:
            await connection.invalidate()
            await connection.close()
        if engine is not None:
            await engine.dispose()
