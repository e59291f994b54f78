from __future__ import annotations

import pytest
from sqlalchemy import update

from dialer.core.commands import RefuseLead
from dialer.store import agents, leads, recordings, reports
from dialer.store import schema as t
from dialer.store.reports import Board
from dialer.store.session import Database
from tests.store.makers import NOW, a_campaign, a_refusal, after, an_agent, claimed, closed, opened, some_leads
from tests.store.test_agents import a_state
from tests.store.test_beside_a_call import a_recording


async def test_a_summary_says_what_came_of_a_campaign(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        other = await a_campaign(c, name="Other")
        await some_leads(c, other, 1)
        await closed(c, other, "sale")
        await some_leads(c, campaign, *range(10, 20))
        await an_agent(c)
        await agents.save_state(c, a_state("ready", -1))
        sale = await closed(c, campaign, "sale")
        await agents.save_state(c, a_state("talking", 0.5))
        await closed(c, campaign, "busy")
        lost = await closed(c, campaign, "abandoned")
        await c.execute(update(t.attempts).where(t.attempts.c.id == lost.attempt_id).values(abandoned=True))
        await c.execute(
            update(t.attempts).where(t.attempts.c.id == sale.attempt_id).values(answered_at=after(seconds=19.92))
        )
        await recordings.save(c, a_recording(sale.attempt_id))
        for prospect in await claimed(c, campaign, 2):
            refusal = a_refusal("OUTSIDE_WINDOW", prospect, campaign, after(hours=1))
            await leads.refuse(c, RefuseLead(campaign.id, prospect.lead.id, refusal, after(hours=1)), NOW)
        summary = await reports.campaign_summary(c, campaign.id)
    assert summary == {
        "name": "Winter",
        "dial_mode": "progressive",
        "leads": 10,
        "attempts": 3,
        "dispositions": {"abandoned": 1, "busy": 1, "sale": 1},
        "refusals": {"OUTSIDE_WINDOW": 2},
        "talked": 1,
        "recordings": 1,
        "abandons": 1,
        "answer_to_bridge_ms": {"p50": pytest.approx(80), "p99": pytest.approx(80)},
        "occupancy": pytest.approx(60 / 90),
    }


async def test_a_campaign_that_has_not_begun_has_no_figures_but_zeros(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        summary = await reports.campaign_summary(c, campaign.id)
    assert summary["answer_to_bridge_ms"] == {"p50": None, "p99": None}
    assert (summary["attempts"], summary["occupancy"], summary["dispositions"]) == (0, None, {})


@pytest.mark.parametrize(("percent", "value"), [(50, 2.0), (51, 3.0), (99, 4.0), (1, 1.0)])
def test_a_percentile_is_a_value_that_occurred(percent: int, value: float) -> None:
    assert reports.percentile([1.0, 2.0, 3.0, 4.0], percent) == value


async def test_the_board_counts_since_its_start(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, *range(5))
        await closed(c, campaign, "sale")
        await closed(c, campaign, "sale", now=after(hours=1))
        await closed(c, campaign, "busy", now=after(hours=1))
        await opened(c, campaign, now=after(hours=1))
        assert await reports.board(c, after(hours=1)) == (Board(campaign.id, 3, 1, 0, 1, 1),)
        assert await reports.board(c, after(hours=2)) == ()


async def test_machines_are_not_people_in_the_abandon_rate(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, *range(3))
        await closed(c, campaign, "sale")
        lost = await closed(c, campaign, "abandoned")
        machine = await closed(c, campaign, "machine")
        for order, values in ((lost, {"abandoned": True}), (machine, {"machine": "TOOLONG"})):
            values |= {"answered_at": NOW}
            await c.execute(update(t.attempts).where(t.attempts.c.id == order.attempt_id).values(values))
        assert await reports.abandon_counts(c, campaign.id, NOW) == (1, 2)


async def test_a_leads_contacts_are_the_last_ten_newest_first(database: Database) -> None:
    limits = {"failed": {"delay": 60, "limit": 50}}
    async with database.begin() as c:
        campaign = await a_campaign(c, recycle=limits, max_attempts=50)
        await some_leads(c, campaign, 1)
        for k in range(12):
            order = await closed(c, campaign, "failed", now=after(hours=k))
        found = await reports.recent_contacts(c, order.prospect.lead.id)
    assert [contact.at for contact in found] == [after(hours=11 - k) for k in range(10)]
