"""Things a person must see: open until somebody saw them, seen until somebody closed them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.commands import RaiseIncident
from dialer.store import outbox
from dialer.store.schema import incidents

# The publisher's key for an incident.
INCIDENT = "incident"


class IncidentState(StrEnum):
    OPEN = "open"
    SEEN = "seen"
    CLOSED = "closed"


_BEFORE: dict[IncidentState, tuple[IncidentState, ...]] = {
    IncidentState.OPEN: (),
    IncidentState.SEEN: (IncidentState.OPEN,),
    IncidentState.CLOSED: (IncidentState.OPEN, IncidentState.SEEN),
}


@dataclass(frozen=True, slots=True)
class Incident:
    """`kind` is stable, the sentence is for people; `who` saw or closed it last, at `changed_at`."""

    id: int
    kind: str
    sentence: str
    attempt_id: str | None
    agent_id: str | None
    at: datetime
    state: IncidentState
    who: str | None
    changed_at: datetime | None


async def raise_one(c: AsyncConnection, order: RaiseIncident) -> int:
    """Keep an incident and tell the outbox; returns its id. One that is open and says the same of the same call and
    agent is not told again."""
    same = select(incidents.c.id).where(
        incidents.c.state == IncidentState.OPEN,
        incidents.c.kind == order.kind,
        incidents.c.sentence == order.sentence,
        incidents.c.attempt_id.is_not_distinct_from(order.attempt_id),
        incidents.c.agent_id.is_not_distinct_from(order.agent_id),
    )
    present = await c.scalar(same.limit(1))
    if present is not None:
        return int(present)
    values = {key: getattr(order, key) for key in RaiseIncident.__slots__}
    await outbox.add(c, INCIDENT, values | {"at": order.at.isoformat()}, order.at)
    made = await c.execute(insert(incidents).values(**values, state=IncidentState.OPEN).returning(incidents.c.id))
    return int(made.scalar_one())


async def set_state(c: AsyncConnection, incident_id: int, state: IncidentState, who: str, now: datetime) -> bool:
    """See or close an incident; False where it is that far already, or does not exist."""
    done = await c.execute(
        update(incidents)
        .where(incidents.c.id == incident_id, incidents.c.state.in_(_BEFORE[state]))
        .values(state=state, who=who, changed_at=now)
    )
    return done.rowcount > 0


async def every(
    c: AsyncConnection, *states: IncidentState, attempt_id: str | None = None, limit: int = 100
) -> tuple[Incident, ...]:
    """The newest first; no state named means all."""
    query = select(incidents).order_by(incidents.c.at.desc(), incidents.c.id.desc()).limit(limit)
    if states:
        query = query.where(incidents.c.state.in_(states))
    if attempt_id is not None:
        query = query.where(incidents.c.attempt_id == attempt_id)
    rows = await c.execute(query)
    return tuple(Incident(**{**row._mapping, "state": IncidentState(row.state)}) for row in rows)
