"""The registries on this machine, as the service asks them; and a word to people where one cannot be relied on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from dialer.core.compliance.do_not_call import Screen
from dialer.registry.shelf import Shelf

LOOK_SECONDS = 5.0


def screen_of(shelf: Shelf, clock: Callable[[], datetime]) -> Screen:
    """What the gate is given to look numbers up with."""
    return lambda number: shelf.screened(number, clock())


async def watch(shelf: Shelf, clock: Callable[[], datetime], incident: Callable[[str, str], Awaitable[None]]) -> None:
    """An incident for each registry that begins to count as missing. Calls that need it are refused meanwhile."""
    known: dict[str, str] = {}
    while True:
        found = dict(shelf.troubles(clock()))
        for name, sentence in found.items():
            if known.get(name) != sentence:
                await incident("registry_damaged", sentence)
        known = found
        await asyncio.sleep(LOOK_SECONDS)
