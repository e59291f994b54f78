"""The chain of decisions: what is sealed, and that nobody changes any of it unnoticed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.compliance.gate import Permit, Question, Refusal, check
from dialer.store import decisions, ledger, sealing
from dialer.store import schema as t
from dialer.store.session import Database
from dialer.store.verification import Finding, Report, verify
from tests.store.makers import NOW, RULEBOOK, a_number, after


def clock() -> datetime:
    return NOW


def a_verdict(n: int, **known: Any) -> Permit | Refusal:
    return check(RULEBOOK, Question(a_number(n), lead_id=n, campaign_id=1, zone="Etc/UTC", **known), after(seconds=n))


async def kept(db: Database, *numbers: int) -> None:
    """A decision for each of these numbers, each in a transaction of its own."""
    for n in numbers:
        async with db.begin() as c:
            await decisions.keep(c, a_verdict(n))


async def checked(db: Database, **how: Any) -> Report:
    async with db.read() as c:
        return await verify(c, **how)


async def found(db: Database, **how: Any) -> list[tuple[str, int | None, int | None]]:
    report = await checked(db, **how)
    return [(one.fault, one.first_id, one.seal_id) for one in report.findings]


async def ids(db: Database) -> list[int]:
    async with db.read() as c:
        return list(await c.scalars(select(t.decisions.c.id).order_by(t.decisions.c.id)))


@asynccontextmanager
async def tampering(db: Database) -> AsyncIterator[AsyncConnection]:
    """As somebody would who owns the database: without triggers."""
    tables = ("decisions", "decision_seals")
    async with db.begin() as c:
        if db.is_sqlite:
            rows = await c.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
            triggers = [tuple(row) for row in rows]
            for name, _ in triggers:
                await c.execute(text(f"DROP TRIGGER {name}"))
            yield c
            for _, made in triggers:
                await c.exec_driver_sql(made)
        else:
            for table in tables:
                await c.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            yield c
            for table in tables:
                await c.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER ALL"))


@pytest.fixture
async def chain(database: Database) -> list[int]:
    """Three seals over seven decisions, and one decision more; the decisions' ids."""
    for numbers in ((1, 2), (3, 4, 5), (6, 7)):
        await kept(database, *numbers)
        assert len(await sealing.seal(database, clock)) == 1
    await kept(database, 8)
    return await ids(database)


async def test_an_untouched_chain_is_intact_and_says_how_far_it_reaches(database: Database, chain: list[int]) -> None:
    report = await checked(database)
    assert report.intact
    assert (report.seals, report.sealed, report.awaiting, report.unchained, report.erased) == (3, 7, 1, 0, 0)
    assert (report.first_at, report.last_at) == (after(seconds=1), after(seconds=8))
    assert report.newest is not None
    assert (report.newest.first_id, report.newest.last_id) == (chain[5], chain[6])


async def test_an_empty_ledger_is_intact(database: Database) -> None:
    assert await sealing.seal(database, clock) == ()
    report = await checked(database)
    assert report.intact
    assert (report.seals, report.sealed, report.newest) == (0, 0, None)


async def test_nothing_new_makes_no_seal(database: Database, chain: list[int]) -> None:
    assert len(await sealing.seal(database, clock)) == 1
    assert await sealing.seal(database, clock) == ()
    assert (await checked(database)).sealed == 8


async def test_many_decisions_become_several_seals(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "MOST", 3)
    await kept(database, *range(1, 8))
    assert [seal.count for seal in await sealing.seal(database, clock)] == [3, 3, 1]
    assert (await checked(database, chunk=2)).intact


async def test_a_seal_can_be_made_again_by_hand(database: Database, chain: list[int]) -> None:
    async with database.read() as c:
        rows = (await c.execute(select(t.decisions).order_by(t.decisions.c.id))).all()
        _, second, _ = (await c.execute(select(t.decision_seals).order_by(t.decision_seals.c.id))).all()
    lines = ["dialer seal 1", second.previous, "2026-11-23T10:00:00Z", f"{rows[2].id} {rows[4].id} 3", ""]
    lines += [row.digest for row in rows[2:5]]
    assert hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest() == second.digest
    line = ledger.canonical(dict(rows[0]._mapping))
    assert line.startswith('["dialer decision 1","2026-11-23T10:00:01Z","permit",1,1,null,"')
    assert hashlib.sha256(line.encode()).hexdigest() == rows[0].digest
    assert hashlib.sha256(f"{rows[0].salt}{rows[0].number}".encode()).hexdigest() == rows[0].number_digest


