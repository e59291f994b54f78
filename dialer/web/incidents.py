"""Incidents: what a person must see, until somebody saw it and somebody closed it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from dialer.store import incidents
from dialer.store.incidents import IncidentState
from dialer.web.fields import AttemptId, Body, Id, Limit
from dialer.web.guard import Person
from dialer.web.house import House
from dialer.web.problems import Problem
from dialer.web.routes import Room

room = Room("incidents")


class Wanted(Body):
    state: IncidentState | None = None
    attempt_id: AttemptId | None = None
    limit: Limit = 100


class IncidentView(BaseModel):
    """`who` saw or closed it last, at `changed_at`."""

    id: int
    kind: str
    sentence: str
    attempt_id: str | None
    agent_id: str | None
    at: datetime
    state: IncidentState
    who: str | None
    changed_at: datetime | None


class Incidents(BaseModel):
    incidents: list[IncidentView]


class NewState(Body):
    state: Literal[IncidentState.SEEN, IncidentState.CLOSED]


@room.route("GET /incidents", "Incidents, the newest first")
async def every(house: House, query: Wanted) -> Incidents:
    states = (query.state,) if query.state else ()
    async with house.db.read() as c:
        found = await incidents.every(c, *states, attempt_id=query.attempt_id, limit=query.limit)
    return Incidents(incidents=[IncidentView.model_validate(one, from_attributes=True) for one in found])


@room.route("POST /incidents/{incident_id}", "See or close an incident", also=("impossible",))
async def set_state(house: House, who: Person, incident_id: Id, body: NewState) -> NewState:
    async with house.db.begin() as c:
        if not await incidents.set_state(c, incident_id, body.state, who.login, house.clock()):
            raise Problem("impossible", f"There is no incident {incident_id} that can become {body.state}.")
    return body
