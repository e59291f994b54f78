"""News for the broker, written with what it tells of and sent later: a broker that is down costs nothing but delay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.schema import outbox


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """`topic` is a key of the publisher's table; `id` is the event's id, by which a receiver drops a double."""

    id: int
    topic: str
    payload: dict[str, Any]


async def add(c: AsyncConnection, topic: str, payload: Mapping[str, Any], now: datetime) -> None:
    """`payload` holds JSON values and no phone number."""
    await c.execute(insert(outbox).values(topic=topic, payload=dict(payload), made_at=now))


async def next_batch(c: AsyncConnection, limit: int) -> tuple[OutboxRow, ...]:
    """What was not sent yet, the oldest first."""
    query = select(outbox).where(outbox.c.sent_at.is_(None)).order_by(outbox.c.id).limit(limit)
    return tuple(OutboxRow(row.id, row.topic, row.payload) for row in await c.execute(query))


async def mark_sent(c: AsyncConnection, ids: Iterable[int], now: datetime) -> None:
    """The broker has these."""
    await c.execute(update(outbox).where(outbox.c.id.in_(list(ids)), outbox.c.sent_at.is_(None)).values(sent_at=now))
