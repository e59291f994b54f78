from __future__ import annotations

import sqlite3
from argparse import Namespace
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from dialer.store.migrations.runner import DatabaseTooNew, configuration
from dialer.store.schema import metadata
from dialer.store.session import Database


def _differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))


async def test_the_migrations_make_the_tables_the_code_expects(database: Database) -> None:
    async with database.begin() as c:
        assert await c.run_sync(_differences) == []


async def test_a_column_that_no_migration_made_is_noticed(database: Database) -> None:
    async with database.begin() as c:
        await c.execute(text("ALTER TABLE leads ADD COLUMN forgotten TEXT"))
        assert [d[0] for d in await c.run_sync(_differences)] == ["remove_column"]


async def test_migrating_twice_changes_nothing(database: Database) -> None:
    await database.migrate()
    async with database.begin() as c:
        assert await c.run_sync(_differences) == []


async def test_every_step_can_be_undone(database: Database) -> None:
    def down_and_up(connection: Connection) -> None:
        config = configuration()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        command.upgrade(config, "head")

    async with database.begin() as c:
        await c.run_sync(down_and_up)
        assert await c.run_sync(_differences) == []


async def test_a_database_of_a_later_version_is_refused(database: Database) -> None:
    async with database.begin() as c:
        await c.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    with pytest.raises(DatabaseTooNew):
        await database.migrate()


def test_the_alembic_command_finds_its_database_by_an_argument(tmp_path: Path) -> None:
    file = tmp_path / "by-hand.db"
    config = configuration()
    config.cmd_opts = Namespace(x=[f"url=sqlite:///{file}"])
    command.upgrade(config, "head")
    head = ScriptDirectory.from_config(config).get_current_head()
    with closing(sqlite3.connect(file)) as c:
        assert c.execute("SELECT version_num FROM alembic_version").fetchone() == (head,)
