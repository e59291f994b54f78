"""Reads a file of leads into a campaign, or only says what would come of it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from dialer.core.number import Number
from dialer.operation.intake.header import Column, Header
from dialer.operation.intake.rules import LeadRow, Reading, RowError, read_rows
from dialer.operation.intake.text import SNIFFED, Encoding, sniff
from dialer.operation.readiness.count import Ahead
from dialer.operation.readiness.rules import Readiness
from dialer.store import lists
from dialer.store.campaigns import get
from dialer.store.lists import NewLead
from dialer.store.session import Database

BATCH = 500
_CHUNK = 256 * 1024
# How many rejected rows, and how many remarks, a report names one by one; it counts them all.
NAMED = 1000


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file. `rows` = `added` + `doubled` + `rejected`; blank lines are not rows.

    Of a dry run, `added` would have been, and `readiness` says whether they may be called. `reasons` counts the
    rejected by code.
    """

    list_id: int | None
    encoding: Encoding
    columns: tuple[Column, ...]
    rows: int
    added: int
    doubled: int
    rejected: int
    reasons: dict[str, int]
    errors: tuple[RowError, ...]
    remarks: tuple[RowError, ...]
    readiness: Readiness | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """What a file is for. `by` is a login; `source` where the data comes from, which the law may ask for."""

    campaign_id: int
    name: str
    source: str
    by: str
    reading: Reading
    dry_run: bool = False


Progress = Callable[[int, int], None]


async def load(
    db: Database,
    file: Path,
    intake: Intake,
    *,
    clock: Callable[[], datetime],
    progress: Progress = lambda done, total: None,
    rejected: Callable[[RowError], None] = lambda error: None,
    ahead: Ahead | None = None,
) -> Report:
    """Read the file in batches, each in a transaction of its own.

    Interrupted and run again, or given twice, it adds only what is not in the campaign yet. Parsing and disk are off
    the event loop; `progress` is told bytes done and in all, `rejected` every row that was not added. In a dry run the
    gate is asked about every row that would be added, where `ahead` is given.

    Raises:
        BadHeader: nothing was added.
        NoSuchCampaign:
        OSError: the file cannot be read.
    """
    async with db.read() as c:
        await get(c, intake.campaign_id)
    source = await asyncio.to_thread(_Source, file, intake.reading)
    tally = _Tally()
    with closing(source), closing(_Seen()) as seen:
        header = await asyncio.to_thread(source.header)
        list_id = None if intake.dry_run else await _begin(db, intake, clock())
        while batch := await asyncio.to_thread(source.batch):
            good = [row for row in batch if isinstance(row, LeadRow)]
            bad = [row for row in batch if isinstance(row, RowError)]
            if list_id is None:
                added = await _would_add(db, intake.campaign_id, good, seen)
                if ahead is not None:
                    await ahead.look([_new_lead(row) for row, new in zip(good, added, strict=True) if new])
            else:
                added = await _add(db, intake.campaign_id, list_id, good, len(bad), clock())
            tally.batch(good, added, bad)
            for error in bad:
                rejected(error)
            progress(source.done, source.total)
        if list_id is not None:
            async with db.begin() as c:
                await lists.finish(c, list_id, clock())
    readiness = ahead.readiness() if ahead is not None and list_id is None else None
    return tally.report(list_id, source.encoding, header.columns, readiness)


async def _begin(db: Database, intake: Intake, now: datetime) -> int:
    async with db.begin() as c:
        return await lists.create(c, intake.campaign_id, intake.name, source=intake.source, by=intake.by, now=now)


async def _add(
    db: Database, campaign_id: int, list_id: int, rows: list[LeadRow], rejected: int, now: datetime
) -> list[bool]:
    async with db.begin() as c:
        added = await lists.add(c, campaign_id, list_id, [_new_lead(row) for row in rows], now)
        new = sum(added)
        await lists.count(c, list_id, added=new, doubled=len(rows) - new, rejected=rejected)
    return list(added)


async def _would_add(db: Database, campaign_id: int, rows: list[LeadRow], seen: _Seen) -> list[bool]:
    own = [[number for number, _ in row.numbers] for row in rows]
    async with db.read() as c:
        present = await lists.present(c, campaign_id, [number for row in own for number in row])
    return await asyncio.to_thread(lambda: [present.isdisjoint(row) and seen.first(row) for row in own])


def _new_lead(row: LeadRow) -> NewLead:
    agreed = row.consent
    return NewLead(
        name=row.name,
        numbers=row.numbers,
        region=row.region,
        zone=row.zone,
        consent=agreed.kind if agreed else None,
        consent_proof=agreed.proof if agreed else "",
        consent_at=agreed.since if agreed else None,
        consent_until=agreed.until if agreed else None,
        consent_purpose=agreed.purpose if agreed else None,
        subject=row.subject,
        grade=row.grade,
        source=row.source,
        external_id=row.external_id,
        priority=row.priority,
        fields=row.fields,
    )


class _Source:
    """The open file. Its methods block: call them from a thread."""

    def __init__(self, file: Path, reading: Reading) -> None:
        self.total = file.stat().st_size
        self._file = file.open("rb")
        self.encoding = sniff(self._file.read(SNIFFED))
        self._file.seek(0)
        self.done = 0
        self._rows = read_rows(self._chunks(), self.encoding, reading)

    def header(self) -> Header:
        first = next(self._rows)
        assert isinstance(first, Header)
        return first

    def batch(self) -> list[Header | LeadRow | RowError]:
        return list(islice(self._rows, BATCH))

    def _chunks(self) -> Iterator[bytes]:
        while chunk := self._file.read(_CHUNK):
            self.done += len(chunk)
            yield chunk

    def close(self) -> None:
        self._file.close()


class _Seen:
    """The numbers a dry run has met: in a temporary file, because a list may hold more than the memory does."""

    def __init__(self) -> None:
        self._c = sqlite3.connect("", check_same_thread=False)
        self._c.execute("CREATE TABLE seen (number INTEGER PRIMARY KEY)")

    def first(self, numbers: Iterable[Number]) -> bool:
        """Whether none of these was met before; then from now on all are."""
        rows = [(int(number.digits),) for number in numbers]
        if any(self._c.execute("SELECT 1 FROM seen WHERE number = ?", row).fetchone() for row in rows):
            return False
        self._c.executemany("INSERT INTO seen VALUES (?)", rows)
        return True

    def close(self) -> None:
        self._c.close()


class _Tally:
    def __init__(self) -> None:
        self.rows = self.added = self.doubled = 0
        self.reasons: Counter[str] = Counter()
        self.errors: list[RowError] = []
        self.remarks: list[RowError] = []

    def batch(self, good: list[LeadRow], added: list[bool], bad: list[RowError]) -> None:
        self.rows += len(good) + len(bad)
        self.added += sum(added)
        self.doubled += len(good) - sum(added)
        self.reasons.update(error.code for error in bad)
        self.errors += bad[: NAMED - len(self.errors)]
        for row in good:
            self.remarks += row.remarks[: NAMED - len(self.remarks)]

    def report(
        self, list_id: int | None, encoding: Encoding, columns: tuple[Column, ...], readiness: Readiness | None
    ) -> Report:
        return Report(
            list_id=list_id,
            encoding=encoding,
            columns=columns,
            rows=self.rows,
            added=self.added,
            doubled=self.doubled,
            rejected=self.reasons.total(),
            reasons=dict(self.reasons.most_common()),
            errors=tuple(self.errors),
            remarks=tuple(self.remarks),
            readiness=readiness,
        )
