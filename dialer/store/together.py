"""Several queries in one trip to the database: what a claim needs to know costs one answer and not eight.

Each query's rows come back as one JSON text, which both databases can make; here they turn into rows again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, ColumnElement, Dialect, Select, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement, ScalarSelect, bindparam
from sqlalchemy.types import TypeDecorator, TypeEngine

from dialer.store.types import UTCDateTime

Found = list[SimpleNamespace]


class Together:
    """Queries that are asked in one trip. Made once, at import: building a statement takes longer than asking it."""

    def __init__(self, **queries: Select[Any]) -> None:
        self._queries = queries
        self._statements: dict[str, Select[Any]] = {}

    async def ask(self, c: AsyncConnection, values: Mapping[str, Any]) -> dict[str, Found]:
        """The rows of each query by its name, all of one moment, for the bound `values`. A row has the query's columns
        as attributes.
        """
        dialect = c.dialect.name
        if dialect not in self._statements:
            parts = [as_json(query, dialect).label(name) for name, query in self._queries.items()]
            self._statements[dialect] = select(*parts)
        row = (await c.execute(self._statements[dialect], values)).one()
        return {name: rows_of(query, text) for (name, query), text in zip(self._queries.items(), row, strict=True)}


def as_json(query: Select[Any], dialect: str) -> ScalarSelect[Any]:
    """The query's rows, in its order, as one JSON text: a list of lists."""
    rows = query.subquery()
    if dialect == "postgresql":
        listed: ColumnElement[Any] = cast(func.json_agg(func.json_build_array(*rows.c)), Text)
    else:
        listed = func.json_group_array(func.json_array(*rows.c))
    return select(listed).scalar_subquery()


def rows_of(query: Select[Any], text: str | None) -> Found:
    """What `as_json` made of the query, as rows again."""
    if text is None or text == "[]":
        return []
    names, readers = _shape(query)
    return [
        SimpleNamespace(
            **{
                name: value if read is None or value is None else read(value)
                for name, read, value in zip(names, readers, values, strict=True)
            }
        )
        for values in json.loads(text)
    ]


@lru_cache(maxsize=64)
def _shape(query: Select[Any]) -> tuple[tuple[str, ...], tuple[Callable[[Any], Any] | None, ...]]:
    """Its columns' names, and what turns each JSON value into the column's own; made once, as the query is."""
    columns = query.selected_columns
    return tuple(columns.keys()), tuple(_reader(column.type) for column in columns)


def _reader(kind: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    if isinstance(kind, UTCDateTime):
        return _moment
    return bool if isinstance(kind, Boolean) else None


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


class _Values(TypeDecorator[Sequence[Any]]):
    """Many values as one parameter: an array for PostgreSQL, a JSON text for SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, of: type[TypeEngine[Any]]) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(self.of()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else json.dumps(value)


class _Among(FunctionElement[bool]):
    type = Boolean(create_constraint=False)
    inherit_cache = True
    _is_implicitly_boolean = True  # else SQLite is asked whether it "= 1", and no index answers that


@compiles(_Among, "postgresql")
def _among_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    column, values = element.clauses
    return f"{compiler.process(column, **kw)} = ANY ({compiler.process(values, **kw)})"


@compiles(_Among, "sqlite")
def _among_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    column, values = element.clauses
    left, listed = compiler.process(column, **kw), compiler.process(values, **kw)
    return f"{left} IN (SELECT value FROM json_each({listed}))"  # noqa: S608 -- both are the compiler's own


def among(column: ColumnElement[Any], values: str | Sequence[Any]) -> ColumnElement[bool]:
    """The column is one of the values, or of those that will be bound to this name. The statement's text is the same
    however many they are, so that it is planned once.
    """
    of = BigInteger if column.type.python_type is int else Text
    if isinstance(values, str):
        return _Among(column, bindparam(values, type_=_Values(of)))
    return _Among(column, bindparam(None, list(values), type_=_Values(of), unique=True))
