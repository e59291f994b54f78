from __future__ import annotations

import asyncio

from sqlalchemy import func, select

from dialer.core.number import Number
from dialer.store import do_not_call
from dialer.store import schema as t
from dialer.store.do_not_call import Blocked, ListCount, Listing
from dialer.store.session import Database
from tests.store.makers import NOW, a_campaign, a_number, after

ONE, TWO = a_number(1), a_number(2)
WEB = Listing("web", "callee", NOW)


async def test_a_number_on_the_company_list_is_a_hit_for_every_campaign(database: Database) -> None:
    async with database.begin() as c:
        here, there = await a_campaign(c), await a_campaign(c, name="Other")
        assert await do_not_call.add(c, ONE, WEB, NOW)
        assert await do_not_call.add(c, TWO, Listing("agent", "anna", NOW, campaign_id=here.id), NOW)
        mine = await do_not_call.hits(c, [ONE, TWO, a_number(3)], here.id)
        theirs = await do_not_call.hits(c, [ONE, TWO, a_number(3)], there.id)
    assert {number: [hit.scope for hit in hits] for number, hits in mine.items()} == {
        ONE: ["company"],
        TWO: ["campaign"],
    }
    assert set(theirs) == {ONE}


async def test_a_number_asked_for_twice_stands_there_once(database: Database) -> None:
    async with database.begin() as c:
        assert await do_not_call.add(c, ONE, WEB, NOW)
        assert not await do_not_call.add(c, ONE, WEB, after(days=1))
        assert await c.scalar(select(func.count()).select_from(t.do_not_call)) == 1


async def test_two_who_add_a_number_at_once_leave_one_row(database: Database) -> None:
    async def add() -> None:
        async with database.begin() as c:
            await do_not_call.add(c, ONE, WEB, NOW)

    await asyncio.gather(*(add() for _ in range(6)))
    async with database.read() as c:
        assert await c.scalar(select(func.count()).select_from(t.do_not_call)) == 1


async def test_a_longer_listing_takes_the_place_of_a_shorter_and_never_the_other_way(database: Database) -> None:
    month, year = after(days=30), after(days=365)
    async with database.begin() as c:
        assert await do_not_call.add(c, ONE, Listing("web", "callee", NOW, expires=year), NOW)
        assert not await do_not_call.add(c, ONE, Listing("web", "callee", NOW, expires=month), NOW)
        assert await do_not_call.add(c, ONE, WEB, NOW)
        (hit,) = (await do_not_call.hits(c, [ONE]))[ONE]
        assert await c.scalar(select(func.count()).select_from(t.do_not_call)) == 2
    assert hit.expires is None


async def test_what_is_taken_off_stays_as_a_dated_row(database: Database) -> None:
    async with database.begin() as c:
        await do_not_call.add(c, ONE, WEB, NOW)
        assert await do_not_call.remove(c, ONE, None, by="boss", because="entered by mistake", now=after(hours=1))
        assert not await do_not_call.remove(c, ONE, None, by="boss", because="again", now=after(hours=2))
        assert await do_not_call.hits(c, [ONE]) == {}
        row = (await c.execute(select(t.do_not_call))).one()
        assert await do_not_call.add(c, ONE, WEB, after(hours=3))
    assert (row.removed_at, row.removed_by, row.removed_because) == (after(hours=1), "boss", "entered by mistake")


async def test_many_numbers_come_from_an_iterator_in_pieces(database: Database) -> None:
    def numbers() -> list[Number]:
        return [a_number(n) for n in range(5000)] + [a_number(n) for n in range(100)]

    async with database.begin() as c:
        assert await do_not_call.add_many(c, iter(numbers()), WEB, NOW) == 5000
        assert await do_not_call.add_many(c, iter(numbers()), WEB, NOW) == 0
        found = await do_not_call.hits(c, numbers())
        assert await do_not_call.counts(c, NOW) == (ListCount("company", None, "web", 5000),)
    assert len(found) == 5000


async def test_what_was_blocked_since_a_moment_can_be_asked(database: Database) -> None:
    async with database.begin() as c:
        await do_not_call.add(c, ONE, WEB, NOW)
        await do_not_call.add(c, TWO, WEB, after(minutes=5))
        assert await do_not_call.blocked(c, after(minutes=5)) == (Blocked(TWO, None, after(minutes=5)),)
        assert len(await do_not_call.blocked(c, NOW)) == 2


async def test_a_listing_that_ran_out_is_not_counted(database: Database) -> None:
    async with database.begin() as c:
        await do_not_call.add(c, ONE, Listing("web", "callee", NOW, expires=after(days=1)), NOW)
        assert len(await do_not_call.counts(c, NOW)) == 1
        assert await do_not_call.counts(c, after(days=1)) == ()
