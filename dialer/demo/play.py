"""The demonstration: a lab, a service of its own, three campaigns, agents at their desks, a supervisor and a live board.

Everything a user would use is real: SIP calls through our `asterisk_conf/`, the service as its own process, agents and
board as clients of its API. What is simulated is only who answers.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.compliance.packs import Rulebook
from dialer.core.number import Number
from dialer.demo import board, crew
from dialer.demo.sample import Sample, samples
from dialer.lab import lab, service_config
from dialer.lab.packs.night import lab_packs
from dialer.lab.state import LabState
from dialer.operation.intake import load as intake
from dialer.rules.load import load as load_rules
from dialer.store import campaigns, do_not_call, people, reports
from dialer.store.campaigns import CampaignStatus
from dialer.store.do_not_call import Listing
from dialer.store.schema import attempts, decisions
from dialer.store.session import Database
from dialer.web.passwords import generate, hash_of

AGENTS = 4
READY_SECONDS = 20.0
# A list is worked off when every lead is done, or the next one falls due only later than this.
SOON = timedelta(minutes=2)
_BASE = {
    "trunk": "carrier",
    "wrap_up_seconds": 10,
    "recycle": {"busy": {"delay": 6, "limit": 2}, "no_answer": {"delay": 5, "limit": 1}, "rejected": {"delay": 5, "limit": 1},
                "congestion": {"delay": 5, "limit": 2}, "failed": {"delay": 5, "limit": 1},
                "machine": {"delay": 5, "limit": 1}},
}  # fmt: skip
CAMPAIGNS: tuple[Mapping[str, Any], ...] = (
    {"name": "Renovation 家装", "dial_mode": "progressive", "caller_ids": ["4008001001", "4008001002"], "ring_seconds": 8},
    {"name": "Car owners 车主回访", "dial_mode": "preview", "caller_ids": ["4008001003"], "ring_seconds": 12},
    {"name": "Machines 留言机", "dial_mode": "progressive", "caller_ids": ["4008001004"], "ring_seconds": 12, "amd": True},
)  # fmt: skip
# Who works where, by place in CAMPAIGNS.
DUTIES = ((0,), (0, 2), (0, 2), (1,))


class DemoFailed(Exception):
    """Something that was promised did not happen; one sentence."""


@dataclass(slots=True)
class Demo:
    """Where it lives and what it found."""

    home: Path
    console: Console
    database: str = ""
    seconds: float | None = None
    ids: list[int] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    logins: list[crew.Login] = field(default_factory=list)
    lists: tuple[Sample, ...] = ()
    base: str = ""
    stop: asyncio.Event = field(default_factory=asyncio.Event)  # Ctrl-C


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
        await _fill(demo, state)
        console.print("[bold]3[/] the service, agents at their desks …")
        async with _service(demo, config) as process:
            await _work(demo, process, console)
        summary = await _summary(demo, state)
    finally:
        await lab.down(state)
    broken = await _judge(demo, summary, state)
    _print(demo, summary, console, datetime.now(UTC) - started)
    if json_file is not None:
        json_file.write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
        console.print(f"summary for machines: {json_file}")
    return broken


async def _fill(demo: Demo, state: LabState) -> None:
    """A fresh database with users, campaigns and their lists, do-not-call numbers among them."""
    now = datetime.now(UTC)
    data = demo.home / "data"
    for old in data.glob("dialer.db*"):
        old.unlink()
    rulebook = load_rules(lab_packs(state.directory, now))
    demo.lists = samples(rulebook, now)
    db = Database(f"sqlite+aiosqlite:///{data / 'dialer.db'}")
    await db.migrate()
    try:
        await _users(demo, db, now)
        for place, (settings, sample) in enumerate(zip(CAMPAIGNS, demo.lists, strict=True)):
            await _campaign(demo, db, place, settings, sample, rulebook, now)
    finally:
        await db.close()


async def _users(demo: Demo, db: Database, now: datetime) -> None:
    who = [(f"agent{n:02}", "agent") for n in range(1, AGENTS + 1)]
    who += [("supervisor01", "supervisor"), ("admin", "administrator")]
    for login, role in who:
        password = generate()
        demo.logins.append(crew.Login(login, password))
        phone = login if role != "administrator" else None
        user = people.User(login, login.capitalize(), role, phone, password_hash=hash_of(password))  # type: ignore[arg-type]
        async with db.begin() as c:
            await people.create(c, user, now)
    secrets_file = demo.home / "logins.json"
    secrets_file.touch(mode=0o600)
    secrets_file.write_text(json.dumps({one.login: one.password for one in demo.logins}, indent=1) + "\n")


async def _campaign(
    demo: Demo, db: Database, place: int, settings: Mapping[str, Any], sample: Sample, rulebook: Rulebook, now: datetime
) -> None:
    async with db.begin() as c:
        campaign = await campaigns.create(c, {**_BASE, **settings}, now)
        await campaigns.assign(c, campaign.id, [f"agent{n + 1:02}" for n, duty in enumerate(DUTIES) if place in duty])
        await campaigns.set_status(c, campaign.id, CampaignStatus.RUNNING, now)
        company = Listing(source="demo", asked_by="customer", since=now, proof="asked in an earlier call")
        await do_not_call.add_many(c, sample.company_list, company, now)
        own = Listing(source="demo", asked_by="customer", since=now, proof="asked by mail", campaign_id=campaign.id)
        await do_not_call.add_many(c, sample.campaign_list, own, now)
    demo.ids.append(campaign.id)
    file = demo.home / sample.file_name
    file.write_bytes(sample.content)
    report = await intake.load(db, file, campaign_id=campaign.id, list_name=sample.file_name, by="demo", region="US", lab=True, clock=lambda: datetime.now(UTC))  # fmt: skip
    demo.totals[str(campaign.id)] = report.added
    bad = "; ".join(f"row {row.row}: {row.sentence}" for row in report.rejected)
    demo.console.print(
        f"  {campaign.name}: {report.added} leads, {report.doubled} doubled, {len(report.rejected)} rejected"
        + (f" ({bad})" if bad else "")
    )


@asynccontextmanager
async def _service(demo: Demo, config: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`dialer run` as a process of its own; ended politely, then for good."""
    port_file = demo.home / "port.json"
    port_file.unlink(missing_ok=True)
    command = (sys.executable, "-m", "dialer", "--config", str(config), "run", "--lab", str(demo.home / "lab"), "--port-file", str(port_file))  # fmt: skip
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
            console.print(board.line(desk.picture, demo.totals), highlight=False)


