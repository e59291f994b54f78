from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import Select, func, insert, select

from dialer.core.compliance.consent import Given
from dialer.core.compliance.do_not_call import ListHit
from dialer.core.number import Number
from dialer.store import consents, do_not_call, installation
from dialer.store import schema as t
from dialer.store.consents import Evidence
from dialer.store.do_not_call import WHOLE, Blocked, ListCount, Listing
from dialer.store.number_hash import number_hash, secret
from dialer.store.session import Database
from tests.store.makers import NOW, a_campaign, a_number, after

ONE, TWO, THREE = a_number(1), a_number(2), a_number(3)
WEB = Listing("web", "callee", NOW)


# --- whom a list binds -----------------------------------------------------------------------------------------------


async def test_a_number_on_the_company_list_is_a_hit_for_every_campaign(database: Database) -> None:
    async with database.begin() as c:
        here, there = await a_campaign(c), await a_campaign(c, name="Other")
        assert await do_not_call.add(c, ONE, WEB, NOW)
        assert await do_not_call.add(c, TWO, Listing("agent", "anna", NOW, campaign_id=here.id), NOW)
        mine = await do_not_call.hits(c, [ONE, TWO, THREE], here)
        theirs = await do_not_call.hits(c, [ONE, TWO, THREE], there)
    assert {number: [hit.scope for hit in hits] for number, hits in mine.items()} == {
        ONE: ["company"],
        TWO: ["campaign"],
    }
    assert set(theirs) == {ONE}


async def test_a_brands_list_binds_the_campaigns_of_the_brand(database: Database) -> None:
    async with database.begin() as c:
        winter, other = await a_campaign(c, brand="Winter"), await a_campaign(c, name="Other")
        assert await do_not_call.add(c, ONE, Listing("web", "callee", NOW, brand="Winter"), NOW)
        assert set(await do_not_call.hits(c, [ONE], winter)) == {ONE}
        assert await do_not_call.hits(c, [ONE], other) == {}


