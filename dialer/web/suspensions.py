"""Emergencies: no calls to an area while one lasts. Whoever sets or lifts one says why; it holds at once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from dialer.core import events as ev
from dialer.core.compliance.areas import area_named, namesakes
from dialer.store import suspensions
from dialer.store.suspensions import Suspension
from dialer.web.fields import Body, Id, Line, Moment
from dialer.web.guard import Person
from dialer.web.house import House
from dialer.web.routes import Room

room = Room("suspensions")

Because = Annotated[Line, Field(min_length=3)]


class NewSuspension(Body):
    """`area`: a country (FR), a region (US-NY), a rule pack, or digits (+1518). `starts_at` null: now; `ends_at`
    null: until somebody lifts it.
    """

    area: Annotated[Line, Field(min_length=1, max_length=40)]
    because: Because
    starts_at: Moment | None = None
    ends_at: Moment | None = None


class Lifting(Body):
    because: Because


class SuspensionView(BaseModel):
    """`holds`: now. Calls are suspended from `starts_at` until `ends_at` (null: no end is known) or `lifted_at`."""

    id: int
    area: str
    because: str
    holds: bool
    starts_at: datetime
    ends_at: datetime | None
    set_by: str
    set_at: datetime
    lifted_at: datetime | None
    lifted_by: str | None
    lifted_because: str | None


class Made(SuspensionView):
    """`namesakes`: regions that may have been meant, such as US-LA by LA, which is Laos."""

    namesakes: list[str]


class Suspensions(BaseModel):
    suspensions: list[SuspensionView]


@room.route("GET /suspensions", "Emergencies, the newest first, those that are over too")
async def every(house: House) -> Suspensions:
    async with house.db.read() as c:
        found = await suspensions.every(c)
    return Suspensions(suspensions=[_view(one, house.clock()) for one in found])


@room.route("POST /suspensions", "Suspend calls to an area", status=201)
async def add(house: House, who: Person, body: NewSuspension) -> Made:
    """Calls that nobody has answered yet end, what waits to be called goes back; conversations go on."""
    area = area_named(house.rulebook, body.area)
    now = house.clock()
    async with house.db.begin() as c:
        made = await suspensions.add(
            c, area, because=body.because, by=who.login, now=now, starts_at=body.starts_at, ends_at=body.ends_at
        )
    await _tell(house, now)
    return Made(**_view(made, now).model_dump(), namesakes=list(namesakes(house.rulebook, area)))


@room.route("POST /suspensions/{suspension_id}/lift", "End a suspension, with the reason", also=("not_found",))
async def lift(house: House, who: Person, suspension_id: Id, body: Lifting) -> SuspensionView:
    """Leads that it had put aside are due at once, and meet every other rule."""
    now = house.clock()
    async with house.db.begin() as c:
        lifted = await suspensions.lift(c, suspension_id, by=who.login, because=body.because, now=now)
    await _tell(house, now)
    return _view(lifted, now)


async def _tell(house: House, now: datetime) -> None:
    """This node's floor at once; other nodes look for themselves."""
    async with house.db.read() as c:
        areas = await suspensions.areas(c, now)
    house.engine.tell(ev.SuspensionSet(areas))


def _view(one: Suspension, now: datetime) -> SuspensionView:
    shown = {name: getattr(one, name) for name in Suspension.__slots__}
    return SuspensionView(**shown, holds=one.holds(now))
