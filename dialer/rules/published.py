"""A file of published cases, read strictly: what a case says and nobody understands would be a rule not tested.

The form is `dialer-compliance-vectors/1`. Beside the cases a file may carry the packs, calendars and sources they were
computed from; the gate is asked with the shipped ones, and those stay unread.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

FORM = "dialer-compliance-vectors/1"

_FILE = frozenset({
    "schema", "computed_with", "not_legal_advice", "conventions", "zone_corrections", "calendars", "packs", "sources",
    "vectors", "test_numbers",
})  # fmt: skip


class BadVectors(ValueError):
    """The file cannot be replayed; the text names file, case and key."""


def read(file: Path) -> tuple[Mapping[str, Any], ...]:
    """Every case of the file, in order, with no key but the known ones and values of the expected types.

    Raises:
        BadVectors: no JSON, another form, or a case with a key unknown, missing or unreadable.
    """
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # a decoding error and JSON's own are both ValueErrors
        raise BadVectors(f"{file}: {error}") from None
    if not isinstance(data, dict) or data.get("schema") != FORM:
        raise BadVectors(f"{file}: schema: {FORM!r} was expected")
    _known(f"{file}", data, _FILE)
    vectors = data.get("vectors")
    if not isinstance(vectors, list):
        raise BadVectors(f"{file}: vectors: a list was expected")
    for place, vector in enumerate(vectors, 1):
        name = vector.get("id", place) if isinstance(vector, dict) else place
        _check(f"{file}: vector {name}", "", vector, _VECTOR, _NEEDED)
    return tuple(vectors)


def _known(where: str, table: Mapping[str, Any], keys: frozenset[str]) -> None:
    unknown = sorted(table.keys() - keys)
    if unknown:
        raise BadVectors(f"{where}: {unknown[0]}: unknown key")


Check = Callable[[str, Any], str | None]
"""Given where we are and the value: what was expected, or None if that is what it is."""


def _check(where: str, path: str, table: object, form: Mapping[str, Check | None], needed: frozenset[str]) -> None:
    if not isinstance(table, dict):
        raise BadVectors(f"{where}: {path or 'it'}: a table was expected")
    prefix = f"{where}: {path}." if path else f"{where}: "
    for key in sorted(table.keys() - form.keys()):
        raise BadVectors(f"{prefix}{key}: unknown key")
    for key in sorted(needed - table.keys()):
        raise BadVectors(f"{prefix}{key}: it is missing")
    for key, value in table.items():
        check = form[key]
        wrong = None if check is None else check(f"{where}: {path}.{key}" if path else f"{where}: {key}", value)
        if wrong is not None:
            raise BadVectors(f"{prefix}{key}: {wrong}, not {value!r}")


def _text(_: str, value: object) -> str | None:
    return None if isinstance(value, str) and value else "a text was expected"


def _texts(_: str, value: object) -> str | None:
    good = isinstance(value, list) and all(isinstance(item, str) and item for item in value)
    return None if good else "a list of texts was expected"


def _some(where: str, value: object) -> str | None:
    return _texts(where, value) if value else "a list with at least one text was expected"


def _count(_: str, value: object) -> str | None:
    good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return None if good else "a whole number, zero or more, was expected"


def _instant(_: str, value: object) -> str | None:
    try:
        good = isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        good = False
    return None if good else "an instant with its zone was expected"


def _date(_: str, value: object) -> str | None:
    try:
        good = isinstance(value, str) and len(value) == 10 and bool(datetime.fromisoformat(value))
    except ValueError:
        good = False
    return None if good else "a date such as 2026-11-23 was expected"


def _or_null(check: Check) -> Check:
    return lambda where, value: None if value is None else check(where, value)


def _one_of(*words: str) -> Check:
    return lambda _, value: None if value in words else f"one of {', '.join(words)} was expected"


def _table(form: Mapping[str, Check | None], *needed: str) -> Check:
    def check(where: str, value: object) -> str | None:
        if not isinstance(value, dict):
            return "a table was expected"
        file_and_case, _, path = where.rpartition(": ")
        _check(file_and_case, path, value, form, frozenset(needed))
        return None

    return check


def _each(form: Mapping[str, Check | None], *needed: str) -> Check:
    def check(where: str, value: object) -> str | None:
        if not isinstance(value, list):
            return "a list was expected"
        file_and_case, _, path = where.rpartition(": ")
        for place, item in enumerate(value):
            _check(file_and_case, f"{path}[{place}]", item, form, frozenset(needed))
        return None

    return check


def _list(_: str, value: object) -> str | None:
    return None if isinstance(value, list) else "a list was expected"


_LEAD: Mapping[str, Check | None] = {
    "consent": _one_of("none", "express", "contract", "night"),
    "calendar": _text,
    "dnc_request": _instant,
    "dnc_internal_until": _date,
    "refused_at": _instant,
    "on_lists": _texts,
    "emergency": _texts,
    "region": _text,
    "address_region": _text,
}
_CAMPAIGN: Mapping[str, Check | None] = {
    "mode": _one_of("predictive", "progressive", "preview", "manual"),
    "stats": _table({"abandoned": _count, "answered_live": _count}, "abandoned", "answered_live"),
    "blackouts": _list,  # each is read by `vectors`, which knows the case's zones
    "days": _one_of("cn_workdays"),
    "close_guard_s": _count,
    "purpose": _text,
}
_PAST: Mapping[str, Check | None] = {"utc": _instant, "type": _text, "caller": None, "note": None}
_TOLD = ("title", "tags", "number_kind", "local", "closed_zone", "reason", "trap", "source", "confidence", "note")
_VECTOR: Mapping[str, Check | None] = {
    "id": _text,
    "number": _text,
    "jurisdiction": _some,
    "zones": _texts,
    "utc": _instant,
    "action": _one_of("originate", "continue"),
    "lead": _table(_LEAD),
    "campaign": _table(_CAMPAIGN),
    "history": _each(_PAST, "utc", "type"),
    "expected": _one_of("allow", "deny"),
    "code": _text,
    "decided_by": _or_null(_text),
    "next_allowed_utc": _or_null(_instant),
    **dict.fromkeys(_TOLD),
}
_NEEDED = frozenset({"id", "number", "jurisdiction", "zones", "utc", "expected", "code"})
