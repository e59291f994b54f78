"""The one lead that an agent asks for, by its id or by a number that may be nobody's yet."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.campaign import Campaign
from dialer.core.commands import ClaimLead, ReleaseLead
from dialer.core.compliance.do_not_call import unscreened
from dialer.core.compliance.gate import Permit, Refusal
from dialer.core.lead import Prospect
from dialer.core.number import Number
from dialer.store import attempts, decisions, do_not_call, leads, lists, manual
from dialer.store import schema as t
from dialer.store.do_not_call import Listing
from dialer.store.session import Database
from tests.store.makers import (
    NODE,
    NOW,
    RULEBOOK,
    a_campaign,
    a_number,
    after,
    an_order,
    claimed,
    closed,
    opened,
    some_leads,
)

OPT_OUT = Listing(source="agent", asked_by="anna", since=NOW, proof="said so")


async def by_hand(
    c: AsyncConnection, campaign: Campaign, who: int | Number, agent: str = "anna"
) -> Prospect | Refusal | str:
    order = ClaimLead(agent, NOW, campaign.id, who)
    return await manual.claim_one(c, order, campaign, RULEBOOK, now=NOW, node=NODE, screen=unscreened)


async def got(c: AsyncConnection, campaign: Campaign, who: int | Number) -> Prospect:
    found = await by_hand(c, campaign, who)
    assert isinstance(found, Prospect), found
    return found


async def only_lead(c: AsyncConnection) -> int:
    found: int = (await c.execute(select(t.leads.c.id))).scalar_one()
    return found


async def test_a_lead_that_is_not_due_is_claimed_and_goes_back_to_its_own_time(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        await c.execute(update(t.leads).values(next_at=after(days=3)))
        found = await got(c, campaign, await only_lead(c))
        assert (found.was_due, found.lease_until, found.manual) == (after(days=3), NOW + manual.LEASE, True)
        assert await claimed(c, campaign) == ()
        back = ReleaseLead(campaign.id, found.lead.id, found.back(NOW), "agent_phone")
        await leads.release(c, back, NOW)
        assert await c.scalar(select(t.leads.c.next_at)) == after(days=3)


async def test_its_attempt_is_opened_like_every_other_and_the_gate_is_asked_for_a_manual_call(
    database: Database,
) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        found = await got(c, campaign, a_number(1))
        answer = await attempts.open(c, an_order(found, campaign), RULEBOOK, campaign, NOW, unscreened)
        assert isinstance(answer, Permit)
        assert answer.basis.question.mode == "manual"
        assert await c.scalar(select(t.leads.c.status)) == "calling"


async def test_a_number_that_is_nobodys_becomes_a_lead_of_the_agents_own_list(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        found = await got(c, campaign, a_number(5))
        again = await got(c, campaign, a_number(6))
        assert [n.number for n in found.lead.numbers] == [a_number(5)]
        assert found.lead.name == "…005"
        [only] = await lists.every(c, campaign.id)
        assert (only.name, only.source, only.by, only.added, only.finished_at) == ("manual", "manual", "anna", 2, NOW)
        assert again.lead.id != found.lead.id


async def test_a_refused_number_becomes_no_lead_and_the_refusal_is_kept(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await do_not_call.add(c, a_number(5), OPT_OUT, NOW)
        refusal = await by_hand(c, campaign, a_number(5))
        assert isinstance(refusal, Refusal)
        assert refusal.rule == "DNC_INTERNAL"
        assert await c.scalar(select(func.count()).select_from(t.leads)) == 0
        assert await decisions.refusals(c, campaign.id) == {"DNC_INTERNAL": 1}


async def test_a_refused_lead_stays_where_it_was(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        await do_not_call.add(c, a_number(1), OPT_OUT, NOW)
        before = (await c.execute(select(t.leads))).one()
        refusal = await by_hand(c, campaign, before.id)
        assert isinstance(refusal, Refusal)
        assert (await c.execute(select(t.leads))).one() == before
        assert await decisions.refusals(c, campaign.id) == {"DNC_INTERNAL": 1}


async def test_caps_hold_for_calls_by_hand(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c, rules={"attempts_per_day": 1})
        await some_leads(c, campaign, 1)
        await closed(c, campaign, "no_answer")
        refusal = await by_hand(c, campaign, a_number(1))
        assert isinstance(refusal, Refusal)
        assert refusal.rule == "ATTEMPT_CAP"


@pytest.mark.parametrize("why", ["no_lead", "calling", "done", "held", "no_number", "promised"])
async def test_what_cannot_be_had_has_its_word(database: Database, why: str) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        other = await a_campaign(c, name="Other")
        await some_leads(c, other if why == "no_lead" else campaign, 1)
        match why:
            case "calling":
                await opened(c, campaign)
            case "done":
                await c.execute(update(t.leads).values(status="done"))
            case "held":
                await claimed(c, campaign)
            case "no_number":
                await c.execute(update(t.lead_numbers).values(dead=True))
            case "promised":
                promise = {"callback_agent": "ben", "callback_at": NOW, "next_at": NOW}
                await c.execute(update(t.leads).values(promise))
        before = (await c.execute(select(t.leads))).one()
        assert await by_hand(c, campaign, before.id) == why
        assert (await c.execute(select(t.leads))).one() == before


async def test_a_promise_to_another_agent_is_open_after_its_grace(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        promise = {"callback_agent": "ben", "callback_at": NOW - campaign.callback_grace, "next_at": NOW}
        await c.execute(update(t.leads).values(promise))
        await got(c, campaign, a_number(1))


async def test_a_lease_that_ran_out_holds_nothing(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        await claimed(c, campaign, now=NOW - timedelta(minutes=11))
        await got(c, campaign, a_number(1))


async def test_the_number_that_was_typed_is_called_and_no_other_of_the_lead(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, (1, 2))
        found = await got(c, campaign, a_number(2))
        assert found.number.number == a_number(2)
    async with database.begin() as c:
        await c.execute(update(t.leads).values(next_at=NOW, node=None))
        await c.execute(update(t.lead_numbers).where(t.lead_numbers.c.number == a_number(2).e164).values(dead=True))
        assert await by_hand(c, campaign, a_number(2)) == "no_number"


async def test_two_agents_who_type_one_number_at_once_make_one_lead(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)

    async def one(agent: str) -> Prospect | Refusal | str:
        async with database.begin() as c:
            return await by_hand(c, campaign, a_number(9), agent)

    first, second = await asyncio.gather(one("anna"), one("ben"))
    assert [isinstance(found, Prospect) for found in (first, second)].count(True) == 1
    assert "held" in (first, second)
    async with database.read() as c:
        assert await c.scalar(select(func.count()).select_from(t.leads)) == 1


async def test_a_refusal_at_the_opening_keeps_the_promised_time(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        await c.execute(update(t.leads).values(next_at=after(days=30)))
        found = await got(c, campaign, a_number(1))
        shut = replace(campaign, rules=replace(campaign.rules, windows=(((0, 60),),) * 7))
        answer = await attempts.open(c, an_order(found, campaign), RULEBOOK, shut, NOW, unscreened)
        assert isinstance(answer, Refusal)
        assert await c.scalar(select(t.leads.c.next_at)) == after(days=30)
