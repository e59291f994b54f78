"""`key=value` as people type it, to a campaign's settings. What the values may be is the store's to say."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from typing import Any

from dialer.cli.failures import Refused

# Text even where it looks like a number, and lists that are typed with commas.
_TEXTS = frozenset({"name", "trunk", "notice", "default_disposition", "rules.workdays"})
_LISTS = frozenset({"caller_ids", "transfer_numbers", "rules.purposes", "rules.overlays", "rules.closes_on"})


def assigned(present: Mapping[str, Any], assignments: Iterable[str]) -> dict[str, Any]:
    """The settings that these assignments touch, whole. `rules.gap=3600` keeps the other rules of `present`.

    Raises:
        Refused: no `key=value`, or a key below something that has no keys.
    """
    values: dict[str, Any] = {}
    for text in assignments:
        key, equals, value = text.partition("=")
        first, *rest = key.strip().split(".")
        if not equals or not first or not all(rest):
            raise Refused(f"{text!r}: expected key=value, such as ring_seconds=20 or rules.attempts_per_day=2")
        if first not in values:
            values[first] = copy.deepcopy(present.get(first, {} if rest else None))
        if rest:
            _place(values[first], rest, _read(key, value), key)
        else:
            values[first] = _read(key, value)
    return values


def _place(into: Any, path: list[str], value: Any, key: str) -> None:
    for step in path[:-1]:
        into = into.setdefault(step, {}) if isinstance(into, dict) else None
    if not isinstance(into, dict):
        raise Refused(f"{key}: {key.rpartition('.')[0]} has no keys of its own")
    into[path[-1]] = value


def _read(key: str, text: str) -> Any:
    """JSON where it is JSON, else the text itself."""
    if key in _TEXTS and text != "null":
        return text
    if key in _LISTS and not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return json.loads(text)
    except ValueError:
        return text
