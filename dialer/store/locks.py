"""One at a time for a number: whoever opens an attempt, and whoever puts the number on a list."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.number import Number

_TAKE = text("SELECT pg_advisory_xact_lock(key) FROM (SELECT unnest(CAST(:keys AS bigint[])) AS key) AS wanted")


async def hold(c: AsyncConnection, numbers: Iterable[Number]) -> None:
    """Wait for these numbers' turn and keep it until the transaction ends, on every node of the database.

    Two leads of two campaigns may be one person: each transaction would count the attempts before it and not see the
    other's. The keys are taken in one order, so that nobody waits in a circle. (SQLite has one writer at a time.)
    """
    if c.dialect.name == "postgresql":
        await c.execute(_TAKE, {"keys": sorted({_key(number) for number in numbers})})


def _key(number: Number) -> int:
    return int.from_bytes(blake2b(number.e164.encode(), digest_size=8).digest(), "big", signed=True)
