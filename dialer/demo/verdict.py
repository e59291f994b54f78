"""What was promised, held against the database and the carrier's own log; and the summary for people and machines."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.number import Number
from dialer.demo.stage import Demo
from dialer.lab.state import LabState
from dialer.store import reports
from dialer.store.schema import attempts, decisions
from dialer.store.session import Database


async def summary(demo: Demo, state: LabState) -> dict[str, Any]:
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


async def judge(demo: Demo, found: Mapping[str, Any], state: LabState) -> list[str]:
    """What was promised, held against the database and the carrier's own log."""
    broken = []
    rows = found["campaigns"]
    for row in rows:
        if row["talked"] != row["recordings"]:
            broken.append(f"{row['name']}: {row['talked']} talked calls, {row['recordings']} whole recordings")
        if row["abandons"]:
            broken.append(f"{row['name']}: {row['abandons']} abandons")
        if not row["talked"] and (row["attempts"] or demo.ran_out):
            broken.append(f"{row['name']}: nobody talked")
    refused = sum(sum(row["refusals"].values()) for row in rows)
    if refused < sum(sample.refused for sample in demo.lists) and demo.ran_out:
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


def show(demo: Demo, found: Mapping[str, Any], took: timedelta) -> None:
    console = demo.console
    table = Table(title=f"after {took.total_seconds():.0f} s", title_justify="left", box=box.SIMPLE_HEAD)
    for head in ("campaign", "leads", "attempts", "talked", "recorded", "abandons", "bridged after, ms", "occupancy"):
        table.add_column(head, no_wrap=head == "campaign")
    for row in found["campaigns"]:
        wait = row["answer_to_bridge_ms"]
        share = row["occupancy"]
        table.add_row(
            row["name"],
            *(str(row[key]) for key in ("leads", "attempts", "talked", "recordings", "abandons")),
            f"p50 {wait['p50']}  p99 {wait['p99']}",
            f"{share:.0%}" if share is not None else "-",
        )
    console.print(table)
    for row in found["campaigns"]:
        said = ", ".join(f"{word} {n}" for word, n in row["dispositions"].items())
        refused = ", ".join(f"{rule} {n}" for rule, n in row["refusals"].items()) or "none"
        console.print(f"  {row['name']} ({row['dial_mode']}): {said}", highlight=False, soft_wrap=True)
        console.print(f"    refused: {refused}", highlight=False)
    console.print(f"recordings  {demo.home / 'recordings'}", highlight=False, soft_wrap=True)
    console.print(f"database    {demo.home / 'data' / 'dialer.db'}", highlight=False, soft_wrap=True)
    console.print(f"logins      {demo.home / 'logins.json'}", highlight=False, soft_wrap=True)
    console.print(
        f"API         was {demo.base}/api/openapi.json; again: dialer --config {demo.home / 'config.toml'} run",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
