"""Alembic's entry. The program hands over a connection; the alembic command brings `-x url=...` instead."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from dialer.store.schema import metadata
from dialer.store.types import BigId, Json, UTCDateTime


def _written(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """How a new migration writes our own column types; the template imports them."""
    if kind == "type":
        names = {id(BigId): "BigId", id(Json): "Json"}
        if isinstance(item, UTCDateTime):
            return "UTCDateTime()"
        return names.get(id(item), False)
    return False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,  # SQLite cannot alter a column in place
        compare_type=True,
        render_item=_written,
    )
    with context.begin_transaction():
        context.run_migrations()


async def _run_alone() -> None:
    from dialer.store.session import make_engine, parse_url

    engine = make_engine(parse_url(context.get_x_argument(as_dictionary=True)["url"]), foreign_keys=False)
    async with engine.execution_options(write=True).begin() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    asyncio.run(_run_alone())
