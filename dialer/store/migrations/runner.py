"""Runs the migrations from inside the program; nobody has to find an alembic.ini."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

# Any number will do as long as every node asks for the same one.
_LOCK = 7_340_221


class DatabaseTooNew(Exception):
    """The tables were made by a later version of this program."""


def configuration() -> Config:
    """Alembic's settings for this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def migrate(connection: Connection) -> None:
    """Upgrade to the newest form, inside the caller's transaction; a second service waits for the first.

    Raises:
        DatabaseTooNew: the database knows steps this program does not have.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = configuration()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    present = set(MigrationContext.configure(connection).get_current_heads())
    if not present <= known:
        raise DatabaseTooNew("the database was made by a later version of the dialer; install that version")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
