"""`dialer run`: the service, until it is asked to stop."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
from pathlib import Path
from typing import Annotated

import typer


def run(
    context: typer.Context,
    lab: Annotated[
        Path | None, typer.Option(help="A running lab's folder: its numbers and rule packs are accepted too.")
    ] = None,
    port_file: Annotated[
        Path | None, typer.Option(help="Write {'port': N} here once the service answers (for scripts).")
    ] = None,
) -> None:
    """Run the service in the foreground. Ctrl-C or SIGTERM stops dialing, lets calls end, then leaves.

    Example: dialer --config /etc/dialer/config.toml run
    """
    from dialer.config import load

    settings = load(context.obj.config)
    logging.basicConfig(
        level=logging.DEBUG if context.obj.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    asyncio.run(_run(settings, lab, port_file))


async def _run(settings: object, lab: Path | None, port_file: Path | None) -> None:
    from dialer.config import Settings
    from dialer.engine import utc_now
    from dialer.lab.packs.night import lab_packs
    from dialer.service import Service, started

    assert isinstance(settings, Settings)
    packs = tuple(lab_packs(lab, utc_now())) if lab is not None else ()

    async def ready(service: Service) -> None:
        logging.getLogger("dialer").info("ready on http://%s:%d", settings.http.host, service.port)
        if port_file is not None:
            new = port_file.with_suffix(".new")
            new.write_text(json.dumps({"port": service.port}))
            new.rename(port_file)

    async with started(settings, extra_packs=packs) as service:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, service.stop.set)
        await service.run(ready)
