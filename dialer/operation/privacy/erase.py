"""Erases a person: first what it would take, then the rows in one transaction, then the files."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.compliance.packs import Rulebook
from dialer.core.number import Number
from dialer.operation.privacy.rules import Duty, duty
from dialer.recording.naming import attempt_of
from dialer.store import erasure, installation, person
from dialer.store.erasure import File
from dialer.store.person import Person
from dialer.store.session import Database, DatabaseUnreachable

log = logging.getLogger(__name__)

SWEEP_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True)
class KeptRecording:
    """A recording that must stay for now, and the rule that says so."""

    attempt_id: str
    duty: Duty


@dataclass(frozen=True, slots=True)
class Plan:
    """What an erasure would take: rows by their table. `numbers` are all of the person's, `campaigns` those they are
    in. `hindrance`: why it cannot be done now. `before`: when one of the numbers was erased last.
    """

    numbers: tuple[Number, ...]
    campaigns: tuple[str, ...]
    rows: Mapping[str, int]
    kept: tuple[KeptRecording, ...]
    hindrance: str | None
    before: datetime | None


@dataclass(frozen=True, slots=True)
class Erased:
    """`what` counts rows; `files` are recordings deleted now, `kept` those that a rule keeps."""

    numbers: tuple[Number, ...]
    what: Mapping[str, int]
    kept: tuple[KeptRecording, ...]
    files: int


@dataclass(frozen=True, slots=True)
class Folders:
    """Where recordings are: finished ones, and the PBX's raw audio."""

    library: Path
    spool: Path


async def look(db: Database, rulebook: Rulebook, number: Number, now: datetime) -> Plan:
    """What would go. Nothing changes.

    Raises:
        TooManyLeads:
    """
    async with db.read() as c:
        found = await person.find(c, number)
        rows = await person.everything(c, found)
        kept = await _kept(c, rulebook, found, now)
        hindrance = await erasure.under_way(c, found)
        before = await erasure.erased_before(c, found)
    names = sorted({row["campaign"] for row in rows["leads"]})
    gone = ("leads", "lead_numbers", "attempts", "recordings", "consents", "do_not_call", "decisions")
    counts = {name: len(rows[name]) for name in gone}
    return Plan(found.numbers, tuple(names), counts, kept, hindrance, before)


async def erase(
    db: Database,
    rulebook: Rulebook,
    folders: Folders,
    number: Number,
    *,
    by: str,
    because: str,
    clock: Callable[[], datetime],
) -> Erased:
    """Take the person's data away. Done again it changes nothing, and deletes what files are left.

    A crash after the transaction leaves files that `sweep` deletes. A floor may hold the person's name in a hopper or a
    preview for some minutes more; it cannot call them.

    Raises:
        TooManyLeads:
        UnderWay: a call with the person is up.
    """
    now = clock()
    async with db.begin() as c:
        await installation.tag(c, now)  # makes the secret where no service has run yet
        found = await erasure.held(c, number)
        kept = await _kept(c, rulebook, found, now)
        until = {one.attempt_id: one.duty.until for one in kept}
        what = await erasure.erase(c, found, until, by=by, because=because, now=now)
    return Erased(found.numbers, what, kept, await sweep(db, folders, clock))


async def sweep(db: Database, folders: Folders, clock: Callable[[], datetime]) -> int:
    """Delete the recordings that are to go; returns how many those were. What cannot be deleted is tried next time.

    Raises:
        OSError: the first file that could not be deleted, when all others are.
    """
    async with db.read() as c:
        due = await erasure.due_files(c, clock())
    done, failed = 0, None
    for file in due:
        try:
            await asyncio.to_thread(_delete, folders, file)
        except OSError as error:
            failed = failed or error
            continue
        async with db.begin() as c:
            await erasure.file_gone(c, file.attempt_id, clock())
        done += 1
    if failed is not None:
        raise failed
    return done


async def keep_sweeping(
    db: Database, folders: Folders, clock: Callable[[], datetime], incident: Callable[[str, str], Awaitable[None]]
) -> None:
    """Sweep now and every hour, until cancelled: what a crash left, and what no rule keeps any more."""
    while True:
        try:
            done = await sweep(db, folders, clock)
            if done:
                log.info("%d recordings of erased people deleted", done)
        except DatabaseUnreachable as error:
            log.warning("recordings of erased people are still to be deleted: %s", error)
        except OSError as error:
            await incident("erasure_unfinished", f"a recording of an erased person cannot be deleted: {error.strerror}")
        await asyncio.sleep(SWEEP_SECONDS)


async def _kept(c: AsyncConnection, rulebook: Rulebook, found: Person, now: datetime) -> tuple[KeptRecording, ...]:
    packs = await person.permits_of(c, found)
    duties = [
        (file.attempt_id, duty(rulebook, packs.get(file.attempt_id, ()), file.opened_at, now))
        for file in await erasure.files(c, found)
    ]
    return tuple(KeptRecording(attempt_id, one) for attempt_id, one in duties if one is not None)


def _delete(folders: Folders, file: File) -> None:
    """The recording and everything beside it that bears the attempt's id: facts, halves, raw audio."""
    root = folders.library.resolve()
    days = [root / f"{file.opened_at + timedelta(days=more):%Y/%m/%d}" for more in (0, 1)]  # talks go on past midnight
    places = dict.fromkeys(((root / file.path).resolve().parent, *days, folders.spool.resolve()))
    for place in places:
        if not place.is_relative_to(root) and place != folders.spool.resolve():
            continue
        for one in place.iterdir() if place.is_dir() else ():
            if attempt_of(one.name) == file.attempt_id and one.is_file():
                one.unlink(missing_ok=True)