CHANGED = {
    "at": NOW, "verdict": "refusal", "campaign_id": 2, "lead_id": 9, "attempt_id": "call-x", "number": "+999000099",
    "salt": "00", "number_digest": "00", "rule": "HOLIDAY", "sentence": "x", "try_after": NOW, "decided_by": "x",
    "packs": ["LAB@2"], "zones": ["UTC"], "clocks": ["x"], "inputs": {"mode": "preview"}, "tzdata": "x", "digest": None,
}  # fmt: skip


def test_every_column_is_tried() -> None:
    assert set(CHANGED) == {column.name for column in t.decisions.c} - {"id"}


@pytest.mark.parametrize("column", CHANGED)
async def test_a_changed_decision_is_named(database: Database, chain: list[int], column: str) -> None:
    async with tampering(database) as c:
        await c.execute(t.decisions.update().where(t.decisions.c.id == chain[3]).values({column: CHANGED[column]}))
    assert await found(database) == [("decision_changed", chain[3], None)]


async def test_a_number_taken_away_without_its_salt_is_a_change(database: Database, chain: list[int]) -> None:
    async with tampering(database) as c:
        await c.execute(t.decisions.update().where(t.decisions.c.id == chain[3]).values(number=None))
    assert await found(database) == [("decision_changed", chain[3], None)]


async def test_a_decision_that_awaits_its_seal_is_looked_at_too(database: Database, chain: list[int]) -> None:
    async with tampering(database) as c:
        await c.execute(t.decisions.update().where(t.decisions.c.id == chain[7]).values(verdict="refusal"))
    assert await found(database) == [("decision_changed", chain[7], None)]


async def test_a_missing_decision_is_named(database: Database, chain: list[int]) -> None:
    async with tampering(database) as c:
        await c.execute(t.decisions.delete().where(t.decisions.c.id.in_((chain[2], chain[3]))))
    report = await checked(database)
    (one,) = report.findings
    assert (one.fault, one.first_id, one.last_id) == ("decision_missing", chain[2], chain[3])


async def test_a_decision_changed_together_with_its_digest_breaks_its_seal(
    database: Database, chain: list[int]
) -> None:
    async with tampering(database) as c:
        row = dict((await c.execute(select(t.decisions).where(t.decisions.c.id == chain[3]))).one()._mapping)
        row["rule"] = "HOLIDAY"
        values = {"rule": "HOLIDAY", "digest": ledger.digest(row)}
        await c.execute(t.decisions.update().where(t.decisions.c.id == chain[3]).values(values))
    (one,) = (await checked(database)).findings
    assert (one.fault, one.first_id, one.last_id, one.seal_id) == ("seal_broken", chain[2], chain[4], 2)


async def _copied(c: AsyncConnection, of: int, to: int) -> None:
    row = dict((await c.execute(select(t.decisions).where(t.decisions.c.id == of))).one()._mapping)
    await c.execute(insert(t.decisions).values(row | {"id": to}))


async def test_a_decision_inserted_into_a_gap_is_named(postgres: Database) -> None:
    await kept(postgres, 1)
    async with postgres.begin() as c:
        await decisions.keep(c, a_verdict(2))
        await c.rollback()  # its id is used up
    await kept(postgres, 3)
    (seal,) = await sealing.seal(postgres, clock)
    first, _ = await ids(postgres)
    assert seal.gaps == ((first + 1, first + 1),)
    assert (await checked(postgres)).intact
    async with tampering(postgres) as c:
        await _copied(c, first, first + 1)
    assert await found(postgres) == [("decision_added", first + 1, 1)]


async def test_a_decision_inserted_before_the_chain_is_named(database: Database, chain: list[int]) -> None:
    async with tampering(database) as c:
        await _copied(c, chain[0], -1)
    assert await found(database) == [("decision_added", -1, None)]


async def test_a_chain_without_its_first_seal_is_named(database: Database, chain: list[int]) -> None:
    async with tampering(database) as c:
        await c.execute(t.decision_seals.delete().where(t.decision_seals.c.id == 1))
    faults = [fault for fault, _, _ in await found(database)]
    assert faults == ["seal_missing", "decision_added", "decision_added"]


async def test_a_missing_seal_is_named(database: Database, chain: list[int]) -> None:
    async with tampering(database) as c:
        await c.execute(t.decision_seals.delete().where(t.decision_seals.c.id == 2))
    (one,) = (await checked(database)).findings
    assert (one.fault, one.first_id, one.last_id, one.seal_id) == ("seal_missing", chain[2], chain[4], 3)


async def test_a_seal_whose_digest_was_changed_is_named(database: Database, chain: list[int]) -> None:
    async with tampering(database) as c:
        await c.execute(t.decision_seals.update().where(t.decision_seals.c.id == 2).values(digest="f" * 64))
    assert await found(database) == [("seal_changed", chain[2], 2)]


