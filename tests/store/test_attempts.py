from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from dialer.core.commands import ReleaseLead, SaveBridge
from dialer.core.compliance.do_not_call import unscreened
from dialer.core.compliance.gate import Permit
from dialer.core.outcome import Cause, WhoEnded
from dialer.store import attempts, decisions, do_not_call, leads
from dialer.store import schema as t
from dialer.store.attempts import AttemptExists, LeadNotHeld, NoSuchAttempt
from dialer.store.do_not_call import Listing
from dialer.store.session import Database
from tests.store.makers import (
    LEASE,
    NOW,
    RULEBOOK,
    TZDATA,
    a_campaign,
    a_number,
    after,
    an_ending,
    an_order,
    claimed,
    closed,
    opened,
    refused_at_opening,
    some_leads,
)


async def test_an_opened_attempt_has_its_row_its_permit_and_its_try(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        order = await opened(c, campaign)
    async with database.read() as c:
        row = (await c.execute(select(t.attempts))).one()
        lead = (await c.execute(select(t.leads))).one()
        (decision,) = await decisions.of_lead(c, lead.id)
        tries = await c.scalar(select(t.lead_numbers.c.tries))
    assert (row.id, row.number, row.agent_id, row.node) == (order.attempt_id, a_number(1).e164, "anna", "node-a")
    assert (lead.status, lead.serial, lead.tries, tries) == ("calling", 1, 1, 1)
    assert (decision.verdict, decision.packs, decision.zones, decision.tzdata) == (
        "permit", ("LAB@1",), ("Etc/UTC",), TZDATA,
    )  # fmt: skip
    assert decision.attempt_id == order.attempt_id


async def test_the_same_attempt_is_not_opened_twice(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        order = await opened(c, campaign)
    with pytest.raises(AttemptExists):
        async with database.begin() as c:
            await attempts.open(c, order, RULEBOOK, campaign, NOW, unscreened)
    async with database.read() as c:
        assert await c.scalar(select(t.leads.c.tries)) == 1


async def test_of_many_who_open_the_same_attempt_at_once_one_does(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        (prospect,) = await claimed(c, campaign)
    order = an_order(prospect, campaign)

    async def try_it() -> bool:
        try:
            async with database.begin() as c:
                return isinstance(await attempts.open(c, order, RULEBOOK, campaign, NOW, unscreened), Permit)
        except AttemptExists:
            return False

    assert sum(await asyncio.gather(*(try_it() for _ in range(5)))) == 1
    async with database.read() as c:
        assert await c.scalar(select(func.count()).select_from(t.attempts)) == 1


async def test_a_lead_whose_lease_went_to_another_is_not_dialed(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        (mine,) = await claimed(c, campaign)
        (theirs,) = await claimed(c, campaign, now=NOW + LEASE, node="node-b")
        with pytest.raises(LeadNotHeld):
            await attempts.open(c, an_order(mine, campaign), RULEBOOK, campaign, NOW + LEASE, unscreened)
        assert isinstance(
            await attempts.open(c, an_order(theirs, campaign), RULEBOOK, campaign, NOW + LEASE, unscreened), Permit
        )


async def test_a_lead_that_was_given_back_is_not_dialed(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        (prospect,) = await claimed(c, campaign)
        await leads.release(c, ReleaseLead(campaign.id, prospect.lead.id, prospect.lease_until, "skipped"), NOW)
        with pytest.raises(LeadNotHeld):
            await attempts.open(c, an_order(prospect, campaign), RULEBOOK, campaign, NOW, unscreened)


async def test_a_number_blocked_between_claim_and_opening_is_refused(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        (prospect,) = await claimed(c, campaign)
        assert prospect.question.hits == ()
    async with database.begin() as c:
        await do_not_call.add(c, a_number(1), Listing("web", "callee", NOW), NOW)
    async with database.begin() as c:
        refusal = await refused_at_opening(c, campaign, prospect)
    assert refusal.rule == "DNC_INTERNAL"
    async with database.read() as c:
        assert (await c.execute(select(t.attempts))).all() == []
        (decision,) = await decisions.of_lead(c, prospect.lead.id)
        figures = await leads.counts(c, campaign.id, NOW)
    assert (decision.rule, decision.attempt_id) == ("DNC_INTERNAL", f"call-abc123-{prospect.lead.id}-1")
    assert (figures["refused"], figures["calling"]) == (1, 0)


async def test_an_attempt_from_another_campaign_since_the_claim_counts_in_the_cap(database: Database) -> None:
    rules = {"attempts_per_day": 1}
    async with database.begin() as c:
        here, there = await a_campaign(c, rules=rules), await a_campaign(c, name="Other")
        await some_leads(c, here, 1)
        await some_leads(c, there, 1)
        (prospect,) = await claimed(c, here)
        await closed(c, there, "busy")
    async with database.begin() as c:
        refusal = await refused_at_opening(c, here, prospect, after(minutes=1))
    assert refusal.rule == "ATTEMPT_CAP"
    assert refusal.try_after == after(hours=14)
    async with database.begin() as c:
        assert (await claimed(c, here, now=after(hours=13))) == ()
        assert len(await claimed(c, here, now=after(hours=14))) == 1


async def test_an_open_attempt_counts_in_the_cap(database: Database) -> None:
    async with database.begin() as c:
        here, there = await a_campaign(c, rules={"gap": 3600}), await a_campaign(c, name="Other")
        await some_leads(c, here, 1)
        await some_leads(c, there, 1)
        await opened(c, there)
        (prospect,) = await claimed(c, here)
        refusal = await refused_at_opening(c, here, prospect, after(minutes=1))
    assert refusal.rule == "ATTEMPT_GAP"


async def test_facts_of_an_ending_only_grow(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        order = await opened(c, campaign)
        full = an_ending(
            order, rang_at=after(seconds=2), answered_at=after(seconds=9), bridged_at=after(seconds=9.05), machine=None
        )
        await attempts.save_ending(c, full)
        poorer = an_ending(order, ended_at=after(hours=1), who_ended=WhoEnded.UNKNOWN, cause=Cause.OTHER, agent_id=None)
        await attempts.save_ending(c, poorer)
        (found,) = await attempts.open_attempts(c)
    assert found.ending == full


async def test_that_the_agent_ended_it_may_come_late(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        order = await opened(c, campaign)
        for who in (WhoEnded.CUSTOMER, WhoEnded.AGENT, WhoEnded.CUSTOMER):
            await attempts.save_ending(c, an_ending(order, who_ended=who))
        (found,) = await attempts.open_attempts(c)
    assert found.ending is not None
    assert found.ending.who_ended is WhoEnded.AGENT


async def test_who_ended_it_may_become_known_later(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        order = await opened(c, campaign)
        await attempts.save_ending(c, an_ending(order, who_ended=WhoEnded.UNKNOWN))
        await attempts.save_ending(c, an_ending(order, who_ended=WhoEnded.NETWORK, abandoned=True))
        (found,) = await attempts.open_attempts(c)
    assert found.ending == an_ending(order, who_ended=WhoEnded.NETWORK, abandoned=True)


async def test_the_end_of_an_attempt_that_never_was_is_our_mistake(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        (prospect,) = await claimed(c, campaign)
        with pytest.raises(NoSuchAttempt):
            await attempts.save_ending(c, an_ending(an_order(prospect, campaign)))


async def test_an_open_attempt_is_rebuilt_as_it_was_when_it_was_made(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, (1, 2))
        await closed(c, campaign, "busy")
        order = await opened(c, campaign, now=after(hours=1))
        await attempts.save_bridge(c, SaveBridge(order.attempt_id, "bert", after(hours=1.1), after(hours=1.2)))
    async with database.read() as c:
        (found,) = await attempts.open_attempts(c, "node-a")
        assert await attempts.open_attempts(c, "node-b") == ()
    before = order.prospect.lead
    lead = found.prospect.lead
    assert (lead.tries, lead.tries_by_kind, lead.serial) == (before.tries, before.tries_by_kind, before.serial)
    assert found.prospect.number == order.prospect.number
    assert found.prospect.contacts == order.prospect.contacts
    assert (found.agent_id, found.answered_at, found.bridged_at, found.ending) == (
        "bert", after(hours=1.1), after(hours=1.2), None,
    )  # fmt: skip


async def test_a_lead_in_a_call_is_not_claimed_even_after_its_lease(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        await opened(c, campaign)
        assert await claimed(c, campaign, now=NOW + LEASE + timedelta(hours=1)) == ()


@pytest.mark.parametrize(("consent", "rule"), [(None, "CONSENT_REQUIRED"), ("express", None)])
async def test_consent_is_asked_for_again_when_the_attempt_is_opened(
    database: Database, consent: str | None, rule: str | None
) -> None:
    (lab,) = RULEBOOK.packs["LAB"]
    opt_in = replace(RULEBOOK, packs={"LAB": (replace(lab, opt_in=True),)})
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1, consent=consent)
        (prospect,) = await claimed(c, campaign)
        assert prospect.question.consents == ({consent} if consent else set())
        answer = await attempts.open(c, an_order(prospect, campaign), opt_in, campaign, NOW, unscreened)
    assert getattr(answer, "rule", None) == rule
