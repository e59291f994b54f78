"""The stage: users, campaigns and lists in a fresh database, and what the others need to know of it."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from dialer.core.compliance.packs import Rulebook
from dialer.demo import crew
from dialer.demo.sample import Sample, samples
from dialer.lab.packs.night import lab_packs
from dialer.lab.state import LabState
from dialer.operation.intake.load import Intake, load
from dialer.operation.intake.rules import Reading
from dialer.rules.load import load as load_rules
from dialer.store import campaigns, do_not_call, people
from dialer.store.campaigns import CampaignStatus
from dialer.store.do_not_call import Listing
from dialer.store.session import Database
from dialer.web.passwords import generate, hash_of

AGENTS = 4
LOGINS = "logins.json"


def _again(seconds: int, limit: int) -> dict[str, int]:
    return {"delay": seconds, "limit": limit}


_BASE = {
    "trunk": "carrier",
    "wrap_up_seconds": 10,
    "recycle": {
        "busy": _again(6, 2),
        "congestion": _again(5, 2),
        "no_answer": _again(5, 1),
        "rejected": _again(5, 1),
        "failed": _again(5, 1),
        "machine": _again(5, 1),
    },
}
_PROGRESSIVE = {"dial_mode": "progressive", "ring_seconds": 8}
CAMPAIGNS: tuple[Mapping[str, Any], ...] = (
    {"name": "Renovation 家装", **_PROGRESSIVE, "caller_ids": ["4008001001", "4008001002"]},
    {"name": "Car owners 车主回访", "dial_mode": "preview", "ring_seconds": 12, "caller_ids": ["4008001003"]},
    {"name": "Machines 留言机", **_PROGRESSIVE, "caller_ids": ["4008001004"], "amd": True, "priority": 1},
)
# Who works where: a row for each agent, of places in CAMPAIGNS.
DUTIES = ((0,), (0, 2), (0, 2), (1,))


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
    base: str = ""  # the service's address
    ran_out: bool = False  # the lists were worked off; else time or Ctrl-C ended it
    stop: asyncio.Event = field(default_factory=asyncio.Event)  # Ctrl-C


async def fill(demo: Demo, state: LabState) -> None:
    """A fresh database with users, campaigns and their lists, do-not-call numbers among them."""
    now = datetime.now(UTC)
    data = demo.home / "data"
    for old in data.glob("dialer.db*"):
        old.unlink()
    if (demo.home / LOGINS).exists():  # a folder of an earlier demonstration, not somebody's own
        shutil.rmtree(demo.home / "recordings", ignore_errors=True)
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
    secrets_file = demo.home / LOGINS
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
    reading = Reading("US", rulebook.zone_names, lab=True)
    what = Intake(campaign.id, sample.file_name, source="sample", by="demo", reading=reading)
    report = await load(db, file, what, clock=lambda: datetime.now(UTC))
    demo.totals[str(campaign.id)] = report.added
    bad = "; ".join(f"row {error.row}: {error.sentence}" for error in report.errors)
    demo.console.print(
        f"  {campaign.name}: {report.added} leads, {report.doubled} doubled, {report.rejected} rejected"
        + (f" ({bad})" if bad else "")
    )
