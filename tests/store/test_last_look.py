from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert

from dialer.core.campaign import Campaign
from dialer.store import do_not_call, installation
from dialer.store import schema as t
from dialer.store.do_not_call import Listing
from dialer.store.last_look import LastLook
from dialer.store.number_hash import number_hash, secret
from dialer.store.session import Database, DatabaseUnreachable
from tests.store.makers import NOW, a_campaign, a_number

ONE, TWO = a_number(1), a_number(2)


@pytest.fixture
async def look(database: Database) -> AsyncIterator[LastLook]:
    made = LastLook(database)
    yield made
    await made.close()


def now() -> datetime:
    return datetime.now(UTC)


async def _winter(database: Database) -> Campaign:
    async with database.begin() as c:
        await installation.tag(c, NOW)
        return await a_campaign(c, brand="Frost")


@pytest.mark.parametrize(
    ("own", "stands"),
    [
        ({}, True),
        ({"brand": "Frost"}, True),
        ({"brand": "Heat"}, False),
        ({"channel": "phone"}, True),
        ({"channel": "email"}, False),
    ],
)
async def test_a_number_stands_there_where_the_list_binds_the_campaign(
    database: Database, look: LastLook, own: dict[str, Any], stands: bool
) -> None:
    campaign = await _winter(database)
    before, looked_at = await look.stands(ONE, campaign, now)
    assert not before
    assert looked_at <= now()
    async with database.begin() as c:
        await do_not_call.add(c, ONE, Listing("web", "callee", NOW, **own), NOW)
    assert (await look.stands(ONE, campaign, now))[0] is stands
    assert not (await look.stands(TWO, campaign, now))[0]


async def test_a_campaigns_own_list_and_what_was_taken_off(database: Database, look: LastLook) -> None:
    campaign = await _winter(database)
    async with database.begin() as c:
        await do_not_call.add(c, ONE, Listing("web", "callee", NOW, campaign_id=campaign.id), NOW)
    assert (await look.stands(ONE, campaign, now))[0]
    async with database.begin() as c:
        await do_not_call.remove(c, ONE, campaign.id, by="boss", because="asked", now=NOW)
    assert not (await look.stands(ONE, campaign, now))[0]


async def test_an_erased_number_stands_there_by_its_hash(database: Database, look: LastLook) -> None:
    campaign = await _winter(database)
    async with database.begin() as c:
        key = await secret(c)
        assert key is not None
        row = {"scope": "company", "source": "web", "proof": "", "asked_by": "", "since": NOW, "added_at": NOW}
        await c.execute(insert(t.do_not_call).values(number_hash=number_hash(key, ONE), **row))
    assert (await look.stands(ONE, campaign, now))[0]


async def test_where_nobody_answers_it_cannot_be_told(postgres: Database) -> None:
    """The slow way is asked then, and says what is wrong."""
    campaign = await _winter(postgres)
    look = LastLook(postgres)
    assert not (await look.stands(ONE, campaign, now))[0]
    assert look._driver is not None
    look._driver.terminate()
    assert (await look.stands(ONE, campaign, now))[0]
    assert not (await look.stands(ONE, campaign, now))[0]  # a new connection
    await look.close()


async def test_a_database_that_was_never_reached_is_said_to_be_away() -> None:
    look = LastLook(Database("postgresql://nobody@127.0.0.1:1/none"))
    with pytest.raises(DatabaseUnreachable):
        await look.stands(ONE, None, now)  # type: ignore[arg-type]
