"""Who listened to, whispered to or barged in on whom, in which call, from when to when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.commands import SaveSupervision
from dialer.core.events import SpyMode
from dialer.store.schema import supervision
from dialer.store.upsert import insert_new


async def save(c: AsyncConnection, stretch: SaveSupervision) -> None:
    """Told twice, it is kept once."""
    values = {key: getattr(stretch, key) for key in SaveSupervision.__slots__}
    await c.execute(insert_new(c, supervision).values(values))


async def between(c: AsyncConnection, start: datetime, end: datetime) -> tuple[SaveSupervision, ...]:
    """Stretches that began in `[start, end)`, in order."""
    return await _found(c, (supervision.c.started_at >= start) & (supervision.c.started_at < end))


async def of_attempt(c: AsyncConnection, attempt_id: str) -> tuple[SaveSupervision, ...]:
    """Stretches kept with one call, in order."""
    return await _found(c, supervision.c.attempt_id == attempt_id)


async def _found(c: AsyncConnection, which: ColumnElement[bool]) -> tuple[SaveSupervision, ...]:
    rows = await c.execute(select(supervision).where(which).order_by(supervision.c.started_at, supervision.c.id))
    return tuple(
        SaveSupervision(
            supervisor_id=row.supervisor_id,
            agent_id=row.agent_id,
            attempt_id=row.attempt_id,
            mode=SpyMode(row.mode),
            started_at=row.started_at,
            ended_at=row.ended_at,
        )
        for row in rows
    )
