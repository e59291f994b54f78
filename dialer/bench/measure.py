"""What a benchmark says, and the arithmetic all of them share."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

PAIRS = 5
"""Pairs of ours and the baseline in one run, at least: one pair is an anecdote."""

_PACKAGES = ("dialer", "sqlalchemy", "asyncpg", "phonenumbers", "tzdata", "pyroaring", "numpy")


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure held against its goal. `ratio` is the median over the pairs, `low` and `high` their range; where a
    goal is an absolute number (bytes a number) all three are that number. `details` are the raw figures with units.
    """

    name: str
    ratio: float
    low: float
    high: float
    goal: str
    met: bool
    details: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """With the machine and the versions it was taken on."""
        return asdict(self) | {"machine": machine(), "versions": versions()}


def pairs(
    ours: Callable[[], float], baseline: Callable[[], float], count: int = PAIRS
) -> tuple[list[float], list[float]]:
    """Run them in turn, A B A B ..., so that both meet the same weather; what each said, in order."""
    one: list[float] = []
    other: list[float] = []
    for _ in range(count):
        other.append(baseline())
        one.append(ours())
    return one, other


def compared(
    name: str,
    ours: Sequence[float],
    baseline: Sequence[float],
    goal: str,
    met: Callable[[float], bool],
    **details: Any,
) -> Measured:
    """The ratio ours / baseline, pair by pair."""
    ratios = [a / b for a, b in zip(ours, baseline, strict=True)]
    middle = statistics.median(ratios)
    found = {"ours": statistics.median(ours), "baseline": statistics.median(baseline), "pairs": len(ratios)}
    return Measured(name, middle, min(ratios), max(ratios), goal, met(middle), found | details)


def absolute(name: str, value: float, goal: str, met: bool, **details: Any) -> Measured:
    """A figure whose goal is a number of its own."""
    return Measured(name, value, value, value, goal, met, details)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def machine() -> dict[str, Any]:
    """What the figures were taken on; nothing that names it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cores": os.cpu_count(), "memory_gb": round(memory / 2**30, 1), "cpu": _cpu(), "system": platform.system()}


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def versions() -> dict[str, str]:
    """Of Python, SQLite and the packages that the figures hang on."""
    return {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version} | {p: version(p) for p in _PACKAGES}
