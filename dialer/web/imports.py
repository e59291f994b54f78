"""Files of leads: taken in as a stream, kept in a temporary file, read into a campaign or only judged."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Final

from aiohttp import BodyPartReader, ClientPayloadError, MultipartReader, web
from aiohttp.http import HttpProcessingError
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from dialer.operation.intake.header import BadHeader
from dialer.operation.intake.load import Intake, load
from dialer.operation.intake.rules import Reading
from dialer.operation.readiness.count import Ahead
from dialer.store import campaigns, lists
from dialer.web.fields import Body, Id, Line
from dialer.web.guard import Person
from dialer.web.house import House
from dialer.web.problems import FieldError, Problem, invalid
from dialer.web.readiness import ReadinessView
from dialer.web.routes import Room

room = Room("lists")

LARGEST_FILE: Final = 256 << 20  # bytes
_LARGEST_WORD: Final = 4096
_CHUNK: Final = 1 << 20


class Words(Body):
    """What a form says besides its file. `source`: where the data comes from, which the law may ask for."""

    name: Line = Field(min_length=1)
    source: Line = Field(min_length=1)
    dry_run: bool = False


FORM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["file", "name", "source"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "CSV, at most 256 MB"},
        "name": {"type": "string", "maxLength": 200},
        "source": {"type": "string", "maxLength": 200},
        "dry_run": {"type": "boolean", "default": False},
    },
}


class RowView(BaseModel):
    """A row and what is to be said of it; `row` is the line in the file, the header being 1."""

    row: int
    column: str | None
    code: str
    sentence: str


class ColumnView(BaseModel):
    """How a column was understood; `known` null: a custom field under its own title."""

    title: str
    known: str | None


class ImportReport(BaseModel):
    """`rows` = `added` + `doubled` + `rejected`. Of a dry run, `list_id` is null and `added` would have been. `errors`
    and `remarks` name the first thousand rows that were not added, or were and deserve a look; `readiness` says whether
    those that would be added may be called.
    """

    list_id: int | None
    encoding: str
    columns: list[ColumnView]
    rows: int
    added: int
    doubled: int
    rejected: int
    reasons: dict[str, int]
    errors: list[RowView]
    remarks: list[RowView]
    readiness: ReadinessView | None


class ListView(BaseModel):
    """`finished_at` null: interrupted or still read; the same file again adds only the rest."""

    id: int
    name: str
    source: str
    by: str
    imported_at: datetime
    finished_at: datetime | None
    added: int
    doubled: int
    rejected: int


class Lists(BaseModel):
    lists: list[ListView]


@dataclass(slots=True)
class _Form:
    words: dict[str, str]
    has_file: bool = False


@room.route("GET /campaigns/{campaign_id}/lists", "The lists that were imported, newest first", also=("not_found",))
async def every(house: House, campaign_id: Id) -> Lists:
    async with house.db.read() as c:
        await campaigns.get(c, campaign_id)
        found = await lists.every(c, campaign_id)
    return Lists(lists=[ListView.model_validate(one, from_attributes=True) for one in found])


@room.route(
    "POST /campaigns/{campaign_id}/lists",
    "Import leads from a CSV file, or only say what would come of it",
    also=("not_found", "media_type", "too_large", "bad_request"),
    form=FORM,
)
async def take(house: House, who: Person, request: web.Request, campaign_id: Id) -> ImportReport:
    """The answer comes when the file is read. The same file twice adds nothing the second time."""
    async with house.db.read() as c:
        campaign = house.under_rules((await campaigns.get(c, campaign_id)).campaign)
    if request.content_type != "multipart/form-data":
        raise Problem("media_type", "The file is expected in a multipart/form-data form.")
    with TemporaryDirectory(prefix="dialer-import-") as folder:
        file = Path(folder) / "leads.csv"
        try:
            form = await _read_form(await request.multipart(), file)
        except (ValueError, HttpProcessingError, ClientPayloadError):
            raise Problem("bad_request", "The form cannot be read, or did not come whole.") from None
        words = _words(form)
        reading = Reading(house.settings.calling.region, house.rulebook.zone_names, lab=house.lab)
        intake = Intake(campaign_id, words.name, words.source, who.login, reading, words.dry_run)
        ahead = None
        if words.dry_run:
            ahead = Ahead(house.db, house.rulebook, campaign, house.screen, house.clock())
        try:
            report = await load(house.db, file, intake, clock=house.clock, ahead=ahead)
        except BadHeader as error:
            raise Problem("invalid", errors=[FieldError(field="form.file", message=str(error))]) from None
    return ImportReport.model_validate(report, from_attributes=True)


def _words(form: _Form) -> Words:
    if not form.has_file:
        raise Problem("invalid", errors=[FieldError(field="form.file", message="a file was expected")])
    try:
        return TypeAdapter(Words).validate_python(form.words)
    except ValidationError as error:
        raise invalid(error, "form") from None


async def _read_form(parts: MultipartReader, file: Path) -> _Form:
    form = _Form({})
    async for part in parts:
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise Problem("bad_request", "A part of the form has no name.")
        if part.name == "file":
            with await asyncio.to_thread(file.open, "wb") as out:
                await _save(part, out)
            form.has_file = True
        else:
            form.words[part.name] = await _word(part)
    return form


async def _save(part: BodyPartReader, out: BinaryIO) -> None:
    size, held = 0, bytearray()
    while chunk := await part.read_chunk():
        size += len(chunk)
        if size > LARGEST_FILE:
            raise Problem("too_large", f"A file of at most {LARGEST_FILE >> 20} MB is expected.")
        held += chunk
        if len(held) >= _CHUNK:
            await asyncio.to_thread(out.write, bytes(held))
            held.clear()
    await asyncio.to_thread(out.write, bytes(held))


async def _word(part: BodyPartReader) -> str:
    held = bytearray()
    while chunk := await part.read_chunk():
        held += chunk
        if len(held) > _LARGEST_WORD:
            raise Problem("too_large", f"The field {part.name!r} is too long.")
    return held.decode()
