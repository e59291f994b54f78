"""Live answers and abandons as the attempts themselves have them, and the key."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.campaign import Campaign
from dialer.core.compliance.question import AbandonCount
from dialer.store import abandonment, closing, opt_out
from dialer.store import schema as t
from dialer.store.abandonment import Book
from dialer.store.attempts import NoSuchAttempt, open_attempts, save_ending
from dialer.store.session import Database
from tests.store.makers import (
    NOW,
    a_campaign,
    a_close,
    a_number,
    after,
    an_ending,
    claimed,
    opened,
    refused_at_opening,
    some_leads,
)

BOOK = Book("UTC")
DAY = timedelta(days=1)


async def campaign_with(c: AsyncConnection, leads: int) -> Campaign:
    campaign = await a_campaign(c)
    await some_leads(c, campaign, *range(1, leads + 1))
    return campaign


async def ended(c: AsyncConnection, campaign: Campaign, at: datetime = NOW, **facts: Any) -> str:
    """An attempt begun `at` whose call is over; `answered` and `bridged` are seconds after it was begun."""
    order = await opened(c, campaign)
    await c.execute(update(t.attempts).where(t.attempts.c.id == order.attempt_id).values(opened_at=at))
    times = {f"{name}_at": at + timedelta(seconds=facts.pop(name)) for name in ("answered", "bridged") if name in facts}
    await save_ending(c, an_ending(order, ended_at=at + timedelta(seconds=60), **times, **facts))
    return order.attempt_id


def figures(found: abandonment.Counted) -> dict[str, tuple[int, int]]:
    return {tally.period: (tally.abandoned, tally.answered) for tally in found.tallies}


async def test_people_are_counted_and_machines_and_unanswered_calls_are_not(database: Database) -> None:
    async with database.begin() as c:
        campaign = await campaign_with(c, 6)
        await ended(c, campaign, answered=10, bridged=10)
        await ended(c, campaign, answered=10, abandoned=True)
        await ended(c, campaign, answered=10)  # hung up at once
        await ended(c, campaign, answered=10, machine="LONGGREETING-1500-1500")
        await ended(c, campaign)
        await opened(c, campaign)
    async with database.read() as c:
        found = await abandonment.count(c, campaign.id, BOOK, after(minutes=1))
    assert figures(found) == {"campaign_30_days": (1, 3), "calendar_month": (1, 3), "day": (1, 3)}
    assert (found.started, found.last_at) == (NOW, NOW)


async def test_an_agent_after_two_seconds_counts_as_the_rule_says(database: Database) -> None:
    async with database.begin() as c:
        campaign = await campaign_with(c, 3)
        await ended(c, campaign, answered=10, bridged=12)
        await ended(c, campaign, answered=10, bridged=12.001)
        await ended(c, campaign, answered=10, bridged=12.5, greeting_ended_at=after(seconds=10.9))
    async with database.read() as c:
        found = await abandonment.count(c, campaign.id, BOOK, NOW)
        rows = (
            await c.execute(select(t.attempts.c.waited_ms, t.attempts.c.greeting_ms).order_by(t.attempts.c.id))
        ).all()
    assert figures(found) == {"campaign_30_days": (1, 3), "calendar_month": (2, 3), "day": (2, 3)}
    assert [tuple(row) for row in rows] == [(2000, None), (2001, None), (2500, 900)]


async def test_calls_belong_to_the_block_in_which_they_were_begun(database: Database) -> None:
    days_ago = [(40, True), (25, True), (20, True), (1, False), (0, False)]
    async with database.begin() as c:
        campaign = await campaign_with(c, len(days_ago))
        for days, abandoned in days_ago:
            await ended(c, campaign, NOW - days * DAY, answered=10, abandoned=abandoned)
    async with database.read() as c:
        found = await abandonment.count(c, campaign.id, BOOK, NOW)
    # Blocks of thirty days from forty days ago: the second began ten days ago. The month began on the first.
    assert figures(found) == {"campaign_30_days": (0, 2), "calendar_month": (1, 3), "day": (0, 1)}
    assert found.tallies[0].start == NOW - 10 * DAY
    assert found.started == NOW - 40 * DAY


async def test_other_campaigns_are_not_counted(database: Database) -> None:
    async with database.begin() as c:
        campaign = await campaign_with(c, 1)
        await ended(c, campaign, answered=10, abandoned=True)
        other = await a_campaign(c, name="Other")
    async with database.read() as c:
        found = await abandonment.count(c, other.id, BOOK, NOW)
    assert figures(found) == {"campaign_30_days": (0, 0), "calendar_month": (0, 0), "day": (0, 0)}
    assert (found.started, found.last_at) == (None, None)


async def test_a_share_of_the_machines_counts_as_abandoned_people_in_the_kingdoms_day(database: Database) -> None:
    async with database.begin() as c:
        campaign = await campaign_with(c, 6)
        for _ in range(5):
            await ended(c, campaign, answered=10, machine="MAXWORDS-5-4")
        await ended(c, campaign, answered=10, bridged=10)
    async with database.read() as c:
        counted = await abandonment.counts(c, campaign.id, Book("UTC", false_positives=30), NOW)
    assert counted == (
        AbandonCount(0, 1, "campaign_30_days"), AbandonCount(0, 1, "calendar_month"), AbandonCount(2, 3, "day"),
    )  # fmt: skip


async def test_the_count_reads_the_index_of_answered_attempts(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite's plan says the same in other words")
    async with database.begin() as c:
        campaign = await campaign_with(c, 1)
        await c.exec_driver_sql("SET LOCAL enable_seqscan = off")
        query = f"""EXPLAIN SELECT count(*) FILTER (WHERE abandoned) FROM attempts
            WHERE campaign_id = {campaign.id} AND opened_at >= '2026-11-01' AND answered_at IS NOT NULL"""
        plan = "\n".join(row[0] for row in await c.exec_driver_sql(query))
    assert "ix_attempts_answered" in plan


async def test_a_greeting_is_remembered_for_a_service_that_starts_again(database: Database) -> None:
    async with database.begin() as c:
        campaign = await campaign_with(c, 1)
        await ended(c, campaign, answered=10, bridged=11.5, greeting_ended_at=after(seconds=10.9))
        (attempt,) = await open_attempts(c)
    assert attempt.ending is not None
    assert (attempt.ending.greeting_ms, attempt.ending.waited_ms) == (900, 1500)


# --- the key --------------------------------------------------------------------------------------------------------


async def test_the_number_dialed_is_on_the_company_list_with_the_attempt_as_proof(database: Database) -> None:
    async with database.begin() as c:
        campaign = await campaign_with(c, 1)
        order = await opened(c, campaign)
        for minute in (1, 2):  # told twice
            kept = await opt_out.keep(c, order.attempt_id, "key", after(minutes=minute), after(minutes=3))
            assert kept == a_number(1)
    async with database.read() as c:
        (listed,) = (await c.execute(select(t.do_not_call))).all()
        at = await c.scalar(select(t.attempts.c.opted_out_at))
    assert (listed.number, listed.scope, listed.source) == (a_number(1).e164, "company", "key")
    assert (listed.proof, listed.asked_by, listed.since, listed.expires) == (
        order.attempt_id, "customer", after(minutes=1), None,
    )  # fmt: skip
    assert at == after(minutes=1)


async def test_another_campaign_is_refused_the_number(database: Database) -> None:
    async with database.begin() as c:
        campaign = await campaign_with(c, 1)
        order = await opened(c, campaign)
        other = await a_campaign(c, name="Other")
        await some_leads(c, other, 1)
        (prospect,) = await claimed(c, other)
        await opt_out.keep(c, order.attempt_id, "key", NOW, NOW)
        refusal = await refused_at_opening(c, other, prospect)
    assert refusal.rule == "DNC_INTERNAL"


async def test_the_outcome_that_is_published_says_so(database: Database) -> None:
    async with database.begin() as c:
        campaign = await campaign_with(c, 2)
        pressed, other = await opened(c, campaign), await opened(c, campaign)
        await opt_out.keep(c, pressed.attempt_id, "key", NOW, NOW)
        for order in (pressed, other):
            await closing.close(c, a_close(order, campaign, "sale"), NOW)
        rows = (await c.execute(select(t.outbox.c.payload))).scalars().all()
    assert {row["attempt_id"]: row["opted_out"] for row in rows} == {pressed.attempt_id: True, other.attempt_id: False}


async def test_an_attempt_that_nobody_made_has_no_number(database: Database) -> None:
    with pytest.raises(NoSuchAttempt):
        async with database.begin() as c:
            await opt_out.keep(c, "call-abc123-9-9", "key", NOW, NOW)
