"""Transfers in the database: the row before the call, the gate's answer about the outside number, the facts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.campaign import Campaign
from dialer.core.commands import OpenTransferRow, SaveTransfer
from dialer.core.compliance.do_not_call import unscreened
from dialer.core.compliance.gate import Permit, Refusal
from dialer.core.outcome import Cause
from dialer.core.remembered import OpenTransfer
from dialer.store import do_not_call, transfers
from dialer.store import schema as t
from dialer.store.attempts import AttemptExists
from dialer.store.do_not_call import Listing
from dialer.store.session import Database
from tests.store.makers import NODE, NOW, RULEBOOK, a_campaign, a_number, after, opened, some_leads
from tests.store.test_manual import by_hand

EXPERT = a_number(77)
ID = "transfer-abc123-1-1-1764000000000"


async def a_talk(c: AsyncConnection, **settings: object) -> tuple[Campaign, OpenTransferRow]:
    campaign = await a_campaign(c, **settings)
    await some_leads(c, campaign, 1)
    attempt = await opened(c, campaign)
    return campaign, OpenTransferRow(ID, attempt.attempt_id, campaign.id, EXPERT, "anna", "trunk-a", "100")


async def opening(c: AsyncConnection, campaign: Campaign, order: OpenTransferRow) -> Permit | Refusal:
    return await transfers.open(c, order, RULEBOOK, campaign, NOW, NODE, unscreened)


def facts(**known: object) -> SaveTransfer:
    return replace(SaveTransfer(ID, None, None, None, None, None, None), **known)


async def test_the_row_and_the_permit_are_written_together(database: Database) -> None:
    async with database.begin() as c:
        campaign, order = await a_talk(c)
        permit = await opening(c, campaign, order)
        assert isinstance(permit, Permit)
        assert (permit.number, permit.basis.question.mode) == (EXPERT, "manual")
        row = (await c.execute(select(t.transfers))).one()
        assert (row.id, row.attempt_id, row.number, row.node) == (ID, order.attempt_id, EXPERT.e164, NODE)
        kept = (await c.execute(select(t.decisions).where(t.decisions.c.attempt_id == ID))).one()
        assert (kept.verdict, kept.number) == ("permit", EXPERT.e164)


async def test_a_number_on_the_list_gets_no_row_and_its_refusal_is_kept(database: Database) -> None:
    async with database.begin() as c:
        campaign, order = await a_talk(c)
        await do_not_call.add(c, EXPERT, Listing(source="agent", asked_by="anna", since=NOW, proof="x"), NOW)
        refusal = await opening(c, campaign, order)
        assert isinstance(refusal, Refusal)
        assert (await c.execute(select(t.transfers))).all() == []
        kept = (await c.execute(select(t.decisions).where(t.decisions.c.attempt_id == ID))).one()
        assert (kept.verdict, kept.rule) == ("refusal", "DNC_INTERNAL")


async def test_the_same_order_twice_is_not_two_rows(database: Database) -> None:
    async with database.begin() as c:
        campaign, order = await a_talk(c)
        await opening(c, campaign, order)
        with pytest.raises(AttemptExists):
            await opening(c, campaign, order)


async def test_a_transfer_counts_for_the_caps_of_the_number_it_went_to(database: Database) -> None:
    async with database.begin() as c:
        campaign, order = await a_talk(c, rules={"attempts_per_day": 1})
        assert isinstance(await opening(c, campaign, order), Permit)
        again = replace(order, transfer_id=f"{ID}1")
        refusal = await opening(c, campaign, again)
        assert isinstance(refusal, Refusal)
        assert refusal.rule == "ATTEMPT_CAP"
        by_agent = await by_hand(c, campaign, EXPERT)
        assert isinstance(by_agent, Refusal)
        assert by_agent.rule == "ATTEMPT_CAP"


async def test_the_customers_own_attempts_do_not_count_for_the_outside_number(database: Database) -> None:
    async with database.begin() as c:
        campaign, order = await a_talk(c, rules={"max_attempts": 1})
        assert isinstance(await opening(c, campaign, order), Permit)


async def test_a_transfer_that_rang_nobody_counts_for_nothing(database: Database) -> None:
    async with database.begin() as c:
        campaign, order = await a_talk(c, rules={"attempts_per_day": 1})
        await opening(c, campaign, order)
        await transfers.save(c, facts(ended_at=after(seconds=1), because="not_placed"))
        assert isinstance(await opening(c, campaign, replace(order, transfer_id=f"{ID}1")), Permit)


async def test_one_that_was_cancelled_while_it_rang_counts(database: Database) -> None:
    async with database.begin() as c:
        campaign, order = await a_talk(c, rules={"attempts_per_day": 1})
        await opening(c, campaign, order)
        await transfers.save(c, facts(sent_at=NOW, ended_at=after(seconds=9), cause=Cause.NORMAL, because="cancelled"))
        assert isinstance(await by_hand(c, campaign, EXPERT), Refusal)


async def test_facts_only_grow_and_an_ended_transfer_is_not_open(database: Database) -> None:
    async with database.begin() as c:
        campaign, order = await a_talk(c)
        await opening(c, campaign, order)
        await transfers.save(c, facts(sent_at=NOW, answered_at=after(seconds=3), joined_at=after(seconds=3)))
        [found] = await transfers.open_transfers(c, NODE)
        assert found == OpenTransfer(
            ID,
            order.attempt_id,
            campaign.id,
            "anna",
            EXPERT,
            "trunk-a",
            "trunk-a",
            NOW,
            after(seconds=3),
            after(seconds=3),
        )
        assert await transfers.open_transfers(c, "another") == ()
        await transfers.save(c, facts(sent_at=NOW, ended_at=after(seconds=60), cause=Cause.NORMAL))
        row = (await c.execute(select(t.transfers))).one()
        assert (row.answered_at, row.ended_at, row.cause) == (after(seconds=3), after(seconds=60), "normal")
        assert await transfers.open_transfers(c, NODE) == ()
