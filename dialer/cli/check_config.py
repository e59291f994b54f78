"""`dialer check-config`: would this configuration start? Looks at file, rules and database, not at the PBX."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import typer

from dialer.cli.options import Json

if TYPE_CHECKING:
    from pathlib import Path

    from dialer.cli.checkup.finding import Finding


def check_config(context: typer.Context, as_json: Json = False) -> None:
    """Check configuration, rule packs, zone data and database.

    Every wrong key is named. Exit status 1 if the service would not start with it.

    Example: dialer --config /etc/dialer/config.toml check-config
    """
    from dialer.cli.doctor import report

    report(asyncio.run(_checked(context.obj.config)), as_json)


async def _checked(config: Path) -> list[Finding]:
    from dialer.cli.checkup import machine, storage
    from dialer.cli.checkup.finding import failed, in_time, ok
    from dialer.config import BadConfig, load
    from dialer.engine import utc_now

    try:
        settings = load(config)
    except BadConfig as error:
        return [failed("config", line, "") for line in str(error).splitlines()]
    names = ", ".join(trunk.name for trunk in settings.trunks)
    findings = [ok("config", f"{config}: node {settings.node.name}, trunks {names or 'none'}")]
    if not settings.trunks:
        findings.append(failed("config", "trunks: at least one [[trunks]] block is expected", "Add one."))
    try:
        settings.ami.password()
    except BadConfig as error:
        findings.append(failed("config", str(error), "`dialer init` makes the secret."))

    async def database() -> list[Finding]:
        return (await storage.database(settings)).findings

    return [*findings, *machine.rules(settings, utc_now())[0], *await in_time("database", database())]
