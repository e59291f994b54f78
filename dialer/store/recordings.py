"""Finished recordings, who has them played, and where the file is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.schema import attempts, incidents, recording_accesses, recordings
from dialer.store.upsert import upsert

Access = Literal["play", "download"]


@dataclass(frozen=True, slots=True)
class Recording:
    """`path` is below the library's folder; `sides` are the customer's and the agent's figures as JSON values."""

    attempt_id: str
    path: str
    sha256: str
    seconds: float
    bytes: int
    format: str
    sides: list[dict[str, Any]]
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """A recording and the call it belongs to."""

    recording: Recording
    campaign_id: int
    lead_id: int
    agent_id: str | None
    opened_at: datetime
    disposition: str | None


@dataclass(frozen=True, slots=True)
class Filter:
    """What is None does not matter; times are of the attempt, `[start, end)`."""

    campaign_id: int | None = None
    agent_id: str | None = None
    lead_id: int | None = None
    disposition: str | None = None
    start: datetime | None = None
    end: datetime | None = None


async def save(c: AsyncConnection, recording: Recording) -> None:
    """Keep a finished recording; finished again, the newer file counts."""
    values = {key: getattr(recording, key) for key in Recording.__slots__}
    insert_one = upsert(c, recordings).values(values)
    await c.execute(insert_one.on_conflict_do_update(index_elements=[recordings.c.attempt_id], set_=values))


async def find(c: AsyncConnection, attempt_id: str) -> Kept | None:
    row = (await c.execute(_joined().where(recordings.c.attempt_id == attempt_id))).one_or_none()
    return None if row is None else _kept(row)


async def matching(c: AsyncConnection, only: Filter, *, limit: int = 100, offset: int = 0) -> tuple[Kept, ...]:
    """The newest first."""
    query = _joined().order_by(attempts.c.opened_at.desc(), attempts.c.id.desc()).limit(limit).offset(offset)
    for key in ("campaign_id", "agent_id", "lead_id", "disposition"):
        if (wanted := getattr(only, key)) is not None:
            query = query.where(attempts.c[key] == wanted)
    if only.start is not None:
        query = query.where(attempts.c.opened_at >= only.start)
    if only.end is not None:
        query = query.where(attempts.c.opened_at < only.end)
    return tuple(_kept(row) for row in await c.execute(query))


async def unfinished(c: AsyncConnection) -> tuple[tuple[str, datetime, float], ...]:
    """Attempts in which people talked and that have neither a recording nor the incident that says why not: id, end and
    seconds talked, the oldest first. A full disk or a long queue is no such reason: there may be room by now.
    """
    told = select(incidents.c.id).where(
        incidents.c.attempt_id == attempts.c.id,
        incidents.c.kind.startswith("recording_"),
        incidents.c.kind.not_in(("recording_disk_full", "recording_backlog")),
    )
    rows = await c.execute(
        select(attempts.c.id, attempts.c.ended_at, attempts.c.bridged_at)
        .outerjoin(recordings, recordings.c.attempt_id == attempts.c.id)
        .where(attempts.c.talked)
        .where(recordings.c.attempt_id.is_(None), ~told.exists())
        .order_by(attempts.c.ended_at)
    )
    return tuple((row.id, row.ended_at, (row.ended_at - row.bridged_at).total_seconds()) for row in rows)


async def known(c: AsyncConnection) -> set[str]:
    """The ids of all attempts that have a recording, to find files that nobody knows."""
    return set(await c.scalars(select(recordings.c.attempt_id)))


async def log_access(c: AsyncConnection, attempt_id: str, login: str, what: Access, now: datetime) -> None:
    """Who listened to, or took away, which recording."""
    await c.execute(insert(recording_accesses).values(attempt_id=attempt_id, login=login, what=what, at=now))


async def accesses(c: AsyncConnection, attempt_id: str) -> tuple[tuple[str, str, datetime], ...]:
    """Login, what and when, in order."""
    query = select(recording_accesses).where(recording_accesses.c.attempt_id == attempt_id)
    return tuple((row.login, row.what, row.at) for row in await c.execute(query.order_by(recording_accesses.c.id)))


def _joined() -> Any:
    call = (
        attempts.c.campaign_id,
        attempts.c.lead_id,
        attempts.c.agent_id,
        attempts.c.opened_at,
        attempts.c.disposition,
    )
    there = recordings.c.erase_after.is_(None)  # what a rule keeps of an erased person is nobody's to hear
    return select(*recordings.c, *call).join(attempts, attempts.c.id == recordings.c.attempt_id).where(there)


def _kept(row: Row[Any]) -> Kept:
    recording = Recording(**{key: getattr(row, key) for key in Recording.__slots__})
    return Kept(recording, row.campaign_id, row.lead_id, row.agent_id, row.opened_at, row.disposition)
