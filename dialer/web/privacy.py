"""What a person is owed of their data: a copy of it, and its erasure. For administrators, by a number they know."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from dialer.core import events as ev
from dialer.operation.privacy import erase as privacy
from dialer.operation.privacy.erase import Folders, KeptRecording
from dialer.operation.privacy.export import collect, write
from dialer.store import exports
from dialer.web.fields import Body, Line, NumberText
from dialer.web.guard import Person
from dialer.web.house import House
from dialer.web.routes import Room

room = Room("people")

_CHUNK: Final = 1 << 18
_TYPES: Final = {"json": "application/json", "zip": "application/zip"}


class Somebody(Body):
    """Any of the person's numbers: the others are found."""

    number: NumberText


class Wanted(Somebody):
    """`zip`: the document and the recordings."""

    format: Literal["json", "zip"] = "json"


class Erasing(Somebody):
    """`confirm`: it cannot be undone."""

    because: Annotated[Line, Field(min_length=3)]
    confirm: Literal[True]


class KeptView(BaseModel):
    """A recording that `pack` demands to be kept for `days`. Nobody can play it, and it is deleted then."""

    attempt_id: str
    pack: str
    days: int
    until: datetime


class PlanView(BaseModel):
    """What an erasure would take: rows by their table. `hindrance`: why it cannot be done now."""

    numbers_end: list[str]
    campaigns: list[str]
    rows: dict[str, int]
    kept: list[KeptView]
    hindrance: str | None
    erased_before: datetime | None


class ErasedView(BaseModel):
    numbers_end: list[str]
    what: dict[str, int]
    kept: list[KeptView]
    files: int


@room.route(
    "POST /people/export", "A copy of everything that is kept about a person", also=("impossible",), shows=bytes
)
async def export(house: House, who: Person, request: web.Request, body: Wanted) -> web.StreamResponse:
    """A POST, because addresses end up in the logs of proxies. That it was made is kept."""
    number, now = house.parse(body.number), house.clock()
    copy = await collect(house.db, number, by=who.login, now=now)
    async with house.db.begin() as c:
        await exports.log(c, exports.Export(who.login, "web", {"person": number.last3}, body.format, now))
    with TemporaryDirectory(prefix="dialer-person-") as folder:
        file = Path(folder) / f"person.{body.format}"
        await asyncio.to_thread(write, copy, file, house.settings.recordings.library)
        return await _sent(request, file, body.format)


@room.route("POST /people/erasure-plan", "What an erasure would take", also=("impossible",))
async def plan(house: House, body: Somebody) -> PlanView:
    """Nothing changes."""
    found = await privacy.look(house.db, house.rulebook, house.parse(body.number), house.clock())
    return PlanView(
        numbers_end=[number.last3 for number in found.numbers],
        campaigns=list(found.campaigns),
        rows=dict(found.rows),
        kept=_kept(found.kept),
        hindrance=found.hindrance,
        erased_before=found.before,
    )


@room.route("POST /people/erase", "Take a person's data away, for good", also=("impossible",))
async def erase(house: House, who: Person, body: Erasing) -> ErasedView:
    """Refused while a call with them is up. Their wish not to be called stays, as a hash, and blocks."""
    settings = house.settings
    folders = Folders(settings.recordings.library, settings.asterisk.spool)
    done = await privacy.erase(
        house.db, house.rulebook, folders, house.parse(body.number),
        by=who.login, because=body.because, clock=house.clock,
    )  # fmt: skip
    for number in done.numbers:
        house.engine.tell(ev.NumberBlocked(number))  # off hoppers and desks: nobody could call them any more
    return ErasedView(
        numbers_end=[number.last3 for number in done.numbers],
        what=dict(done.what),
        kept=_kept(done.kept),
        files=done.files,
    )


async def _sent(request: web.Request, file: Path, form: str) -> web.StreamResponse:
    """The file's bytes, while it is there."""
    response = web.StreamResponse(
        headers={"Content-Type": _TYPES[form], "Content-Disposition": f'attachment; filename="{file.name}"'}
    )
    await response.prepare(request)
    with await asyncio.to_thread(file.open, "rb") as out:
        while chunk := await asyncio.to_thread(out.read, _CHUNK):
            await response.write(chunk)
    await response.write_eof()
    return response


def _kept(found: tuple[KeptRecording, ...]) -> list[KeptView]:
    return [
        KeptView(attempt_id=one.attempt_id, pack=one.duty.pack, days=one.duty.days, until=one.duty.until)
        for one in found
    ]
