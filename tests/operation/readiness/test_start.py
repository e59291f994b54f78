from __future__ import annotations

from typing import Any

from sqlalchemy import update

from dialer.core.campaign import Campaign
from dialer.core.compliance.do_not_call import unscreened
from dialer.core.compliance.packs import Rulebook
from dialer.operation.readiness.start import FirstLook, first_look
from dialer.store import do_not_call
from dialer.store.do_not_call import Listing
from dialer.store.schema import lead_numbers
from dialer.store.session import Database
from tests.core.makers import rulebook
from tests.store.makers import NOW, RULEBOOK, a_campaign, a_number, some_leads


async def look(db: Database, campaign: Campaign, rules: Rulebook = RULEBOOK) -> FirstLook:
    return await first_look(db, rules, campaign, unscreened, NOW)


async def listed(db: Database, *numbers: int, on_the_list: tuple[int, ...], **changes: Any) -> Campaign:
    async with db.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, *numbers, **changes)
        for n in on_the_list:
            await do_not_call.add(c, a_number(n), Listing("web", "sue", NOW), NOW)
    return campaign


async def test_a_campaign_whose_leads_may_be_called_starts_without_a_word(sqlite: Database) -> None:
    found = await look(sqlite, await listed(sqlite, 1, 2, on_the_list=()))
    assert (found.objection(), found.summary()) == (None, None)


async def test_a_campaign_without_leads_may_start(sqlite: Database) -> None:
    found = await look(sqlite, await listed(sqlite, on_the_list=()))
    assert (found.objection(), found.summary()) == (None, None)


async def test_leads_that_cannot_be_called_are_counted_for_who_starts_it(sqlite: Database) -> None:
    found = await look(sqlite, await listed(sqlite, 1, 2, 3, on_the_list=(1,)))
    assert found.objection() is None
    assert found.summary() == "2 may be called now, 0 later, 1 not by waiting (DNC_INTERNAL 1)."


async def test_a_campaign_nobody_of_which_can_ever_be_called_is_not_started(sqlite: Database) -> None:
    found = await look(sqlite, await listed(sqlite, 1, 2, on_the_list=(1, 2)))
    objection = found.objection()
    assert objection is not None
    assert objection.startswith("None of its 2 leads can ever be called. DNC_INTERNAL 2: ")


async def test_what_somebody_may_still_put_right_is_no_objection(sqlite: Database) -> None:
    found = await look(sqlite, await listed(sqlite, 1, on_the_list=(), zone="Nowhere/At_All"))
    assert found.objection() is None
    assert found.summary() == "0 may be called now, 0 later, 1 not by waiting (ZONE_UNKNOWN 1)."


async def test_caller_ids_and_ring_times_are_held_against_the_rules_of_the_places_called(sqlite: Database) -> None:
    async with sqlite.begin() as c:
        campaign = await a_campaign(c, caller_ids=["+33612345678"], ring_seconds=10)
        await some_leads(c, campaign, 1, 2, zone=None)
        for n, number in ((1, "+33187654321"), (2, "+442079460123")):
            change = update(lead_numbers).where(lead_numbers.c.number == a_number(n).e164)
            await c.execute(change.values(number=number))
    found = await look(sqlite, campaign, rulebook())
    assert [fault.pack for fault in found.faults] == ["FR", "GB"]
    objection = found.objection()
    assert objection is not None
    assert "bans caller ids" in objection
    assert "15 s of ringing" in objection
