"""Abandons as the database has them, for the floor: at the start, when a campaign is started, and now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from dialer.config import Settings
from dialer.core.campaign import Campaign
from dialer.core.compliance.abandonment import limits
from dialer.core.events import AbandonsCounted
from dialer.engine import Engine
from dialer.rules.message import at_home
from dialer.store import abandonment
from dialer.store.session import Database, DatabaseUnreachable

# The floor adds its own live answers to the last count; a new one brings those of other nodes and the estimates.
AGAIN = timedelta(seconds=30)
LOOK_SECONDS = 1.0


def book(settings: Settings) -> abandonment.Book:
    """How this house counts."""
    return abandonment.Book(settings.calling.zone, settings.calling.amd_false_positives)


async def tell(db: Database, engine: Engine, settings: Settings, campaigns: Iterable[Campaign], now: datetime) -> None:
    """Count these campaigns' abandons and tell the floor, with the limits that hold at home.

    Raises:
        DatabaseUnreachable:
    """
    rulebook = engine.floor.picture.rulebook
    for campaign in campaigns:
        async with db.read() as c:
            found = await abandonment.count(c, campaign.id, book(settings), now)
        known = limits(at_home(settings, rulebook, campaign, now))
        zone = settings.calling.zone
        engine.tell(AbandonsCounted(campaign.id, zone, found.started, found.tallies, found.last_at, known))


async def watch(db: Database, engine: Engine, settings: Settings, clock: Callable[[], datetime]) -> None:
    """Keep the floor's counts true while it runs."""
    due: dict[int, datetime] = {}
    while True:
        now = clock()
        running = [desk.campaign for desk in engine.floor.picture.desks.values() if desk.running]
        wanted = [campaign for campaign in running if due.get(campaign.id, now) <= now]
        with suppress(DatabaseUnreachable):  # the next look finds it back
            await tell(db, engine, settings, wanted, now)
            due |= {campaign.id: now + AGAIN for campaign in wanted}
        await asyncio.sleep(LOOK_SECONDS)