async def _summary(demo: Demo, state: LabState) -> dict[str, Any]:
    db = Database(f"sqlite+aiosqlite:///{demo.home / 'data' / 'dialer.db'}")
    try:
        async with db.read() as c:
            rows = [await reports.campaign_summary(c, campaign_id) for campaign_id in demo.ids]
    finally:
        await db.close()
    packages = ("dialer", "panoramisk", "aiomqtt", "sqlalchemy", "aiohttp", "pydub", "tzdata", "phonenumbers")
    versions = {name: version(name) for name in packages}
    versions |= {"python": platform.python_version(), "asterisk": state.version, "machine": f"{os.cpu_count()} cores"}
    return {"campaigns": rows, "versions": versions}


async def _judge(demo: Demo, summary: Mapping[str, Any], state: LabState) -> list[str]:
    """What was promised, held against the database and the carrier's own log."""
    broken = []
    rows = summary["campaigns"]
    for row in rows:
        if row["talked"] != row["recordings"]:
            broken.append(f"{row['name']}: {row['talked']} talked calls, {row['recordings']} whole recordings")
        if row["abandons"]:
            broken.append(f"{row['name']}: {row['abandons']} abandons")
        if not row["talked"]:
            broken.append(f"{row['name']}: nobody talked")
    refused = sum(sum(row["refusals"].values()) for row in rows)
    if refused < sum(sample.refused for sample in demo.lists) and demo.seconds is None:
        broken.append(f"{refused} refusals, fewer than the lists hold")
    db = Database(f"sqlite+aiosqlite:///{demo.home / 'data' / 'dialer.db'}")
    try:
        async with db.read() as c:
            broken += await _against_the_carrier(c, state)
    finally:
        await db.close()
    return broken


async def _against_the_carrier(c: AsyncConnection, state: LabState) -> list[str]:
    """One INVITE per attempt that was placed, none to a number that was refused, none without a row."""
    placed = Counter(
        Number(number).digits
        for number, disposition in await c.execute(select(attempts.c.number, attempts.c.disposition))
        if disposition != "not_placed"
    )
    refused = {
        Number(n).digits for n in await c.scalars(select(decisions.c.number).where(decisions.c.verdict == "refusal"))
    }
    permitted = {
        Number(n).digits for n in await c.scalars(select(decisions.c.number).where(decisions.c.verdict == "permit"))
    }
    invites = Counter(line.split(",")[1] for line in _lines(state.carrier_log))
    broken = []
    if invites != placed:
        broken.append(f"the carrier saw {invites.total()} calls, the database has {placed.total()} that were placed")
    if wrong := set(invites) & (refused - permitted):
        broken.append(f"{len(wrong)} numbers were called although the gate refused them")
    unfinished = await c.scalar(select(func.count()).select_from(attempts).where(attempts.c.closed_at.is_(None)))
    if unfinished:
        broken.append(f"{unfinished} attempts have no outcome")
    return broken


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except FileNotFoundError:
        return []


def _print(demo: Demo, summary: Mapping[str, Any], console: Console, took: timedelta) -> None:
    table = Table(title=f"after {took.total_seconds():.0f} s", title_justify="left")
    for head in (
        "campaign",
        "mode",
        "leads",
        "attempts",
        "talked",
        "recordings",
        "abandons",
        "answer to bridge, ms",
        "occupancy",
    ):
        table.add_column(head)
    for row in summary["campaigns"]:
        wait = row["answer_to_bridge_ms"]
        share = row["occupancy"]
        table.add_row(
            row["name"], row["dial_mode"], str(row["leads"]), str(row["attempts"]), str(row["talked"]),
            str(row["recordings"]), str(row["abandons"]), f"p50 {wait['p50']}  p99 {wait['p99']}",
            f"{share:.0%}" if share is not None else "-",
        )  # fmt: skip
    console.print(table)
    for row in summary["campaigns"]:
        said = ", ".join(f"{word} {n}" for word, n in row["dispositions"].items())
        refused = ", ".join(f"{rule} {n}" for rule, n in row["refusals"].items()) or "none"
        console.print(f"  {row['name']}: {said}", highlight=False)
        console.print(f"    refused: {refused}", highlight=False)
    console.print(f"recordings  {demo.home / 'recordings'}", highlight=False, soft_wrap=True)
    console.print(f"database    {demo.home / 'data' / 'dialer.db'}", highlight=False, soft_wrap=True)
    console.print(f"logins      {demo.home / 'logins.json'}", highlight=False, soft_wrap=True)
    console.print(
        f"API         was {demo.base}/api/openapi.json; again: dialer --config {demo.home / 'config.toml'} run",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
