"""Claiming leads with the whole gate, at national size, against the bare claim of the same table (goal P7)."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import bindparam, select, text, update

from dialer.bench.dnc import national_snapshot
from dialer.bench.gate import NOON
from dialer.bench.measure import PAIRS, Measured, absolute, compared, percentile
from dialer.core.campaign import Campaign
from dialer.core.compliance.do_not_call import Screened
from dialer.core.compliance.gate import Permit, check
from dialer.core.number import Number
from dialer.engine import utc_now
from dialer.lab.postgres import Cluster
from dialer.registry.shelf import Shelf
from dialer.rules.load import load
from dialer.store import campaigns, installation, leads
from dialer.store.schema import leads as table
from dialer.store.session import Database
from dialer.store.types import UTCDateTime

LEASE = timedelta(minutes=10)
CLAIMS = 200
"""Claims a round where there are leads enough: the 99th percentile is the second slowest of them."""

ROUNDS = PAIRS + 2

_due = leads.DUE.cte("due")
_BARE = (
    update(table)
    .where(table.c.id.in_(select(_due.c.id)))
    .values(next_at=bindparam("until", type_=UTCDateTime()), was_due=table.c.next_at, node="bare")
    .returning(table.c.id)
)

_AREA_CODES = "'212','213','305','312','404','415','512','617','702','818'"
# Values that are our own go into the text; nothing of it comes from outside.
_FILL = (
    """INSERT INTO leads (id, campaign_id, name, region, fields, priority, status, next_at, personal, serial, tries,
    tries_by_kind, created_at, changed_at)
    SELECT n, :campaign, 'lead ' || n, NULL, '{}', 0, 'new', CAST(:now AS timestamptz) - n * interval '1 millisecond',
    0, 0, 0, '{}', :now, :now FROM generate_series(1, :count) n""",
    f"""INSERT INTO lead_numbers (id, lead_id, campaign_id, position, number, label)
    SELECT n, n, :campaign, 0, '+1' || (ARRAY[{_AREA_CODES}])[1 + n % 10] || (2000000 + n / 10), ''
    FROM generate_series(1, :count) n""",  # noqa: S608
)


def run(lead_count: int = 10_000_000, numbers: int = 258_500_000, per_claim: int = 20) -> list[Measured]:
    """Both claims in turn on a PostgreSQL that syncs to disk; the wall time of a claim's whole transaction."""
    with tempfile.TemporaryDirectory(prefix="dialer-bench-") as folder:
        national_snapshot(numbers, Path(folder))
        cluster = Cluster(durable=True, shared_buffers="2GB")
        try:
            cluster.start()
            return asyncio.run(_measured(cluster, Path(folder), lead_count, numbers, per_claim))
        finally:
            cluster.remove()


