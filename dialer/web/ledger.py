"""The ledger of permits and refusals: how far it is sealed, whether it is whole, and exports of it, which are kept."""

from __future__ import annotations

from contextlib import aclosing
from datetime import date, datetime
from importlib.metadata import version
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BaseModel, Field, model_validator
from sqlalchemy import func, select

from dialer.operation.ledger.export import Asked, Order, written
from dialer.rules.origins import sources
from dialer.store import campaigns, exports, sealing
from dialer.store.schema import decisions
from dialer.store.verification import verify
from dialer.web.fields import Body, Id, Moment, NumberText
from dialer.web.guard import Person
from dialer.web.house import House
from dialer.web.problems import FieldError, Problem
from dialer.web.routes import Room

room = Room("ledger")

# Rows checked or written between two looks at the rest of the service: calls are being dialed beside it.
CHUNK = 200

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Zone = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_+/-]{0,63}$")]
_TYPES = {"html": "text/html", "csv": "text/csv"}


class SealView(BaseModel):
    """The decisions from `first_id` to `last_id` are sealed; whoever deposits `digest` elsewhere can hold us to it."""

    id: int
    first_id: int
    last_id: int
    count: int
    made_at: datetime
    digest: str


class State(BaseModel):
    """`newest` null: nothing is sealed yet. `awaiting` are decisions since, usually a second's."""

    newest: SealView | None
    awaiting: int


class Verification(Body):
    """`since` null: the whole ledger, which takes minutes where there are millions. `expect`: deposited seals."""

    since: Moment | None = None
    expect: Annotated[tuple[Digest, ...], Field(max_length=1000)] = ()


class FindingView(BaseModel):
    """What does not fit. `first_id` to `last_id` are decisions; nulls where it is about none, or about no seal."""

    fault: str
    sentence: str
    first_id: int | None
    last_id: int | None
    seal_id: int | None


class ReportView(BaseModel):
    """`unchained` decisions are from before the chain, `erased` ones have no number; `findings` are the first thousand
    of `faults`.
    """

    intact: bool
    seals: int
    sealed: int
    awaiting: int
    unchained: int
    erased: int
    first_at: datetime | None
    last_at: datetime | None
    newest: SealView | None
    faults: int
    findings: list[FindingView]


class Wanted(Body):
    """At least one of `number`, `campaign_id` and `day`, which is a day of `zone`'s clocks. `verify`: check the whole
    chain for the cover of a page.
    """

    number: NumberText | None = None
    campaign_id: Id | None = None
    day: date | None = None
    zone: Zone = "UTC"
    format: Literal["html", "csv"] = "html"
    language: Literal["en", "zh", "both"] = "both"
    verify: bool = False

    @model_validator(mode="after")
    def _something(self) -> Wanted:
        if self.number is None and self.campaign_id is None and self.day is None:
            raise ValueError("expected number, campaign_id or day")
        return self


class ExportView(BaseModel):
    """Who took decisions out of the house. `asked` holds no whole number."""

    login: str
    channel: str
    asked: dict[str, Any]
    format: str
    at: datetime


class Exports(BaseModel):
    exports: list[ExportView]


@room.route("GET /ledger", "How far the ledger is sealed")
async def state(house: House) -> State:
    async with house.db.read() as c:
        newest = await sealing.newest(c)
        query = select(func.count()).where(decisions.c.digest.is_not(None))
        query = query.where(decisions.c.id > newest.last_id) if newest is not None else query
        awaiting = await c.scalar(query) or 0
    shown = SealView.model_validate(newest, from_attributes=True) if newest is not None else None
    return State(newest=shown, awaiting=awaiting)


@room.route("POST /ledger/verify", "Make every digest again, and name what does not fit")
async def check(house: House, body: Verification) -> ReportView:
    """Answers when it is done. Nothing is changed by it."""
    async with house.db.read() as c:
        report = await verify(c, expect=body.expect, since=body.since, chunk=CHUNK)
    return ReportView.model_validate(report, from_attributes=True)


@room.route("POST /ledger/export", "Decisions with all that they rest on, as a page or a sheet", also=("not_found",))
async def export(house: House, who: Person, request: web.Request, body: Wanted) -> web.StreamResponse:
    """A file with whole numbers, to be kept; who asked for it is written down first. A POST, so that no number is in
    an address. What is cut off on the way lacks the page's last line.
    """
    if body.zone != "UTC" and body.zone not in house.rulebook.zone_names:
        raise Problem("invalid", errors=[FieldError(field="body.zone", message="expected an IANA time zone")])
    number = house.parse(body.number) if body.number is not None else None
    if body.campaign_id is not None:
        async with house.db.read() as c:
            await campaigns.get(c, body.campaign_id)
    order = Order(
        asked=Asked(number, body.campaign_id, body.day, body.zone),
        format=body.format,
        language=body.language,
        by=who.login,
        at=house.clock(),
        channel="web",
        program=f"dialer {version('dialer')}",
        checked=body.verify,
    )
    name = f"ledger-{order.at:%Y%m%dT%H%M%SZ}.{body.format}"
    response = web.StreamResponse(
        headers={
            "Content-Type": f"{_TYPES[body.format]}; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        }
    )
    async with aclosing(written(house.db, order, house.rulebook, sources(), chunk=CHUNK)) as pieces:
        async for piece in pieces:
            if not response.prepared:  # until here a failure is still told as one
                await response.prepare(request)
            await response.write(piece.encode())
    await response.write_eof()
    return response


@room.route("GET /ledger/exports", "The last hundred exports, the newest first")
async def every(house: House) -> Exports:
    async with house.db.read() as c:
        found = await exports.every(c)
    return Exports(exports=[ExportView.model_validate(one, from_attributes=True) for one in found])
