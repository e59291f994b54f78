"""Does the ledger still say what it said? Every digest is made again, and what does not fit is named.

What nobody can see from the inside is that the newest seals are gone together with their decisions, or that the whole
chain was made anew: a seal that was deposited elsewhere (`expect`) shows that.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.ledger import DIGESTED, GENESIS, Seal, Span, digest, number_digest, outside
from dialer.store.schema import decision_seals, decisions
from dialer.store.sealing import seal_of

Fault = Literal[
    "decision_changed",  # it does not fit its own digest
    "decision_missing",  # a seal covers its id
    "decision_added",  # where a seal says that there is none, or without a digest
    "seal_changed",  # the next one was made over what it should say
    "seal_missing",  # the next one begins too late
    "seal_broken",  # it, or decisions it covers together with their digests, was changed
    "chain_broken",  # it does not name the one before it
    "deposit_missing",  # what was deposited elsewhere is not in the chain
]

NAMED = 1_000  # findings that a report names; it counts them all
CHUNK = 2_000  # rows read at a time


@dataclass(frozen=True, slots=True)
class Finding:
    """`first_id` to `last_id` are the decisions it is about, `seal_id` the seal; None where it is about none."""

    fault: Fault
    sentence: str
    first_id: int | None = None
    last_id: int | None = None
    seal_id: int | None = None


@dataclass(slots=True)
class Report:
    """What was looked at and found.

    `sealed`, `awaiting` (a seal) and `unchained` (from before the chain) count decisions, `erased` those whose number
    is gone; `first_at` and `last_at` are the times of the first and the last chained one. `newest` is the last seal,
    `findings` the first of `faults`.
    """

    seals: int = 0
    sealed: int = 0
    awaiting: int = 0
    unchained: int = 0
    erased: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    newest: Seal | None = None
    faults: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        return self.faults == 0

    def add(self, fault: Fault, sentence: str, ids: Span | None = None, seal: Seal | None = None) -> None:
        self.faults += 1
        if len(self.findings) < NAMED:
            first, last = ids or (None, None)
            self.findings.append(Finding(fault, sentence, first, last, seal.id if seal is not None else None))


async def verify(
    c: AsyncConnection,
    *,
    expect: Iterable[str] = (),
    since: datetime | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    chunk: int = CHUNK,
) -> Report:
    """Check every decision and every seal; with `since`, those sealed from then on and those that await a seal.

    `expect` are digests of seals that must be in the chain. `progress` hears of ids done and of all. Memory does not
    grow with the ledger.
    """
    report = Report()
    before = await _before(c, since) if since is not None else None
    start = before.last_id if before is not None else None
    rows = _Rows(c, start, report, await _ids_from(c, start), progress, chunk)
    awaited = dict.fromkeys(expect)
    last = before
    again = before.digest if before is not None else None
    if before is not None:
        awaited.pop(before.digest, None)
    async for seal in _seals(c, before, chunk):
        await _link(report, rows, last, again, seal)
        again = await _cover(report, rows, seal)
        awaited.pop(seal.digest, None)
        last = report.newest = seal
        report.seals += 1
    if last is not None:
        _fits(report, last, again, None)
    async for _ in rows.until(None):
        report.awaiting += 1
    for one in awaited:
        report.add("deposit_missing", f"no seal of the chain has the deposited digest {one}")
    return report


async def _link(report: Report, rows: _Rows, last: Seal | None, again: str | None, seal: Seal) -> None:
    """Does this seal follow the last one, and was that one what it says it is?"""
    if last is None:
        if seal.previous != GENESIS:
            report.add("seal_missing", f"seal {seal.id} is the first there is, but names one before it", seal=seal)
    elif seal.first_id > last.last_id + 1:
        ids = (last.last_id + 1, seal.first_id - 1)
        _fits(report, last, again, None)
        report.add("seal_missing", f"between seals {last.id} and {seal.id} one is missing", ids, seal)
    else:  # one that begins too early is found out by its own digest
        _fits(report, last, again, seal.previous)
        if seal.previous not in (last.digest, again):
            report.add("chain_broken", f"seal {seal.id} does not name seal {last.id} as the one before it", seal=seal)
    async for row in rows.until(seal.first_id - 1):
        if last is None:
            report.add("decision_added", f"decision {row} stands before the first seal", (row, row))


def _fits(report: Report, seal: Seal, again: str | None, named: str | None) -> None:
    """Compare a seal with what it should be; `named` is what the next seal calls it. `again` None: who knows."""
    if again is None or again == seal.digest:
        return
    ids = (seal.first_id, seal.last_id)
    if again == named:
        report.add("seal_changed", f"seal {seal.id} has not the digest that was given to it", ids, seal)
    else:
        what = f"seal {seal.id}, or decisions it covers together with their digests, was changed"
        report.add("seal_broken", what, ids, seal)


async def _cover(report: Report, rows: _Rows, seal: Seal) -> str | None:
    """Walk over what the seal covers; returns its digest made again, None where decisions for that are missing."""
    total = hashlib.sha256(seal.header().encode())
    present: list[Span] = []
    complete = True
    async for row in rows.until(seal.last_id):
        if any(first <= row <= last for first, last in seal.gaps):
            report.add("decision_added", f"decision {row} was not there when seal {seal.id} was made", (row, row), seal)
            continue
        report.sealed += 1
        complete = complete and rows.digest is not None
        total.update(f"{rows.digest}\n".encode())
        if present and present[-1][1] == row - 1:
            present[-1] = (present[-1][0], row)
        else:
            present.append((row, row))
    for gone in outside((seal.first_id, seal.last_id), [*present, *seal.gaps]):
        complete = False
        which = f"decision {gone[0]} is" if gone[0] == gone[1] else f"decisions {gone[0]} to {gone[1]} are"
        report.add("decision_missing", f"{which} missing below seal {seal.id}", gone, seal)
    return total.hexdigest() if complete else None


class _Rows:
    """The decisions in order, each checked by itself when it is passed. `digest` is that of the one passed last."""

    def __init__(
        self,
        c: AsyncConnection,
        start: int | None,
        report: Report,
        total: int,
        progress: Callable[[int, int], None],
        chunk: int,
    ) -> None:
        self.digest: str | None = None
        self._report, self._progress, self._total, self._chunk = report, progress, total, chunk
        self._start = start
        self._source = self._read(c)
        self._next: Row[Any] | None = None
        self._chained = start is not None

    async def until(self, last_id: int | None) -> AsyncIterator[int]:
        """The ids up to this one (None: all that are left) of the decisions that belong to the chain."""
        while (row := self._next or await anext(self._source, None)) is not None:
            self._next = row
            if last_id is not None and row.id > last_id:
                return
            self._next = None
            if self._belongs(row):
                yield row.id

    async def _read(self, c: AsyncConnection) -> AsyncIterator[Row[Any]]:
        columns = [decisions.c[name] for name in ("id", "number", "salt", "digest", *DIGESTED)]
        query = select(*columns).order_by(decisions.c.id)
        if self._start is not None:
            query = query.where(decisions.c.id > self._start)
        found = await c.stream(query.execution_options(yield_per=self._chunk))
        async for part in found.partitions():
            for row in part:
                yield row
            self._progress(part[-1].id - (self._start or 0), self._total)

    def _belongs(self, row: Row[Any]) -> bool:
        report, self.digest = self._report, row.digest
        report.erased += row.number is None
        if row.digest is None:
            if not self._chained:
                report.unchained += 1
            else:
                report.add("decision_changed", f"decision {row.id} has no digest", (row.id, row.id))
            return self._chained
        self._chained = True
        report.first_at = report.first_at or row.at
        report.last_at = row.at
        if not _true(row):
            report.add("decision_changed", f"decision {row.id} does not fit its digest", (row.id, row.id))
        return True


def _true(row: Row[Any]) -> bool:
    """It fits its digest, and its number the number's; an erased one has neither number nor salt."""
    if (row.number is None) != (row.salt is None):
        return False
    if row.number is not None and number_digest(row.salt, row.number) != row.number_digest:
        return False
    return digest(dict(row._mapping)) == str(row.digest)


async def _ids_from(c: AsyncConnection, start: int | None) -> int:
    """How many ids were given since: counting the rows of a long ledger would take as long as a check of them."""
    return (await c.scalar(select(func.max(decisions.c.id))) or 0) - (start or 0)


async def _before(c: AsyncConnection, since: datetime) -> Seal | None:
    """The last seal that was made before."""
    query = select(decision_seals).where(decision_seals.c.made_at < since)
    row = (await c.execute(query.order_by(decision_seals.c.id.desc()).limit(1))).one_or_none()
    return None if row is None else _seal(row)


async def _seals(c: AsyncConnection, before: Seal | None, chunk: int) -> AsyncIterator[Seal]:
    query = select(decision_seals).where(decision_seals.c.id > (before.id if before is not None else 0))
    found = await c.stream(query.order_by(decision_seals.c.id).execution_options(yield_per=chunk))
    async for row in found:
        yield _seal(row)


def _seal(row: Row[Any]) -> Seal:
    try:
        return seal_of(row)
    except ValueError:  # gaps that are none: with others its digest does not fit
        return seal_of(row, "0-0")
