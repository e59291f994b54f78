"""Who took decisions out of the house, in which form, and which they asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.schema import ledger_exports

Channel = Literal["web", "cli"]


@dataclass(frozen=True, slots=True)
class Export:
    """`asked` is what was asked for, as JSON; of a number its last three digits."""

    login: str
    channel: Channel
    asked: Mapping[str, Any]
    format: str
    at: datetime


async def log(c: AsyncConnection, export: Export) -> None:
    """Write it down before the first decision leaves: one that was broken off was begun."""
    await c.execute(
        insert(ledger_exports).values(
            login=export.login,
            channel=export.channel,
            asked=dict(export.asked),
            format=export.format,
            at=export.at,
        )
    )


async def every(c: AsyncConnection, limit: int = 100) -> tuple[Export, ...]:
    """The newest first."""
    rows = await c.execute(select(ledger_exports).order_by(ledger_exports.c.id.desc()).limit(limit))
    return tuple(Export(row.login, row.channel, row.asked, row.format, row.at) for row in rows)
