"""The final outcome of an attempt: written once, in one transaction with all that follows from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.commands import CloseAttempt
from dialer.core.lead import Again, Done
from dialer.core.number import Number
from dialer.core.outcome import Kind, Outcome, WhoEnded
from dialer.store import decisions, do_not_call, outbox
from dialer.store.attempts import NoSuchAttempt
from dialer.store.do_not_call import Listing
from dialer.store.schema import attempts, lead_numbers, leads

# The publisher's key for an attempt's outcome.
OUTCOME = "outcome"


async def close(c: AsyncConnection, order: CloseAttempt, now: datetime) -> bool:
    """Write the outcome, recycle or finish the lead, block the number of who opted out, and tell the outbox.

    Where the gate changed its mind after the row was written, its refusal is kept.
    Exactly once: an attempt that has its outcome keeps it, nothing changes and the answer is False.

    Raises:
        NoSuchAttempt:
    """
    outcome = order.outcome
    charged = outcome.kind is not Kind.UNCHARGED
    written = await c.execute(
        update(attempts)
        .where(attempts.c.id == outcome.attempt_id, attempts.c.closed_at.is_(None))
        .values(
            closed_at=now,
            disposition=outcome.disposition,
            kind=outcome.kind,
            decided_by=outcome.decided_by,
            note=outcome.note,
            callback_at=outcome.callback_at,
            charged=charged,
        )
        .returning(*attempts.c)
    )
    attempt = written.one_or_none()
    if attempt is None:
        if await c.scalar(select(attempts.c.id).where(attempts.c.id == outcome.attempt_id)) is None:
            raise NoSuchAttempt(outcome.attempt_id)
        return False
    await _lead(c, order, charged, now)
    await _number(c, order, charged)
    if order.refusal is not None:
        await decisions.keep(c, order.refusal, outcome.attempt_id)
    if outcome.kind is Kind.OPT_OUT:
        who = outcome.agent_id or outcome.decided_by
        listing = Listing(source=outcome.decided_by, asked_by=who, since=outcome.at, proof=outcome.attempt_id)
        await do_not_call.add(c, Number(attempt.number), listing, now)
    await outbox.add(c, OUTCOME, _news(attempt, outcome), now)
    return True


async def _lead(c: AsyncConnection, order: CloseAttempt, charged: bool, now: datetime) -> None:
    outcome = order.outcome
    row = (await c.execute(select(leads).where(leads.c.id == outcome.lead_id).with_for_update())).one()
    by_kind = dict(row.tries_by_kind)
    by_kind[outcome.kind] = by_kind.get(outcome.kind, 0) + 1
    values: dict[str, Any] = {
        "tries": row.tries if charged else max(row.tries - 1, 0),
        "tries_by_kind": by_kind,
        "changed_at": now,
    }
    if row.status == "calling":  # else somebody finished the lead by hand meanwhile, and their word stands
        values |= {"node": None, "was_due": None} | _fate(order)
    await c.execute(update(leads).where(leads.c.id == row.id).values(values))


def _fate(order: CloseAttempt) -> dict[str, Any]:
    match order.lead:
        case Again(at=at, agent_id=agent_id):
            values: dict[str, Any] = {"status": "new", "next_at": at, "because": order.lead.because}
            if order.outcome.kind is Kind.CALLBACK:
                return values | {"callback_at": at, "callback_agent": agent_id, "personal": int(agent_id is not None)}
            if order.outcome.kind is Kind.UNCHARGED:
                return values  # a promise that we could not keep is still a promise
            return values | {"callback_at": None, "callback_agent": None, "personal": 0}
        case Done(because=because):
            return {"status": "done", "because": because, "callback_at": None, "callback_agent": None, "personal": 0}


async def _number(c: AsyncConnection, order: CloseAttempt, charged: bool) -> None:
    values: dict[str, Any] = {}
    if order.lead.kill_number:
        values["dead"] = True
    if not charged:
        values["tries"] = case((lead_numbers.c.tries > 0, lead_numbers.c.tries - 1), else_=0)
    if values:
        await c.execute(update(lead_numbers).where(lead_numbers.c.id == order.number_id).values(values))


def _news(attempt: Row[Any], outcome: Outcome) -> dict[str, Any]:
    """The publisher's payload. An attempt that never became a call ended when it was closed, by nobody's known act."""
    return {
        "attempt_id": attempt.id,
        "campaign_id": attempt.campaign_id,
        "lead_id": attempt.lead_id,
        "number_end": Number(attempt.number).last3,
        "agent_id": attempt.agent_id,
        "disposition": outcome.disposition,
        "kind": outcome.kind.value,
        "decided_by": outcome.decided_by,
        "who_ended": attempt.who_ended or WhoEnded.UNKNOWN.value,
        "opted_out": outcome.opted_out or attempt.opted_out_at is not None,
        "opened_at": _iso(attempt.opened_at),
        "rang_at": _iso(attempt.rang_at),
        "answered_at": _iso(attempt.answered_at),
        "bridged_at": _iso(attempt.bridged_at),
        "ended_at": _iso(attempt.ended_at or attempt.closed_at),
        "talk_seconds": (attempt.ended_at - attempt.bridged_at).total_seconds() if attempt.talked else 0.0,
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
