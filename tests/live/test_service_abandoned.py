"""Who answers and finds no agent: a message within two seconds, and a key that is obeyed; through a real Asterisk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from dialer.lab.state import LabState
from dialer.store import schema
from tests.live.house import House, house, number
from tests.support.running import eventually

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(lab: LabState, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(lab, tmp_path_factory.mktemp("abandoned")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def centre(shared: House) -> AsyncIterator[House]:
    yield shared
    await shared.close_for_the_day()


async def listed(centre: House, called: str) -> object:
    return await centre.row(schema.do_not_call, number=called, removed_at=None)


@pytest.mark.parametrize("amd", [False, True])
async def test_without_an_agent_the_message_begins_in_two_seconds_and_its_key_is_obeyed(
    centre: House, amd: bool
) -> None:
    called = number(14, 2)
    campaign = await centre.abandoned(called, amd=amd)
    row = (await centre.closed(campaign, 1)).popitem()[1]
    assert (row.disposition, row.abandoned, row.who_ended) == ("abandoned", True, "system")
    times = centre.heard(called)
    assert times["heard"] - times["answered"] < 2.0
    kept = await listed(centre, called)
    assert (kept.source, kept.proof, kept.asked_by, kept.scope) == ("key", row.id, "customer", "company")  # type: ignore[attr-defined]
    assert row.opted_out_at is not None
    # Thanked, and not left to the end of the wait that follows a key which nobody obeys.
    assert row.ended_at - row.opted_out_at > timedelta(seconds=2.6)
    assert (await centre.lead(campaign)).status == "done"


async def test_the_list_holds_for_every_campaign(centre: House) -> None:
    called = number(14, 2)
    campaign = await centre.abandoned(called)
    await centre.closed(campaign, 1)
    await listed(centre, called)
    other = await centre.campaign([called, number(1, 1)], ["agent02"])
    await centre.log_in("agent02")
    refusal = await centre.row(schema.decisions, campaign_id=other, verdict="refusal")
    assert refusal.rule == "DNC_INTERNAL"
    assert len(centre.invites(called)) == 1


async def test_the_key_in_conversation_is_on_the_agents_screen_and_the_talk_goes_on(centre: House) -> None:
    called = number(14, 1)
    campaign = await centre.campaign([called], ["agent01"])
    await centre.log_in("agent01")

    async def shown() -> bool:
        view = (await centre.floor())["agent"]["agent01"]
        with_whom = view["talking_with"]
        return bool(view["state"] == "talking" and with_whom and with_whom["opt_out"] == "kept")

    await eventually(shown, 20, centre.running.log)
    row = (await centre.closed(campaign, 1)).popitem()[1]
    pressed = centre.heard(called)["pressed"]
    assert row.ended_at.timestamp() - pressed > 7  # the customer went when they liked
    assert (row.who_ended, row.bridged_at is not None) == ("customer", True)
    kept = await listed(centre, called)
    assert kept.proof == row.id  # type: ignore[attr-defined]
    assert row.opted_out_at is not None


async def test_a_key_of_another_meaning_is_none(centre: House) -> None:
    called = number(14, 1)
    campaign = await centre.campaign([called], ["agent01"], opt_out_key="*")
    await centre.log_in("agent01")
    row = (await centre.closed(campaign, 1)).popitem()[1]
    assert "pressed" in centre.heard(called)
    assert row.opted_out_at is None
    assert await centre.rows(schema.do_not_call, number=called) == []
