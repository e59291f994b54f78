"""What others wrote to stop calls, told to this node's floor: listed numbers, withdrawn consents, emergencies."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing, suppress
from datetime import datetime

from dialer.core import events as ev
from dialer.core.floor.stops import in_flight
from dialer.engine import Engine
from dialer.store import stops, suspensions
from dialer.store.session import Database, DatabaseUnreachable
from dialer.store.stops import Stops

# A list that is being imported comes by the thousand: of so many only those are told that are on the floor. A lead that
# was being claimed in that moment is met by the next look into the tables, and by the gate before it is called.
FEW = 100


async def obey(db: Database, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Whatever is written from now on, as it is heard; until cancelled."""
    async with aclosing(stops.heard(db)) as heard:
        async for found in heard:
            tell(engine, found)
            if found.suspensions:
                with suppress(DatabaseUnreachable):  # the next look into the tables finds it
                    async with db.read() as c:
                        areas = await suspensions.areas(c, clock())
                    engine.tell(ev.SuspensionSet(areas))


def tell(engine: Engine, found: Stops) -> None:
    """Hand it to the floor. Told twice, it is done once."""
    blocked, withdrawn = list(found.blocked), list(found.withdrawn)
    if len(blocked) + len(withdrawn) > FEW:
        there = in_flight(engine.floor.picture)
        blocked = [one for one in blocked if one.number in there]
        withdrawn = [number for number in withdrawn if number in there]
    for one in blocked:
        engine.tell(ev.NumberBlocked(one.number, one.campaign_id, one.brand))
    for number in withdrawn:
        engine.tell(ev.ConsentWithdrawn(number))
