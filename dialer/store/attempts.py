"""Attempts: the row that is there before the phone rings, and the facts of the call as they become known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, case, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.campaign import Campaign
from dialer.core.commands import OpenAttemptRow, RefuseLead, SaveBridge
from dialer.core.compliance.do_not_call import Screen
from dialer.core.compliance.gate import Permit, Question, Refusal, check
from dialer.core.compliance.packs import Rulebook
from dialer.core.lead import Prospect
from dialer.core.outcome import MET, Cause, Ending, WhoEnded
from dialer.core.remembered import OpenAttempt
from dialer.store import decisions, locks
from dialer.store.leads import settle_refused
from dialer.store.prospects import contacts, lead_of, numbers_of
from dialer.store.questions import asked
from dialer.store.schema import attempts, lead_numbers, leads


class AttemptExists(Exception):
    """There is a row of this id: a doubled order, or an earlier try of the same order whose answer was lost."""


class LeadNotHeld(Exception):
    """The lead's lease ran out or was given back: it may be somebody else's by now."""


class NoSuchAttempt(LookupError):
    """No attempt has this id."""


async def open(
    c: AsyncConnection,
    order: OpenAttemptRow,
    rulebook: Rulebook,
    campaign: Campaign,
    now: datetime,
    screen: Screen,
) -> Permit | Refusal:
    """Ask the gate once more with what the database knows at this moment, and write the attempt's row if it permits.

    The person's numbers are held meanwhile, so that of two who would use up the last attempt of a cap only one does,
    and a number that is being put on a list is either seen here or put there after the row is written. A refusal is
    kept and the lead goes where the refusal sends it. After `DatabaseUnreachable` the row may be there; trying again
    then raises `AttemptExists`, so that nothing is dialed twice.

    Raises:
        AttemptExists:
        LeadNotHeld:
    """
    lead = await _hold(c, order)
    prospect, number = order.prospect, order.prospect.number
    own = [one.number for one in prospect.lead.numbers]
    await locks.hold(c, own)
    who = {lead.id: (lead, number.number, own)}
    question = (await asked(c, campaign, who, screen, now))[lead.id]
    if prospect.manual:
        question = replace(question, mode="manual")
    # Abandons are the floor's to count: it adds its own to what the database had, and asked the gate a moment ago.
    question = replace(question, abandons=order.permit.basis.question.abandons)
    verdict = check(rulebook, question, now)
    if isinstance(verdict, Refusal):
        await _refused(c, order, verdict, now)
        return verdict
    await c.execute(
        insert(attempts).values(
            id=order.attempt_id,
            campaign_id=order.campaign_id,
            lead_id=prospect.lead.id,
            number_id=number.id,
            number=verdict.number.e164,
            agent_id=order.agent_id,
            node=lead.node,
            trunk=order.trunk,
            caller_id=order.caller_id,
            subject=question.subject,
            opened_at=now,
        )
    )
    await decisions.keep(c, verdict, order.attempt_id)
    await c.execute(
        update(leads)
        .where(leads.c.id == prospect.lead.id)
        .values(status="calling", serial=leads.c.serial + 1, tries=leads.c.tries + 1, changed_at=now)
    )
    one_more = lead_numbers.c.tries + 1
    await c.execute(update(lead_numbers).where(lead_numbers.c.id == number.id).values(tries=one_more))
    return verdict


async def _hold(c: AsyncConnection, order: OpenAttemptRow) -> Row[Any]:
    """Lock the lead and make sure that the claim which made this prospect still holds it: its lease's end is the proof.

    The id is looked up under the lock, so that of two who bring the same id the second finds the first's row.
    """
    query = select(leads).where(leads.c.id == order.prospect.lead.id).with_for_update()
    lead = (await c.execute(query)).one_or_none()
    if await c.scalar(select(attempts.c.id).where(attempts.c.id == order.attempt_id)) is not None:
        raise AttemptExists(f"attempt {order.attempt_id} was opened before")
    if lead is None or lead.status != "new" or lead.node is None or lead.next_at != order.prospect.lease_until:
        raise LeadNotHeld(f"lead {order.prospect.lead.id} is not held any more")
    return lead


async def _refused(c: AsyncConnection, order: OpenAttemptRow, refusal: Refusal, now: datetime) -> None:
    lead, number = order.prospect.lead, order.prospect.number
    await decisions.keep(c, refusal, order.attempt_id)
    others = any(not n.dead and n.id != number.id for n in lead.numbers)
    refuse = RefuseLead(order.campaign_id, lead.id, refusal, order.prospect.back(refusal.try_after or now))
    await settle_refused(c, refuse, number, others=others, now=now)


async def save_bridge(c: AsyncConnection, order: SaveBridge) -> None:
    """The legs met. The agent is who talks, even where another was reserved."""
    await c.execute(
        update(attempts)
        .where(attempts.c.id == order.attempt_id)
        .values(
            agent_id=order.agent_id,
            answered_at=func.coalesce(attempts.c.answered_at, order.answered_at),
            bridged_at=func.coalesce(attempts.c.bridged_at, order.bridged_at),
        )
    )


async def save_ending(c: AsyncConnection, ending: Ending) -> None:
    """The facts of a call that is over. Told twice, late or with less, they only grow: what is known stays.

    Raises:
        NoSuchAttempt:
    """
    facts = {
        "rang_at": ending.rang_at,
        "answered_at": ending.answered_at,
        "bridged_at": ending.bridged_at,
        "ended_at": ending.ended_at,
        "cause": ending.cause,
        "cause_code": ending.cause_code,
        "machine": ending.machine,
        "greeting_ms": ending.greeting_ms,
        "waited_ms": ending.waited_ms,
    }
    values: dict[str, Any] = {
        key: func.coalesce(attempts.c[key], value) for key, value in facts.items() if value is not None
    }
    if ending.agent_id is not None:
        values["agent_id"] = ending.agent_id
    values |= {name: True for name in ("abandoned", "talked") if getattr(ending, name)}
    values["who_ended"] = case(
        (attempts.c.who_ended.is_(None), ending.who_ended),
        (attempts.c.who_ended == WhoEnded.UNKNOWN, ending.who_ended),
        (literal(ending.who_ended == WhoEnded.AGENT) & (attempts.c.who_ended == WhoEnded.CUSTOMER), ending.who_ended),
        else_=attempts.c.who_ended,
    )
    done = await c.execute(update(attempts).where(attempts.c.id == ending.attempt_id).values(values))
    if done.rowcount == 0:
        raise NoSuchAttempt(ending.attempt_id)


async def open_attempts(c: AsyncConnection, node: str | None = None) -> tuple[OpenAttempt, ...]:
    """Attempts without a final outcome, of one node or of all, as a service that starts again must know them.

    The counts in each lead are those before the attempt, as they were when it was made.
    """
    query = select(attempts).where(attempts.c.closed_at.is_(None)).order_by(attempts.c.opened_at, attempts.c.id)
    if node is not None:
        query = query.where(attempts.c.node == node)
    found = (await c.execute(query)).all()
    lead_ids = sorted({row.lead_id for row in found})
    if not lead_ids:
        return ()
    rows = {row.id: row for row in await c.execute(select(leads).where(leads.c.id.in_(lead_ids)))}
    numbers = await numbers_of(c, lead_ids)
    before = await contacts(c, lead_ids)
    out = []
    for row in found:
        lead = lead_of(rows[row.lead_id], numbers[row.lead_id])
        lead = replace(lead, tries=max(lead.tries - 1, 0), serial=max(lead.serial - 1, 0))
        number = next(n for n in lead.numbers if n.id == row.number_id)
        prospect = Prospect(
            lead=lead,
            number=replace(number, tries=max(number.tries - 1, 0)),
            lease_until=rows[row.lead_id].next_at,
            question=Question(number.number, row.lead_id, row.campaign_id),  # it was asked when the attempt was opened
            contacts=before.get(row.lead_id, ()),
        )
        out.append(
            OpenAttempt(
                attempt_id=row.id,
                campaign_id=row.campaign_id,
                prospect=prospect,
                agent_id=row.agent_id,
                trunk=row.trunk,
                opened_at=row.opened_at,
                answered_at=row.answered_at,
                bridged_at=row.bridged_at,
                ending=ending_of(row),
            )
        )
    return tuple(out)


def _greeted(row: Row[Any]) -> datetime | None:
    if row.greeting_ms is None or row.answered_at is None:
        return None
    ended: datetime = row.answered_at + timedelta(milliseconds=row.greeting_ms)
    return ended


def ending_of(row: Row[Any]) -> Ending | None:
    """The saved facts of an attempt's end; None where it has not ended, as far as we know."""
    if row.ended_at is None:
        return None
    seconds = (row.ended_at - row.bridged_at).total_seconds() if row.bridged_at else 0.0
    guessed = row.talked and seconds < MET  # they did, whatever the times say
    return Ending(
        attempt_id=row.id,
        campaign_id=row.campaign_id,
        lead_id=row.lead_id,
        agent_id=row.agent_id,
        ended_at=row.ended_at,
        who_ended=WhoEnded(row.who_ended),
        cause=Cause(row.cause),
        cause_code=row.cause_code,
        rang_at=row.rang_at,
        answered_at=row.answered_at,
        bridged_at=row.bridged_at,
        greeting_ended_at=_greeted(row),
        guessed=guessed,
        machine=row.machine,
        abandoned=row.abandoned,
    )
