"""What can become of one call, through a real Asterisk, and what is written down about it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from dialer.lab.state import LabState
from dialer.store import schema
from tests.live.house import House, house, number
from tests.support.running import eventually

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(lab: LabState, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(lab, tmp_path_factory.mktemp("calls")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def centre(shared: House) -> AsyncIterator[House]:
    """The module's house, empty: nobody is logged in and no call is up."""
    yield shared
    await shared.close_for_the_day()


async def test_an_agent_who_hangs_up_the_phone_ends_the_call_and_is_rung_again(centre: House) -> None:
    campaign = await centre.campaign([number(1, 99)], ["agent07"], wrap_up_seconds=2)
    await centre.log_in("agent07", state="connecting")
    talked = (await centre.closed(campaign, 1)).popitem()[1]
    assert (talked.who_ended, talked.agent_id) == ("agent", "agent07")
    assert talked.disposition == "no_disposition"
    assert await centre.row(schema.recordings, attempt_id=talked.id)
    again = await centre.agent("agent07", "ready")
    assert again["phone"] == "on_line"


async def test_an_agent_who_hangs_up_by_the_api_ends_the_call_and_keeps_the_phone(centre: House) -> None:
    campaign = await centre.campaign([number(1, 99)], ["agent01"])
    agent = await centre.log_in("agent01")
    await centre.agent("agent01", "talking")
    await agent.post("/agent/hang-up")
    talked = (await centre.closed(campaign, 1)).popitem()[1]
    assert talked.who_ended == "agent"
    await centre.agent("agent01", "ready")
    rung = await centre.rows(schema.agent_states, login="agent01", state="connecting")
    assert len(rung) == 1


async def test_a_phone_that_refuses_pauses_its_agent_and_says_so(centre: House) -> None:
    await centre.campaign([], ["agent05"])
    await centre.log_in("agent05", state="connecting")
    paused = await centre.agent("agent05", "paused")
    assert paused["code"] == "phone_unreachable"
    assert (await centre.row(schema.incidents, agent_id="agent05")).kind == "agent_phone"


async def test_an_on_hook_agent_is_rung_for_each_call_and_for_nothing_else(centre: House) -> None:
    campaign = await centre.campaign([], ["agent01"], on_hook=True)
    await centre.log_in("agent01", on_hook=True)
    assert (await centre.floor())["agent"]["agent01"]["phone"] == "off"
    numbers = [number(1, 1), number(1, 1)]
    await centre.more_leads(campaign, numbers)
    await centre.agent("agent01", "talking")
    rows = await centre.closed(campaign, 2)
    assert all(row.bridged_at is not None and row.who_ended == "customer" for row in rows.values())
    assert (await centre.agent("agent01", "ready"))["phone"] == "off"


async def test_a_silent_trunk_is_the_trunks_fault_and_costs_the_lead_nothing(centre: House) -> None:
    campaign = await centre.campaign([number(1)], ["agent01"], trunk="silent", ring_seconds=10)
    await centre.log_in("agent01")
    failed = (await centre.closed(campaign, 1)).popitem()[1]
    assert (failed.disposition, failed.charged) == ("trunk_failure", False)
    lead = await centre.lead(campaign)
    assert (lead.status, lead.tries) == ("new", 0)


async def test_a_trunk_that_is_known_to_be_down_costs_the_lead_nothing(centre: House) -> None:
    campaign = await centre.campaign([number(1)], ["agent01"], trunk="unreachable")
    await centre.log_in("agent01")
    failed = (await centre.closed(campaign, 1)).popitem()[1]
    assert (failed.disposition, failed.charged) == ("trunk_failure", False)
    lead = await centre.lead(campaign)
    assert (lead.status, lead.tries) == ("new", 0)


async def test_a_number_blocked_while_it_rings_is_hung_up_and_its_lead_is_closed(centre: House) -> None:
    ringing = number(3)
    at_once = {"uncharged": {"delay": 0, "limit": 3}}
    campaign = await centre.campaign([ringing], ["agent01"], ring_seconds=30, recycle=at_once)
    await centre.log_in("agent01")
    await centre.call(campaign, "ringing")
    await centre.boss.post("/do-not-call", number=ringing, proof="letter")
    ended = (await centre.closed(campaign, 1, within=5)).popitem()[1]
    assert (ended.disposition, ended.who_ended) == ("cancelled", "system")

    async def done() -> bool:
        return bool((await centre.lead(campaign)).status == "done")

    await centre.agent("agent01", "ready")
    await eventually(done, 15, centre.running.log)
    assert len(centre.invites(ringing)) == 1


