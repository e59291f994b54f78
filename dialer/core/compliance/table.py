"""One table of a pack file, read key by key, so that a key nobody read can be complained of."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from dialer.core.compliance.packs import BadPack
from dialer.core.compliance.week import DAYS, BadWeek, Week, parse_week

_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
_PERIOD = re.compile(r"([1-9][0-9]*) (minute|hour|day)s?")


class Table:
    """Reads one key at a time; whatever is wrong is a `BadPack` with the key's path. `done` refuses unread keys."""

    def __init__(self, data: Any, path: str) -> None:
        if not isinstance(data, Mapping):
            raise BadPack(path.rstrip("."), "expected a table")
        self.data, self.path, self.read = data, path, set[str]()

    def take(self, key: str, default: Any) -> Any:
        self.read.add(key)
        return self.data.get(key, default)

    def done(self) -> None:
        unknown = sorted(set(self.data) - self.read)
        if unknown:
            raise BadPack(self.path + unknown[0], "unknown key")

    def wrong(self, key: str, why: str) -> BadPack:
        return BadPack(self.path + key, why)

    def maybe(self, key: str) -> str | None:
        value = self.take(key, None)
        if value is not None and not isinstance(value, str):
            raise self.wrong(key, "expected text")
        return value

    def text(self, key: str) -> str:
        value = self.maybe(key)
        if not value:
            raise self.wrong(key, "expected text, and it is missing")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.take(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "expected a list of texts")
        return tuple(value)

    def flag(self, key: str) -> bool:
        value = self.take(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "expected true or false")
        return value

    def number(self, key: str, *, kind: Any = int, needed: bool = False, least: int = 0) -> Any:
        value = self.take(key, None)
        if value is None and not needed:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, kind)) or not value >= least:
            raise self.wrong(key, f"expected a number, {least or 'zero'} or more")
        return value

    def day(self, key: str) -> date | None:
        value = self.take(key, None)
        if value is not None and type(value) is not date:
            raise self.wrong(key, "expected a date such as 2026-08-11")
        return value

    def days(self, key: str) -> frozenset[date]:
        value = self.take(key, [])
        if not isinstance(value, list) or not all(type(item) is date for item in value):
            raise self.wrong(key, "expected a list of dates such as 2026-08-11")
        return frozenset(value)

    def weekday(self, key: str) -> int | None:
        value = self.maybe(key)
        if value is not None and value not in DAYS:
            raise self.wrong(key, f"expected one of {', '.join(DAYS)}")
        return None if value is None else DAYS.index(value)

    def one_of(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> Any:
        value = self.take(key, default)
        if value not in allowed:
            raise self.wrong(key, f"expected one of {', '.join(allowed)}")
        return value

    def choices(self, key: str, allowed: tuple[str, ...]) -> frozenset[Any]:
        found = frozenset(self.texts(key))
        if not found or not found.issubset(allowed):
            raise self.wrong(key, f"expected some of {', '.join(allowed)}")
        return found

    def table(self, key: str) -> "Table":
        return Table(self.take(key, {}), f"{self.path}{key}.")

    def tables(self, key: str, *, short: str | None = None) -> Iterator["Table"]:
        """A list of tables; with `short` a plain text stands for a table with that one key."""
        value = self.take(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, "expected a list")
        for place, item in enumerate(value):
            full = {short: item} if short is not None and isinstance(item, str) else item
            yield Table(full, f"{self.path}{key}[{place}].")

    def week(self, key: str) -> Week:
        value = self.take(key, None)
        if not isinstance(value, Mapping):
            raise self.wrong(key, "expected a table of weekdays")
        inside = Table(value, f"{self.path}{key}.")
        try:
            return parse_week({day: inside.texts(day) for day in value})
        except BadWeek as error:
            raise (self.wrong(key, error.why) if error.key is None else inside.wrong(error.key, error.why)) from None

    def period(self, kind: str) -> tuple[timedelta, int]:
        """The cap's period: elapsed time for some kinds, local days for others, and none where the kind says it."""
        needs_days = kind in ("rolling_days", "cooldown_days")
        if kind.startswith("calendar_") or kind == "campaign":
            return timedelta(), 0
        match = _PERIOD.fullmatch(self.text("period"))
        if match is None or (match[2] == "day") != needs_days:
            expected = "7 days" if needs_days else "24 hours or 5 minutes"
            raise self.wrong("period", f"expected a period such as {expected}")
        return (timedelta(), int(match[1])) if needs_days else (int(match[1]) * _UNITS[match[2]], 0)
