"""Pages of attempts, leads and do-not-call entries, newest or first in order, without a full number in them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Row, Select, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.number import Number
from dialer.core.outcome import Cause, Kind, WhoEnded
from dialer.store.number_hash import number_hash, secret
from dialer.store.schema import attempts, do_not_call, lead_numbers, leads
from dialer.web.fields import ends
from dialer.web.problems import FieldError, Problem


class AttemptView(BaseModel):
    """One try at one number. What is not known yet is null."""

    attempt_id: str
    campaign_id: int
    lead_id: int
    number_ends: str
    agent_id: str | None
    node: str
    trunk: str
    opened_at: datetime
    rang_at: datetime | None
    answered_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None
    closed_at: datetime | None
    who_ended: WhoEnded | None
    cause: Cause | None
    abandoned: bool
    machine: str | None
    talk_seconds: float | None
    disposition: str | None
    kind: Kind | None
    decided_by: str | None
    note: str | None
    callback_at: datetime | None


class NumberView(BaseModel):
    number_ends: str
    label: str
    dead: bool
    tries: int


class LeadView(BaseModel):
    """`status` is new, calling or done; `because` says why it came back or is done."""

    lead_id: int
    campaign_id: int
    list_id: int | None
    name: str
    external_id: str | None
    region: str | None
    zone: str | None
    grade: str | None
    source: str | None
    fields: dict[str, str]
    priority: int
    status: str
    because: str | None
    next_at: datetime | None
    held: bool
    tries: int
    callback_agent: str | None
    callback_at: datetime | None
    numbers: list[NumberView]


class EntryView(BaseModel):
    """One line of a do-not-call list. `removed_at` null: in force until `expires`, null there: for good."""

    scope: str
    campaign_id: int | None
    brand: str | None
    channel: str | None
    source: str
    asked_by: str
    proof: str
    since: datetime
    expires: datetime | None
    removed_at: datetime | None
    removed_by: str | None
    removed_because: str | None


async def attempts_page(
    c: AsyncConnection,
    *,
    limit: int,
    cursor: str | None,
    start: datetime | None = None,
    end: datetime | None = None,
    **equal: str | int | None,
) -> tuple[list[AttemptView], str | None]:
    """The newest first, those opened in `[start, end)` whose columns equal what is not None; and the next cursor."""
    query = select(attempts).order_by(attempts.c.opened_at.desc(), attempts.c.id.desc())
    for column, value in equal.items():
        if value is not None:
            query = query.where(attempts.c[column] == value)
    if start is not None:
        query = query.where(attempts.c.opened_at >= start)
    if end is not None:
        query = query.where(attempts.c.opened_at < end)
    if cursor is not None:
        at, attempt_id = _open(cursor)
        query = query.where(tuple_(attempts.c.opened_at, attempts.c.id) < tuple_(_moment(at), attempt_id))
    rows, more = await _some(c, query, limit)
    following = _sealed(rows[-1].opened_at.isoformat(), rows[-1].id) if more else None
    return [_attempt(row) for row in rows], following


async def attempt(c: AsyncConnection, attempt_id: str) -> tuple[AttemptView, Number | None] | None:
    """One attempt and the number it was made to; None where the person's data was erased."""
    row = (await c.execute(select(attempts).where(attempts.c.id == attempt_id))).one_or_none()
    if row is None:
        return None
    return _attempt(row), Number(row.number) if row.number.startswith("+") else None


async def leads_page(
    c: AsyncConnection, campaign_id: int, *, limit: int, cursor: str | None, status: str | None, list_id: int | None
) -> tuple[list[LeadView], str | None]:
    """In the order in which they came in; and the next cursor."""
    query = select(leads).where(leads.c.campaign_id == campaign_id).order_by(leads.c.id)
    if status is not None:
        query = query.where(leads.c.status == status)
    if list_id is not None:
        query = query.where(leads.c.list_id == list_id)
    if cursor is not None:
        query = query.where(leads.c.id > _whole(_open(cursor)[1]))
    rows, more = await _some(c, query, limit)
    return await _leads(c, rows), _sealed("", str(rows[-1].id)) if more else None


async def lead(c: AsyncConnection, lead_id: int) -> LeadView | None:
    rows = (await c.execute(select(leads).where(leads.c.id == lead_id))).all()
    found = await _leads(c, rows)
    return found[0] if found else None


async def entries(c: AsyncConnection, number: Number) -> list[EntryView]:
    """Every line about this number on any list, removed ones too, and what is left of it where it was erased; the
    newest first.
    """
    key = await secret(c)
    same = do_not_call.c.number == number.e164
    if key is not None:
        same = or_(same, do_not_call.c.number_hash == number_hash(key, number))
    query = select(do_not_call).where(same).order_by(do_not_call.c.id.desc())
    return [EntryView.model_validate(row, from_attributes=True) for row in await c.execute(query)]


async def _some(c: AsyncConnection, query: Select[Any], limit: int) -> tuple[Sequence[Row[Any]], bool]:
    """One row more than asked for is read, to know whether there is a next page."""
    rows = (await c.execute(query.limit(limit + 1))).all()
    return rows[:limit], len(rows) > limit


def _attempt(row: Row[Any]) -> AttemptView:
    values = dict(row._mapping) | {
        "attempt_id": row.id,
        "number_ends": ends(row.number),
        "talk_seconds": (row.ended_at - row.bridged_at).total_seconds() if row.talked else None,
    }
    return AttemptView.model_validate(values)


async def _leads(c: AsyncConnection, rows: Sequence[Row[Any]]) -> list[LeadView]:
    numbers: dict[int, list[NumberView]] = {row.id: [] for row in rows}
    query = select(lead_numbers).where(lead_numbers.c.lead_id.in_(numbers)).order_by(lead_numbers.c.position)
    for row in await c.execute(query):
        shown = NumberView(number_ends=ends(row.number), label=row.label, dead=row.dead, tries=row.tries)
        numbers[row.lead_id].append(shown)
    return [
        LeadView.model_validate(
            dict(row._mapping)
            | {
                "lead_id": row.id,
                "held": row.node is not None,
                "next_at": row.next_at if row.status == "new" else None,
                "numbers": numbers[row.id],
            }
        )
        for row in rows
    ]


def _sealed(*parts: str) -> str:
    return base64.urlsafe_b64encode("~".join(parts).encode()).decode().rstrip("=")


def _open(cursor: str) -> tuple[str, str]:
    try:
        first, _, second = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition("~")
    except (binascii.Error, ValueError):
        raise _bad_cursor() from None
    return first, second


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _bad_cursor() from None
    if moment.tzinfo is None:
        raise _bad_cursor()
    return moment


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise _bad_cursor()
    return int(text)


def _bad_cursor() -> Problem:
    return Problem("invalid", errors=[FieldError(field="query.cursor", message="expected `next` of the page before")])
