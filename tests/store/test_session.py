from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from dialer.lab.postgres import Cluster
from dialer.store.schema import installation, outbox
from dialer.store.session import BadDatabaseUrl, Database, DatabaseUnreachable, parse_url
from tests.store.makers import NOW


async def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        async with database.begin() as c:
            await c.execute(
                insert(installation).values(id=1, tag="abc123", secret="00", made_at=datetime(2026, 1, 1, 12))
            )


async def test_a_time_of_another_zone_comes_back_as_the_same_moment_in_utc(database: Database) -> None:
    shanghai = datetime(2026, 11, 23, 12, 0, tzinfo=timezone(timedelta(hours=8)))
    async with database.begin() as c:
        await c.execute(insert(installation).values(id=1, tag="abc123", secret="00", made_at=shanghai))
    async with database.read() as c:
        back = (await c.scalars(select(installation.c.made_at))).one()
    assert (back, back.tzinfo, back.hour) == (shanghai, UTC, 4)


async def test_an_exception_undoes_the_whole_transaction(database: Database) -> None:
    async def fail() -> None:
        async with database.begin() as c:
            await c.execute(insert(outbox).values(topic="t", payload={}, made_at=NOW))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with database.read() as c:
        assert (await c.execute(select(outbox))).all() == []


async def test_the_callers_own_file_error_is_not_taken_for_a_lost_database(database: Database, tmp_path: Path) -> None:
    async def read_a_file() -> None:
        async with database.begin():
            (tmp_path / "missing").read_bytes()

    with pytest.raises(FileNotFoundError):
        await read_a_file()


async def test_a_reader_never_waits_for_a_writer(database: Database) -> None:
    async with database.begin() as writing:
        await writing.execute(insert(outbox).values(topic="t", payload={}, made_at=NOW))
        async with asyncio.timeout(2), database.read() as reading:
            assert (await reading.execute(select(outbox))).all() == []


async def test_many_writers_at_once_lose_no_increment(database: Database) -> None:
    async with database.begin() as c:
        await c.execute(insert(outbox).values(topic="t", payload={"n": 0}, made_at=NOW))

    async def add_one() -> None:
        async with database.begin() as c:
            n = (await c.execute(select(outbox.c.payload).with_for_update())).scalar_one()["n"]
            await c.execute(outbox.update().values(payload={"n": n + 1}))

    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(add_one())
    async with database.read() as c:
        assert (await c.execute(select(outbox.c.payload))).scalar_one() == {"n": 20}


async def test_a_writer_that_is_cancelled_leaves_the_line_free_for_the_next(database: Database) -> None:
    begun = asyncio.Event()

    async def hang() -> None:
        async with database.begin() as c:
            await c.execute(insert(outbox).values(topic="lost", payload={}, made_at=NOW))
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5), database.begin() as c:
        await c.execute(insert(outbox).values(topic="kept", payload={}, made_at=NOW))
    async with database.read() as c:
        assert list(await c.scalars(select(outbox.c.topic))) == ["kept"]


async def test_what_a_statement_was_given_is_not_in_its_error(database: Database) -> None:
    with pytest.raises(IntegrityError) as caught:
        async with database.begin() as c:
            await c.execute(text("INSERT INTO outbox (id, topic) VALUES (:id, :topic)"), {"id": 1, "topic": "+9991234"})
    assert "+9991234" not in str(caught.value).split("DETAIL")[0]


async def test_foreign_keys_are_enforced(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.begin() as c:
            await c.execute(text("INSERT INTO campaign_agents (campaign_id, login) VALUES (1, 'nobody')"))


async def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    database = Database("postgresql://dialer:hunter2@127.0.0.1:1/dialer")
    with pytest.raises(DatabaseUnreachable) as caught:
        async with database.begin():
            pass
    await database.close()
    assert "127.0.0.1:1/dialer" in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_a_file_that_cannot_be_opened_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    database = Database(f"sqlite:///{tmp_path / 'taken'}")
    with pytest.raises(DatabaseUnreachable):
        await database.migrate()
    await database.close()
    for thread in threading.enumerate():  # the driver's own still tells this loop that it is leaving
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 5)


async def test_a_connection_cut_in_mid_transaction_is_unreachable_and_the_next_one_works(postgres: Database) -> None:
    async def be_cut() -> None:
        async with postgres.begin() as c:
            pid = await c.scalar(text("SELECT pg_backend_pid()"))
            async with postgres.read() as other:
                await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            await c.execute(insert(outbox).values(topic="lost", payload={}, made_at=NOW))

    with pytest.raises(DatabaseUnreachable):
        await be_cut()
    async with postgres.begin() as c:
        assert (await c.execute(select(outbox))).all() == []


@pytest.mark.postgres
async def test_a_server_that_went_away_and_came_back_is_used_again() -> None:
    cluster = Cluster()
    try:
        cluster.start()
        database = Database(cluster.url("postgres"))
        async with database.read() as c:
            assert await c.scalar(text("SELECT 1")) == 1
        cluster.stop()
        with pytest.raises(DatabaseUnreachable):
            async with database.read():
                pass
        cluster.start()
        async with database.read() as c:
            assert await c.scalar(text("SELECT 2")) == 2
        await database.close()
    finally:
        cluster.remove()


@pytest.mark.parametrize("url", ["", "mysql://h/db", "sqlite://", "sqlite:///:memory:", "dialer.db"])
def test_an_address_that_we_cannot_use_is_refused_with_what_was_expected(url: str) -> None:
    with pytest.raises(BadDatabaseUrl, match="expected"):
        parse_url(url)
