from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from dialer.store import lists
from dialer.store import schema as t
from dialer.store.campaigns import NoSuchCampaign
from dialer.store.lists import LeadList, NewLead
from dialer.store.session import Database
from tests.store.makers import NOW, a_campaign, a_number, after, claimed


def a_row(*numbers: int) -> NewLead:
    return NewLead(f"Lead {numbers[0]}", tuple((a_number(n), "") for n in numbers))


async def test_a_new_lead_keeps_what_was_known_of_it(database: Database) -> None:
    row = NewLead(
        "李雷", ((a_number(1), "home"), (a_number(2), "work")), "US-NY", "America/New_York", "A", "fair", "X-1", 5,
        {"car": "red"},
    )  # fmt: skip
    async with database.begin() as c:
        campaign = await a_campaign(c)
        list_id = await lists.create(c, campaign.id, "fair", source="upload", by="anna", now=NOW)
        assert await lists.add(c, campaign.id, list_id, [row], NOW) == (True,)
        (prospect,) = await claimed(c, campaign)
        kept = (await c.execute(select(t.leads))).one()
    lead = prospect.lead
    assert (lead.name, lead.region, lead.zone, lead.fields) == ("李雷", "US-NY", "America/New_York", {"car": "red"})
    assert [(n.number, n.label) for n in lead.numbers] == list(row.numbers)
    assert (kept.grade, kept.source, kept.external_id, kept.priority, kept.list_id) == ("A", "fair", "X-1", 5, list_id)


async def test_whoever_is_in_the_campaign_already_is_doubled_by_any_of_their_numbers(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        list_id = await lists.create(c, campaign.id, "one", source="upload", by="anna", now=NOW)
        assert await lists.add(c, campaign.id, list_id, [a_row(1, 2), a_row(2, 3), a_row(4)], NOW) == (
            True, False, True,
        )  # fmt: skip
        assert await lists.add(c, campaign.id, list_id, [a_row(5, 1), a_row(3)], NOW) == (False, True)


async def test_the_same_person_may_be_in_two_campaigns(database: Database) -> None:
    async with database.begin() as c:
        for name in ("one", "two"):
            campaign = await a_campaign(c, name=name)
            list_id = await lists.create(c, campaign.id, name, source="upload", by="anna", now=NOW)
            assert await lists.add(c, campaign.id, list_id, [a_row(1)], NOW) == (True,)


async def test_two_files_at_once_add_a_person_once(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        ids = [await lists.create(c, campaign.id, n, source="upload", by="anna", now=NOW) for n in ("a", "b")]

    async def load(list_id: int) -> int:
        added = 0
        for start in range(0, 40, 10):
            async with database.begin() as c:
                rows = [a_row(n) for n in range(start, start + 10)]
                added += sum(await lists.add(c, campaign.id, list_id, rows, NOW))
        return added

    assert sum(await asyncio.gather(*(load(list_id) for list_id in ids))) == 40
    async with database.read() as c:
        assert await c.scalar(select(func.count()).select_from(t.lead_numbers)) == 40
        assert await c.scalar(select(func.count()).select_from(t.leads)) == 40


async def test_a_lists_figures_and_its_end(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        list_id = await lists.create(c, campaign.id, "a", source="upload", by="anna", now=NOW)
        await lists.count(c, list_id, added=3, rejected=1)
        await lists.count(c, list_id, added=2, doubled=4)
        (running,) = await lists.every(c, campaign.id)
        await lists.finish(c, list_id, after(minutes=1))
        (done,) = await lists.every(c, campaign.id)
    assert running == LeadList(list_id, campaign.id, "a", "upload", "anna", NOW, None, 5, 4, 1)
    assert done.finished_at == after(minutes=1)


async def test_a_list_belongs_to_a_campaign(database: Database) -> None:
    async with database.begin() as c:
        with pytest.raises(NoSuchCampaign):
            await lists.create(c, 5, "a", source="upload", by="anna", now=NOW)
