"""The PBX falls silent, and dies: dialing stops, and afterwards everything is put right."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from dialer.lab import lab as laboratory
from dialer.store import schema
from tests.live.house import House, house, number
from tests.support.running import eventually

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A house with a lab of its own, whose PBX may be stopped and killed."""
    folder = tmp_path_factory.mktemp("link")
    state = await laboratory.up(laboratory.LabPlan(folder / "lab", agents=2, supervisors=0))
    try:
        async with house(state, folder / "home") as made:
            yield made
    finally:
        await laboratory.down(state)


async def _link(it: House, state: str, within: float) -> None:
    async def there() -> bool:
        return bool((await it.floor())["node"][""]["link"] == state)

    await eventually(there, within, it.running.log)


async def test_while_the_pbx_is_silent_nothing_is_dialed_and_calls_are_kept(centre: House) -> None:
    talking, later = number(1, 6), number(1, 2)
    campaign = await centre.campaign([talking], ["agent01", "agent02"])
    await centre.log_in("agent01")
    before = await centre.agent("agent01", "talking")
    await centre.log_in("agent02")
    pbx = centre.lab.process("pbx")
    assert pbx is not None
    pbx.signal(signal.SIGSTOP)
    try:
        await _link(centre, "down", 5)
        await centre.more_leads(campaign, [later])
        floor = await centre.floor()
        assert floor["node"][""]["dialing"] is False
        assert floor["agent"]["agent01"]["attempt_id"] == before["attempt_id"]
    finally:
        pbx.signal(signal.SIGCONT)
    await centre.link_up()
    rows = await centre.closed(campaign, 2)
    assert [rows[n].disposition for n in (talking, later)] == ["no_disposition"] * 2
    assert len(centre.invites(talking)) == len(centre.invites(later)) == 1
    incidents = [row.kind for row in await centre.rows(schema.incidents)]
    assert incidents.count("ami_down") == 1


async def test_after_the_pbx_died_calls_have_outcomes_and_agents_are_rung_again(centre: House) -> None:
    cut, later = number(1, 99), number(1, 2)
    campaign = await centre.campaign([cut], ["agent01", "agent02"])
    for agent in ("agent01", "agent02"):
        await centre.log_in(agent)
    await centre.call(campaign, "talking")
    pbx = centre.lab.process("pbx")
    assert pbx is not None
    pbx.signal(signal.SIGKILL)
    await _link(centre, "down", 5)
    await _link(centre, "up", 20)
    outcome = (await centre.closed(campaign, 1))[cut]
    assert outcome.disposition == "no_disposition"
    assert outcome.bridged_at is not None
    assert outcome.ended_at > outcome.bridged_at
    for agent in ("agent01", "agent02"):
        assert (await centre.agent(agent, "ready"))["phone"] == "on_line"
    await centre.more_leads(campaign, [later])
    assert (await centre.closed(campaign, 2))[later].disposition == "no_disposition"
    assert len(centre.invites(cut)) == 1
