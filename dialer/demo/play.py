"""The demonstration: a lab, a service of its own, three campaigns, agents at their desks, a supervisor, a live board.

Everything a user would use is real: SIP calls through our `asterisk_conf/`, the service as its own process, agents and
board as clients of its API. What is simulated is only who answers.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from rich.console import Console
from rich.live import Live

from dialer.demo import board, crew, stage, verdict
from dialer.demo.stage import AGENTS, CAMPAIGNS, Demo
from dialer.lab import lab, service_config

READY_SECONDS = 20.0
# A list is worked off when every lead is done, or the next one falls due only later than this.
SOON = timedelta(minutes=2)


class DemoFailed(Exception):
    """Something that was promised did not happen; one sentence."""


async def run(home: Path, console: Console, seconds: float | None, json_file: Path | None) -> list[str]:
    """The whole of it; returns what was promised and did not happen (empty: all did)."""
    demo = Demo(home.resolve(), console, seconds=seconds)
    started = datetime.now(UTC)
    demo.home.mkdir(parents=True, exist_ok=True)
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, demo.stop.set)
    console.print("[bold]1[/] a private Asterisk, a simulated carrier and registered softphones …")
    state = await lab.up(lab.LabPlan(demo.home / "lab", agents=AGENTS, supervisors=1))
    try:
        console.print(f"  {state.version}: {len(state.phones)} phones registered, trunk reachable")
        config = service_config.write(state, demo.home)
        console.print("[bold]2[/] database, users, campaigns, lists …")
        await stage.fill(demo, state)
        console.print("[bold]3[/] the service, agents at their desks …")
        async with _service(demo, config) as process:
            console.print(f"  API {demo.base}/api/openapi.json", highlight=False)
            await _work(demo, process, console)
        found = await verdict.summary(demo, state)
    finally:
        await lab.down(state)
    broken = await verdict.judge(demo, found, state)
    verdict.show(demo, found, datetime.now(UTC) - started)
    if json_file is not None:
        json_file.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
        console.print(f"summary for machines: {json_file}")
    return broken


@asynccontextmanager
async def _service(demo: Demo, config: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`dialer run` as a process of its own; ended politely, then for good."""
    port_file = demo.home / "port.json"
    port_file.unlink(missing_ok=True)
    options = ("--lab", str(demo.home / "lab"), "--port-file", str(port_file))
    command = (sys.executable, "-m", "dialer", "--config", str(config), "run", *options)
    with (demo.home / "service.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log, start_new_session=True)
    try:
        async with asyncio.timeout(READY_SECONDS):
            while not port_file.exists():
                if process.returncode is not None:
                    last = (demo.home / "service.log").read_text(errors="replace").strip().splitlines()[-1:]
                    raise DemoFailed(f"the service ended at once: {' '.join(last)}")
                await asyncio.sleep(0.05)
        demo.base = f"http://127.0.0.1:{json.loads(port_file.read_text())['port']}"
        yield process
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 30)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _work(demo: Demo, process: asyncio.subprocess.Process, console: Console) -> None:
    """Agents work, the board shows, until the lists are done, the time is up, or the service is gone."""
    started = datetime.now(UTC)
    ends = started + timedelta(seconds=demo.seconds) if demo.seconds else None
    random = Random(7)  # the same people every time
    async with crew.desks(demo.base, demo.logins) as desks, asyncio.TaskGroup() as group:
        agents = desks[:AGENTS]
        supervisor = desks[AGENTS]
        tasks = [group.create_task(crew.Agent(desk, Random(random.random())).work()) for desk in agents]
        tasks.append(group.create_task(_show(demo, supervisor, console, started, ends)))
        tasks.append(group.create_task(_supervise(supervisor)))
        while not (demo.stop.is_set() or _done(supervisor.picture) or (ends is not None and datetime.now(UTC) >= ends)):
            if process.returncode is not None:
                raise DemoFailed(f"the service ended; see {demo.home / 'service.log'}")
            await asyncio.sleep(0.25)
        demo.ran_out = _done(supervisor.picture)
        for desk in agents:
            await desk.post("/agent/log-out")
        await _calls_over(supervisor)
        for task in tasks:
            task.cancel()


async def _calls_over(supervisor: crew.Desk, within: float = 40.0) -> None:
    """Calls that are up may end; nothing new is placed because nobody is ready."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within):
            while supervisor.picture.get("call") or any(
                a["state"] != "logged_out" for a in supervisor.picture.get("agent", {}).values()
            ):
                await asyncio.sleep(0.1)
    await asyncio.sleep(1.5)  # the last recordings are being finished


def _done(picture: board.Picture) -> bool:
    """Nothing is left that could be called in the next minutes: what remains was refused until later."""
    desks = picture.get("campaign", {})
    if len(desks) < len(CAMPAIGNS) or picture.get("call"):
        return False
    if any(a["state"] in ("reserved", "talking", "wrap_up") for a in picture.get("agent", {}).values()):
        return False
    soon = (datetime.now(UTC) + SOON).isoformat()
    return all(d["hopper"] == 0 and (d["left"] == 0 or (d["next_lead_at"] or "") > soon) for d in desks.values())


async def _supervise(desk: crew.Desk) -> None:
    """Wait for a conversation, then listen, whisper and barge in on it; again on another one now and then."""
    while True:
        talking = [a for a in desk.picture.get("agent", {}).values() if a["state"] == "talking"]
        if talking:
            await crew.supervise(desk, talking[0]["agent_id"])
            await asyncio.sleep(15)
        await asyncio.sleep(0.3)


async def _show(demo: Demo, desk: crew.Desk, console: Console, started: datetime, ends: datetime | None) -> None:
    """The board: redrawn four times a second on a terminal, one line every five seconds elsewhere."""

    async def nothing(changed: set[tuple[str, str]]) -> None:
        pass

    async with asyncio.TaskGroup() as group:
        group.create_task(desk.watch(nothing))
        if console.is_terminal:
            with Live(console=console, refresh_per_second=4, screen=False) as live:
                while True:
                    live.update(board.render(desk.picture, demo.totals, started, ends))
                    await asyncio.sleep(0.25)
        while True:
            await asyncio.sleep(5)
            console.print(board.line(desk.picture, demo.totals), highlight=False, markup=False, soft_wrap=True)
