"""Takes a person's data away: what remains says that somebody was called, and not who.

A do-not-call line stays and goes on blocking, known by a hash. The gate's answers stay and go on proving themselves,
without the number. Everything happens in the caller's one transaction; files are deleted after it, and what a crash
leaves of them is found by `due_files`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.number import Number
from dialer.store import locks
from dialer.store.number_hash import number_hash, secret
from dialer.store.person import Person, about, find
from dialer.store.recordings import unfinished
from dialer.store.schema import (
    attempts,
    consents,
    decisions,
    do_not_call,
    erasures,
    lead_numbers,
    leads,
    outbox,
    recordings,
    transfers,
)

BECAUSE: Final = "erased"
"""Why such a lead is done."""

_MARK: Final = "x"


class UnderWay(Exception):
    """A call with the person is up, or what it leaves behind is not finished; the text says which."""


@dataclass(frozen=True, slots=True)
class File:
    """A recording of this attempt, below the library's folder. `opened_at`: of the attempt."""

    attempt_id: str
    path: str
    opened_at: datetime


async def held(c: AsyncConnection, number: Number) -> Person:
    """The person, with their leads and numbers locked: nobody opens an attempt or lists them before we are done.

    Leads come before numbers, as whoever opens an attempt takes them.

    Raises:
        TooManyLeads:
        UnderWay:
    """
    while True:
        person = await find(c, number)
        await c.execute(select(leads.c.id).where(leads.c.id.in_(person.leads)).order_by(leads.c.id).with_for_update())
        await locks.hold(c, person.numbers)
        if await find(c, number) == person:  # nothing came to it while we waited
            break
    if (sentence := await under_way(c, person)) is not None:
        raise UnderWay(sentence)
    return person


async def under_way(c: AsyncConnection, person: Person) -> str | None:
    """What must end before this person can be erased; None: nothing."""
    open_attempts = select(func.count()).where(attempts.c.id.in_(person.attempts), attempts.c.closed_at.is_(None))
    open_transfers = select(func.count()).where(transfers.c.number.in_(person.texts), transfers.c.ended_at.is_(None))
    if (await c.scalar(open_attempts) or 0) + (await c.scalar(open_transfers) or 0):
        return "a call with this person is up, or its agent has not yet said what came of it: try again when it is over"
    waiting = {attempt_id for attempt_id, _, _ in await unfinished(c)} & set(person.attempts)
    if waiting:
        return "the recording of a call with this person is not finished yet: try again in a minute"
    return None


async def files(c: AsyncConnection, person: Person) -> tuple[File, ...]:
    """The recordings of this person that no erasure has dealt with."""
    query = (
        select(recordings.c.attempt_id, recordings.c.path, attempts.c.opened_at)
        .join(attempts, attempts.c.id == recordings.c.attempt_id)
        .where(recordings.c.attempt_id.in_(person.attempts), recordings.c.erase_after.is_(None))
        .order_by(attempts.c.opened_at, attempts.c.id)
    )
    return tuple(File(row.attempt_id, row.path, row.opened_at) for row in await c.execute(query))


async def erase(
    c: AsyncConnection, person: Person, keep_until: Mapping[str, datetime], *, by: str, because: str, now: datetime
) -> dict[str, int]:
    """Take it all away; returns how many rows of what. `keep_until` names the attempts whose recording a rule keeps,
    and until when: those files go then, all others as soon as somebody asks `due_files`. The person is `held`.

    An installation must have its secret: without one there is nothing a do-not-call line could be known by.
    """
    key = await secret(c)
    assert key is not None, "installation.tag comes first"
    what = {
        "leads": await _leads(c, person, now),
        "lead_numbers": await _numbers(c, person),
        "attempts": await _attempts(c, person),
        "recordings": 0,
        "recordings_kept": 0,
        "consents": (await c.execute(delete(consents).where(consents.c.number.in_(person.texts)))).rowcount,
        "do_not_call": 0,
        "decisions": await _decisions(c, person),
        "news": await _news(c, person),
    }
    for file in await files(c, person):
        until = keep_until.get(file.attempt_id)
        what["recordings_kept" if until is not None else "recordings"] += 1
        row = recordings.c.attempt_id == file.attempt_id
        await c.execute(update(recordings).where(row).values(erase_after=until or now, sides=[]))
    await _leftovers(c, person, now)
    for number in person.numbers:
        line = {"number": None, "number_hash": number_hash(key, number), "asked_by": BECAUSE, "proof": ""}
        done = await c.execute(update(do_not_call).where(do_not_call.c.number == number.e164).values(line))
        what["do_not_call"] += done.rowcount
    if any(what.values()):
        rows = [
            {"number_hash": number_hash(key, number), "by": by, "because": because, "what": what, "at": now}
            for number in person.numbers
        ]
        await c.execute(insert(erasures), rows)
    return what