@pytest.mark.parametrize("values", [{"made_at": after(days=1)}, {"count": 2}, {"gaps": "3-3"}, {"gaps": "no gaps"}])
async def test_a_seal_that_was_changed_otherwise_is_broken(
    database: Database, chain: list[int], values: dict[str, Any]
) -> None:
    async with tampering(database) as c:
        await c.execute(t.decision_seals.update().where(t.decision_seals.c.id == 2).values(values))
    assert ("seal_broken", chain[2], 2) in await found(database)


async def test_a_seal_that_names_another_before_it_breaks_the_chain(database: Database, chain: list[int]) -> None:
    async with tampering(database) as c:
        await c.execute(t.decision_seals.update().where(t.decision_seals.c.id == 3).values(previous="f" * 64))
    assert await found(database) == [("chain_broken", None, 3), ("seal_broken", chain[5], 3)]


async def test_a_chain_made_anew_is_known_by_a_deposited_seal(database: Database, chain: list[int]) -> None:
    async with database.read() as c:
        deposited = await sealing.newest(c)
    assert deposited is not None
    assert (await checked(database, expect=[deposited.digest])).intact
    async with tampering(database) as c:
        await c.execute(t.decision_seals.delete())
        await c.execute(t.decisions.delete().where(t.decisions.c.id == chain[0]))
    await sealing.seal(database, clock)
    assert (await checked(database)).intact
    assert [fault for fault, _, _ in await found(database, expect=[deposited.digest])] == ["deposit_missing"]


async def test_seals_that_were_cut_off_are_known_by_a_deposited_one(database: Database, chain: list[int]) -> None:
    async with database.read() as c:
        deposited = await sealing.newest(c)
    assert deposited is not None
    async with tampering(database) as c:
        await c.execute(t.decision_seals.delete().where(t.decision_seals.c.id == 3))
        await c.execute(t.decisions.delete().where(t.decisions.c.id > chain[4]))
    assert await found(database, expect=[deposited.digest]) == [("deposit_missing", None, None)]


async def test_the_newest_part_can_be_checked_alone(database: Database) -> None:
    await kept(database, 1, 2)
    await sealing.seal(database, clock)
    await kept(database, 3)
    await sealing.seal(database, lambda: after(days=1))
    async with tampering(database) as c:
        await c.execute(t.decisions.update().where(t.decisions.c.lead_id == 1).values(rule="x"))
    report = await checked(database, since=after(hours=1))
    assert (report.intact, report.seals, report.sealed) == (True, 1, 1)
    assert not (await checked(database)).intact


async def test_what_is_from_before_the_chain_is_counted_and_no_fault(database: Database) -> None:
    row = decisions.row_of(a_verdict(1))
    old = {name: value for name, value in row.items() if name not in ("salt", "number_digest", "clocks", "inputs")}
    async with database.begin() as c:
        await c.execute(insert(t.decisions).values(old | {"digest": None}))
    assert await sealing.seal(database, clock) == ()
    await kept(database, 2)
    await sealing.seal(database, clock)
    report = await checked(database)
    assert (report.intact, report.unchained, report.sealed) == (True, 1, 1)


async def test_an_erased_number_leaves_the_chain_whole(database: Database, chain: list[int]) -> None:
    async with database.begin() as c:
        assert await decisions.erase(c, [a_number(2), a_number(8)]) == 2
    report = await checked(database)
    assert (report.intact, report.erased) == (True, 2)
    async with database.read() as c:
        left = await c.scalar(select(func.count()).where(t.decisions.c.number == a_number(2).e164))
        row = (await c.execute(select(t.decisions).where(t.decisions.c.id == chain[1]))).one()
    assert (left, row.salt) == (0, None)
    assert a_number(2).e164 not in str(row)


REFUSED = "appended and never changed"


@pytest.mark.parametrize(
    "values",
    [
        {"rule": "x"},
        {"number": None},
        {"number": None, "salt": None, "rule": "x"},
        {"number": "+999000009"},
        {"id": 99},
    ],
)
async def test_a_decision_cannot_be_changed(database: Database, chain: list[int], values: dict[str, Any]) -> None:
    with pytest.raises(DBAPIError, match=REFUSED):
        async with database.begin() as c:
            await c.execute(t.decisions.update().where(t.decisions.c.id == chain[0]).values(values))


@pytest.mark.parametrize("statement", [
    "DELETE FROM decisions", "DELETE FROM decision_seals", "UPDATE decision_seals SET count = 9",
    "UPDATE decision_seals SET digest = digest",
])  # fmt: skip
async def test_nothing_of_the_ledger_is_deleted_or_rewritten(
    database: Database, chain: list[int], statement: str
) -> None:
    with pytest.raises(DBAPIError, match=REFUSED):
        async with database.begin() as c:
            await c.execute(text(statement))


