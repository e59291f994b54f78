"""Emergencies: areas to which nobody may call while they last. Set and lifted by people, kept with who and why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.schema import suspensions


async def areas(c: AsyncConnection, now: datetime) -> tuple[str, ...]:
    """The areas suspended at `now`, as the gate takes them."""
    query = select(suspensions.c.area).where(
        suspensions.c.lifted_at.is_(None),
        suspensions.c.starts_at <= now,
        or_(suspensions.c.ends_at.is_(None), suspensions.c.ends_at > now),
    )
    return tuple(await c.scalars(query.distinct().order_by(suspensions.c.area)))
