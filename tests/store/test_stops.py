"""Numbers blocked by one process are heard of by another: here, by another connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.compliance.consent import Given
from dialer.store import consents, do_not_call, stops
from dialer.store.consents import Evidence
from dialer.store.do_not_call import Listing
from dialer.store.session import Database
from dialer.store.stops import Stops
from tests.store.makers import NOW, a_number

ONE, TWO = a_number(1), a_number(2)
WEB = Listing("web", "callee", NOW)
HEARD_WITHIN = 10.0  # a busy machine; what is promised is measured by the service's test


@asynccontextmanager
async def listening(database: Database) -> AsyncIterator[Callable[[], Awaitable[Stops]]]:
    """Yields what gives the next news, once the listener listens."""
    found: asyncio.Queue[Stops] = asyncio.Queue()

    async def listen() -> None:
        async with aclosing(stops.heard(database)) as heard:
            async for one in heard:
                found.put_nowait(one)

    async def following() -> Stops:
        async with asyncio.timeout(HEARD_WITHIN):
            return await found.get()

    async with asyncio.TaskGroup() as g:
        task = g.create_task(listen())
        while found.empty():  # a listener hears what is said after it came
            await written(database, lambda c: do_not_call.add_many(c, [a_number(99)], WEB, NOW))
            await written(
                database, lambda c: do_not_call.remove(c, a_number(99), None, by="test", because="sign", now=NOW)
            )
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        while not found.empty():
            found.get_nowait()
        yield following
        task.cancel()


async def written(database: Database, work: Callable[[AsyncConnection], Awaitable[object]]) -> None:
    other = Database(database.url.render_as_string(hide_password=False))
    try:
        async with other.begin() as c:
            await work(c)
    finally:
        await other.close()


async def test_a_number_put_on_a_list_is_heard_of(database: Database) -> None:
    async with listening(database) as following:
        await written(database, lambda c: do_not_call.add(c, ONE, Listing("cli", "x", NOW, brand="Winter"), NOW))
        (one,) = (await following()).blocked
        assert (one.number, one.campaign_id, one.brand) == (ONE, None, "Winter")


async def test_a_list_that_is_imported_is_heard_of_as_a_whole(database: Database) -> None:
    numbers = [a_number(n) for n in range(1000)]
    async with listening(database) as following:
        await written(database, lambda c: do_not_call.add_many(c, numbers, WEB, NOW))
        assert {one.number for one in (await following()).blocked} == set(numbers)


async def test_a_consent_that_is_withdrawn_is_heard_of(database: Database) -> None:
    async def withdraw(c: AsyncConnection) -> None:
        await consents.withdraw(c, ONE, by="anna", because="asked", now=NOW)

    given = [(ONE, Given("express", NOW)), (TWO, Given("express", NOW))]
    await written(database, lambda c: consents.add(c, given, Evidence("web", "form 7", "boss"), NOW))
    async with listening(database) as following:
        await written(database, withdraw)
        assert (await following()).withdrawn == {ONE}


async def test_what_was_rolled_back_is_not_heard_of(database: Database) -> None:
    async def fail(c: AsyncConnection) -> None:
        await do_not_call.add(c, ONE, WEB, NOW)
        raise LookupError

    async with listening(database) as following:
        with pytest.raises(LookupError):
            await written(database, fail)
        await written(database, lambda c: do_not_call.add(c, TWO, WEB, NOW))
        assert [one.number for one in (await following()).blocked] == [TWO]


async def test_what_says_that_a_number_is_blocked_does_not_hold_the_number(postgres: Database) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    def told(_connection: object, _pid: int, _channel: str, word: str) -> None:
        heard.put_nowait(word)

    async with postgres.read() as c:
        driver: Any = (await c.get_raw_connection()).driver_connection
        await driver.add_listener("dialer_stops", told)
        await written(postgres, lambda other: do_not_call.add(other, ONE, WEB, NOW))
        async with asyncio.timeout(HEARD_WITHIN):
            assert await heard.get() == "listed 1 1"
        await driver.remove_listener("dialer_stops", told)


async def test_a_line_that_is_cut_is_taken_up_again(postgres: Database) -> None:
    async def cut(c: AsyncConnection) -> None:
        await c.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND state = 'idle'")
        )

    async with listening(postgres) as following:
        await written(postgres, cut)
        await asyncio.sleep(stops.AGAIN_SECONDS)
        number = iter(range(100, 1000))
        while True:
            await written(postgres, lambda c: do_not_call.add(c, a_number(next(number)), WEB, NOW))
            try:
                async with asyncio.timeout(0.3):
                    assert (await following()).blocked
                    return
            except TimeoutError:
                continue
