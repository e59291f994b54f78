"""Live answers and abandons, counted from the attempts themselves: there is no second counter that could drift."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.compliance.abandonment import CONNECT_WITHIN, PERIODS, Tally, block
from dialer.core.compliance.packs import AbandonPeriod
from dialer.core.compliance.question import AbandonCount
from dialer.store.schema import IS_ANSWERED
from dialer.store.schema import attempts as table

_LIMIT_MS = CONNECT_WITHIN // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Book:
    """How the house counts: `zone` is that of its days and months, `false_positives` the percentage of machine
    detection's machines that are taken to have been people.
    """

    zone: str
    false_positives: float = 0.0


@dataclass(frozen=True, slots=True)
class Counted:
    """One campaign's tallies of the blocks of this moment, in the order of `PERIODS`."""

    started: datetime | None  # the campaign's first call
    tallies: tuple[Tally, ...]
    last_at: datetime | None  # when the last abandoned call was begun


async def count(c: AsyncConnection, campaign_id: int, book: Book, now: datetime) -> Counted:
    """Answered is who answered and was no machine; abandoned, whom no agent met, or met later than in two seconds.

    A call belongs to the block in which it was begun. The United Kingdom wants an estimate of the people whom machine
    detection hung up on: it is added to both sides of its day. One indexed statement, and one more for the first call.
    """
    started = await c.scalar(select(func.min(table.c.opened_at)).where(table.c.campaign_id == campaign_id))
    blocks = {period: block(period, started, book.zone, now) for period in PERIODS}
    columns = [func.max(table.c.opened_at).filter(_abandoned("calendar_month")).label("last_at")]
    person = table.c.machine.is_(None)
    for period, (start, _) in blocks.items():
        inside = table.c.opened_at >= start
        columns += [
            func.count().filter(inside, person).label(f"{period}_answered"),
            func.count().filter(inside, person, _abandoned(period)).label(f"{period}_abandoned"),
            func.count().filter(inside, ~person).label(f"{period}_machines"),
        ]
    earliest = min(start for start, _ in blocks.values())
    query = select(*columns).where(table.c.campaign_id == campaign_id, table.c.opened_at >= earliest, IS_ANSWERED)
    row = (await c.execute(query)).one()._mapping
    tallies = []
    for period, (start, end) in blocks.items():
        mistaken = int(row[f"{period}_machines"] * book.false_positives / 100 + 0.5) if period == "day" else 0
        abandoned, answered = row[f"{period}_abandoned"] + mistaken, row[f"{period}_answered"] + mistaken
        tallies.append(Tally(period, start, end, abandoned, answered))
    return Counted(started, tuple(tallies), row["last_at"])


async def counts(c: AsyncConnection, campaign_id: int, book: Book, now: datetime) -> tuple[AbandonCount, ...]:
    """The same for the gate."""
    found = await count(c, campaign_id, book, now)
    return tuple(AbandonCount(tally.abandoned, tally.answered, tally.period) for tally in found.tallies)


def _abandoned(period: AbandonPeriod) -> ColumnElement[bool]:
    """As `too_late` has it: the greeting counts only where the two seconds begin at its end."""
    greeting = func.coalesce(table.c.greeting_ms, 0) if period == "campaign_30_days" else 0
    return or_(table.c.abandoned, and_(table.c.waited_ms.is_not(None), table.c.waited_ms - greeting > _LIMIT_MS))
