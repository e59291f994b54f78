"""A TOML file that knows its lines: so that what is wrong with a pack is said with the file and the line.

The standard reader gives values and no positions. Here the text is cut into statements, each the fewest lines that the
same reader accepts, so that no second grammar of TOML exists.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from dialer.core.compliance.packs import BadPack

Key = tuple[str | int, ...]
"""From the top of the file: table and key names, and places in lists from 0."""

_NAME = re.compile(r"""(?:[^="']|"[^"]*"|'[^']*')*=""")
_STEP = re.compile(r"([^.\[\]]+)|\[([0-9]+)\]")


@dataclass(frozen=True)
class Source:
    """One file's text and values."""

    name: str
    text: str
    data: dict[str, Any]

    def wrong(self, key: Key, what: str, why: str) -> BadPack:
        """The complaint: `fr.toml:12: pack FR.windows.mon: why`."""
        return BadPack(f"{self.name}:{self.line(key)}: {what}", why)

    def line(self, key: Key) -> int:
        """The line of the key, or of what it would stand in if it is not there; 1 where nothing comes near."""
        best, at = 0, 1
        for start, path, value in self._statements:
            size = len(path)
            if size > best and path == key[:size]:
                best, at = size, start + _lines_into(value, key[size:])
        return at

    @cached_property
    def _statements(self) -> tuple[tuple[int, Key, str], ...]:
        """Each statement's line, the path it sets or opens, and its text."""
        found: list[tuple[int, Key, str]] = []
        under: Key = ()
        counts: dict[Key, int] = {}
        for line, text in _cut(self.text):
            shown = text.strip()
            if shown.startswith("["):
                under = _placed(tuple(_path(tomllib.loads(shown))), counts, opens=shown.startswith("[["))
                found.append((line, under, ""))
            elif shown and not shown.startswith("#"):
                name = _NAME.match(text)
                assert name is not None, "a statement of a file that was read is a header or sets a name"
                found.append((line, (*under, *_path(tomllib.loads(f"{name[0]}{{}}"))), text))
        return tuple(found)


def read(file: Path | Traversable) -> Source:
    """Raises `BadPack` naming the file, and the line where it is no TOML."""
    try:
        text = file.read_text(encoding="utf-8")
        return Source(file.name, text, tomllib.loads(text))
    except (OSError, UnicodeDecodeError) as error:
        raise BadPack(file.name, str(error)) from error
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line ([0-9]+)", str(error))
        raise BadPack(f"{file.name}:{at[1]}" if at else file.name, str(error)) from error


def key_of(path: str) -> Key:
    """ "caps[0].kind" as a key."""
    return tuple(int(place) if place else name for name, place in _STEP.findall(path))


def _cut(text: str) -> Iterator[tuple[int, str]]:
    """Statements with the number of their first line."""
    lines = text.splitlines()
    start = 0
    while start < len(lines):
        end = start + 1
        while not _parses("\n".join(lines[start:end])) and end < len(lines):
            end += 1
        yield start + 1, "\n".join(lines[start:end])
        start = end


def _parses(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _path(data: Any) -> Iterator[str]:
    """The one path through nested tables, each in a list of one or alone."""
    while data:
        if isinstance(data, list):
            data = data[0]
            continue
        ((name, data),) = data.items()
        yield name


def _placed(names: Key, counts: dict[Key, int], *, opens: bool) -> Key:
    """The header's path with the place of each list of tables put in; `[[x]]` opens the next place."""
    path: Key = ()
    for depth, name in enumerate(names, 1):
        path = (*path, name)
        if opens and depth == len(names):
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _lines_into(text: str, key: Key) -> int:
    """How many lines into a statement that spans several the item of its list stands."""
    lines = text.splitlines()
    if len(lines) < 2 or not key or not isinstance(key[0], int):
        return 0
    for count in range(1, len(lines)):
        begun = "\n".join(lines[: count + 1]).rstrip()
        closed = begun if _parses(begun) else begun + "\n]"
        if _parses(closed) and len(_first_list(tomllib.loads(closed))) > key[0]:
            return count
    return 0


def _first_list(data: Any) -> list[Any]:
    while isinstance(data, dict) and data:
        data = next(iter(data.values()))
    return data if isinstance(data, list) else []
