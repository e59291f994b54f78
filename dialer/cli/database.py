"""The configured database, opened for one command. No command but `init` makes or changes tables."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from dialer.cli.failures import Refused

if TYPE_CHECKING:
    from dialer.config import Settings
    from dialer.store.session import Database

T = TypeVar("T")


class Form(StrEnum):
    """How a database's tables compare with those of this program."""

    MISSING = "missing"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"


def with_database(context: typer.Context, work: Callable[[Settings, Database], Awaitable[T]]) -> T:
    """Load the settings, open the database, do the work.

    Raises:
        BadConfig, BadDatabaseUrl, DatabaseUnreachable:
        Refused: there are no tables, or not of this version.
    """
    from dialer.config import load

    settings = load(context.obj.config)

    async def run() -> T:
        async with opened(settings.database.url) as db:
            return await work(settings, db)

    return asyncio.run(run())


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """Raises as `with_database`."""
    from dialer.store.session import Database

    db = Database(url)
    try:
        sentence = unfit(await form(db), db)
        if sentence is not None:
            raise Refused(sentence)
        yield db
    finally:
        await db.close()


async def form(db: Database) -> Form:
    """Asks for it, and leaves no file behind where there was none. Raises `DatabaseUnreachable`."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy.exc import DBAPIError

    from dialer.store.migrations.runner import configuration
    from dialer.store.session import DatabaseUnreachable

    if db.is_sqlite and not await asyncio.to_thread(Path(db.url.database or "").exists):
        return Form.MISSING
    try:
        async with db.read() as c:
            present = await c.run_sync(lambda sync: set(MigrationContext.configure(sync).get_current_heads()))
    except DBAPIError as error:  # a file that is no database, a user who may not look
        where = db.url.render_as_string(hide_password=True)
        raise DatabaseUnreachable(f"database {where}: {error.orig}") from None
    if not present:
        return Form.MISSING
    script = ScriptDirectory.from_config(configuration())
    if present == set(script.get_heads()):
        return Form.CURRENT
    return Form.OLDER if present <= {step.revision for step in script.walk_revisions()} else Form.NEWER


def unfit(found: Form, db: Database) -> str | None:
    """Why a database of this form cannot be worked with; None where it can."""
    where = db.url.render_as_string(hide_password=True)
    return {
        Form.MISSING: f"database {where}: it has no tables yet; `dialer init` makes them",
        Form.OLDER: f"database {where}: its tables are an older version's; `dialer init` brings them up to date",
        Form.CURRENT: None,
        Form.NEWER: f"database {where}: its tables are a later version's; install that version of the dialer",
    }[found]
