"""Figures: a campaign's summary, the board's counts, a lead's contacts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.lead import Contact
from dialer.store import agents, campaigns, decisions
from dialer.store.prospects import contacts
from dialer.store.schema import attempts, leads, recordings


async def campaign_summary(c: AsyncConnection, campaign_id: int) -> dict[str, Any]:
    """What came of a campaign so far, as JSON values.

    `talked` counts attempts in which the legs met for longer than an instant.
    `answer_to_bridge_ms` are percentiles over these (nearest rank),
    None where nobody talked. `occupancy` is that of the agents who talked, over all their states from the campaign's
    first attempt to its last; None where there was none. Raises `NoSuchCampaign`.
    """
    campaign = (await campaigns.get(c, campaign_id)).campaign
    mine = attempts.c.campaign_id == campaign_id
    words = await c.execute(
        select(attempts.c.disposition, func.count().label("attempts"))
        .where(mine, attempts.c.disposition.is_not(None))
        .group_by(attempts.c.disposition)
        .order_by(attempts.c.disposition)
    )
    met = await c.execute(
        select(attempts.c.answered_at, attempts.c.bridged_at).where(mine, attempts.c.bridged_at.is_not(None))
    )
    waits = sorted((row.bridged_at - row.answered_at).total_seconds() * 1000 for row in met if row.answered_at)
    recorded = select(func.count()).select_from(recordings).join(attempts, attempts.c.id == recordings.c.attempt_id)
    return {
        "name": campaign.name,
        "dial_mode": campaign.dial_mode.value,
        "leads": await _count(c, select(func.count()).where(leads.c.campaign_id == campaign_id)),
        "attempts": await _count(c, select(func.count()).where(mine)),
        "dispositions": {row.disposition: row.attempts for row in words},
        "refusals": await decisions.refusals(c, campaign_id),
        "talked": await _count(c, select(func.count()).where(mine, attempts.c.talked)),
        "recordings": await _count(c, recorded.where(mine)),
        "abandons": await _count(c, select(func.count()).where(mine, attempts.c.abandoned)),
        "answer_to_bridge_ms": {"p50": percentile(waits, 50), "p99": percentile(waits, 99)},
        "occupancy": await _occupancy(c, campaign_id),
    }


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """By nearest rank: a value that really occurred. None of nothing."""
    if not ordered:
        return None
    return round(ordered[max(math.ceil(len(ordered) * percent / 100) - 1, 0)], 3)


@dataclass(frozen=True, slots=True)
class Board:
    """One campaign's figures since `start`, for the wall."""

    campaign_id: int
    attempts: int
    talked: int
    abandons: int
    conversions: int  # disposition "sale"
    open: int  # without a final outcome


async def board(c: AsyncConnection, start: datetime) -> tuple[Board, ...]:
    """Campaigns with attempts since `start`, in order."""
    one = func.count
    rows = await c.execute(
        select(
            attempts.c.campaign_id,
            one().label("attempts"),
            one().filter(attempts.c.talked).label("talked"),
            one().filter(attempts.c.abandoned).label("abandons"),
            one().filter(attempts.c.disposition == "sale").label("conversions"),
            one().filter(attempts.c.closed_at.is_(None)).label("open"),
        )
        .where(attempts.c.opened_at >= start)
        .group_by(attempts.c.campaign_id)
        .order_by(attempts.c.campaign_id)
    )
    return tuple(Board(**row._mapping) for row in rows)


async def abandon_counts(c: AsyncConnection, campaign_id: int, start: datetime) -> tuple[int, int]:
    """Calls abandoned, and calls answered by a person, since `start`; machines are not people."""
    query = select(
        func.count().filter(attempts.c.abandoned).label("abandoned"),
        func.count(attempts.c.answered_at).filter(attempts.c.machine.is_(None)).label("answered"),
    ).where(attempts.c.campaign_id == campaign_id, attempts.c.opened_at >= start)
    row = (await c.execute(query)).one()
    return row.abandoned, row.answered


async def recent_contacts(c: AsyncConnection, lead_id: int) -> tuple[Contact, ...]:
    """The last ten closed attempts on a lead, the newest first."""
    return (await contacts(c, (lead_id,))).get(lead_id, ())


async def _occupancy(c: AsyncConnection, campaign_id: int) -> float | None:
    mine = attempts.c.campaign_id == campaign_id
    span = (await c.execute(select(
        func.min(attempts.c.opened_at).label("first"), func.max(attempts.c.closed_at).label("last")).where(mine)
    )).one()  # fmt: skip
    if span.first is None or span.last is None:
        return None
    talked = list(await c.scalars(select(attempts.c.agent_id).distinct().where(mine, attempts.c.talked)))
    return await agents.team_occupancy(c, span.first, span.last, talked)


async def _count(c: AsyncConnection, query: Any) -> int:
    return (await c.execute(query)).scalar_one() or 0
