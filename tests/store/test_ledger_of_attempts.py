"""Invariant I10: each dial cites the rule versions that allowed it, and the chain over them verifies."""

from __future__ import annotations

from sqlalchemy import select

from dialer.core.compliance.do_not_call import unscreened
from dialer.core.compliance.gate import Permit, Refusal
from dialer.store import attempts, decisions, do_not_call, sealing
from dialer.store import schema as t
from dialer.store.decisions import Wanted
from dialer.store.do_not_call import Listing
from dialer.store.session import Database
from dialer.store.verification import verify
from tests.store.makers import (
    NOW,
    RULEBOOK,
    TZDATA,
    a_campaign,
    a_number,
    after,
    an_order,
    claimed,
    closed,
    opened,
    some_leads,
)


async def test_every_attempt_stands_with_a_permit_that_cites_its_rules(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, *range(1, 7))
        for disposition in ("no_answer", "busy", "sale", "do_not_call"):
            await closed(c, campaign, disposition)
        await opened(c, campaign)
        (refused,) = await claimed(c, campaign)
        number = refused.number.number
        order = an_order(refused, campaign)
        await do_not_call.add(c, number, Listing("agent", "anna", NOW), NOW)
        assert isinstance(await attempts.open(c, order, RULEBOOK, campaign, NOW, unscreened), Refusal)
    await sealing.seal(database, lambda: NOW)
    async with database.read() as c:
        rows = (await c.execute(select(t.attempts))).all()
        kept = [one async for one, _ in decisions.matching(c, Wanted(campaign_id=campaign.id))]
        report = await verify(c)
    permits = {one.attempt_id: one for one in kept if one.verdict == "permit"}
    assert len(rows) == 5
    for row in rows:
        permit = permits.pop(row.id)
        assert (permit.packs, permit.tzdata, permit.zones) == (("LAB@1",), TZDATA, ("Etc/UTC",))
        assert (permit.number, permit.lead_id) == (a_number(row.lead_id), row.lead_id)
        assert permit.clocks == ("Mon 2026-11-23 10:00:00",)
        assert permit.inputs is not None
    assert permits == {}
    assert (report.intact, report.sealed) == (True, 6)


async def test_what_the_gate_counted_is_kept_with_the_answer(database: Database) -> None:
    """The second try at a person cites the first, and asked again from the ledger the gate says the same."""
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        await closed(c, campaign, "busy")
        (prospect,) = await claimed(c, campaign, now=after(hours=3))
        order = an_order(prospect, campaign, after(hours=3))
        permit = await attempts.open(c, order, RULEBOOK, campaign, after(hours=3), unscreened)
    assert isinstance(permit, Permit)
    async with database.read() as c:
        first, second = [pair async for pair in decisions.matching(c, Wanted(number=a_number(1)))]
    assert first[0].inputs is not None
    assert second[0].inputs is not None
    assert "history" not in first[0].inputs
    assert second[0].inputs["history"] == [["2026-11-23T10:00:00Z", "busy", campaign.id, 0, None]]
    assert second[0].question() == permit.basis.question
    assert first[1] is not None
    assert second[1] is not None
    assert (first[1].disposition, second[1].disposition) == ("busy", None)
