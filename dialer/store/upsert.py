"""INSERT ... ON CONFLICT, which both databases write alike and SQLAlchemy builds per dialect."""

from __future__ import annotations

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


def upsert(c: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that can be given a conflict clause."""
    return sqlite.insert(table) if c.dialect.name == "sqlite" else postgresql.insert(table)


def insert_new(c: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that leaves out what would break a unique constraint."""
    return upsert(c, table).on_conflict_do_nothing()
