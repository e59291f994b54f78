"""How the ledger proves itself: what a decision's digest is over, and what a seal's is. Pure: anybody can redo it.

A decision's digest is SHA-256 over its `canonical` text. A seal covers the decisions from `first_id` to `last_id`; each
begins where the one before ended, and its digest is over that one's digest and its own decisions' digests, so that
whoever changes a decision must make every later seal anew. docs/ledger.md shows the same by hand.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dialer.store.inputs import text

GENESIS = "0" * 64
"""Stands where the first seal would name the one before it."""

DIGESTED = (
    "at", "verdict", "campaign_id", "lead_id", "attempt_id", "number_digest", "rule", "sentence", "try_after",
    "decided_by", "packs", "zones", "clocks", "inputs", "tzdata",
)  # fmt: skip
"""A decision's columns in the order in which they are digested: all but `id`, which the seal binds, and `number` and
`salt`, which an erasure takes away."""

Span = tuple[int, int]
"""Ids from the first to the second, both included."""


@dataclass(frozen=True, slots=True)
class Seal:
    """`gaps` are the ids in between that no decision has: a transaction that was rolled back used them up. With them it
    is known of every id whether its decision must be there.
    """

    first_id: int
    last_id: int
    count: int
    gaps: tuple[Span, ...]
    previous: str
    made_at: datetime
    digest: str
    id: int = 0  # the database gives it

    def header(self) -> str:
        """What the seal's digest is over, before the decisions' digests, one a line in the order of their ids."""
        return (
            f"dialer seal 1\n{self.previous}\n{text(self.made_at)}\n"
            f"{self.first_id} {self.last_id} {self.count}\n{gaps_text(self.gaps)}\n"
        )


def canonical(decision: Mapping[str, Any]) -> str:
    """A JSON list in one line: a mark of the form, then the columns of `DIGESTED`.

    Without spaces, keys sorted, letters of every script as they are, times in UTC as `inputs.text` writes them.
    """
    return _encode(["dialer decision 1", *(decision[name] for name in DIGESTED)])


def digest(decision: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(decision).encode()).hexdigest()


def salted(number: str) -> tuple[str, str]:
    """A new salt for this number and the digest of both; without the salt nobody finds the number by trying all."""
    salt = secrets.token_hex(16)
    return salt, number_digest(salt, number)


def number_digest(salt: str, number: str) -> str:
    return hashlib.sha256(f"{salt}{number}".encode()).hexdigest()


def sealed(previous: str, decisions: Sequence[tuple[int, str]], first_id: int, made_at: datetime) -> Seal:
    """The seal over these (id, digest), in the order of their ids; ids from `first_id` that are missing are gaps."""
    last_id = decisions[-1][0]
    gaps = tuple(outside((first_id, last_id), spans(one for one, _ in decisions)))
    seal = Seal(first_id, last_id, len(decisions), gaps, previous, made_at, "")
    total = hashlib.sha256(seal.header().encode())
    for _, one in decisions:
        total.update(f"{one}\n".encode())
    return Seal(first_id, last_id, len(decisions), gaps, previous, made_at, total.hexdigest())


def spans(ids: Iterable[int]) -> Iterator[Span]:
    """Ids in ascending order as spans without holes."""
    first = last = None
    for one in ids:
        if first is None or last is None:
            first = one
        elif one > last + 1:
            yield first, last
            first = one
        last = one
    if first is not None and last is not None:
        yield first, last


def outside(whole: Span, taken: Iterable[Span]) -> Iterator[Span]:
    """What of the whole is in no span of `taken`."""
    due = whole[0]
    for first, last in sorted(taken):
        if first > due:
            yield due, min(first - 1, whole[1])
        due = max(due, last + 1)
    if due <= whole[1]:
        yield due, whole[1]


def gaps_text(gaps: Iterable[Span]) -> str:
    """`17-17,40-52`, or nothing."""
    return ",".join(f"{first}-{last}" for first, last in gaps)


def gaps_read(kept: str) -> tuple[Span, ...]:
    """Raises `ValueError` where it is not what `gaps_text` writes."""
    return tuple((int(first), int(last)) for first, last in (gap.split("-") for gap in kept.split(",") if gap))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return text(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_plain).encode
