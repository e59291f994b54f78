"""The `database` fixture: every test that uses it runs on a SQLite file and on a real PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dialer.store.session import Database
from tests.support.postgres import shared_cluster

_TEMPLATE = pytest.StashKey[Path]()


async def _sqlite_file(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    stash = request.config.stash
    if _TEMPLATE not in stash:
        folder = request.getfixturevalue("tmp_path_factory").mktemp("template")
        template = Database(f"sqlite:///{folder / 'template.db'}")
        await template.migrate()
        await template.close()
        stash[_TEMPLATE] = folder / "template.db"
    file = tmp_path / "dialer.db"
    shutil.copy(stash[_TEMPLATE], file)
    return f"sqlite:///{file}"


async def sqlite_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(await _sqlite_file(request, tmp_path))
    yield database
    await database.close()


async def postgres_database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    cluster = shared_cluster(request.config)
    if cluster.template is None:
        name = await cluster.create()
        template = Database(cluster.url(name))
        await template.migrate()
        await template.close()
        cluster.template = name
    name = await cluster.create(cluster.template)
    database = Database(cluster.url(name))
    yield database
    await database.close()
    await cluster.drop(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A migrated, empty database of its own for each test."""
    made = sqlite_database(request, tmp_path) if request.param == "sqlite" else postgres_database(request)
    async for one in made:
        yield one


@pytest.fixture
async def sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """SQLite alone, for what only it does."""
    async for one in sqlite_database(request, tmp_path):
        yield one


@pytest.fixture
async def postgres(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """PostgreSQL alone, for what only it does."""
    async for one in postgres_database(request):
        yield one
