"""A lab comes up clean, goes down whole, and minds nobody else's business."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dialer.lab import carrier
from dialer.lab import lab as laboratory
from dialer.lab.lab import LabError, LabPlan
from dialer.lab.processes import Process
from dialer.lab.state import LabState
from tests.live.calls import Calls
from tests.support.raw_ami import RawAmi

pytestmark = pytest.mark.live


def _processes_of(directory: Path) -> list[str]:
    """Command lines of everything on this machine that names the directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if f"{directory} " in line or f"{directory}/" in line:
            found.append(line)
    return found


async def _until(there: Callable[[], bool], within: float = 5) -> None:
    deadline = time.monotonic() + within
    while not there():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


async def _talk_once(lab: LabState) -> None:
    async with RawAmi.connected(lab.ami_port, lab.ami_user, lab.ami_secret) as ami:
        calls = Calls(lab, ami)
        agent = await calls.agent()
        leg = await calls.customer(carrier.number(1, 1, seconds=1), DIALER_AGENT=agent)
        await calls.ended(leg)
        await calls.hang_up_all()
        assert calls.bridged_for(leg) == pytest.approx(1, abs=0.3)


async def test_neither_asterisk_has_anything_to_complain_of(tmp_path: Path) -> None:
    state = await laboratory.up(LabPlan(tmp_path / "lab"))
    try:
        await _talk_once(state)
        for log in state.logs.values():
            text = log.read_text()
            assert "Asterisk" in text
            assert [line for line in text.splitlines() if "WARNING[" in line or "ERROR[" in line] == []
    finally:
        await laboratory.down(state)


async def test_two_labs_run_side_by_side(lab: LabState, tmp_path: Path) -> None:
    other = await laboratory.up(LabPlan(tmp_path / "other", agents=1, supervisors=0))
    try:
        await asyncio.gather(_talk_once(lab), _talk_once(other))
    finally:
        await laboratory.down(other)
    assert laboratory.status(lab.directory) == lab


async def test_down_leaves_no_process(tmp_path: Path) -> None:
    state = await laboratory.up(LabPlan(tmp_path / "lab", agents=1))
    assert len(_processes_of(state.directory)) >= 3
    await laboratory.down(state)
    assert _processes_of(state.directory) == []
    assert laboratory.status(state.directory) is None
    await laboratory.down(state.directory)  # once more does no harm


async def test_the_lab_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    owner = _start_elsewhere(tmp_path / "lab", stay=False)
    directory = tmp_path / "lab"
    await _until(lambda: laboratory.status(directory) is not None and b"up" in _first_line(owner))
    assert _processes_of(directory) != []
    owner.kill()
    owner.communicate()
    await _until(lambda: _processes_of(directory) == [])


async def test_a_lab_that_is_to_stay_is_found_and_ended_from_another_process(tmp_path: Path) -> None:
    owner = _start_elsewhere(tmp_path / "lab", stay=True)
    assert b"up" in _first_line(owner)
    owner.communicate()
    state = laboratory.status(tmp_path / "lab")
    assert state is not None
    await _talk_once(state)
    await laboratory.down(tmp_path / "lab")
    assert _processes_of(tmp_path / "lab") == []


def _start_elsewhere(directory: Path, stay: bool) -> subprocess.Popen[bytes]:
    program = f"""
import asyncio, pathlib, sys
from dialer.lab import lab
asyncio.run(lab.up(lab.LabPlan(pathlib.Path({str(directory)!r}), agents=1, stay={stay})))
print("up", flush=True)
if not {stay}:
    sys.stdin.read()
"""
    return subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    return process.stdout.readline()


async def test_the_keepers_sudden_death_takes_both_asterisks_along(tmp_path: Path) -> None:
    state = await laboratory.up(LabPlan(tmp_path / "lab", agents=1))
    os.kill(state.keeper.pid, signal.SIGKILL)
    await _until(lambda: _processes_of(state.directory) == [] and state.process("pbx") is None)
    await laboratory.down(state)


async def test_a_pbx_that_was_killed_comes_back_on_the_same_ports(tmp_path: Path) -> None:
    state = await laboratory.up(LabPlan(tmp_path / "lab", agents=1))
    try:
        before = state.process("pbx")
        assert before is not None
        os.kill(before.pid, signal.SIGKILL)
        await _until(lambda: state.process("pbx") not in (before, None))
        async with RawAmi.connected(state.carrier_ami_port, "lab", state.carrier_ami_secret) as phones:
            await phones.send("PJSIPRegister", Registration="*all")  # they would by themselves, within a minute
        await laboratory.ready(state)
        await _talk_once(state)
    finally:
        await laboratory.down(state)


async def test_one_directory_holds_one_lab(lab: LabState) -> None:
    with pytest.raises(LabError, match="already running"):
        await laboratory.up(LabPlan(lab.directory))


async def test_the_event_filters_of_older_versions_let_the_same_events_through(lab: LabState, tmp_path: Path) -> None:
    async def names(state: LabState) -> set[str]:
        async with RawAmi.connected(state.ami_port, state.ami_user, state.ami_secret) as ami:
            calls = Calls(state, ami)
            agent = await calls.agent()
            await calls.ended(await calls.customer(carrier.number(1, 1, seconds=1), DIALER_AGENT=agent))
            await calls.hang_up_all()
            return {event["Event"] for event in ami.events} - {"ContactStatus"}

    older = await laboratory.up(LabPlan(tmp_path / "older", agents=1, event_filters="dialer-events-20"))
    try:
        seen = await names(older)
    finally:
        await laboratory.down(older)
    assert seen == await names(lab)
    assert "Newexten" not in seen


async def test_a_recycled_pid_is_not_taken_for_the_lab(tmp_path: Path) -> None:
    mine = Process.of(os.getpid())
    assert mine is not None
    Process(mine.pid, mine.started - 1).signal(signal.SIGKILL)  # this very process, were only the pid compared
    assert mine.alive()
