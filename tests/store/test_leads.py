from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, text, update

from dialer.core.campaign import Campaign
from dialer.core.commands import RefuseLead, ReleaseLead
from dialer.core.compliance.do_not_call import unscreened
from dialer.store import campaigns, decisions, do_not_call, leads
from dialer.store import schema as t
from dialer.store.do_not_call import Listing
from dialer.store.session import Database
from tests.store.makers import (
    LEASE,
    NODE,
    NOW,
    TZDATA,
    a_campaign,
    a_number,
    a_refusal,
    after,
    claimed,
    closed,
    some_leads,
)


async def _campaign_with(database: Database, *numbers: int | tuple[int, ...]) -> Campaign:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, *numbers)
    return campaign


async def _names(database: Database, campaign: Campaign, n: int, now: datetime = NOW) -> list[str]:
    async with database.begin() as c:
        return [prospect.lead.name for prospect in await claimed(c, campaign, n, now=now)]


async def test_leads_come_in_the_order_of_their_list(database: Database) -> None:
    campaign = await _campaign_with(database, 3, 1, 2)
    assert await _names(database, campaign, 2) == ["Lead 3", "Lead 1"]
    assert await _names(database, campaign, 2) == ["Lead 2"]


async def test_priority_goes_first_then_personal_callbacks_then_who_is_due_longest(database: Database) -> None:
    campaign = await _campaign_with(database, 1, 2, 3, 4)
    async with database.begin() as c:
        for name, values in {
            "Lead 2": {"next_at": after(hours=-1)},
            "Lead 3": {"personal": 1, "callback_agent": "anna", "callback_at": NOW},
            "Lead 4": {"priority": 5},
        }.items():
            await c.execute(update(t.leads).where(t.leads.c.name == name).values(values))
    assert await _names(database, campaign, 4) == ["Lead 4", "Lead 3", "Lead 2", "Lead 1"]


async def test_claims_at_once_never_share_a_lead(database: Database) -> None:
    campaign = await _campaign_with(database, *range(60))
    taken: list[int] = []

    async def work(node: str) -> None:
        while True:
            async with database.begin() as c:
                batch = await claimed(c, campaign, 3, node=node)
            if not batch:
                return
            taken.extend(prospect.lead.id for prospect in batch)

    async with asyncio.TaskGroup() as group:
        for k in range(6):
            group.create_task(work(f"node-{k}"))
    assert len(taken) == 60
    assert len(set(taken)) == 60


async def test_a_locked_lead_is_skipped_and_not_waited_for(postgres: Database) -> None:
    campaign = await _campaign_with(postgres, 1, 2)
    async with postgres.begin() as c:
        (first,) = await claimed(c, campaign)
        async with asyncio.timeout(5), postgres.begin() as other:
            (second,) = await claimed(other, campaign, 2)
    assert {first.lead.name, second.lead.name} == {"Lead 1", "Lead 2"}


async def test_a_claimed_lead_is_nobody_elses_until_its_lease_runs_out(database: Database) -> None:
    campaign = await _campaign_with(database, 1)
    assert await _names(database, campaign, 1) == ["Lead 1"]
    assert await _names(database, campaign, 1, NOW + LEASE - timedelta(seconds=1)) == []
    assert await _names(database, campaign, 1, NOW + LEASE) == ["Lead 1"]


async def test_a_claim_says_when_the_next_lead_falls_due_and_how_many_are_left(database: Database) -> None:
    campaign = await _campaign_with(database, 1, 2)
    async with database.begin() as c:
        await c.execute(update(t.leads).where(t.leads.c.name == "Lead 2").values(next_at=after(minutes=7)))
        answer = await leads.claim(c, campaign, 5, until=after(minutes=30), now=NOW, node=NODE, screen=unscreened)
    assert [p.lead.name for p in answer.prospects] == ["Lead 1"]
    assert (answer.next_at, answer.left) == (after(minutes=7), 2)


async def test_an_empty_campaign_has_nothing_due_and_nothing_left(database: Database) -> None:
    campaign = await _campaign_with(database)
    async with database.begin() as c:
        answer = await leads.claim(c, campaign, 5, until=after(minutes=30), now=NOW, node=NODE, screen=unscreened)
    assert answer == leads.Claimed((), None, 0)


async def test_the_living_number_tried_least_is_chosen(database: Database) -> None:
    campaign = await _campaign_with(database, (1, 2, 3))
    async with database.begin() as c:
        for n, values in {1: {"tries": 2}, 2: {"dead": True}, 3: {"tries": 1}}.items():
            number = a_number(n).e164
            await c.execute(update(t.lead_numbers).where(t.lead_numbers.c.number == number).values(values))
        (prospect,) = await claimed(c, campaign)
    assert prospect.number.number == a_number(3)
    assert len(prospect.lead.numbers) == 3


