"""Emergencies: areas to which nobody may call while they last. Set and lifted by people, kept with who and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, literal_column, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store import signals
from dialer.store.schema import leads, suspensions
from dialer.store.types import UTCDateTime

RULE = "EMERGENCY_SUSPENSION"


class NoSuchSuspension(LookupError):
    """No suspension has this id, or it was lifted before."""


class BadSpan(ValueError):
    """A suspension that would end before it begins, or is over already."""


@dataclass(frozen=True, slots=True)
class Suspension:
    """`area`: a pack's id, a country, a region, or leading digits. It holds in `[starts_at, ends_at)` and not after
    `lifted_at`; `ends_at` None: until somebody lifts it.
    """

    id: int
    area: str
    because: str
    starts_at: datetime
    ends_at: datetime | None
    set_by: str
    set_at: datetime
    lifted_at: datetime | None = None
    lifted_by: str | None = None
    lifted_because: str | None = None

    def holds(self, at: datetime) -> bool:
        return self.lifted_at is None and self.starts_at <= at and (self.ends_at is None or at < self.ends_at)

    def ahead(self, at: datetime) -> bool:
        """It holds now, or will."""
        return self.lifted_at is None and (self.ends_at is None or at < self.ends_at)


_NOW = bindparam("now", type_=UTCDateTime())
# The areas suspended at the instant bound to `now`, as the gate takes them.
RUNNING = (
    select(suspensions.c.area)
    .where(
        suspensions.c.lifted_at.is_(None),
        suspensions.c.starts_at <= _NOW,
        or_(suspensions.c.ends_at.is_(None), suspensions.c.ends_at > _NOW),
    )
    .distinct()
    .order_by(suspensions.c.area)
)


async def areas(c: AsyncConnection, now: datetime) -> tuple[str, ...]:
    """The areas suspended at `now`."""
    return tuple(await c.scalars(RUNNING, {"now": now}))


async def add(
    c: AsyncConnection,
    area: str,
    *,
    because: str,
    by: str,
    now: datetime,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Suspension:
    """Suspend calls to an area that the rules know, from now or from `starts_at` on. Begin and end go by the clock.

    Raises:
        BadSpan:
    """
    start = starts_at or now
    if ends_at is not None and ends_at <= max(start, now):
        raise BadSpan("expected an end that lies ahead and after the beginning")
    values: dict[str, Any] = {
        "area": area, "because": because, "starts_at": start, "ends_at": ends_at, "set_by": by, "set_at": now,
    }  # fmt: skip
    made = await c.execute(insert(suspensions).values(values).returning(suspensions.c.id))
    suspension_id = made.scalar_one()
    await signals.send(c, "suspension", [suspension_id])
    return Suspension(id=suspension_id, **values)


async def lift(c: AsyncConnection, suspension_id: int, *, by: str, because: str, now: datetime) -> Suspension:
    """End a suspension now. Leads that it had put aside are due again at once, and meet the gate.

    Raises:
        NoSuchSuspension:
    """
    done = await c.execute(
        update(suspensions)
        .where(suspensions.c.id == suspension_id, suspensions.c.lifted_at.is_(None))
        .values(lifted_at=now, lifted_by=by, lifted_because=because)
        .returning(*suspensions.c)
    )
    row = done.one_or_none()
    if row is None:
        raise NoSuchSuspension(f"there is no suspension {suspension_id} to lift")
    await signals.send(c, "suspension", [suspension_id])
    put_aside = (leads.c.status == literal_column("'new'"), leads.c.because == RULE, leads.c.node.is_(None))
    await c.execute(update(leads).where(*put_aside, leads.c.next_at > now).values(next_at=now, changed_at=now))
    return _suspension(row)


async def every(c: AsyncConnection, limit: int = 500) -> tuple[Suspension, ...]:
    """The newest first, those that are over too."""
    rows = await c.execute(select(suspensions).order_by(suspensions.c.id.desc()).limit(limit))
    return tuple(_suspension(row) for row in rows)


def _suspension(row: Row[Any]) -> Suspension:
    return Suspension(**row._mapping)
