"""Agents at work: the session a new service adopts, the history of their states, and their occupancy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.agent import AgentState
from dialer.core.commands import SaveAgent
from dialer.core.remembered import AgentSession
from dialer.store.schema import agent_sessions, agent_states
from dialer.store.upsert import upsert

BUSY = (AgentState.TALKING, AgentState.WRAP_UP)


@dataclass(frozen=True, slots=True)
class Stretch:
    """An agent's stay in one state; `until` None: still in it."""

    state: str
    code: str | None
    by: str
    attempt_id: str | None
    at: datetime
    until: datetime | None


async def save_state(c: AsyncConnection, order: SaveAgent) -> None:
    """Keep where an agent is now. The history gets a row where state, code or call changed; told twice, it has one."""
    present = agent_states.c.login == order.agent_id, agent_states.c.until.is_(None)
    last = (await c.execute(select(agent_states).where(*present))).one_or_none()
    code, by = order.code, order.by
    if last is None or (last.state, last.code, last.attempt_id) != (order.state, code, order.attempt_id):
        await c.execute(update(agent_states).where(*present).values(until=order.at))
        row = {"login": order.agent_id, "state": order.state, "code": code, "by": by, "at": order.at,
               "attempt_id": order.attempt_id, "campaigns": list(order.campaigns)}  # fmt: skip
        await c.execute(upsert(c, agent_states).values(row))
    same = last is not None and (last.state, last.code) == (order.state, code)
    values = {
        "state": order.state,
        "code": code,
        "campaigns": list(order.campaigns),
        "endpoint": order.endpoint,
        "on_hook": order.on_hook,
        "leg_id": order.leg_id,
        "leg_number": order.leg_number,
        "attempt_id": order.attempt_id,
        "saved_at": order.at,
    }
    changed = values if same else values | {"since": order.at}
    insert = upsert(c, agent_sessions).values(login=order.agent_id, since=order.at, **values)
    await c.execute(insert.on_conflict_do_update(index_elements=[agent_sessions.c.login], set_=changed))


async def sessions(c: AsyncConnection) -> tuple[AgentSession, ...]:
    """Agents who were logged in when they were last saved."""
    query = select(agent_sessions).where(agent_sessions.c.state != AgentState.LOGGED_OUT)
    return tuple(
        AgentSession(
            agent_id=row.login,
            endpoint=row.endpoint,
            campaigns=tuple(row.campaigns),
            on_hook=row.on_hook,
            leg_id=row.leg_id,
            leg_number=row.leg_number,
            state=row.state,
            code=row.code,
            since=row.since,
        )
        for row in await c.execute(query.order_by(agent_sessions.c.login))
    )


async def history(c: AsyncConnection, login: str, start: datetime, end: datetime) -> tuple[Stretch, ...]:
    """An agent's states that touch `[start, end)`, in order."""
    query = _touching(start, end).where(agent_states.c.login == login).order_by(agent_states.c.at, agent_states.c.id)
    return tuple(
        Stretch(row.state, row.code, row.by, row.attempt_id, row.at, row.until) for row in await c.execute(query)
    )


async def occupancy(
    c: AsyncConnection, start: datetime, end: datetime, logins: Iterable[str] | None = None
) -> dict[str, float]:
    """Talking and wrap-up as a share (0 to 1) of talking, wrap-up and ready in `[start, end)`, by agent.

    A state that still lasts counts up to `end`, which must not lie ahead. Who did none of the three is left out.
    """
    worked = await _worked(c, start, end, logins)
    return {login: busy / total for login, (busy, total) in sorted(worked.items()) if total > 0}


async def team_occupancy(c: AsyncConnection, start: datetime, end: datetime, logins: Iterable[str]) -> float | None:
    """The same over the seconds of all these agents together; None where there were none."""
    worked = await _worked(c, start, end, logins)
    total = sum(total for _, total in worked.values())
    return sum(busy for busy, _ in worked.values()) / total if total > 0 else None


async def _worked(
    c: AsyncConnection, start: datetime, end: datetime, logins: Iterable[str] | None
) -> dict[str, tuple[float, float]]:
    """Seconds busy, and seconds busy or ready."""
    query = _touching(start, end).where(agent_states.c.state.in_((*BUSY, AgentState.READY)))
    if logins is not None:
        query = query.where(agent_states.c.login.in_(list(logins)))
    worked: dict[str, tuple[float, float]] = {}
    for row in await c.execute(query):
        seconds = (min(row.until or end, end) - max(row.at, start)).total_seconds()
        busy, total = worked.get(row.login, (0.0, 0.0))
        worked[row.login] = (busy + (seconds if row.state in BUSY else 0.0), total + seconds)
    return worked


def _touching(start: datetime, end: datetime) -> Select[Any]:
    still = or_(agent_states.c.until.is_(None), agent_states.c.until > start)
    return select(agent_states).where(agent_states.c.at < end, still)
