"""`dialer doctor`: everything a dialer stands on, looked at; what is wrong, and what to do about it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from dialer.cli import screen
from dialer.cli.options import Json

if TYPE_CHECKING:
    from dialer.cli.checkup.finding import Finding

_MARKS = {"ok": "green", "warning": "yellow", "failed": "bold red", "skipped": "dim"}


def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Look at the whole set-up and say what is wrong.

    From the clock to the trunks, with what to do about it. Works beside a running service and takes ten seconds at
    most. Exit status 1 if anything failed; warnings do not count.

    Example: dialer doctor --json
    """
    if not context.obj.verbose:
        logging.disable(logging.CRITICAL)  # what the parts would log is what the table says
    try:
        report(asyncio.run(_examined(context.obj.config)), as_json)
    finally:
        logging.disable(logging.NOTSET)


def report(findings: list[Finding], as_json: bool) -> None:
    """Print them; raises `typer.Exit(1)` if anything failed."""
    broken = any(one.level == "failed" for one in findings)
    if as_json:
        shown: dict[str, Any] = {"ok": not broken, "checks": [asdict(one) for one in findings]}
        screen.document(shown)
    else:
        _table(findings)
    if broken:
        raise typer.Exit(1)


def _table(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True)  # sentences are cut by nobody: they may be copied
    width = max(len(one.check) for one in findings)
    for one in findings:
        line = Text.assemble((f"{one.level.value:<8}", _MARKS[one.level]), f"{one.check:<{width}}  {one.found}")
        console.print(line)
        if one.to_do:
            console.print(Text(f"{'':<{width + 10}}{one.to_do}", style="italic"))


async def _examined(config: Path) -> list[Finding]:
    from dialer.cli.checkup import machine, network, pbx, registries, storage
    from dialer.cli.checkup.finding import apart, failed, in_time, ok, skipped
    from dialer.config import BadConfig, load
    from dialer.engine import utc_now

    clock = machine.Clock()
    findings = [*machine.python(), *machine.ffmpeg()]
    try:
        settings = load(config)
    except BadConfig as error:
        findings += [
            failed("config", line, "Correct it, or let `dialer init` write one.") for line in str(error).splitlines()
        ]
        rest = ("message", "zone data", "rule packs", "registries", "database", "data folder", "recordings", "spool",
                "call records", "ami", *pbx.CHECKS, "mqtt", "http")  # fmt: skip
        return [*findings, *skipped(rest, "there is no configuration"), *clock.looked()]
    findings += [ok("config", str(config)), *machine.message(settings)]
    now = utc_now()

    async def stored_and_pbx() -> list[Finding]:
        """One after the other: the database knows the phones that the PBX is asked about."""
        stored = storage.Stored([])

        async def database() -> list[Finding]:
            nonlocal stored
            stored = await storage.database(settings)
            return stored.findings

        found = await in_time("database", database(), 4)
        return [*found, *await in_time("ami", pbx.pbx(settings, stored.phones), 5.5)]

    def rules() -> list[Finding]:
        found, rulebook = machine.rules(settings, now)
        if rulebook is None:
            return [*found, *skipped(("registries",), "there are no rule packs")]
        return [*found, *registries.registries(settings, rulebook, now)]

    for part in await asyncio.gather(
        in_time("rule packs", apart(rules)),
        stored_and_pbx(),
        in_time("folders", storage.folders(settings)),
        in_time("mqtt", network.mqtt(settings.mqtt)),
        in_time("http", network.http(settings.http)),
    ):
        findings += part
    return [*findings, *clock.looked()]