async def _measured(cluster: Cluster, folder: Path, lead_count: int, numbers: int, per_claim: int) -> list[Measured]:
    rulebook, shelf = load(), Shelf(folder)

    def screen(number: Number) -> Screened:
        return shelf.screened(number, utc_now())

    async with _filled(cluster, lead_count) as (db, campaign):

        async def bare() -> None:
            async with db.begin() as c:
                now = utc_now()
                bound = {"of_campaign": campaign.id, "due_by": now, "at_most": per_claim, "until": now + LEASE}
                (await c.execute(_BARE, bound)).all()

        permits = 0

        async def ours() -> None:
            nonlocal permits
            async with db.begin() as c:
                now = utc_now()
                found = await leads.claim(
                    c, campaign, per_claim, until=now + LEASE, now=now, node="ours", screen=screen, count=False
                )
                verdicts = [check(rulebook, prospect.question, NOON) for prospect in found.prospects]
            permits += sum(isinstance(verdict, Permit) for verdict in verdicts)

        claims = max(min(CLAIMS, lead_count // per_claim // (2 * ROUNDS + 4)), 1)
        for warm in (bare, ours, bare, ours):
            await _round(warm, claims)
        rounds: dict[Callable[[], Awaitable[None]], list[list[float]]] = {bare: [], ours: []}
        cpu: dict[Callable[[], Awaitable[None]], list[float]] = {bare: [], ours: []}
        for _ in range(ROUNDS):
            for claim in (bare, ours):
                begun = time.process_time()
                rounds[claim].append(await _round(claim, claims))
                cpu[claim].append((time.process_time() - begun) / claims / per_claim)
        look_up = _look_up(screen, lead_count)
    slow = {claim: [percentile(times, 0.99) for times in found] for claim, found in rounds.items()}
    middle = {claim: [percentile(times, 0.5) for times in found] for claim, found in rounds.items()}
    sizes = {"leads": lead_count, "do_not_call": numbers, "leads_a_claim": per_claim, "claims_a_round": claims}
    figures = {
        **sizes,
        "p50_ms": {"ours": _ms(middle[ours]), "baseline": _ms(middle[bare])},
        "p99_ms": {"ours": _ms(slow[ours]), "baseline": _ms(slow[bare])},
        "cpu_us_a_lead": {"ours": round(min(cpu[ours]) * 1e6, 1), "baseline": round(min(cpu[bare]) * 1e6, 1)},
        "permits": permits,
    }
    return [
        compared("pick: p99 of a claim", slow[ours], slow[bare], "<= 1.10", lambda ratio: ratio <= 1.10, **figures),
        absolute("pick: CPU of the look-up, us a lead", look_up * 1e6, "<= 10", look_up <= 10e-6, **sizes),
    ]


async def _round(claim: Callable[[], Awaitable[None]], claims: int) -> list[float]:
    times = []
    for _ in range(claims):
        begun = time.perf_counter()
        await claim()
        times.append(time.perf_counter() - begun)
    return times


def _look_up(screen: Callable[[Number], Screened], count: int) -> float:
    """CPU seconds to look one number up in the registry, over numbers of the leads."""
    numbers = [Number(f"+1212{2_000_000 + n}") for n in range(1, min(count, 50_000))]
    best = []
    for _ in range(PAIRS):
        begun = time.process_time()
        for number in numbers:
            screen(number)
        best.append((time.process_time() - begun) / len(numbers))
    return min(best)


@asynccontextmanager
async def _filled(cluster: Cluster, count: int) -> AsyncIterator[tuple[Database, Campaign]]:
    """A database with one campaign of so many leads, all due. Filled past our own engine, which times out long work."""
    db = Database(cluster.url(await cluster.create()))
    try:
        await db.migrate()
        settings: dict[str, Any] = {
            "name": "pick", "dial_mode": "progressive", "trunk": "t", "caller_ids": [], "rules": {},
        }  # fmt: skip
        async with db.begin() as c:
            await installation.tag(c, utc_now())
            campaign = await campaigns.create(c, settings, utc_now())
        await _fill(db, campaign.id, count)
        yield db, campaign
    finally:
        await db.close()


async def _fill(db: Database, campaign_id: int, count: int) -> None:
    """In one go, the secondary indexes dropped meanwhile: ten million rows in minutes."""
    host, name = db.url.query["host"], db.url.database
    c = await asyncpg.connect(host=host, user=db.url.username, database=name)
    try:
        await c.execute("SET maintenance_work_mem = '1GB'; SET synchronous_commit = off")
        made = await c.fetch(
            """SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS text FROM pg_index
            WHERE indrelid IN ('leads'::regclass, 'lead_numbers'::regclass) AND NOT indisprimary AND NOT indisunique"""
        )
        for index in made:
            await c.execute(f"DROP INDEX {index['name']}")
        for statement in _FILL:
            values = {"campaign": campaign_id, "now": utc_now(), "count": count}
            await c.execute(*_positional(statement, values))
        for index in made:
            await c.execute(index["text"])
        await c.execute("VACUUM (ANALYZE)")
    finally:
        await c.close()


def _positional(statement: str, values: dict[str, Any]) -> tuple[Any, ...]:
    """Named parameters as asyncpg counts them."""
    compiled = text(statement)
    names = list(compiled._bindparams)
    for place, name in enumerate(names, 1):
        statement = statement.replace(f":{name}", f"${place}")
    return statement, *(values[name] for name in names)


def _ms(seconds: list[float]) -> float:
    return round(sorted(seconds)[len(seconds) // 2] * 1e3, 3)
