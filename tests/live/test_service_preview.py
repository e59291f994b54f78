"""A preview campaign through the HTTP API: what an agent may do with the lead that is shown, and what time does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from dialer.lab.state import LabState
from dialer.store import schema
from tests.live.house import House, house, number
from tests.support.running import Refused, eventually

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(lab: LabState, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(lab, tmp_path_factory.mktemp("preview")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def centre(shared: House) -> AsyncIterator[House]:
    """The module's house, empty: nobody is logged in and no call is up."""
    yield shared
    await shared.close_for_the_day()


async def test_a_lead_is_shown_dialed_talked_to_and_called_back_when_it_was_promised(centre: House) -> None:
    shown = number(1, 2)
    campaign = await centre.campaign([shown], ["agent01"], dial_mode="preview", wrap_up_seconds=60)
    agent = await centre.log_in("agent01")
    preview = (await centre.agent("agent01", "reserved"))["preview"]
    assert preview["number_ends"] == shown[-3:]
    assert centre.invites(shown) == []
    await agent.post("/agent/dial")
    wrapping = await centre.agent("agent01", "wrap_up")
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    said = {"attempt_id": wrapping["attempt_id"], "disposition": "callback", "personal": True}
    with pytest.raises(Refused, match="time that lies ahead"):
        await agent.post("/agent/disposition", **said)
    await agent.post("/agent/disposition", **said, callback_at=at.isoformat())
    talked = (await centre.closed(campaign, 1))[shown]
    assert (talked.disposition, talked.decided_by, talked.callback_at) == ("callback", "agent", at)
    lead = await centre.lead(campaign)
    assert (lead.status, lead.callback_at, lead.callback_agent) == ("new", at, "agent01")
    assert len(centre.invites(shown)) == 1
    assert await centre.row(schema.recordings, attempt_id=talked.id)


async def test_a_skipped_lead_rests_and_is_never_called(centre: House) -> None:
    skipped, other = number(1, 2), number(1, 2)
    campaign = await centre.campaign([skipped, other], ["agent01"], dial_mode="preview")
    agent = await centre.log_in("agent01")
    first = (await centre.agent("agent01", "reserved"))["preview"]
    after = await agent.post("/agent/skip", reason="busy line")
    assert after["agent"]["preview"]["lead_id"] != first["lead_id"]
    row = await centre.row(schema.leads, id=first["lead_id"], because="skipped: busy line")
    assert timedelta(minutes=55) < row.next_at - datetime.now(UTC) < timedelta(minutes=65)
    assert await centre.attempts(campaign) == []


async def test_a_preview_that_times_out_is_dialed_skipped_or_pauses_its_agent(centre: House) -> None:
    policies = {"dial": "agent01", "skip": "agent02", "pause": "agent03"}
    numbers = {policy: number(1, 2) for policy in policies}
    campaigns = {
        policy: await centre.campaign(
            [numbers[policy]], [agent], dial_mode="preview", preview_seconds=5, preview_policy=policy
        )
        for policy, agent in policies.items()
    }
    await asyncio.gather(*(centre.log_in(agent) for agent in policies.values()))
    await asyncio.gather(*(centre.agent(agent, "reserved") for agent in policies.values()))
    assert (await centre.agent("agent03", "paused"))["code"] == "preview_timeout"
    await centre.agent("agent02", "ready")
    await centre.agent("agent01", "talking")
    leads = {policy: await centre.lead(campaigns[policy]) for policy in policies}
    assert leads["skip"].because == "skipped: time_out"
    assert leads["skip"].next_at > datetime.now(UTC) + timedelta(minutes=55)
    assert leads["pause"].next_at < datetime.now(UTC) + timedelta(seconds=5)
    await centre.closed(campaigns["dial"], 1)
    assert [len(centre.invites(numbers[policy])) for policy in policies] == [1, 0, 0]


async def test_a_number_blocked_while_it_is_shown_is_taken_off_the_screen(centre: House) -> None:
    shown = number(1, 2)
    campaign = await centre.campaign([shown], ["agent01"], dial_mode="preview")
    await centre.log_in("agent01")
    await centre.agent("agent01", "reserved")
    await centre.boss.post("/do-not-call", number=shown, proof="letter")
    assert (await centre.floor())["agent"]["agent01"]["preview"] is None

    async def closed() -> bool:
        return bool((await centre.lead(campaign)).status == "done")

    await eventually(closed, 10, centre.running.log)
    assert await centre.attempts(campaign) == []
    assert centre.invites(shown) == []
