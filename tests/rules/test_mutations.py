"""A shipped pack that somebody has mistyped never loads as if nothing had happened."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import asdict
from datetime import date, timedelta
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.compliance.packs import BadPack
from dialer.core.compliance.parse import parse_pack

SHIPPED: list[dict[str, Any]] = [
    {"version": data["version"], **table}
    for file in sorted(resources.files("dialer.rules").joinpath("packs").iterdir(), key=lambda file: file.name)
    for data in [tomllib.loads(file.read_text(encoding="utf-8"))]
    for table in data["pack"]
]
NAMES = [f"{pack['id']}-{pack.get('effective_from', '')}" for pack in SHIPPED]

TOLD_ONLY = {"note", "scope", "per"}
"""Words for people: another text there is another text and no other rule."""


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every key and every place in a list, at any depth."""
    inside = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield (*path, key)
        yield from _places(item, (*path, key))


def _holder(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        data = data[key]
    return data


def _read(data: dict[str, Any]) -> dict[str, Any] | None:
    """The pack's values; None if it is refused. Any other error than a refusal is the test's."""
    try:
        return asdict(parse_pack(data))
    except BadPack:
        return None


@pytest.mark.parametrize("data", SHIPPED, ids=NAMES)
def test_a_misspelt_key_is_refused_at_any_depth(data: dict[str, Any]) -> None:
    for path in _places(data):
        if isinstance(path[-1], str) and path[0] != "modes":
            wrong = deepcopy(data)
            holder = _holder(wrong, path)
            holder[path[-1] + "x"] = holder.pop(path[-1])
            with pytest.raises(BadPack):
                parse_pack(wrong)


@pytest.mark.parametrize("data", SHIPPED, ids=NAMES)
def test_a_key_that_was_lost_is_refused_or_makes_another_pack(data: dict[str, Any]) -> None:
    before = _read(data)
    for path in _places(data):
        if path[-1] in TOLD_ONLY:
            continue
        less = deepcopy(data)
        del _holder(less, path)[path[-1]]
        assert _read(less) != before or _is_default(data, path), path


def _is_default(data: dict[str, Any], path: tuple[Any, ...]) -> bool:
    """An empty list that says in so many words what leaving it out says too: `src = []`."""
    value = _holder(data, path)[path[-1]]
    return value == []


@pytest.mark.parametrize("data", SHIPPED, ids=NAMES)
@pytest.mark.parametrize("junk", [None, [None], {"?": 1}, 1.5e300, "?"], ids=["none", "list", "table", "float", "text"])
def test_a_value_of_another_kind_is_refused_or_makes_another_pack(data: dict[str, Any], junk: object) -> None:
    before = _read(data)
    for path in _places(data):
        wrong = deepcopy(data)
        holder = _holder(wrong, path)
        if junk is None:
            holder[path[-1]] = ["?"] if not isinstance(holder[path[-1]], list) else 5
        else:
            holder[path[-1]] = junk
        assert _read(wrong) != before or path[-1] in TOLD_ONLY, path


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 40) | st.floats(allow_nan=True) | st.text(max_size=12)
    | st.sampled_from(["08:00-21:00", "22:00-02:00", "daily", "sat", "rolling", "7 days", "24 hours", "night"])
    | st.dates(date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=400)),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(st.sampled_from(SHIPPED), st.data())
def test_no_change_to_a_pack_is_anything_but_refused_or_seen(data: dict[str, Any], draw: st.DataObject) -> None:
    path = draw.draw(st.sampled_from(sorted(_places(data), key=repr)))
    value = draw.draw(VALUES)
    wrong = deepcopy(data)
    holder = _holder(wrong, path)
    same = holder[path[-1]] == value and type(holder[path[-1]]) is type(value)
    holder[path[-1]] = value
    told = path[-1] in TOLD_ONLY and isinstance(value, str)
    assert same or told or _read(wrong) != _read(data)
