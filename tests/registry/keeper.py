"""A registry's keeper: publishes files, and has them loaded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dialer.core.number import Number
from dialer.registry.acceptance import Order
from dialer.registry.build import Built, build
from dialer.registry.manifest import Change
from dialer.registry.shelf import Shelf

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NUMBERS = range(12015550100, 12015551100)
"""Of the range kept for examples and of the thousand after it; the plan's shape is right in all of them."""


def lines(numbers: Iterable[int], end: str = "\n") -> str:
    return "".join(f"{number}{end}" for number in numbers)


def day(of_november: int) -> datetime:
    return datetime(2026, 11, of_november, tzinfo=UTC)


class Keeper:
    """`folder` holds the snapshots of the one registry, US-DNC; the text files are beside it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "registries"

    def file(self, content: str | bytes, name: str = "list.txt") -> Path:
        path = self.home / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def load(self, content: str | bytes, change: Change = "load", name: str = "US-DNC", **wanted: Any) -> Built:
        wanted = {"as_of": day(20), "by": "wang", **wanted}
        return build(self.folder, name, Order(change, self.file(content), **wanted), NOW)

    def holds(self, number: int, now: datetime = NOW) -> bool:
        """As a process that has just started sees it."""
        return bool(Shelf(self.folder).screened(Number(f"+{number}"), now).hits)

    def files(self) -> list[str]:
        return sorted(file.name for file in self.folder.iterdir())