async def test_numbers_on_a_list_are_never_called(centre: House) -> None:
    listed, free = number(1, 2), number(1, 2)
    await centre.boss.post("/do-not-call", number=listed, proof="letter")
    campaign = await centre.campaign([listed, free], ["agent01"])
    await centre.log_in("agent01")
    rows = await centre.closed(campaign, 1)
    assert list(rows) == [free]
    assert centre.invites(listed) == []
    refusals = await centre.rows(schema.decisions, campaign_id=campaign, verdict="refusal")
    assert [row.rule for row in refusals] == ["DNC_INTERNAL"]


async def test_a_phone_gone_at_the_instant_of_answer_gives_the_call_to_another_agent(centre: House) -> None:
    campaign = await centre.campaign([number(2, 2)], ["agent01", "agent02"])
    await centre.log_in("agent01")
    ringing = await centre.call(campaign, "ringing")
    await centre.log_in("agent02")
    assert ringing["agent_id"] == "agent01"
    await centre.lose_agent_leg(ringing["attempt_id"])
    talked = (await centre.closed(campaign, 1)).popitem()[1]
    assert (talked.agent_id, talked.disposition, talked.abandoned) == ("agent02", "no_disposition", False)


async def test_a_phone_gone_with_no_other_agent_is_an_abandon_with_an_incident(centre: House) -> None:
    campaign = await centre.campaign([number(2, 2)], ["agent01"])
    await centre.log_in("agent01")
    ringing = await centre.call(campaign, "ringing")
    await centre.lose_agent_leg(ringing["attempt_id"])
    alone = (await centre.closed(campaign, 1)).popitem()[1]
    assert (alone.disposition, alone.abandoned, alone.who_ended) == ("abandoned", True, "system")
    assert (await centre.row(schema.incidents, attempt_id=alone.id)).kind == "abandon"


async def test_a_machine_is_told_from_a_person_and_gets_what_the_campaign_wants(centre: House) -> None:
    person, machine, messaged = number(1, 5), number(10), number(10, 20)
    hanging_up = await centre.campaign([person, machine], ["agent01", "agent02"], amd=True)
    leaving_word = await centre.campaign([messaged], ["agent03"], amd=True, machine_policy="message")
    await asyncio.gather(*(centre.log_in(agent) for agent in ("agent01", "agent02", "agent03")))
    rows = await centre.closed(hanging_up, 2) | await centre.closed(leaving_word, 1)
    assert rows[person].bridged_at is not None
    for one in (rows[machine], rows[messaged]):
        assert (one.disposition, one.who_ended, one.bridged_at) == ("machine", "system", None)
        assert one.machine  # AMD's own cause
    assert (rows[machine].ended_at - rows[machine].answered_at).total_seconds() < 4
    heard = (rows[messaged].ended_at - rows[messaged].answered_at).total_seconds()
    assert heard > 7  # a greeting of five, silence after it, the message


async def test_a_supervisor_listens_whispers_and_barges_on_one_leg(centre: House) -> None:
    campaign = await centre.campaign([number(1, 4)], ["agent01"], wrap_up_seconds=2)
    await centre.log_in("agent01")
    talking = await centre.agent("agent01", "talking")
    supervisor = centre.person("supervisor01")
    for before, mode in enumerate(("listen", "whisper", "barge")):
        await supervisor.post("/supervision", agent_id="agent01", mode=mode)

        async def heard(before: int = before) -> bool:
            view = (await centre.floor())["supervisor"]["supervisor01"]
            kept = await centre.rows(schema.supervision, supervisor_id="supervisor01")
            return view["listening"] and len(kept) == before

        await eventually(heard, 5, centre.running.log)
    await centre.closed(campaign, 1)
    assert "supervisor01" in (await centre.floor())["supervisor"]
    kept = await centre.rows(schema.supervision, supervisor_id="supervisor01", attempt_id=talking["attempt_id"])
    assert [row.mode for row in kept] == ["listen", "whisper", "barge"]
    assert all(row.started_at < row.ended_at for row in kept)
    await supervisor.delete("/supervision?hang_up=true")
