"""An export from the first byte to the last: written down, counted, checked, and read in chunks."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from dialer.core.compliance.packs import Rulebook
from dialer.core.compliance.wall import day_start
from dialer.core.number import Number
from dialer.operation.ledger import page, sheet
from dialer.operation.ledger.words import Language, moment
from dialer.store import decisions, exports
from dialer.store.decisions import Decision, Outcome, Wanted
from dialer.store.exports import Channel, Export
from dialer.store.session import Database
from dialer.store.verification import CHUNK, Report, verify

Format = Literal["html", "csv"]

PIECE = 64 * 1024
"""Characters that are handed on at a time, about."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to have: at least one of number, campaign and day. The day is that of `zone`'s clocks."""

    number: Number | None = None
    campaign_id: int | None = None
    day: date | None = None
    zone: str = "UTC"

    def wanted(self) -> Wanted:
        if self.day is None:
            return Wanted(self.number, self.campaign_id)
        start, end = (day_start(day, self.zone) for day in (self.day, self.day + timedelta(days=1)))
        return Wanted(self.number, self.campaign_id, start, end)

    def as_json(self) -> dict[str, Any]:
        """For the record of exports: of a number its last three digits."""
        known = {
            "number_ends": self.number.last3 if self.number is not None else None,
            "campaign_id": self.campaign_id,
            "day": self.day.isoformat() if self.day is not None else None,
            "zone": self.zone if self.day is not None else None,
        }
        return {key: value for key, value in known.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Order:
    """An export that a person asked for. `checked`: verify the chain for the cover; CSV has no cover."""

    asked: Asked
    format: Format
    language: Language
    by: str
    at: datetime
    channel: Channel
    program: str
    checked: bool = True


Progress = Callable[[int, int], None]


async def written(
    db: Database,
    order: Order,
    rulebook: Rulebook,
    sources: page.Sources,
    progress: Progress = lambda done, total: None,
    chunk: int = CHUNK,
) -> AsyncGenerator[str, None]:
    """The export's text, in pieces. `progress` hears of decisions done and of all.

    Raises:
        DatabaseUnreachable:
    """
    record = Export(order.by, order.channel, order.asked.as_json(), order.format, order.at)
    async with db.begin() as c:
        await exports.log(c, record)
    wanted = order.asked.wanted()
    async with db.read() as c:
        total = await decisions.count(c, wanted)
        checked = await verify(c, chunk=chunk) if order.checked and order.format == "html" else None
        yield _beginning(order, wanted, rulebook, total, checked)
        done, cited, piece = 0, set[str](), ""
        async with aclosing(decisions.matching(c, wanted)) as found:
            async for one, outcome in found:
                done += 1
                cited.update(one.packs)
                piece += _one(order, one, outcome)
                if len(piece) >= PIECE:
                    yield piece
                    piece = ""
                    progress(done, total)
        yield piece
        progress(done, max(done, total))
    if order.format == "html":
        yield page.ending(cited, rulebook, sources, done, order.language)


def _beginning(order: Order, wanted: Wanted, rulebook: Rulebook, total: int, checked: Report | None) -> str:
    if order.format == "csv":
        return sheet.heading()
    asked = order.asked
    rows: list[tuple[str, str]] = []
    if asked.number is not None:
        rows.append(("number", asked.number.e164))
    if asked.campaign_id is not None:
        rows.append(("campaign", str(asked.campaign_id)))
    if asked.day is not None and wanted.start is not None and wanted.end is not None:
        rows.append(("day", f"{asked.day.isoformat()} ({asked.zone})"))
        rows += [("from", moment(wanted.start)), ("until", moment(wanted.end))]
    cover = page.Cover(order.by, order.at, tuple(rows), total, order.program, rulebook.tzdata, checked)
    return page.beginning(cover, order.language)


def _one(order: Order, one: Decision, outcome: Outcome | None) -> str:
    return sheet.line(one, outcome) if order.format == "csv" else page.decision(one, outcome, order.language)
