"""What stands beside a snapshot: where it came from, when it was drawn up, and how to know that it is whole.

A folder holds for each registry `NAME.json`, the manifest in force; `NAME.<digest>.roaring`, the snapshot it names; and
`NAME.history.jsonl`, every manifest there ever was, oldest first. Replacing `NAME.json` is the one step that puts a new
snapshot in force.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from dialer.registry.snapshot import Damaged, Snapshot

Change = Literal["load", "add", "remove"]

_NAME: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{0,39}")
_BLOCK: Final = 1 << 20
_SAMPLES: Final = 256
_SAMPLE_BYTES: Final = 4096


class BadName(ValueError):
    """No name of a registry; the text says what was expected."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A snapshot. Rule packs know the registry by `name`; `as_of` is when its keeper drew it up (aware, UTC).

    `numbers` and `bytes` are of the snapshot `file`, `sha256` is of all of it and `sample` of pages spread over it.
    `source` is the name of the text file with `rows` lines, of which `skipped` were bad; `country` is the country code
    its lines were read with. `added` and `removed` compare with the snapshot before; None: that one could not be read.
    `because` is a reason that a person gave for a change that is refused otherwise; `by` made the change at `at`.
    """

    name: str
    as_of: datetime
    numbers: int
    bytes: int
    sha256: str
    sample: str
    change: Change
    source: str
    country: str
    rows: int
    skipped: int
    added: int | None
    removed: int | None
    because: str
    by: str
    at: datetime

    @property
    def file(self) -> str:
        return f"{self.name}.{self.sha256[:16]}.roaring"


def checked_name(name: str) -> str:
    """The name itself. Raises `BadName`."""
    if not _NAME.fullmatch(name):
        raise BadName("a registry's name was expected, such as US-DNC: capital letters, digits and dashes")
    return name


def names(folder: Path) -> list[str]:
    """Every registry that has a manifest there, readable or not; none where there is no folder."""
    try:
        with os.scandir(folder) as entries:
            stems = [entry.name.removesuffix(".json") for entry in entries if entry.name.endswith(".json")]
    except FileNotFoundError:
        return []
    return sorted(stem for stem in stems if _NAME.fullmatch(stem))


def path_of(folder: Path, name: str) -> Path:
    """Where the manifest in force is."""
    return folder / f"{checked_name(name)}.json"


def read(folder: Path, name: str) -> Manifest | None:
    """The manifest in force; None: there is none. Raises `Damaged`."""
    try:
        text = path_of(folder, name).read_text()
    except FileNotFoundError:
        return None
    manifest = _parsed(text)
    if manifest is None or manifest.name != name:
        raise Damaged(f"registry {name}: its manifest cannot be read")
    return manifest


def history(folder: Path, name: str) -> list[Manifest]:
    """Every change, oldest first. A line that a crash cut short is passed over."""
    try:
        lines = _history(folder, name).read_text().splitlines()
    except FileNotFoundError:
        return []
    return [manifest for line in lines if (manifest := _parsed(line)) is not None]


def put_in_force(folder: Path, manifest: Manifest) -> None:
    """From here on its snapshot counts; the file must be there, whole and synced."""
    path = path_of(folder, manifest.name)
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("w") as target:
        json.dump(_document(manifest), target, indent=2, ensure_ascii=False)
        target.write("\n")
        target.flush()
        os.fsync(target.fileno())
    partial.replace(path)
    sync_folder(folder)


def remember(folder: Path, manifest: Manifest) -> None:
    """Add it to the history, unless it is the last there: after a crash that came between force and memory."""
    if (before := history(folder, manifest.name)) and before[-1] == manifest:
        return
    with _history(folder, manifest.name).open("ab+") as target:
        if target.tell():
            target.seek(-1, os.SEEK_END)
            if target.read(1) != b"\n":
                target.write(b"\n")
        target.write(json.dumps(_document(manifest), ensure_ascii=False).encode() + b"\n")
        target.flush()
        os.fsync(target.fileno())


def opened(folder: Path, manifest: Manifest) -> Snapshot:
    """The snapshot, with every check that does not read all of it: size, containers, count, and pages spread over it.

    Raises `Damaged`, also where the file is gone.
    """
    file = folder / manifest.file
    try:
        snapshot = Snapshot(file)
        sample = sample_of(file)
    except FileNotFoundError:
        raise Damaged(f"registry {manifest.name}: its snapshot is gone") from None
    except Damaged as error:
        raise Damaged(f"registry {manifest.name}: {error}") from None
    if (snapshot.bytes, len(snapshot)) != (manifest.bytes, manifest.numbers):
        raise Damaged(f"registry {manifest.name}: the snapshot holds other numbers than its manifest says")
    if sample != manifest.sample:
        raise Damaged(f"registry {manifest.name}: the snapshot's bytes are not those that were written")
    return snapshot


def verify(folder: Path, manifest: Manifest) -> None:
    """Read the whole snapshot and compare: half a second for 400 MB, and the disk's time. Raises `Damaged`."""
    opened(folder, manifest)
    digest = hashlib.sha256()
    with (folder / manifest.file).open("rb") as source:
        while block := source.read(_BLOCK):
            digest.update(block)
    if digest.hexdigest() != manifest.sha256:
        raise Damaged(f"registry {manifest.name}: the snapshot's bytes are not those that were written")


def sample_of(file: Path) -> str:
    """A digest of 256 pages spread evenly over the file, its end included: finds what was never written."""
    digest = hashlib.sha256()
    with file.open("rb", buffering=0) as source:
        last = max(source.seek(0, os.SEEK_END) - _SAMPLE_BYTES, 0)
        for place in range(_SAMPLES):
            source.seek(last * place // (_SAMPLES - 1))
            digest.update(source.read(_SAMPLE_BYTES))
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Names in a folder outlive a loss of power only after this."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _history(folder: Path, name: str) -> Path:
    return folder / f"{checked_name(name)}.history.jsonl"


def _document(manifest: Manifest) -> dict[str, Any]:
    return {**asdict(manifest), "as_of": manifest.as_of.isoformat(), "at": manifest.at.isoformat()}


def _parsed(text: str) -> Manifest | None:
    try:
        values = json.loads(text)
        values |= {key: datetime.fromisoformat(values[key]) for key in ("as_of", "at")}
        manifest = Manifest(**values)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    whole = all(isinstance(count, int) for count in (manifest.numbers, manifest.bytes))
    whole = whole and all(isinstance(text, str) for text in (manifest.name, manifest.sha256, manifest.sample))
    return manifest if whole and manifest.as_of.tzinfo is not None else None
