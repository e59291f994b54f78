from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from dialer.core.campaign import Campaign
from dialer.core.commands import RefuseLead
from dialer.core.compliance.do_not_call import unscreened
from dialer.operation.readiness.count import Counted, of_campaign
from dialer.store import campaigns, closing, do_not_call, leads, suspensions
from dialer.store.do_not_call import Listing
from dialer.store.schema import lead_numbers
from dialer.store.session import Database
from tests.store.makers import (
    NOW,
    RULEBOOK,
    a_campaign,
    a_close,
    a_number,
    a_refusal,
    after,
    claimed,
    opened,
    some_leads,
)  # fmt: skip


async def count(db: Database, campaign: Campaign, **more: object) -> Counted:
    return await of_campaign(db, RULEBOOK, campaign, unscreened, NOW, **more)  # type: ignore[arg-type]


def figures(found: Counted) -> tuple[int, int, int]:
    return found.readiness.now, found.readiness.later, found.readiness.never


async def test_leads_are_counted_however_many_spans_they_fill(database: Database) -> None:
    async with database.begin() as c:
        campaign, other = await a_campaign(c), await a_campaign(c, name="other")
        for n in range(0, 21, 3):  # ids of two campaigns side by side
            await some_leads(c, campaign, n, n + 1, n + 2)
            await some_leads(c, other, n)
    told: list[tuple[int, int]] = []
    for span in (1, 4, 7, 21, 1000):
        told.clear()
        found = await count(database, campaign, span=span, progress=lambda done, total: told.append((done, total)))
        assert figures(found) == (21, 0, 0)
        assert (told[0], told[-1]) == ((0, 21), (21, 21))
        assert found.complete


async def test_only_the_first_leads_are_asked_about_where_that_is_wanted(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, *range(10))
    found = await count(database, campaign, span=2, most=4)
    assert (found.readiness.leads, found.waiting, found.complete) == (4, 10, False)


async def test_an_empty_campaign_is_nothing_to_wait_for(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
    found = await count(database, campaign)
    assert (figures(found), found.complete, found.waiting) == ((0, 0, 0), True, 0)


async def test_what_the_gate_refuses_for_good_is_never(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1, 2)
        await some_leads(c, campaign, 3, zone="Nowhere/At_All")
        await do_not_call.add(c, a_number(1), Listing("web", "sue", NOW), NOW)
    found = await count(database, campaign)
    assert figures(found) == (1, 0, 2)
    assert {reason.code for reason in found.readiness.reasons} == {"DNC_INTERNAL", "ZONE_UNKNOWN"}


async def test_a_suspension_holds_back_its_area(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1, 100001)
        await suspensions.add(c, "+9991", because="storm", by="sue", now=NOW)
    (reason,) = (await count(database, campaign)).readiness.reasons
    assert (reason.code, reason.leads) == ("EMERGENCY_SUSPENSION", 1)


async def test_a_lead_that_is_due_later_is_asked_about_at_that_time(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        (prospect,) = await claimed(c, campaign)
        later = after(hours=3)
        refusal = a_refusal("OUTSIDE_WINDOW", prospect, campaign, later)
        await leads.refuse(c, RefuseLead(campaign.id, prospect.lead.id, refusal, later), NOW)
    found = await count(database, campaign)
    assert figures(found) == (0, 1, 0)
    assert found.readiness.hours[3].leads == 1


async def test_a_lead_in_a_hopper_counts_as_due_and_one_that_is_called_as_such(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1, 2, 3)
        order = await opened(c, campaign)
        await closing.close(c, a_close(order, campaign, "sale"), NOW)
        await opened(c, campaign)
        await claimed(c, campaign)
    found = await count(database, campaign)
    assert figures(found) == (1, 0, 0)
    assert (found.waiting, found.calling, found.done) == (1, 1, 1)


async def test_the_caps_count_what_was_tried(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c, rules={"gap": 86400})
        await some_leads(c, campaign, 1)
        await closing.close(c, a_close(await opened(c, campaign), campaign), NOW)
        campaign = (await campaigns.get(c, campaign.id)).campaign
    found = await of_campaign(database, RULEBOOK, campaign, unscreened, after(hours=1))
    (reason,) = found.readiness.reasons
    assert (reason.code, reason.first_at) == ("ATTEMPT_GAP", after(hours=24))


async def test_a_number_in_no_range_gives_way_to_the_leads_next(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, (1, 2), (3, 4), 5)
        for n in (1, 3, 4, 5):
            number = update(lead_numbers).where(lead_numbers.c.number == a_number(n).e164)
            await c.execute(number.values(number=f"+10555550{n:03}"))
    found = await count(database, campaign)
    assert figures(found) == (1, 0, 2)
    assert [reason.code for reason in found.readiness.reasons] == ["NUMBER_INVALID"]


async def test_a_lead_without_a_living_number_is_never(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        await c.execute(update(lead_numbers).values(dead=True))
    (reason,) = (await count(database, campaign)).readiness.reasons
    assert reason.code == "NO_NUMBER"


async def test_another_instant_may_be_asked_about(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c, rules={"windows": {"mon-fri": ["09:00-12:00"], "sat-sun": []}})
        await some_leads(c, campaign, 1)
        campaign = (await campaigns.get(c, campaign.id)).campaign
    for hours, wanted in ((0, (1, 0, 0)), (5, (0, 1, 0))):
        found = await of_campaign(database, RULEBOOK, campaign, unscreened, NOW + timedelta(hours=hours))
        assert figures(found) == wanted
