"""The registries of a folder, mapped: what the gate asks of every number before a call.

A registry whose snapshot is damaged counts as missing: `Screened` names it without an instant, so that a pack which
wants it lets no call pass, and `troubles` says what an incident should say.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from dialer.core.compliance.do_not_call import ListHit, Screened
from dialer.core.number import Number
from dialer.registry import manifest as records
from dialer.registry.manifest import Manifest
from dialer.registry.snapshot import Damaged, Snapshot

INTERVAL: Final = timedelta(milliseconds=100)
"""How often the folder is looked at."""

_SETTLED: Final = 1.0  # seconds after which a further change of the folder has another time stamp, on every file system

Stamp = tuple[int, int, int]


def folder_of(data: Path) -> Path:
    """Where the registries of a node are, by its data folder."""
    return data / "registries"


class Shelf:
    """Answers for every registry in `folder`. Nothing is opened before the first question. For one thread alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, tuple[Stamp, Manifest, Snapshot]] = {}
        self._damaged: dict[str, str] = {}
        self._lists: tuple[tuple[Snapshot, ListHit], ...] = ()
        self._miss = Screened()
        self._looked = self._due = datetime.min.replace(tzinfo=UTC)
        self._settled_at: int | None = None  # the folder's time stamp, once no change can hide behind it

    def screened(self, number: Number, now: datetime) -> Screened:
        """The registries that hold the number, and all that were looked into. The same object for every miss."""
        self._keep_up(now)
        value = int(number.e164)
        hits = tuple([hit for snapshot, hit in self._lists if value in snapshot])
        return Screened(hits, self._miss.snapshots) if hits else self._miss

    def manifests(self, now: datetime) -> tuple[Manifest, ...]:
        """Of the registries in force, by name."""
        self._keep_up(now)
        return tuple(manifest for _, (_, manifest, _) in sorted(self._open.items()))

    def troubles(self, now: datetime) -> tuple[tuple[str, str], ...]:
        """The registries that count as missing, each with a sentence about what is wrong. "" is the folder itself."""
        self._keep_up(now)
        return tuple(sorted(self._damaged.items()))

    def _keep_up(self, now: datetime) -> None:
        if self._looked <= now < self._due:
            return
        self._looked, self._due = now, now + INTERVAL
        try:
            changed = os.stat(self._folder).st_mtime_ns
            if changed == self._settled_at:
                return
            self._settled_at = changed if now.timestamp() - changed / 1e9 > _SETTLED else None
            self._scan()
        except FileNotFoundError:
            self._forget({})
        except OSError as error:
            self._forget({"": f"the folder of the registries cannot be read: {error.strerror}"})

    def _scan(self) -> None:
        """Map what is new. A snapshot that was damaged is tried again: its file may have been put back."""
        before, self._open, self._damaged = self._open, {}, {}
        for name in records.names(self._folder):
            stamp = self._stamp(name)
            if stamp is None:
                continue
            known = before.get(name)
            try:
                found = known if known is not None and known[0] == stamp else self._mapped(name, stamp)
            except Damaged as error:
                self._damaged[name] = str(error)
            except OSError as error:
                self._damaged[name] = f"registry {name}: its snapshot cannot be read: {error.strerror}"
            else:
                if found is not None:
                    self._open[name] = found
        self._answer()

    def _mapped(self, name: str, stamp: Stamp) -> tuple[Stamp, Manifest, Snapshot] | None:
        """Between manifest and snapshot another one may be put in force, and the one that was meant be swept away."""
        manifest = records.read(self._folder, name)
        while manifest is not None:
            try:
                return stamp, manifest, records.opened(self._folder, manifest)
            except Damaged:
                meant, manifest = manifest, records.read(self._folder, name)
                if manifest == meant:
                    raise
        return None

    def _stamp(self, name: str) -> Stamp | None:
        try:
            status = os.stat(records.path_of(self._folder, name))
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _forget(self, troubles: dict[str, str]) -> None:
        self._open, self._damaged, self._settled_at = {}, troubles, None
        self._answer()

    def _answer(self) -> None:
        manifests = [(manifest, snapshot) for _, (_, manifest, snapshot) in sorted(self._open.items())]
        self._lists = tuple((s, ListHit(m.name, "registry", "registry", m.as_of)) for m, s in manifests)
        found: dict[str, datetime | None] = {name: None for name in self._damaged if name}
        found |= {manifest.name: manifest.as_of for manifest, _ in manifests}
        snapshots = tuple(sorted(found.items(), key=lambda one: one[0]))
        if snapshots != self._miss.snapshots:
            self._miss = Screened((), snapshots)