async def test_a_lead_without_a_living_number_is_done(database: Database) -> None:
    campaign = await _campaign_with(database, 1, 2)
    async with database.begin() as c:
        dead = t.lead_numbers.c.number == a_number(1).e164
        await c.execute(update(t.lead_numbers).where(dead).values(dead=True))
        found = await claimed(c, campaign, 2)
        figures = await leads.counts(c, campaign.id, NOW)
    assert [p.lead.name for p in found] == ["Lead 2"]
    assert (figures["done"], figures["claimed"], figures["total"]) == (1, 1, 2)


async def test_a_prospect_brings_its_numbers_past_from_every_campaign_and_its_list_hits(database: Database) -> None:
    async with database.begin() as c:
        here = await a_campaign(c)
        there = await a_campaign(c, name="Other")
        await some_leads(c, there, 1)
        await c.execute(update(t.leads).values(next_at=after(days=-1)))
        await closed(c, there, "busy", now=after(hours=-1))
        await some_leads(c, here, 1)
        listing = Listing("import", "list broker", after(days=-1), campaign_id=here.id)
        await do_not_call.add(c, a_number(1), listing, NOW)
        await do_not_call.add(c, a_number(1), Listing("web", "else", NOW, campaign_id=there.id), NOW)
        (prospect,) = await claimed(c, here)
    assert [(past.at, past.kind, past.campaign_id) for past in prospect.question.history] == [
        (after(hours=-1), "busy", there.id)
    ]
    assert [(hit.scope, hit.source) for hit in prospect.question.hits] == [("campaign", "import")]
    assert prospect.contacts == ()


@pytest.mark.parametrize(("days", "seen"), [(30, 1), (32, 0)])
async def test_other_campaigns_attempts_count_for_a_month(database: Database, days: int, seen: int) -> None:
    async with database.begin() as c:
        there = await a_campaign(c, name="Other")
        await some_leads(c, there, 1)
        await c.execute(update(t.leads).values(next_at=after(days=-40)))
        await closed(c, there, "busy", now=after(days=-days))
        here = await a_campaign(c)
        await some_leads(c, here, 1)
        (prospect,) = await claimed(c, here)
    assert len(prospect.question.history) == seen


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"rang_at": None}, "no_answer"),
        ({"answered_at": NOW}, "answered"),
        ({"answered_at": NOW, "bridged_at": NOW}, "conversation"),
        ({"answered_at": NOW, "machine": "TOOLONG"}, "amd_machine"),
        ({"answered_at": NOW, "abandoned": True}, "abandoned"),
        ({"kind": None, "closed_at": None}, "open"),
    ],
)
async def test_the_gate_hears_of_an_attempt_by_what_is_known_of_the_call(
    database: Database, facts: dict[str, object], kind: str
) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        await closed(c, campaign, "no_answer")
        await c.execute(update(t.attempts).values(facts))
        (prospect,) = await claimed(c, campaign, now=after(hours=3))
    assert [past.kind for past in prospect.question.history] == [kind]