async def due_files(c: AsyncConnection, now: datetime) -> tuple[File, ...]:
    """Recordings that are to go and are still there, as far as we know."""
    query = (
        select(recordings.c.attempt_id, recordings.c.path, attempts.c.opened_at)
        .join(attempts, attempts.c.id == recordings.c.attempt_id)
        .where(recordings.c.erase_after <= now, recordings.c.erase_after.is_not(None), recordings.c.erased_at.is_(None))
    )
    return tuple(File(row.attempt_id, row.path, row.opened_at) for row in await c.execute(query))


async def file_gone(c: AsyncConnection, attempt_id: str, now: datetime) -> None:
    """The recording's files are deleted."""
    await c.execute(update(recordings).where(recordings.c.attempt_id == attempt_id).values(erased_at=now))


async def erased_before(c: AsyncConnection, person: Person) -> datetime | None:
    """When one of these numbers was erased last."""
    at: datetime | None = await c.scalar(
        select(func.max(erasures.c.at)).where(erasures.c.number_hash.in_(person.hashes))
    )
    return at


async def _leads(c: AsyncConnection, person: Person, now: datetime) -> int:
    """A held lead is done, too: whoever has it in a hopper cannot open an attempt on it any more."""
    nothing: dict[str, Any] = dict.fromkeys(
        ("external_id", "region", "zone", "subject", "grade", "source", "node", "was_due", "callback_at",
         "callback_agent")
    )  # fmt: skip
    values = {"name": "", "fields": {}, "personal": 0, "status": "done", "because": BECAUSE, "changed_at": now}
    done = await c.execute(update(leads).where(leads.c.id.in_(person.leads)).values(nothing | values))
    return done.rowcount


async def _numbers(c: AsyncConnection, person: Person) -> int:
    """A number becomes a word that is none, and stays what it must be: unlike every other of its campaign."""
    done = await c.execute(
        update(lead_numbers)
        .where(lead_numbers.c.lead_id.in_(person.leads))
        .values(number=literal(_MARK).concat(lead_numbers.c.id), label="", dead=True)
    )
    return done.rowcount


async def _attempts(c: AsyncConnection, person: Person) -> int:
    done = await c.execute(
        update(attempts)
        .where(attempts.c.id.in_(person.attempts))
        .values(number=literal(_MARK).concat(attempts.c.number_id), note=None, subject=None, callback_at=None)
    )
    theirs = update(transfers).where(transfers.c.number.in_(person.texts))
    await c.execute(theirs.values(number=None, subject=None))
    return done.rowcount


async def _leftovers(c: AsyncConnection, person: Person, now: datetime) -> None:
    """A talk whose recording was never finished may have left audio behind: a row that tells `due_files` to look."""
    talked = await c.scalars(
        select(attempts.c.id)
        .outerjoin(recordings, recordings.c.attempt_id == attempts.c.id)
        .where(attempts.c.id.in_(person.attempts), attempts.c.talked, recordings.c.attempt_id.is_(None))
    )
    nothing = {"path": "", "sha256": "", "seconds": 0.0, "bytes": 0, "format": "", "sides": []}
    rows = [nothing | {"attempt_id": one, "finished_at": now, "erase_after": now} for one in talked]
    if rows:
        await c.execute(insert(recordings), rows)


async def _decisions(c: AsyncConnection, person: Person) -> int:
    """The ledger lets nothing else be changed."""
    known = or_(decisions.c.number.is_not(None), decisions.c.salt.is_not(None))
    done = await c.execute(update(decisions).where(about(person), known).values(number=None, salt=None))
    return done.rowcount


async def _news(c: AsyncConnection, person: Person) -> int:
    """News of the person's calls: what was sent is deleted, what was not goes without the number's last digits."""
    if not person.attempts:
        return 0
    theirs = outbox.c.payload["attempt_id"].as_string().in_(person.attempts)
    gone = await c.execute(delete(outbox).where(theirs, outbox.c.sent_at.is_not(None)))
    left = [
        row
        for row in await c.execute(select(outbox.c.id, outbox.c.payload).where(theirs))
        if "number_end" in row.payload
    ]
    for row in left:
        await c.execute(update(outbox).where(outbox.c.id == row.id).values(payload=row.payload | {"number_end": ""}))
    return gone.rowcount + len(left)