async def test_the_tables_cannot_be_emptied_either(postgres: Database) -> None:
    for table in ("decisions", "decision_seals"):
        with pytest.raises(DBAPIError, match=REFUSED):
            async with postgres.begin() as c:
                await c.execute(text(f"TRUNCATE {table}"))


async def test_replacing_a_row_is_refused_as_well(sqlite: Database) -> None:
    await kept(sqlite, 1)
    await sealing.seal(sqlite, clock)
    for table in ("decisions", "decision_seals"):
        with pytest.raises(DBAPIError, match=REFUSED):
            async with sqlite.begin() as c:
                await c.execute(text(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"))


async def test_a_seal_waits_for_an_insert_that_is_not_committed(postgres: Database) -> None:
    """The later id is committed first: a seal that counted it alone would leave the earlier one out for good."""
    await kept(postgres, 1)
    async with postgres.begin() as slow:
        await decisions.keep(slow, a_verdict(2))
        await kept(postgres, 3)
        assert await sealing.seal(postgres, clock) == ()
    (seal,) = await sealing.seal(postgres, clock)
    assert (seal.count, seal.gaps) == (3, ())


async def test_many_writers_and_two_sealers_leave_one_whole_chain(postgres: Database) -> None:
    other = Database(str(postgres.url.render_as_string(hide_password=False)))
    writing = True

    async def write(db: Database, numbers: Iterable[int]) -> None:
        for n in numbers:
            async with db.begin() as c:
                await decisions.keep(c, a_verdict(n))

    async def keep_sealing(db: Database) -> None:
        while writing:
            await sealing.seal(db, clock)

    async with asyncio.TaskGroup() as g:
        sealers = [g.create_task(keep_sealing(db)) for db in (postgres, other)]
        async with asyncio.TaskGroup() as writers:
            for start in range(6):
                writers.create_task(write((postgres, other)[start % 2], range(start * 50, start * 50 + 50)))
        writing = False
        await asyncio.gather(*sealers)
    await sealing.seal(postgres, clock)
    report = await checked(postgres)
    await other.close()
    assert (report.findings, report.sealed, report.awaiting) == ([], 300, 0)
    assert report.seals > 1


async def test_the_service_seals_by_itself(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "EVERY", 0.01)
    running = asyncio.create_task(sealing.run(database, clock))
    async with asyncio.timeout(30):
        for n in (1, 2):
            await kept(database, n)
            while (await checked(database)).awaiting:  # noqa: ASYNC110 (a row that another task writes)
                await asyncio.sleep(0.01)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    report = await checked(database)
    assert (report.intact, report.sealed) == (True, 2)


async def test_a_database_that_is_away_does_not_end_the_sealing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sealing, "EVERY", 0.001)
    caplog.set_level("DEBUG", logger="dialer.store.sealing")
    away = Database("postgresql://nobody@/nothing?host=/no/such/folder")
    running = asyncio.create_task(sealing.run(away, clock))
    async with asyncio.timeout(30):
        while len(caplog.records) < 2:  # noqa: ASYNC110 (a list that another task fills)
            await asyncio.sleep(0.01)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await away.close()


async def test_a_decision_is_found_by_its_id(database: Database, chain: list[int]) -> None:
    async with database.read() as c:
        one = await decisions.get(c, chain[4])
        with pytest.raises(decisions.NoSuchDecision):
            await decisions.get(c, 99)
    assert (one.lead_id, one.verdict, one.inputs) == (5, "permit", {"mode": "progressive", "zone": "Etc/UTC"})


def test_a_finding_says_which() -> None:
    report = Report()
    for n in range(1_001):
        report.add("decision_changed", "x", (n, n))
    assert (report.faults, len(report.findings), report.intact) == (1_001, 1_000, False)
    assert report.findings[0] == Finding("decision_changed", "x", 0, 0)


def test_spans_and_what_is_outside_of_them() -> None:
    assert list(ledger.spans([1, 2, 3, 7, 9, 10])) == [(1, 3), (7, 7), (9, 10)]
    assert list(ledger.spans([])) == []
    assert list(ledger.outside((1, 12), [(1, 3), (7, 7), (9, 10)])) == [(4, 6), (8, 8), (11, 12)]
    assert list(ledger.outside((5, 6), [(1, 9)])) == []
    assert ledger.gaps_read(ledger.gaps_text([(4, 6), (8, 8)])) == ((4, 6), (8, 8))


def test_a_time_has_one_form_only() -> None:
    row = decisions.row_of(a_verdict(1))
    assert ledger.canonical(row | {"at": NOW + timedelta(microseconds=5)}) != ledger.canonical(row)
    with pytest.raises(TypeError):
        ledger.canonical(row | {"inputs": {"x": object()}})
