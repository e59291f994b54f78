from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from dialer.core.campaign import DialMode
from dialer.core.outcome import Kind
from dialer.store import campaign_settings, campaigns
from dialer.store import schema as t
from dialer.store.campaign_settings import BadSetting
from dialer.store.campaigns import CampaignStatus, NoSuchCampaign, StatusRefused
from dialer.store.session import Database
from tests.store.makers import NOW, a_campaign, after, an_agent, settings


async def test_a_campaign_comes_back_as_it_was_made(database: Database) -> None:
    windows = {"mon-fri": ["09:00-12:00", "14:00-20:00"], "sat-sun": []}
    rules = {"windows": windows, "gap": "PT1H", "purposes": ["debt"], "attempts_per_day": 2}
    recycle = {"busy": {"delay": 60, "limit": 2}}
    async with database.begin() as c:
        made = await a_campaign(c, rules=rules, recycle=recycle, dial_mode="preview", priority=7)
    async with database.read() as c:
        record = await campaigns.get(c, made.id)
        row = (await c.execute(select(t.campaigns))).one()
    assert record == campaigns.CampaignRecord(made, CampaignStatus.DRAFT, NOW, NOW)
    assert made.dial_mode is DialMode.PREVIEW
    assert made.recycle[Kind.BUSY].delay.total_seconds() == 60
    assert made.rules.windows is not None
    assert made.rules.windows[0] == ((540, 720), (840, 1200))
    assert (row.dial_mode, row.trunk, row.priority) == ("preview", "trunk-a", 7)


async def test_a_change_replaces_what_it_names_and_keeps_the_rest(database: Database) -> None:
    async with database.begin() as c:
        made = await a_campaign(c, wrap_up_seconds=10)
        changed = await campaigns.change(c, made.id, {"ring_seconds": 40}, after(hours=1))
        record = await campaigns.get(c, made.id)
    assert (changed.ring_seconds, changed.wrap_up_seconds) == (40, 10)
    assert (record.campaign, record.created_at, record.changed_at) == (changed, NOW, after(hours=1))


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"speed": 1}, "speed"),
        ({"rules": {"gapp": 1}}, "rules.gapp"),
        ({"rules": {"windows": {"mon": ["09:00-12:00"]}}}, "rules.windows"),
        ({"rules": {"windows": {"daily": ["25:00-26:00"]}}}, "rules.windows"),
        ({"rules": {"windows": [[[0, 2000]], [], [], [], [], [], []]}}, "rules.windows"),
        ({"recycle": {"busy": {"delay": 60, "limits": 1}}}, "recycle.busy.limits"),
        ({"recycle": {"busy": {"delay": -60, "limit": 1}}}, "recycle.busy"),
        ({"dial_mode": "predictive"}, "dial_mode"),
        ({"ring_seconds": 4}, "ring_seconds"),
        ({"trunk": "a,b"}, "trunk"),
        ({"notice": "../../etc/passwd"}, "notice"),
        ({"notice": "a${SHELL(x)}"}, "notice"),
        ({"caller_ids": ["100&200"]}, "caller_ids"),
        ({"name": " "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"default_disposition": "gone"}, "default_disposition"),
        ({"dispositions": {"No Disposition": "talked", "no_disposition": "talked"}}, "dispositions"),
    ],
)
def test_a_bad_setting_names_its_key(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(BadSetting) as caught:
        campaign_settings.read(1, settings(**changes))
    assert caught.value.key == key


async def test_two_campaigns_do_not_share_a_name(database: Database) -> None:
    async with database.begin() as c:
        first = await a_campaign(c)
        second = await a_campaign(c, name="Spring")
        with pytest.raises(BadSetting, match="another campaign"):
            await a_campaign(c)
        with pytest.raises(BadSetting, match="another campaign"):
            await campaigns.change(c, second.id, {"name": first.name}, NOW)


async def test_a_status_goes_forward_and_says_whether_it_changed(database: Database) -> None:
    async with database.begin() as c:
        made = await a_campaign(c)
        assert await campaigns.set_status(c, made.id, CampaignStatus.RUNNING, NOW)
        assert not await campaigns.set_status(c, made.id, CampaignStatus.RUNNING, NOW)
        with pytest.raises(StatusRefused, match="possible is closed, paused"):
            await campaigns.set_status(c, made.id, CampaignStatus.DRAFT, NOW)
        assert [r.campaign.id for r in await campaigns.every(c, CampaignStatus.RUNNING)] == [made.id]
        assert await campaigns.every(c, CampaignStatus.PAUSED) == ()


async def test_a_campaign_that_is_not_there_is_said_to_be_missing(database: Database) -> None:
    async with database.read() as c:
        with pytest.raises(NoSuchCampaign):
            await campaigns.get(c, 5)


async def test_a_campaign_has_exactly_the_agents_it_was_given_last(database: Database) -> None:
    async with database.begin() as c:
        made = await a_campaign(c)
        for login in ("anna", "bert", "carl"):
            await an_agent(c, login)
        await campaigns.assign(c, made.id, ["anna", "bert"])
        await campaigns.assign(c, made.id, ["carl", "bert", "bert"])
        assert await campaigns.agents_of(c, made.id) == ("bert", "carl")
        with pytest.raises(BadSetting, match="dora"):
            await campaigns.assign(c, made.id, ["dora"])
        await campaigns.assign(c, made.id, [])
        assert await campaigns.agents_of(c, made.id) == ()