async def test_who_wants_no_mail_may_be_called_and_who_wants_no_telephone_may_not(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        assert await do_not_call.add(c, ONE, Listing("web", "callee", NOW, channel="email"), NOW)
        assert await do_not_call.add(c, TWO, Listing("web", "callee", NOW, channel="phone"), NOW)
        assert set(await do_not_call.hits(c, [ONE, TWO], campaign)) == {TWO}
        assert [one.number for one in await do_not_call.blocked(c, NOW)] == [TWO]


async def test_a_hit_says_which_list_it_is_in_words(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c, brand="Frost")
        for own in ({}, {"campaign_id": campaign.id}, {"brand": "Frost"}, {"channel": "phone"}):
            assert await do_not_call.add(c, ONE, Listing("web", "callee", NOW, expires=after(days=9), **own), NOW)
        found = (await do_not_call.hits(c, [ONE], campaign))[ONE]
    assert [hit.list_name for hit in found] == ["company", "campaign Winter", "brand Frost", "channel phone"]
    assert found[0] == ListHit("company", "company", "web", NOW, after(days=9))


@pytest.mark.parametrize(
    "own", [{"campaign_id": 1, "brand": "x"}, {"brand": "x", "channel": "email"}, {"channel": "mail"}, {"brand": ""}]
)
def test_a_listing_is_on_one_list_that_has_a_name(own: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected one list"):
        Listing("web", "callee", NOW, **own)  # type: ignore[arg-type]


# --- once ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("own", [{}, {"brand": "Winter"}, {"channel": "phone"}])
async def test_a_number_asked_for_twice_stands_there_once(database: Database, own: dict[str, str]) -> None:
    listing = Listing("web", "callee", NOW, **own)  # type: ignore[arg-type]
    async with database.begin() as c:
        assert await do_not_call.add(c, ONE, listing, NOW)
        assert not await do_not_call.add(c, ONE, listing, after(days=1))
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


async def test_a_longer_listing_on_one_list_leaves_the_others_as_they_are(database: Database) -> None:
    async with database.begin() as c:
        winter = await a_campaign(c, brand="Winter")
        assert await do_not_call.add(c, ONE, Listing("web", "callee", NOW, expires=after(days=1), brand="Winter"), NOW)
        assert await do_not_call.add(c, ONE, WEB, NOW)
        hits = (await do_not_call.hits(c, [ONE], winter))[ONE]
    assert [(hit.scope, hit.expires) for hit in hits] == [("brand", after(days=1)), ("company", None)]


async def test_a_persons_own_request_takes_the_place_of_a_row_that_came_with_a_whole_list(database: Database) -> None:
    whole = Listing(f"{WHOLE}agency", "agency", NOW)
    async with database.begin() as c:
        assert await do_not_call.add_many(c, [ONE], whole, NOW) == 1
        assert await do_not_call.add(c, ONE, WEB, NOW)
        assert await do_not_call.add_many(c, [ONE], whole, NOW) == 0
        assert await do_not_call.remove_many(c, [ONE], whole, by="boss", because="not in it", now=NOW) == 0
        (hit,) = (await do_not_call.hits(c, [ONE]))[ONE]
    assert hit.source == "web"


# --- taken off -------------------------------------------------------------------------------------------------------


async def test_what_is_taken_off_stays_as_a_dated_row(database: Database) -> None:
    async with database.begin() as c:
        await do_not_call.add(c, ONE, WEB, NOW)
        assert await do_not_call.remove(c, ONE, None, by="boss", because="entered by mistake", now=after(hours=1))
        assert not await do_not_call.remove(c, ONE, None, by="boss", because="again", now=after(hours=2))
        assert await do_not_call.hits(c, [ONE]) == {}
        row = (await c.execute(select(t.do_not_call))).one()
        assert await do_not_call.add(c, ONE, WEB, after(hours=3))
    assert (row.removed_at, row.removed_by, row.removed_because) == (after(hours=1), "boss", "entered by mistake")


async def test_a_number_is_taken_off_the_list_that_is_named_and_no_other(database: Database) -> None:
    async with database.begin() as c:
        await do_not_call.add(c, ONE, WEB, NOW)
        await do_not_call.add(c, ONE, Listing("web", "callee", NOW, brand="Winter"), NOW)
        off = {"by": "boss", "because": "asked", "now": NOW}
        assert not await do_not_call.remove(c, ONE, None, brand="Summer", **off)  # type: ignore[arg-type]
        assert await do_not_call.remove(c, ONE, None, brand="Winter", **off)  # type: ignore[arg-type]
        assert [hit.scope for hit in (await do_not_call.hits(c, [ONE]))[ONE]] == ["company"]


# --- erased numbers --------------------------------------------------------------------------------------------------


async def _erased(database: Database, number: Number) -> None:
    async with database.begin() as c:
        await installation.tag(c, NOW)
        key = await secret(c)
        assert key is not None
        row = {"scope": "company", "source": "web", "proof": "", "asked_by": "", "since": NOW, "added_at": NOW}
        await c.execute(insert(t.do_not_call).values(number_hash=number_hash(key, number), **row))


async def test_a_number_that_was_erased_is_known_by_its_hash(database: Database) -> None:
    await _erased(database, ONE)
    async with database.begin() as c:
        campaign = await a_campaign(c)
        assert set(await do_not_call.hits(c, [ONE, TWO], campaign)) == {ONE}
        assert await do_not_call.blocked(c, NOW) == ()
        assert await do_not_call.add(c, ONE, WEB, NOW)  # asked again: a row of its own
        assert len((await do_not_call.hits(c, [ONE], campaign))[ONE]) == 2


async def test_an_erased_number_can_be_taken_off(database: Database) -> None:
    await _erased(database, ONE)
    async with database.begin() as c:
        assert await do_not_call.remove(c, ONE, None, by="boss", because="asked back in", now=NOW)
        assert await do_not_call.hits(c, [ONE]) == {}


def test_a_hash_depends_on_the_secret_and_on_every_digit() -> None:
    keys, numbers = ("00" * 32, "01" * 32), (ONE, TWO)
    hashes = {number_hash(key, number) for key in keys for number in numbers}
    assert len(hashes) == 4
    assert {len(one) for one in hashes} == {64}
    assert number_hash(keys[0], ONE) == number_hash(keys[0], a_number(1))


# --- opting out ------------------------------------------------------------------------------------------------------


async def test_who_opts_out_of_all_calls_has_withdrawn_every_consent(database: Database) -> None:
    given = [(ONE, Given("express", NOW)), (ONE, Given("night", NOW)), (TWO, Given("express", NOW))]
    async with database.begin() as c:
        await consents.add(c, given, Evidence("web", "form 7", "boss"), NOW)
        await do_not_call.add(c, ONE, Listing("agent", "anna", NOW, "call-1", brand="Winter"), NOW)
        assert len(consents.read(await c.execute(consents.GIVEN, {"dialed": [ONE.e164]}))[ONE]) == 2
        await do_not_call.add(c, ONE, Listing("agent", "anna", NOW, "call-1"), NOW)
        assert set(consents.read(await c.execute(consents.GIVEN, {"dialed": [ONE.e164, TWO.e164]}))) == {TWO}
        entry = (await consents.entries(c, ONE))[0]
    assert (entry.withdrawn_by, entry.withdrawn_because) == ("anna", "do not call: call-1")


# --- many ------------------------------------------------------------------------------------------------------------


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
        await do_not_call.add(c, TWO, Listing("web", "callee", NOW, brand="Winter"), after(minutes=5))
        assert await do_not_call.blocked(c, after(minutes=5)) == (Blocked(TWO, None, "Winter"),)
        assert len(await do_not_call.blocked(c, NOW)) == 2


async def test_a_listing_that_ran_out_is_not_counted(database: Database) -> None:
    async with database.begin() as c:
        await do_not_call.add(c, ONE, Listing("web", "callee", NOW, expires=after(days=1)), NOW)
        assert len(await do_not_call.counts(c, NOW)) == 1
        assert await do_not_call.counts(c, after(days=1)) == ()


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (do_not_call.HITS, "ix_do_not_call_number (number=?)"),
        (do_not_call.ERASED, "ix_do_not_call_number_hash (number_hash=?)"),
        (consents.GIVEN, "ix_consents_number (number=?)"),
    ],
)
async def test_a_claims_questions_are_answered_from_an_index_on_sqlite(
    sqlite: Database, query: Select[Any], index: str
) -> None:
    async with sqlite.begin() as c:
        compiled = query.compile(dialect=c.dialect)
        bound = (json.dumps([ONE.e164]) if "dialed" in name or "hashes" in name else "1" for name in compiled.params)
        plan = " ".join(str(row[3]) for row in await c.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", tuple(bound)))
    assert f"USING INDEX {index}" in plan