async def test_a_trunk_that_failed_is_not_held_against_the_number(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        order = await closed(c, campaign, "trunk_failure")
        await c.execute(update(t.attempts).values(rang_at=None))
        (prospect,) = await claimed(c, campaign, now=after(minutes=5))
    assert prospect.question.history == ()
    assert (prospect.lead.tries, prospect.number.tries, prospect.lead.serial) == (0, 0, 1)
    assert prospect.contacts[0].disposition == "trunk_failure"
    assert order.prospect.lead.id == prospect.lead.id


async def test_a_claim_costs_the_same_number_of_statements_however_many_leads(sqlite: Database) -> None:
    campaign = await _campaign_with(sqlite, *range(100))
    spent: list[int] = []
    for n in (1, 50):
        seen: list[str] = []
        async with sqlite.begin() as c:
            event.listen(c.sync_connection, "before_cursor_execute", lambda *a, seen=seen: seen.append(a[2]))
            await claimed(c, campaign, n)
        spent.append(len(seen))
    assert spent[0] == spent[1] <= 5


async def _claims_plan(database: Database, explain: str) -> str:
    """What the database means to do for the claim's first statement, filled in."""
    campaign = await _campaign_with(database, *range(2000))
    seen: list[tuple[str, tuple[object, ...]]] = []
    async with database.begin() as c:
        await c.execute(text("ANALYZE"))
        event.listen(c.sync_connection, "before_cursor_execute", lambda *a: seen.append((a[2], a[3])))
        await claimed(c, campaign, 10)
        statement, values = seen[0]
        if database.is_sqlite:
            return "\n".join(row[3] for row in await c.exec_driver_sql(f"{explain} {statement}", values))
        filled = re.sub(r"\$(\d+)(?=::)", lambda m: f"'{values[int(m[1]) - 1]}'", statement)
        return "\n".join(row[0] for row in await c.exec_driver_sql(f"{explain} {filled}"))


async def test_the_claim_uses_the_partial_index_on_postgresql(postgres: Database) -> None:
    plan = await _claims_plan(postgres, "EXPLAIN")
    assert "Index Scan using ix_leads_claim" in plan
    assert "Sort" not in plan


async def test_the_claim_uses_the_partial_index_on_sqlite(sqlite: Database) -> None:
    plan = await _claims_plan(sqlite, "EXPLAIN QUERY PLAN")
    assert "USING INDEX ix_leads_claim" in plan
    assert "ORDER BY" not in plan


async def test_a_released_lead_is_due_when_it_was_said_to_be(database: Database) -> None:
    campaign = await _campaign_with(database, 1)
    async with database.begin() as c:
        (prospect,) = await claimed(c, campaign)
        order = ReleaseLead(campaign.id, prospect.lead.id, after(minutes=2), "skipped")
        assert await leads.release(c, order, NOW)
        assert not await leads.release(c, order, NOW)
    assert await _names(database, campaign, 1, after(minutes=1)) == []
    assert await _names(database, campaign, 1, after(minutes=2)) == ["Lead 1"]


async def test_a_node_that_starts_again_gives_back_what_it_held_and_nothing_else(database: Database) -> None:
    campaign = await _campaign_with(database, 1, 2)
    async with database.begin() as c:
        await claimed(c, campaign, node="node-a")
        await claimed(c, campaign, node="node-b")
        assert await leads.release_node(c, "node-a", after(seconds=5)) == 1
        figures = await leads.counts(c, campaign.id, after(seconds=5))
    assert (figures["due"], figures["claimed"]) == (1, 1)


async def _refused(
    database: Database, campaign: Campaign, rule: str, try_after: datetime | None = None
) -> dict[str, int]:
    async with database.begin() as c:
        (prospect,) = await claimed(c, campaign)
        refusal = a_refusal(rule, prospect, campaign, try_after)
        order = RefuseLead(campaign.id, prospect.lead.id, refusal, refusal.try_after or NOW)
        assert await leads.refuse(c, order, NOW)
        assert not await leads.refuse(c, order, NOW)
        kept = await decisions.of_lead(c, prospect.lead.id)
        assert [(d.verdict, d.rule, d.number, d.tzdata) for d in kept] == [
            ("refusal", refusal.rule, prospect.number.number, TZDATA)
        ]
        return await leads.counts(c, campaign.id, NOW)


async def test_a_lead_refused_for_its_hours_waits_for_the_window(database: Database) -> None:
    campaign = await _campaign_with(database, 1)
    figures = await _refused(database, campaign, "OUTSIDE_WINDOW", after(hours=9))
    assert (figures["waiting"], figures["refused"]) == (1, 0)
    assert await _names(database, campaign, 1, after(hours=9)) == ["Lead 1"]


async def test_a_lead_on_the_company_list_is_refused_for_good(database: Database) -> None:
    campaign = await _campaign_with(database, 1)
    figures = await _refused(database, campaign, "DNC_INTERNAL")
    assert (figures["refused"], figures["total"]) == (1, 1)


async def test_a_lead_that_a_person_must_cure_rests_instead_of_being_asked_all_the_time(database: Database) -> None:
    campaign = await _campaign_with(database, 1)
    figures = await _refused(database, campaign, "ZONE_UNKNOWN")
    assert figures["waiting"] == 1
    assert await _names(database, campaign, 1, NOW + leads.REFUSED_REST) == ["Lead 1"]


async def test_a_number_that_cannot_be_dialed_gives_way_to_the_leads_next_number(database: Database) -> None:
    campaign = await _campaign_with(database, (1, 2))
    await _refused(database, campaign, "NUMBER_INVALID")
    async with database.begin() as c:
        (prospect,) = await claimed(c, campaign)
    assert prospect.number.number == a_number(2)


async def test_the_last_number_that_cannot_be_dialed_ends_the_lead(database: Database) -> None:
    campaign = await _campaign_with(database, 1)
    assert (await _refused(database, campaign, "NUMBER_INVALID"))["refused"] == 1


async def test_a_callback_can_be_promised_anew_but_not_while_the_lead_is_held(database: Database) -> None:
    campaign = await _campaign_with(database, 1)
    async with database.begin() as c:
        (prospect,) = await claimed(c, campaign)
        lead_id = prospect.lead.id
        assert not await leads.redate(c, lead_id, after(hours=1), "anna", NOW)
        await leads.release(c, ReleaseLead(campaign.id, lead_id, NOW, "skipped"), NOW)
        assert await leads.redate(c, lead_id, after(hours=1), "anna", NOW)
        assert await claimed(c, campaign) == ()
        (again,) = await claimed(c, campaign, now=after(hours=1))
    assert (again.for_agent, again.open_from) == ("anna", after(hours=1) + campaign.callback_grace)


async def test_closed_campaigns_are_no_ones_to_open_again(database: Database) -> None:
    campaign = await _campaign_with(database)
    async with database.begin() as c:
        assert await campaigns.set_status(c, campaign.id, campaigns.CampaignStatus.CLOSED, NOW)
        with pytest.raises(campaigns.StatusRefused, match="possible is nothing"):
            await campaigns.set_status(c, campaign.id, campaigns.CampaignStatus.RUNNING, NOW)
