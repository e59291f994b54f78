"""From a text file to the snapshot in force, or to one sentence why not; the old one stays until the new one is whole.

A keeper publishes whole files and, between them, files of what was added and what was removed. Either way a new
snapshot is written beside the old one, read back, and put in force by replacing the manifest. Whatever is refused or
killed before leaves everything as it was.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pyroaring import BitMap64

from dialer.registry import manifest as records
from dialer.registry.acceptance import BadLine, Order, Rejected, check_content, check_date, check_size
from dialer.registry.manifest import Change, Manifest
from dialer.registry.numbering import plan_of
from dialer.registry.reading import Unreadable, gather
from dialer.registry.snapshot import Damaged, Snapshot


@dataclass(frozen=True, slots=True)
class Built:
    """What is in force now, and the bad lines passed over."""

    manifest: Manifest
    bad: tuple[BadLine, ...]


def build(
    folder: Path, name: str, order: Order, now: datetime, progress: Callable[[int, int], None] | None = None
) -> Built:
    """Read the file and put the new snapshot in force.

    Raises:
        Rejected: with the reason; nothing has changed.
        BadName, BadCountry: what was named is none.
        OSError: a file cannot be read or written.
    """
    records.checked_name(name)
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder, name):
        before = _before(folder, name, order)
        if before is not None:
            records.remember(folder, before)
        check_date(name, order, before, now)
        country = order.country if order.country is not None else before.country if before else ""
        plan = plan_of(country)
        try:
            gathered = gather(order.file, plan, order.skip_bad, progress)
        except Unreadable as error:
            raise Rejected(f"{order.file.name}: {error}") from None
        bad = tuple(BadLine(row, expected) for row, expected in gathered.bad)
        check_content(order, gathered, bad)
        numbers, added, removed = _changed(folder, before, order.change, gathered.numbers)
        check_size(name, order, before, len(numbers))
        made = _written(folder, name, numbers, gathered.sample, listed=order.change != "remove")
        manifest = Manifest(
            name=name,
            as_of=_as_of(order, before),
            numbers=len(numbers),
            bytes=made.bytes,
            sha256=made.sha256,
            sample=made.sample,
            change=order.change,
            source=order.file.name,
            country=plan.country,
            rows=gathered.rows,
            skipped=gathered.bad_rows,
            added=added,
            removed=removed,
            because=order.allow_shrink,
            by=order.by,
            at=now,
        )
        made.path.replace(folder / manifest.file)
        records.put_in_force(folder, manifest)
        records.remember(folder, manifest)
        _sweep(folder, manifest)
    return Built(manifest, bad)


@contextmanager
def _alone(folder: Path, name: str) -> Iterator[None]:
    """One change of a registry at a time; the lock goes with the process, however that ends."""
    with (folder / f"{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Rejected(f"registry {name} is being changed by another process now") from None
        yield


def _before(folder: Path, name: str, order: Order) -> Manifest | None:
    """What is in force; where its manifest cannot be read, what was put in force last."""
    try:
        before = records.read(folder, name)
    except Damaged as error:
        if order.change != "load":
            raise Rejected(f"{error}; load a whole file") from None
        before = next(reversed(records.history(folder, name)), None)
    if before is None and order.change != "load":
        raise Rejected(f"there is no registry {name} to change yet; load a whole file first")
    return before


def _as_of(order: Order, before: Manifest | None) -> datetime:
    """Removals make no list fresher: what was added on that day may not have been read yet."""
    return before.as_of if before is not None and order.change == "remove" else order.as_of


def _changed(
    folder: Path, before: Manifest | None, change: Change, numbers: BitMap64
) -> tuple[BitMap64, int | None, int | None]:
    """The numbers from now on, and how many of them are new and how many others have gone."""
    if before is None:
        return numbers, len(numbers), 0
    try:
        old = _loaded(folder, before)
    except Damaged as error:
        if change != "load":
            raise Rejected(f"{error}; load a whole file") from None
        return numbers, None, None
    both = old.intersection_cardinality(numbers)
    match change:
        case "load":
            return numbers, len(numbers) - both, len(old) - both
        case "add":
            old |= numbers
            return old, len(numbers) - both, 0
        case "remove":
            old -= numbers
            return old, 0, both


def _loaded(folder: Path, manifest: Manifest) -> BitMap64:
    """All of the snapshot, in this process, to be changed."""
    records.verify(folder, manifest)
    with (folder / manifest.file).open("rb") as source, mmap.mmap(source.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        return BitMap64.deserialize(memoryview(mapped))  # type: ignore[arg-type]  # its stubs know of bytes only


@dataclass(frozen=True, slots=True)
class _Written:
    path: Path
    bytes: int
    sha256: str
    sample: str


def _written(folder: Path, name: str, numbers: BitMap64, sample: list[int], *, listed: bool) -> _Written:
    """A whole new file that no manifest names yet: synced, and read back with the reader that will guard the calls."""
    partial = folder / f"{name}.roaring.partial"
    partial.unlink(missing_ok=True)
    try:
        numbers.run_optimize()
        content = numbers.serialize()
        with partial.open("wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        partial.chmod(0o444)  # who writes into a mapped file takes its readers down; a new one is always another file
        snapshot = Snapshot(partial)
        if len(snapshot) != len(numbers) or any((number in snapshot) is not listed for number in sample):
            raise Damaged(f"registry {name}: what was written is not what was meant")  # a fault of ours or of the disk
        return _Written(partial, len(content), hashlib.sha256(content).hexdigest(), records.sample_of(partial))
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _sweep(folder: Path, manifest: Manifest) -> None:
    """Snapshots that were in force before. Who has one mapped keeps it until it looks again."""
    ours = re.compile(rf"{re.escape(manifest.name)}\.[0-9a-f]{{16}}\.roaring")
    for file in folder.iterdir():
        if ours.fullmatch(file.name) and file.name != manifest.file:
            file.unlink(missing_ok=True)
