"""Recordings: found, played, taken away, and who did so."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, Field

from dialer.store import recordings
from dialer.store.recordings import Filter, Kept
from dialer.web.access import Access
from dialer.web.fields import AttemptId, Body, Id, Limit, Login, Moment, Word
from dialer.web.guard import Person
from dialer.web.house import House
from dialer.web.problems import Problem
from dialer.web.routes import Room

room = Room("recordings")

# Requests of one person for one recording within this time are one listening.
SAME_LISTENING = timedelta(minutes=10)

_TYPES = {"mp3": "audio/mpeg", "opus": "audio/ogg", "flac": "audio/flac", "wav": "audio/wav"}


class Wanted(Body):
    """Recordings of attempts opened in `[start, end)`; what is left out does not matter."""

    campaign_id: Id | None = None
    agent_id: Login | None = None
    lead_id: Id | None = None
    disposition: Word | None = None
    start: Moment | None = None
    end: Moment | None = None
    limit: Limit = 50
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0


class RecordingView(BaseModel):
    """`sides` are the customer's (left) and the agent's (right): levels and shares of talk."""

    attempt_id: str
    campaign_id: int
    lead_id: int
    agent_id: str | None
    disposition: str | None
    opened_at: datetime
    finished_at: datetime
    seconds: float
    bytes: int
    format: str
    sha256: str
    sides: list[dict[str, Any]]


class Recordings(BaseModel):
    recordings: list[RecordingView]


class Play(Body):
    """`download`: to be kept as a file; logged as such."""

    download: bool = False


class AccessView(BaseModel):
    login: str
    what: str
    at: datetime


class Accesses(BaseModel):
    accesses: list[AccessView]


@room.route("GET /recordings", "Recordings, the newest first")
async def every(house: House, query: Wanted) -> Recordings:
    only = Filter(**query.model_dump(exclude={"limit", "offset"}))
    async with house.db.read() as c:
        found = await recordings.matching(c, only, limit=query.limit, offset=query.offset)
    return Recordings(recordings=[_shown(kept) for kept in found])


@room.route("GET /recordings/{attempt_id}/audio", "The sound, whole or in ranges", also=("not_found",))
async def audio(house: House, who: Person, attempt_id: AttemptId, query: Play) -> web.FileResponse:
    """Agents hear their own calls only. Who listened is logged; a player's many requests are one listening."""
    async with house.db.read() as c:
        kept = await recordings.find(c, attempt_id)
    mine = kept is not None and kept.agent_id == who.login
    if kept is None or not (mine or who.may(Access.SUPERVISOR)):
        raise Problem("not_found", f"There is no recording of attempt {attempt_id} that you may hear.")
    library = house.settings.recordings.library
    path = await asyncio.to_thread(_inside, library, kept.recording.path)
    if path is None:
        raise Problem("not_found", f"The recording of attempt {attempt_id} is not in the library any more.")
    await _log(house, attempt_id, who.login, "download" if query.download else "play")
    headers = {"Content-Type": _TYPES.get(kept.recording.format, "application/octet-stream")}
    if query.download:
        headers["Content-Disposition"] = f'attachment; filename="{path.name}"'
    return web.FileResponse(path, headers=headers)


@room.route("GET /recordings/{attempt_id}/accesses", "Who played or took away a recording")
async def accesses(house: House, attempt_id: AttemptId) -> Accesses:
    async with house.db.read() as c:
        rows = await recordings.accesses(c, attempt_id)
    return Accesses(accesses=[AccessView(login=login, what=what, at=at) for login, what, at in rows])


async def _log(house: House, attempt_id: str, login: str, what: recordings.Access) -> None:
    """Whatever part is asked for: a range that leaves out the first byte is a listening, too."""
    now = house.clock()
    async with house.db.begin() as c:
        before = await recordings.accesses(c, attempt_id)
        if not any(row[:2] == (login, what) and row[2] > now - SAME_LISTENING for row in before):
            await recordings.log_access(c, attempt_id, login, what, now)


def _shown(kept: Kept) -> RecordingView:
    file = kept.recording
    return RecordingView(
        attempt_id=file.attempt_id,
        campaign_id=kept.campaign_id,
        lead_id=kept.lead_id,
        agent_id=kept.agent_id,
        disposition=kept.disposition,
        opened_at=kept.opened_at,
        finished_at=file.finished_at,
        seconds=file.seconds,
        bytes=file.bytes,
        format=file.format,
        sha256=file.sha256,
        sides=file.sides,
    )


def _inside(library: Path, name: str) -> Path | None:
    """The file, if it is one and lies in the library whatever its name says."""
    root = library.resolve()
    path = (root / name).resolve()
    return path if path.is_relative_to(root) and path.is_file() else None
