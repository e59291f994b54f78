"""The rules of this house: the shipped packs, those the configuration adds, and the days its calendars add.

Read at the start, and again when one of the added files has changed: then the new rules replace the old ones whole, or
not at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dialer.config import BadConfig, Settings
from dialer.core.compliance.packs import BadPack, Rulebook
from dialer.rules.load import OwnDates, load, toml_files
from dialer.rules.named import unknown

Marks = frozenset[tuple[str, int, int]]


def house_rules(settings: Settings, extra: Iterable[Path] = ()) -> Rulebook:
    """All of them, with every pack and purpose that the configuration names. `extra` are further files: the lab's.

    Raises:
        BadPack, StaleZoneData: as `load`.
        BadConfig: a pack or purpose is named that there is not.
    """
    own = [OwnDates(one.name, frozenset(one.off), frozenset(one.workdays)) for one in settings.calendars]
    rulebook = load((*settings.rules.packs, *extra), own)
    if wrong := [f"{what}; expected {expected}" for what, expected in unknown(settings, rulebook)]:
        raise BadConfig("\n".join(wrong))
    return rulebook


def reload(settings: Settings, extra: Iterable[Path] = ()) -> Rulebook | BadPack | BadConfig:
    """The rules as the files say now, or what is wrong with them; then the old ones go on."""
    try:
        return house_rules(settings, extra)
    except (BadPack, BadConfig) as error:
        return error


@dataclass(slots=True)
class Watched:
    """The added files as they were last read. A change counts once two looks agree: an editor may still be writing."""

    paths: tuple[Path, ...]
    read: Marks = field(default_factory=frozenset)
    seen: Marks = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        self.read = self.seen = _marks(self.paths)

    def changed(self) -> bool:
        """True once for each change."""
        now, before = _marks(self.paths), self.seen
        self.seen = now
        if now != before or now == self.read:
            return False
        self.read = now
        return True


def _marks(paths: Iterable[Path]) -> Marks:
    """Name, time of change and size of every file; one that is not there has none."""
    found = set()
    for path in paths:
        try:
            for file in toml_files(path):
                state = Path(str(file)).stat()
                found.add((str(file), state.st_mtime_ns, state.st_size))
        except OSError:
            continue
    return frozenset(found)
