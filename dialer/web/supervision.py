"""Supervisors: the whole floor, force-pause and log-out, listen, whisper and barge."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel

from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.core.events import SpyMode
from dialer.core.floor.views import snapshot, view
from dialer.store import agents, people, supervision
from dialer.store.people import NoSuchUser
from dialer.web.agents import PauseCode
from dialer.web.fields import Body, Login, Moment
from dialer.web.guard import Person
from dialer.web.house import House
from dialer.web.problems import Problem
from dialer.web.routes import Room
from dialer.web.shapes import AgentView, SnapshotView, SupervisorView

room = Room("supervision")

_MAY_FAIL = ("impossible", "unavailable")
DAY = timedelta(days=1)


class Spy(Body):
    """Again while listening: the mode or the agent changes, without a new call."""

    agent_id: Login
    mode: SpyMode = SpyMode.LISTEN


class SpyEnd(Body):
    """`hang_up`: also let go of the supervisor's phone."""

    hang_up: bool = False


class Span(Body):
    """`[start, end)`; the last day where nothing is said."""

    start: Moment | None = None
    end: Moment | None = None

    def bounds(self, now: datetime) -> tuple[datetime, datetime]:
        end = self.end or now
        return self.start or end - DAY, end


class SupervisorState(BaseModel):
    """`supervisor` null: no phone of theirs is on line."""

    supervisor: SupervisorView | None


class SpyStretch(BaseModel):
    """Who heard whom in one mode, during one call or between calls."""

    supervisor_id: str
    agent_id: str
    attempt_id: str | None
    mode: SpyMode
    started_at: datetime
    ended_at: datetime


class SpyLog(BaseModel):
    stretches: list[SpyStretch]


class StateStretch(BaseModel):
    """`until` null: still in it. `by`: who put the agent there, where it was not the agent."""

    state: AgentState
    code: str | None
    by: str
    attempt_id: str | None
    at: datetime
    until: datetime | None


class States(BaseModel):
    """`occupancy`: talking and wrap-up as a share of these and ready; null where there was none of the three."""

    states: list[StateStretch]
    occupancy: float | None


@room.route("GET /floor", "The whole live picture, as a socket's snapshot")
async def floor(house: House) -> SnapshotView:
    return SnapshotView.model_validate(snapshot(house.picture))


@room.route("POST /agents/{login}/pause", "Pause an agent, at once or when the work in hand is done", also=_MAY_FAIL)
async def pause(house: House, who: Person, login: Login, body: PauseCode) -> AgentView:
    await house.ask(ev.PauseAsked(login, body.code, by=who.login))
    return AgentView.model_validate(view(house.picture, "agent", login))


@room.route("POST /agents/{login}/log-out", "Log an agent out, at once or when the work is done", also=_MAY_FAIL)
async def log_out(house: House, who: Person, login: Login) -> AgentView:
    if login not in house.picture.agents:
        raise Problem("impossible", f"Agent {login} is not logged in.")
    await house.ask(ev.LogoutAsked(login, by=who.login))
    return AgentView.model_validate(view(house.picture, "agent", login))


@room.route("GET /agents/{login}/states", "An agent's states and occupancy", also=("not_found",))
async def states(house: House, login: Login, query: Span) -> States:
    now = house.clock()
    start, end = query.bounds(now)
    async with house.db.read() as c:
        if await people.find(c, login) is None:
            raise NoSuchUser(login)
        stretches = await agents.history(c, login, start, end)
        shares = await agents.occupancy(c, start, min(end, now), [login])
    found = [StateStretch.model_validate(stretch, from_attributes=True) for stretch in stretches]
    return States(states=found, occupancy=shares.get(login))


@room.route("POST /supervision", "Listen to, whisper to, or barge in on an agent", also=_MAY_FAIL)
async def spy(house: House, who: Person, body: Spy) -> SupervisorState:
    if who.user.endpoint is None:
        raise Problem("impossible", "This user has no phone; an administrator sets its endpoint.")
    await house.ask(ev.SpyAsked(who.login, who.user.endpoint, body.agent_id, body.mode))
    return _state(house, who)


@room.route("DELETE /supervision", "Stop listening", also=_MAY_FAIL)
async def end(house: House, who: Person, query: SpyEnd) -> SupervisorState:
    await house.ask(ev.SpyEndAsked(who.login, query.hang_up))
    return _state(house, who)


@room.route("GET /supervision", "Who listened to whom")
async def spy_log(house: House, query: Span) -> SpyLog:
    start, end = query.bounds(house.clock())
    async with house.db.read() as c:
        stretches = await supervision.between(c, start, end)
    return SpyLog(stretches=[SpyStretch.model_validate(stretch, from_attributes=True) for stretch in stretches])


def _state(house: House, who: Person) -> SupervisorState:
    return SupervisorState.model_validate({"supervisor": view(house.picture, "supervisor", who.login)})
