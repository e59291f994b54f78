"""What is left of an erased number: enough to recognise it when it comes again, and not enough to tell what it was."""

from __future__ import annotations

import hmac

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.number import Number
from dialer.store.schema import installation

_KEPT = "installation secret"


def number_hash(secret: str, number: Number) -> str:
    """HMAC-SHA256 in hex, keyed by the installation's secret (hex): without the key all numbers could be tried."""
    return hmac.digest(bytes.fromhex(secret), number.e164.encode(), "sha256").hex()


async def secret(c: AsyncConnection) -> str | None:
    """The installation's secret, read once a connection; None before the first start: then nothing was erased yet."""
    kept: str | None = c.info.get(_KEPT)
    if kept is None:
        kept = await c.scalar(select(installation.c.secret))
        if kept is not None:
            c.info[_KEPT] = kept
    return kept
