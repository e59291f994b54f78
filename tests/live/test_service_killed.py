"""`kill -9` in the middle of four calls: what goes on without the service, and what the next one makes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Row

from dialer.lab.state import LabState
from dialer.store import schema
from tests.live.house import House, View, house, number
from tests.support.running import eventually

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]

TALK = 14


@dataclass
class Killed:
    """A service that was killed and started again; an agent, a campaign and a number for each call."""

    house: House
    numbers: dict[str, str]
    campaigns: dict[str, int]
    attempts: dict[str, str]  # as they were before the kill
    alive: dict[str, dict[str, str]]  # the PBX's channels by leg, while nobody watched them
    adopted: dict[str, View]  # agents, as soon as the new service had asked the PBX

    async def outcome(self, call: str) -> Row[Any]:
        """The call's one attempt, closed."""
        rows = await self.house.closed(self.campaigns[call], 1, within=TALK + 5)
        assert len(await self.house.attempts(self.campaigns[call])) == 1
        assert len(self.house.invites(self.numbers[call])) == 1
        return rows[self.numbers[call]]


AGENTS = {"talking": "agent01", "ringing": "agent02", "short": "agent03", "wrapping": "agent04"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def killed(lab: LabState, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Killed]:
    numbers = {
        "talking": number(1, TALK),
        "ringing": number(2, 4),
        "short": number(1, 2),
        "wrapping": number(1, 1),
    }
    async with house(lab, tmp_path_factory.mktemp("killed")) as it:
        campaigns = {
            call: await it.campaign(
                [numbers[call]], [agent], ring_seconds=20, wrap_up_seconds=60 if call == "wrapping" else 2
            )
            for call, agent in AGENTS.items()
        }
        for call, agent in (("wrapping", "wrap_up"), ("talking", "talking")):
            await it.log_in(AGENTS[call])
            await it.agent(AGENTS[call], agent)
        for call in ("ringing", "short"):
            await it.log_in(AGENTS[call])
        await it.call(campaigns["ringing"], "ringing")
        await it.agent(AGENTS["short"], "talking")
        attempts = {call: (await it.attempts(campaign))[0].id for call, campaign in campaigns.items()}
        it.running.kill()
        alive = await _until_over(it, attempts["short"])
        await it.running.start()
        await it.link_up()
        adopted = (await it.floor())["agent"]
        yield Killed(it, numbers, campaigns, attempts, alive, adopted)


async def _until_over(it: House, attempt_id: str) -> dict[str, dict[str, str]]:
    async with it.pbx() as ami:

        async def over() -> dict[str, dict[str, str]] | None:
            ami.events.clear()
            await ami.send("CoreShowChannels")
            await ami.wait_for("CoreShowChannelsComplete")
            legs = {one["Uniqueid"]: one for one in ami.seen("CoreShowChannel")}
            return legs if attempt_id not in legs else None

        return await eventually(over, 10, "the short call is over")


async def test_a_conversation_goes_on_while_nobody_watches_it(killed: Killed) -> None:
    customer = killed.alive[killed.attempts["talking"]]
    agent = next(leg for leg_id, leg in killed.alive.items() if "-agent01-" in leg_id)
    assert customer["BridgeId"] == agent["BridgeId"] != ""


async def test_the_next_service_finds_the_conversation_and_its_agent(killed: Killed) -> None:
    agent = killed.adopted["agent01"]
    assert (agent["state"], agent["phone"], agent["attempt_id"]) == ("talking", "on_line", killed.attempts["talking"])


async def test_an_agent_who_was_wrapping_up_still_may(killed: Killed) -> None:
    agent = killed.adopted["agent04"]
    assert (agent["state"], agent["attempt_id"]) == ("wrap_up", killed.attempts["wrapping"])
    said = {"attempt_id": killed.attempts["wrapping"], "disposition": "sale", "note": "after all"}
    await killed.house.person("agent04").post("/agent/disposition", **said)
    outcome = await killed.outcome("wrapping")
    assert (outcome.disposition, outcome.decided_by, outcome.note) == ("sale", "agent", "after all")
    assert (await killed.house.agent("agent04", "ready"))["phone"] == "on_line"


async def test_a_call_that_ended_meanwhile_has_its_outcome_from_the_call_records(killed: Killed) -> None:
    outcome = await killed.outcome("short")
    assert outcome.bridged_at is not None
    assert outcome.disposition == "no_disposition"
    assert 1.5 < (outcome.ended_at - outcome.bridged_at).total_seconds() < 2.5
    assert await killed.house.row(schema.recordings, attempt_id=outcome.id)
    await killed.house.agent("agent03", "ready")


async def test_a_call_that_rang_is_answered_recorded_and_closed_once(killed: Killed) -> None:
    outcome = await killed.outcome("ringing")
    assert outcome.disposition == "no_disposition"
    assert await killed.house.row(schema.recordings, attempt_id=outcome.id)
    await killed.house.agent("agent02", "ready")


async def test_the_conversation_gets_one_outcome_one_whole_recording_and_its_wrap_up(killed: Killed) -> None:
    await killed.house.agent("agent01", "wrap_up", within=TALK + 5)
    outcome = await killed.outcome("talking")
    assert (outcome.disposition, outcome.who_ended) == ("no_disposition", "customer")
    talk = (outcome.ended_at - outcome.bridged_at).total_seconds()
    assert abs(talk - TALK) < 0.5
    kept = await killed.house.row(schema.recordings, attempt_id=outcome.id)
    assert abs(kept.seconds - talk) < 0.5
    await killed.house.agent("agent01", "ready")
    incidents = [row.kind for row in await killed.house.rows(schema.incidents)]
    assert incidents == []
