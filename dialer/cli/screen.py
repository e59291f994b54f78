"""What commands print: tables and sentences for people, one JSON document for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import typer

PIPED_WIDTH = 200  # columns of a table that goes to a file or a program: nothing is cut for a screen that is not there


def document(value: object) -> None:
    """Times as ISO 8601 text; letters of every script as they are."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """None is shown as a dash. Cells are never read as markup: names may hold square brackets."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=title or None, title_justify="left", show_edge=False, pad_edge=False)
    for column in columns:
        shown.add_column(column)
    for row in rows:
        shown.add_row(*(Text(_cell(value)) for value in row))
    Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(shown)


def _cell(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%MZ}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=_plain)
    return str(value)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
