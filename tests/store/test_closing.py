from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from dialer.core.outcome import Kind
from dialer.publish.topics import OutcomeNews
from dialer.store import attempts, closing, decisions, do_not_call, leads, outbox
from dialer.store import schema as t
from dialer.store.attempts import NoSuchAttempt
from dialer.store.session import Database
from tests.store.makers import (
    NOW,
    TZDATA,
    a_campaign,
    a_close,
    a_number,
    a_refusal,
    after,
    an_ending,
    an_order,
    claimed,
    closed,
    opened,
    some_leads,
)


async def _lead(database: Database) -> Any:
    async with database.read() as c:
        return (await c.execute(select(t.leads))).one()


async def test_a_close_is_written_once_also_when_it_comes_twice(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        order = await opened(c, campaign)
        await attempts.save_ending(c, an_ending(order))
    first, second = a_close(order, campaign, "busy"), a_close(order, campaign, "sale")
    async with database.begin() as c:
        assert await closing.close(c, first, NOW)
    async with database.begin() as c:
        assert not await closing.close(c, second, after(minutes=1))
        assert not await closing.close(c, first, after(minutes=1))
        row = (await c.execute(select(t.attempts))).one()
        assert len(await outbox.next_batch(c, 10)) == 1
    assert (row.disposition, row.closed_at) == ("busy", NOW)
    assert (await _lead(database)).tries_by_kind == {"busy": 1}


async def test_of_two_closes_at_once_one_is_written(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        order = await opened(c, campaign)

    async def close(word: str) -> bool:
        async with database.begin() as c:
            return await closing.close(c, a_close(order, campaign, word), NOW)

    assert sorted(await asyncio.gather(close("busy"), close("no_answer"))) == [False, True]
    assert sum((await _lead(database)).tries_by_kind.values()) == 1


async def test_closing_an_attempt_that_never_was_is_our_mistake(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        (prospect,) = await claimed(c, campaign)
        with pytest.raises(NoSuchAttempt):
            await closing.close(c, a_close(an_order(prospect, campaign), campaign), NOW)


async def test_a_busy_lead_comes_back_after_its_delay(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        await closed(c, campaign, "busy")
        delay = campaign.recycle[Kind.BUSY].delay
        assert await claimed(c, campaign, now=NOW + delay - timedelta(seconds=1)) == ()
        (again,) = await claimed(c, campaign, now=NOW + delay)
    assert (again.lead.tries, again.lead.tries_by_kind, again.lead.serial) == (1, {Kind.BUSY: 1}, 1)
    assert [contact.disposition for contact in again.contacts] == ["busy"]


async def test_a_talk_ends_the_lead(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        await closed(c, campaign, "sale")
    lead = await _lead(database)
    assert (lead.status, lead.because, lead.node) == ("done", "sale", None)


async def test_an_uncharged_try_is_given_back_but_its_serial_is_not(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        await closed(c, campaign, "trunk_failure")
        tries = await c.scalar(select(t.lead_numbers.c.tries))
    lead = await _lead(database)
    assert (lead.status, lead.tries, tries, lead.serial) == ("new", 0, 0, 1)
    assert lead.tries_by_kind == {"uncharged": 1}


async def test_a_dead_number_is_not_chosen_again(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, (1, 2))
        await closed(c, campaign, "wrong_number")
        (again,) = await claimed(c, campaign, now=after(minutes=5))
    assert again.number.number == a_number(2)
    assert [number.dead for number in again.lead.numbers] == [True, False]


async def test_an_opt_out_is_on_the_company_list_in_the_same_transaction(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        order = await closed(c, campaign, "do_not_call")
    async with database.read() as c:
        found = await do_not_call.hits(c, [a_number(1)])
        row = (await c.execute(select(t.do_not_call))).one()
    assert [(hit.scope, hit.source, hit.expires) for hit in found[a_number(1)]] == [("company", "agent", None)]
    assert (row.proof, row.asked_by) == (order.attempt_id, "anna")
    assert (await _lead(database)).because == "do_not_call"


async def test_a_personal_callback_waits_for_its_agent_and_a_general_one_for_nobody(database: Database) -> None:
    at = after(hours=3)
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1, 2)
        await closed(c, campaign, "callback", callback_at=at, callback_agent="anna")
        await closed(c, campaign, "callback", callback_at=at)
        promised = await leads.callbacks(c)
        assert [(p.name, p.at, p.agent_id) for p in promised] == [("Lead 1", at, "anna"), ("Lead 2", at, None)]
        assert await leads.callbacks(c, agent_id="anna", campaign_id=campaign.id) == promised[:1]
        assert await claimed(c, campaign, now=after(hours=2)) == ()
        first, second = await claimed(c, campaign, 2, now=at)
    assert (first.for_agent, first.open_from) == ("anna", at + campaign.callback_grace)
    assert (second.for_agent, second.open_from) == (None, None)


async def test_a_callback_that_the_trunk_failed_is_still_promised(database: Database) -> None:
    at = after(hours=3)
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        await closed(c, campaign, "callback", callback_at=at, callback_agent="anna")
        await closed(c, campaign, "trunk_failure", now=at)
        (again,) = await claimed(c, campaign, now=at + timedelta(minutes=5))
    assert again.for_agent == "anna"


async def test_a_callback_that_nobody_answered_is_anybodys(database: Database) -> None:
    at = after(hours=3)
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        await closed(c, campaign, "callback", callback_at=at, callback_agent="anna")
        await closed(c, campaign, "no_answer", now=at)
        (again,) = await claimed(c, campaign, now=at + timedelta(hours=3))
    assert again.for_agent is None


async def test_a_lead_finished_by_hand_during_the_call_stays_finished(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        order = await opened(c, campaign)
        await c.execute(update(t.leads).values(status="done", because="withdrawn"))
        assert await closing.close(c, a_close(order, campaign, "busy"), NOW)
    lead = await _lead(database)
    assert (lead.status, lead.because, lead.tries_by_kind) == ("done", "withdrawn", {"busy": 1})


async def test_the_news_of_an_outcome_is_what_the_publisher_sends_and_holds_no_number(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 123456)
        order = await closed(c, campaign, "sale")
        (row,) = await outbox.next_batch(c, 10)
        await outbox.mark_sent(c, [row.id], NOW)
        assert await outbox.next_batch(c, 10) == ()
    assert row.topic == "outcome"
    assert a_number(123456).digits not in str(row.payload)
    news = OutcomeNews.model_validate({**row.payload, "event_id": str(row.id)})
    assert (news.attempt_id, news.disposition, news.kind, news.number_end) == (
        order.attempt_id,
        "sale",
        "talked",
        "456",
    )
    assert (news.agent_id, news.who_ended, news.talk_seconds) == ("anna", "customer", 60.0)
    assert news.bridged_at == after(seconds=20)


async def test_the_news_of_an_attempt_that_never_became_a_call_can_be_sent_too(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        order = await opened(c, campaign)
        await closing.close(c, a_close(order, campaign, "not_placed"), after(seconds=3))
        (row,) = await outbox.next_batch(c, 10)
    news = OutcomeNews.model_validate({**row.payload, "event_id": "1"})
    assert (news.who_ended, news.ended_at, news.talk_seconds) == ("unknown", after(seconds=3), 0.0)


async def test_every_lead_is_counted_once_whatever_happens_to_it(database: Database) -> None:
    words = ["busy", "sale", "do_not_call", "trunk_failure", "callback", "unallocated", "no_answer"]
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, *range(20))
        for word in words:
            extra = {"callback_at": after(hours=1)} if word == "callback" else {}
            await closed(c, campaign, word, **extra)
        await opened(c, campaign)
        await claimed(c, campaign, 3)
        figures = await leads.counts(c, campaign.id, NOW)
    total = figures.pop("total")
    assert total == sum(figures.values()) == 20
    assert figures == {"due": 9, "waiting": 4, "claimed": 3, "calling": 1, "refused": 0, "done": 3}


async def test_a_refusal_that_came_after_the_row_was_written_is_kept_with_its_attempt(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        order = await opened(c, campaign)
        refusal = a_refusal("OUTSIDE_WINDOW", order.prospect, campaign, after(hours=8))
        close = replace(a_close(order, campaign, "not_placed"), refusal=refusal)
        assert await closing.close(c, close, NOW)
        newest, _ = await decisions.of_lead(c, order.prospect.lead.id)
    assert (newest.rule, newest.attempt_id, newest.tzdata) == ("OUTSIDE_WINDOW", order.attempt_id, TZDATA)
