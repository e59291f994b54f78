"""A do-not-call list that comes as a whole: the new file takes the place of the last one.

First everything that is new is added, then, in one transaction, everything that is gone is taken off: whenever the work
is interrupted, nobody who is on either list is left unprotected.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from dialer.cli.failures import Refused
from dialer.core.number import Number
from dialer.engine import utc_now
from dialer.store import do_not_call
from dialer.store.do_not_call import Listing
from dialer.store.session import Database

BATCH = 2000  # numbers a transaction
# A list that loses more than this share of its numbers is rather a broken file than a shorter list.
SHRINKS_AT_MOST = 0.01


@dataclass(frozen=True, slots=True)
class Replaced:
    """`numbers` are in the file, each counted once; of the list before, `removed` are not."""

    numbers: int
    added: int
    removed: int
    before: int


class Staged:
    """The numbers of a file, each once, in a temporary file: a list may be larger than the memory."""

    def __init__(self, numbers: Iterable[Number]) -> None:
        self._c = sqlite3.connect("")
        self._c.execute("CREATE TABLE wanted (number INTEGER PRIMARY KEY)")
        self._c.execute("CREATE TABLE gone (number INTEGER PRIMARY KEY)")
        self._c.executemany("INSERT OR IGNORE INTO wanted VALUES (?)", ((int(one.digits),) for one in numbers))

    def __len__(self) -> int:
        return self._count("SELECT count(*) FROM wanted")

    def missing(self, present: list[Number]) -> int:
        """Remember which of these the file does not have; how many they are by now."""
        rows = [(int(one.digits),) for one in present]
        absent = [row for row in rows if not self._c.execute("SELECT 1 FROM wanted WHERE number = ?", row).fetchone()]
        self._c.executemany("INSERT OR IGNORE INTO gone VALUES (?)", absent)
        return self._count("SELECT count(*) FROM gone")

    def wanted(self) -> Iterator[Number]:
        return (Number(f"+{digits}") for (digits,) in self._c.execute("SELECT number FROM wanted"))

    def gone(self) -> Iterator[Number]:
        return (Number(f"+{digits}") for (digits,) in self._c.execute("SELECT number FROM gone"))

    def close(self) -> None:
        self._c.close()

    def _count(self, query: str) -> int:
        (count,) = self._c.execute(query).fetchone()
        return int(count)


async def replace(
    db: Database,
    numbers: Iterable[Number],
    listing: Listing,
    *,
    by: str,
    name: str,
    may_shrink: str | None,
    dry_run: bool,
    rejected: Callable[[], int],
) -> Replaced:
    """Make these numbers the whole of what came on this list by the listing's source. `may_shrink`: the reason for
    which it may become much shorter; `name`: what the file is called; `rejected`: how many rows were no numbers.

    Raises:
        Refused: no number, rows that are none, or the list would lose more than one in a hundred. Nothing was changed.
    """
    with closing(Staged(numbers)) as staged:
        if len(staged) == 0:
            raise Refused(f"{name} holds no number: the list stays as it is")
        if may_shrink is None and (bad := rejected()):
            raise Refused(
                f"{name} has {bad} rows that are no numbers, and who they are for would not be protected: the list"
                " stays as it is; if they may go, say why with --allow-shrink"
            )
        before, gone = await _compare(db, staged, listing)
        if may_shrink is None and gone > before * SHRINKS_AT_MOST:
            raise Refused(
                f"{name} lacks {gone} of the list's {before} numbers, more than one in a hundred: the list stays as it"
                " is; if that is right, say why with --allow-shrink"
            )
        added = 0
        wanted = staged.wanted()
        while not dry_run and (batch := list(islice(wanted, BATCH))):
            async with db.begin() as c:
                added += await do_not_call.add_many(c, batch, listing, utc_now())
        if gone and not dry_run:
            because = f"not in {name}" + (f": {may_shrink}" if may_shrink else "")
            async with db.begin() as c:
                await do_not_call.remove_many(c, staged.gone(), listing, by=by, because=because, now=utc_now())
        return Replaced(len(staged), added, gone, before)


async def _compare(db: Database, staged: Staged, listing: Listing) -> tuple[int, int]:
    """How many numbers the list has now, and how many of them the file lacks."""
    before = gone = last = 0
    while True:
        async with db.read() as c:
            rows = await do_not_call.page(c, listing, last, BATCH)
        if not rows:
            return before, gone
        last, before = rows[-1][0], before + len(rows)
        gone = staged.missing([number for _, number in rows])
