"""When a file is taken for a new snapshot, and the sentence when it is not.

A registry that is cut, old, empty or read with the wrong country lets calls through that the law forbids, and nobody
would notice. So every doubt keeps the snapshot in force, and a person who knows better has to say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Final

from dialer.core.number import LAB_PREFIX, Number, is_dialable
from dialer.registry.manifest import Change, Manifest
from dialer.registry.reading import Gathered

SHRINKS_TO: Final = 0.99
"""Share of the numbers before that must be left: a list that loses more was more likely cut short than cleared."""

KNOWN_SHARE: Final = 0.5
"""Share of sampled numbers that must be in ranges in use, or the country code is wrong and every look-up would miss."""

_SAMPLE_COUNTS_FROM: Final = 20


@dataclass(frozen=True, slots=True)
class BadLine:
    """`row` counts from 1, the header's line too."""

    row: int
    expected: str


class Rejected(Exception):
    """The snapshot in force stays. The text is one sentence; `bad` names lines where lines are the reason."""

    def __init__(self, sentence: str, bad: tuple[BadLine, ...] = ()) -> None:
        super().__init__(sentence)
        self.bad = bad


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asked for. `country` None: as the registry was read last, else E.164; `as_of` is aware.

    `expect` is the count of numbers that the keeper names; `skip_bad` how many bad lines may be passed over;
    `allow_shrink` the reason why so many numbers may go.
    """

    change: Change
    file: Path
    as_of: datetime
    by: str
    country: str | None = None
    expect: int | None = None
    skip_bad: int = 0
    allow_shrink: str = ""


def check_date(name: str, order: Order, before: Manifest | None, now: datetime) -> None:
    """Raises `Rejected`."""
    if order.as_of > now:
        raise Rejected(f"--as-of {_day(order.as_of)} is in the future; days are those of UTC")
    if before is not None and order.as_of < before.as_of:
        raise Rejected(f"the file is of {_day(order.as_of)}, and registry {name} is of {_day(before.as_of)} already")


def check_content(order: Order, gathered: Gathered, bad: tuple[BadLine, ...]) -> None:
    """Raises `Rejected`. An empty file of changes is one of a quiet day, if somebody says so: `expect` 0."""
    file = order.file.name
    if gathered.short_end and order.expect is None:
        raise Rejected(
            f"{file}: it seems to be cut off: its last line is shorter than all others, which are of one length; "
            "if it is whole, --expect its count of numbers"
        )
    if gathered.bad_rows > order.skip_bad:
        allowed = f" (more than the {order.skip_bad:,} allowed)" if order.skip_bad else ""
        raise Rejected(f"{file}: row {bad[0].row} is no number{allowed}: {bad[0].expected}", bad)
    found = len(gathered.numbers)
    if order.expect is not None and order.expect not in (found, gathered.good):
        raise Rejected(f"{file}: {order.expect:,} numbers were expected, and there are {found:,}")
    if not found and (order.expect is None or order.change == "load"):
        raise Rejected(f"{file}: there is no number in it")
    known = sum(_in_use(number) for number in gathered.sample)
    if len(gathered.sample) >= _SAMPLE_COUNTS_FROM and known < KNOWN_SHARE * len(gathered.sample):
        raise Rejected(
            f"{file}: of {len(gathered.sample):,} numbers looked at, only {known:,} are in ranges in use; "
            "is --country the right one?"
        )


def _in_use(number: int) -> bool:
    return str(number).startswith(LAB_PREFIX) or is_dialable(Number(f"+{number}"))


def check_size(name: str, order: Order, before: Manifest | None, count: int) -> None:
    """Raises `Rejected`."""
    if before is not None and count < SHRINKS_TO * before.numbers and not order.allow_shrink:
        raise Rejected(
            f"registry {name} has {before.numbers:,} numbers and would have {count:,}, over 1 % fewer; "
            "--allow-shrink REASON replaces it all the same"
        )


def _day(at: datetime) -> str:
    """The day alone where it begins then."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%d}" if at.time() == time() else f"{at:%Y-%m-%d %H:%MZ}"
