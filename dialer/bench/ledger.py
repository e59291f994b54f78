"""What it costs to keep every answer of the gate with its inputs, to chain them and to check the chain."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import cycle, islice
from typing import Any

import asyncpg
from sqlalchemy import Column, MetaData, Table, insert, select, text

from dialer.bench.measure import PAIRS, Measured, absolute, compared
from dialer.core.campaign import Campaign, DialMode
from dialer.core.compliance.gate import CampaignRules, PastAttempt, Permit, Question, Refusal, check
from dialer.core.number import Number
from dialer.engine import utc_now
from dialer.lab.postgres import Cluster
from dialer.rules.load import load
from dialer.store import decisions, sealing
from dialer.store.ledger import DIGESTED, Seal, digest, salted
from dialer.store.schema import decisions as table
from dialer.store.session import Database
from dialer.store.verification import CHUNK, verify

KEPT = 500
"""Decisions kept in a transaction; a commit costs the same with a ledger and without."""

A_DAY = 1_000_000
"""Decisions of a busy day."""

KEEP_GOAL, VERIFY_GOAL, BYTES_GOAL = 2.0, 3.0, 1_500

# The answer alone, as it was kept before there was a chain.
_BARE = ("id", "at", "verdict", "campaign_id", "lead_id", "attempt_id", "number", "rule", "sentence", "try_after",
         "decided_by", "packs", "zones", "tzdata")  # fmt: skip
_COPIED = 20_000


def run(rows: int = A_DAY) -> list[Measured]:
    """Keeping against a bare insert of the answer on SQLite and PostgreSQL; size, sealing and checking of `rows`
    decisions on PostgreSQL, scaled to a day's million.
    """
    verdicts = _verdicts()
    with tempfile.TemporaryDirectory(prefix="dialer-bench-") as folder:
        cluster = Cluster(durable=True, shared_buffers="512MB")
        try:
            cluster.start()
            return asyncio.run(_measured(f"sqlite:///{folder}/ledger.db", cluster, verdicts, rows))
        finally:
            cluster.remove()


async def _measured(sqlite: str, cluster: Cluster, verdicts: list[Permit | Refusal], rows: int) -> list[Measured]:
    found = []
    for url in (sqlite, cluster.url(await cluster.create())):
        async with _opened(url) as (db, bare):
            found.append(await _kept(db, bare, verdicts))
            if not db.is_sqlite:
                found += await _whole(db, verdicts, rows)
    return found


async def _kept(db: Database, bare: Table, verdicts: list[Permit | Refusal]) -> Measured:
    """Microseconds a decision inside a transaction, the commit left out."""
    again = cycle(verdicts)
    answer = insert(bare).inline()

    async def ours() -> float:
        async with db.begin() as c:
            begun = time.perf_counter()
            for verdict in islice(again, KEPT):
                await decisions.keep(c, verdict, "a")
            return (time.perf_counter() - begun) / KEPT * 1e6

    async def baseline() -> float:
        rows = [_answer(verdict) for verdict in islice(again, KEPT)]
        async with db.begin() as c:
            begun = time.perf_counter()
            for row in rows:
                await c.execute(answer, row)
            return (time.perf_counter() - begun) / KEPT * 1e6

    return await _compared(
        f"ledger: keep on {db.url.get_backend_name()}",
        ours,
        baseline,
        f"<= {KEEP_GOAL:g}x a bare insert of the answer",
        KEEP_GOAL,
    )


async def _compared(
    name: str,
    ours: Callable[[], Awaitable[float]],
    baseline: Callable[[], Awaitable[float]],
    goal: str,
    most: float,
    **details: Any,
) -> Measured:
    """In turn, after one of each that does not count; values are microseconds a decision."""
    await baseline(), await ours()
    a, b = [], []
    for _ in range(PAIRS):
        b.append(await baseline())
        a.append(await ours())
    added = statistics.median(x - y for x, y in zip(a, b, strict=True))
    return compared(name, a, b, goal, lambda ratio: ratio <= most, unit="us a decision", added_us=round(added, 1),
                    **details)  # fmt: skip


async def _whole(db: Database, verdicts: list[Permit | Refusal], rows: int) -> list[Measured]:
    """Size, sealing and checking of so many decisions."""
    await _fill(db, verdicts, rows)
    async with db.read() as c:
        sizes = (await c.execute(text(
            "SELECT pg_table_size('decisions'), pg_indexes_size('decisions'), (SELECT count(*) FROM decisions)"
        ))).one()  # fmt: skip
    in_table, in_indexes = sizes[0] / sizes[2], sizes[1] / sizes[2]
    begun = time.perf_counter()
    seals = await sealing.seal(db, utc_now)
    sealed = (time.perf_counter() - begun) * A_DAY / sizes[2]
    begun = time.perf_counter()
    async with db.read() as c:
        report = await verify(c)
    checked = (time.perf_counter() - begun) * A_DAY / sizes[2]
    assert report.intact, "nobody touched it"
    assert report.sealed == sizes[2], "all is sealed"
    known = {
        "rows": sizes[2],
        "seals": len(seals),
        "seconds_to_seal_a_million": round(sealed, 1),
        "seconds_to_verify_a_million": round(checked, 1),
    }
    size = in_table + in_indexes
    parts = {"table": round(in_table), "indexes": round(in_indexes)}
    return [
        absolute("ledger: bytes a decision", size, f"<= {BYTES_GOAL}", size <= BYTES_GOAL, **parts),
        await _checked(db, seals, known),
    ]


async def _checked(db: Database, seals: tuple[Seal, ...], known: dict[str, Any]) -> Measured:
    """Checking the newest tenth against merely reading it."""
    part = seals[-max(len(seals) // 10, 1) :]
    count = sum(seal.count for seal in part)
    columns = [table.c[name] for name in ("id", "number", "salt", "digest", *DIGESTED)]
    query = select(*columns).where(table.c.id >= part[0].first_id).order_by(table.c.id)

    async def ours() -> float:
        begun = time.perf_counter()
        async with db.read() as c:
            report = await verify(c, since=part[0].made_at)
        assert report.sealed == count, "as many as are read"
        return (time.perf_counter() - begun) / count * 1e6

    async def baseline() -> float:
        begun = time.perf_counter()
        async with db.read() as c:
            async for rows in (await c.stream(query.execution_options(yield_per=CHUNK))).partitions():
                for row in rows:
                    tuple(row)
        return (time.perf_counter() - begun) / count * 1e6

    goal = f"<= {VERIFY_GOAL:g}x reading the same rows"
    return await _compared("ledger: verify", ours, baseline, goal, VERIFY_GOAL, **known)


def _verdicts() -> list[Permit | Refusal]:
    """Answers as a day brings them: about American numbers tried twice before, the registry looked into."""
    rulebook, now = load(), utc_now()
    campaign = Campaign(
        1, "bench", DialMode.PROGRESSIVE, "t", (), CampaignRules(max_attempts=6, gap=timedelta(hours=2))
    )
    made = []
    for n in range(500):
        number = Number(f"+1212555{n:04}")
        past = tuple(PastAttempt(now - timedelta(days=days), "no_answer", 1, number) for days in (9, 4))
        question = Question(
            number, n, campaign.id, campaign.rules, past, region="US-NY", consents=frozenset({"express"}),
            snapshots=(("US-DNC", now - timedelta(days=3)),),
        )  # fmt: skip
        made.append(check(rulebook, question, now))
    return made


def _answer(verdict: Permit | Refusal) -> dict[str, Any]:
    row = decisions.row_of(verdict, "a")
    return {name: row[name] for name in _BARE if name != "id"}


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[tuple[Database, Table]]:
    """A migrated database, and beside the ledger a table of bare answers with the ledger's own indexes."""
    db = Database(url)
    try:
        await db.migrate()
        columns = [Column(c.name, c.type, primary_key=c.primary_key) for c in table.c if c.name in _BARE]
        bare = Table("bare", MetaData(), *columns)
        async with db.begin() as c:
            await c.run_sync(bare.create)
            for on in ("campaign_id, rule", "lead_id, at", "number, at"):
                await c.execute(text(f"CREATE INDEX ON bare ({on})" if not db.is_sqlite
                                     else f"CREATE INDEX {on.replace(', ', '_')} ON bare ({on})"))  # fmt: skip
        yield db, bare
    finally:
        await db.close()


async def _fill(db: Database, verdicts: list[Permit | Refusal], rows: int) -> None:
    """By COPY, as no service does it: only what is there afterwards is measured."""
    c = await asyncpg.connect(host=db.url.query["host"], user=db.url.username, database=db.url.database)
    try:
        names = [column.name for column in table.c if column.name != "id"]
        source = _records(names, verdicts)
        for start in range(0, rows, _COPIED):
            part = list(islice(source, min(_COPIED, rows - start)))
            await c.copy_records_to_table("decisions", records=part, columns=names)
        await c.execute("VACUUM (ANALYZE) decisions")
    finally:
        await c.close()


def _records(names: list[str], verdicts: list[Permit | Refusal]) -> Iterator[tuple[Any, ...]]:
    for n, verdict in enumerate(cycle(verdicts)):
        row = decisions.row_of(verdict, f"call-abc123-{n:010}")
        number = f"+1212{n % 10_000_000:07}"
        salt, number_digest = salted(number)
        row |= {"lead_id": n, "number": number, "salt": salt, "number_digest": number_digest}
        row["digest"] = digest(row)
        yield tuple(json.dumps(v) if isinstance(v := row[name], list | dict) else v for name in names)
