from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from dialer.config import HttpSettings, RecordingSettings, Settings
from dialer.core import events as ev
from dialer.core.commands import Command
from dialer.core.compliance.packs import Rulebook
from dialer.core.floor.floor import Floor
from dialer.core.pacing.trunk import Trunk
from dialer.engine import Engine
from dialer.rules.load import load
from dialer.store.session import Database
from dialer.web.app import build
from dialer.web.house import House
from dialer.web.live import Live
from tests.support.database import sqlite
from tests.web.floor import Clock, Place, add_people, performers, screened

__all__ = ["sqlite"]

OTHER_ORIGIN = "https://desk.example"


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The shipped rules."""
    return load()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def performed() -> list[Command]:
    """The floor's orders, in order."""
    return []


@pytest.fixture
async def house(
    sqlite: Database, rulebook: Rulebook, tmp_path: Path, clock: Clock, performed: list[Command]
) -> AsyncIterator[House]:
    """An engine at work on an empty floor with the PBX connected, and the people of `floor.PEOPLE`."""
    floor = Floor("test01", rulebook, (Trunk("carrier", 5, 5),))
    live = Live(floor.picture)
    engine = Engine(floor, performers(lambda: made, performed), live.publish, clock)
    settings = Settings(
        http=HttpSettings(origins=(OTHER_ORIGIN,)), recordings=RecordingSettings(library=tmp_path / "recordings")
    )
    made = House(engine, sqlite, settings, clock, live, screened)
    await add_people(made)
    running = asyncio.create_task(engine.run())
    await engine.ask(ev.LinkUp())
    await engine.ask(ev.Resynced(()))
    yield made
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@pytest.fixture
async def place(house: House, clock: Clock, performed: list[Command]) -> AsyncIterator[Place]:
    """The API, served on a real port."""
    async with TestClient(TestServer(build(house))) as client:
        yield Place(house, clock, performed, client)
