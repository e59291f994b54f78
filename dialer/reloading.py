"""Rule packs that were changed while the service runs: read again, and used from the next call on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from dialer.config import Settings
from dialer.core.compliance.packs import Rulebook
from dialer.rules.house import Watched, reload

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
REFUSED = "rules_refused"


async def watch(
    files: Watched,
    settings: Settings,
    extra: tuple[Path, ...],
    use: Callable[[Rulebook], None],
    incident: Callable[[str, str], Awaitable[None]],
) -> None:
    """Look at the files of `rules.packs` until cancelled. `use` takes new rules; bad ones are an incident, and the old
    ones stay. `files` is as old as the rules in use, or older.
    """
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if not await asyncio.to_thread(files.changed):
            continue
        found = await asyncio.to_thread(reload, settings, extra)
        if isinstance(found, Rulebook):
            log.info("rule packs were changed and are in use: %d packs", len(found.packs))
            use(found)
        else:
            sentence = f"rule packs were changed and are refused, the old ones stay in use: {found}"
            log.error("%s", sentence)
            await incident(REFUSED, sentence)
