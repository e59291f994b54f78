"""How a service stops, what keeps a second one out, and recordings that cannot be kept."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from dialer.lab.state import LabState
from dialer.store import schema
from tests.live.house import House, house, number

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]


async def test_asked_to_stop_it_lets_the_talk_end_and_dials_nothing_new(lab: LabState, tmp_path: Path) -> None:
    talking, never = number(1, 2), number(1, 2)
    async with house(lab, tmp_path) as it:
        campaign = await it.campaign([talking, never], ["agent01"])
        await it.log_in("agent01")
        await it.agent("agent01", "talking")
        it.running.terminate()
        assert await it.running.ended(within=15) == 0
        rows = {row.number: row for row in await it.attempts(campaign)}
        assert list(rows) == [talking]
        assert (rows[talking].disposition, rows[talking].who_ended) == ("no_disposition", "customer")
        assert await it.rows(schema.recordings, attempt_id=rows[talking].id)
        assert it.invites(never) == []
        assert await it.rows(schema.leads, campaign_id=campaign, status="calling") == []


@pytest.fixture(scope="module")
def tiny_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A house's folder whose library of recordings lies on a file system of one page; needs root."""
    home = tmp_path_factory.mktemp("tiny")
    (home / "recordings").mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(home / "recordings")], check=True)
    yield home
    subprocess.run(["umount", "-l", str(home / "recordings")], check=True)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cramped(lab: LabState, tiny_disk: Path) -> AsyncIterator[House]:
    async with house(lab, tiny_disk) as it:
        yield it


async def test_a_second_service_of_one_node_refuses_with_one_sentence(cramped: House) -> None:
    second = await asyncio.to_thread(
        subprocess.run,
        cramped.running.command(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    said = [line for line in (second.stdout + second.stderr).splitlines() if " INFO " not in line]
    assert len(said) == 1
    assert "another dialer runs this node" in said[0]
    assert (await cramped.floor())["node"][""]["link"] == "up"


async def test_a_recording_that_is_gone_and_one_without_room_are_incidents(lab: LabState, cramped: House) -> None:
    await cramped.campaign([number(1, 3), number(1, 3)], ["agent01", "agent02"])
    gone, whole = [await _talk(cramped, agent) for agent in ("agent01", "agent02")]
    (lab.spool / f"{gone}.raw").unlink()
    full = await cramped.row(schema.incidents, attempt_id=whole, within=20)
    missing = await cramped.row(schema.incidents, attempt_id=gone, within=20)
    assert (missing.kind, full.kind) == ("recording_missing", "recording_disk_full")
    assert (lab.spool / f"{whole}.raw").stat().st_size > 0
    assert await cramped.rows(schema.recordings) == []
    assert [path for path in (cramped.home / "recordings").rglob("*") if path.is_file()] == []


async def _talk(it: House, agent: str) -> str:
    """The attempt id of a conversation that goes on; its recording has begun."""
    await it.log_in(agent)
    return str((await it.agent(agent, "talking"))["attempt_id"])
