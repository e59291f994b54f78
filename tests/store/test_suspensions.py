from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from dialer.core.commands import RefuseLead
from dialer.store import leads, stops, suspensions
from dialer.store.session import Database
from dialer.store.suspensions import BadSpan, NoSuchSuspension
from tests.store.makers import NOW, a_campaign, a_refusal, after, claimed, some_leads


async def test_an_area_is_suspended_from_its_beginning_to_its_end(database: Database) -> None:
    async with database.begin() as c:
        await suspensions.add(
            c, "US-NY", because="storm", by="sue", now=NOW, starts_at=after(hours=1), ends_at=after(hours=2)
        )
        found = [await suspensions.areas(c, after(minutes=minutes)) for minutes in (59, 60, 119, 120)]
    assert found == [(), ("US-NY",), ("US-NY",), ()]


async def test_two_suspensions_of_one_area_are_both_to_be_lifted(database: Database) -> None:
    async with database.begin() as c:
        one = await suspensions.add(c, "FR", because="strike", by="sue", now=NOW)
        two = await suspensions.add(c, "FR", because="flood", by="ben", now=NOW)
        assert await suspensions.areas(c, NOW) == ("FR",)
        await suspensions.lift(c, one.id, by="sue", because="over", now=NOW)
        assert await suspensions.areas(c, NOW) == ("FR",)
        lifted = await suspensions.lift(c, two.id, by="sue", because="dry again", now=after(minutes=1))
        assert await suspensions.areas(c, after(minutes=1)) == ()
        assert (lifted.lifted_by, lifted.lifted_because, lifted.set_by) == ("sue", "dry again", "ben")
        assert [found.id for found in await suspensions.every(c)] == [two.id, one.id]


async def test_what_was_lifted_cannot_be_lifted_again(database: Database) -> None:
    async with database.begin() as c:
        one = await suspensions.add(c, "FR", because="strike", by="sue", now=NOW)
        await suspensions.lift(c, one.id, by="sue", because="over", now=NOW)
        with pytest.raises(NoSuchSuspension):
            await suspensions.lift(c, one.id, by="sue", because="over", now=NOW)


@pytest.mark.parametrize("hours", [-1, 0])
async def test_an_end_that_does_not_lie_ahead_is_refused(database: Database, hours: int) -> None:
    async with database.begin() as c:
        with pytest.raises(BadSpan):
            await suspensions.add(c, "FR", because="strike", by="sue", now=NOW, ends_at=after(hours=hours))


async def test_lifting_makes_the_leads_it_put_aside_due_and_no_others(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1, 2)
        one, two = await claimed(c, campaign, 2)
        for prospect, rule in ((one, "EMERGENCY_SUSPENSION"), (two, "ZONE_UNKNOWN")):
            refusal = a_refusal(rule, prospect, campaign)
            await leads.refuse(c, RefuseLead(campaign.id, prospect.lead.id, refusal, NOW), NOW)
        made = await suspensions.add(c, "FR", because="strike", by="sue", now=NOW)
        await suspensions.lift(c, made.id, by="sue", because="over", now=after(minutes=1))
        due = await claimed(c, campaign, 2, now=after(minutes=1))
    assert [prospect.lead.id for prospect in due] == [one.lead.id]


async def test_another_process_hears_of_it_with_the_commit(postgres: Database) -> None:
    async with aclosing(stops.heard(postgres)) as heard:
        news = asyncio.create_task(anext(heard))
        async with asyncio.timeout(20):
            while not news.done():  # until the listener listens
                async with postgres.begin() as c:
                    made = await suspensions.add(c, "FR", because="strike", by="sue", now=NOW)
                await asyncio.wait([news], timeout=0.1)
            assert news.result().suspensions
            async with postgres.begin() as c:
                await suspensions.lift(c, made.id, by="sue", because="over", now=NOW)
            assert (await anext(heard)).suspensions
