"""From the plain data of a pack file to a `Pack`, strictly: an unknown or misspelt key would be a rule not applied."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, get_args

from dialer.core.compliance.consent import CONSENTS, Lifts, Waiver
from dialer.core.compliance.limits import Cap, CapKind, Counts
from dialer.core.compliance.packs import Abandonment, BadPack, MinRing, Pack
from dialer.core.compliance.week import DAYS, Week, parse_week

_TEXTS = ("consent", "optout", "refusal", "cli", "recording", "emergency", "waiver_text", "holiday_rule", "note")
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
_MEASURED = ("answer", "greeting_start", "greeting_end")
_PERIOD = re.compile(r"([1-9][0-9]*) (minute|hour|day)s?")


def parse_pack(data: Mapping[str, Any]) -> Pack:
    """Build the pack from one `[[pack]]` table with the file's `version` put in. Raises `BadPack` naming the key."""
    table = _Table(data, "")
    holidays = table.table("holidays")
    consents = table.table("waiver")
    emergency = table.table("emergency_rule")
    pack = Pack(
        id=table.text("id"),
        version=table.text("version"),
        name=table.text("name"),
        week=table.week("windows"),
        status=table.text("status"),
        confidence=table.text("confidence"),
        src=table.texts("src"),
        extends=table.maybe("extends"),
        purpose=table.maybe("purpose"),
        overlay=table.flag("overlay"),
        effective_from=table.day("effective_from"),
        effective_to=table.day("effective_to"),
        replaces_windows=table.flag("replaces_windows"),
        modes={mode: _Table({mode: week}, "modes.").week(mode) for mode, week in table.take("modes", {}).items()},
        closes_on=holidays.texts("closed"),
        by_region=holidays.flag("by_region"),
        eve=holidays.weekday("eve"),
        caps=tuple(_cap(_Table(cap, f"caps[{n}].")) for n, cap in enumerate(table.take("caps", []))),
        extra_zones=table.texts("extra_zones"),
        blocked_regions=frozenset(table.texts("blocked_regions")),
        opt_in=table.flag("opt_in"),
        waiver=_waiver(consents),
        registries=table.texts("registries"),
        refusal_is_final=table.flag("refusal_is_final"),
        refusal_days=table.number("refusal_days"),
        emergency_exempts=emergency.choices("exempt", CONSENTS) if emergency.data else frozenset(),
        abandonment=_abandonment(table.table("abandonment")),
        min_ring=_min_ring(table.table("min_ring")),
        prefixes=table.texts("prefixes"),
        zones=table.texts("zones"),
        texts={key: text for key in _TEXTS if (text := table.maybe(key)) is not None},
    )
    for part in (table, holidays, consents, emergency):
        part.done()
    return pack


def _cap(table: "_Table") -> Cap:
    kind: CapKind = table.one_of("kind", get_args(CapKind))
    cooldown = kind in ("cooldown", "cooldown_days")
    elapsed, days = table.period(kind)
    cap = Cap(
        kind,
        0 if cooldown else table.number("count", needed=True) or 0,
        elapsed,
        days,
        table.one_of("counts", get_args(Counts), "attempts"),
        table.maybe("scope") or "number",
    )
    table.maybe("note")
    table.done()
    return cap


def _waiver(table: "_Table") -> Waiver | None:
    if not table.data:
        return None
    return Waiver(table.choices("consents", CONSENTS), table.choices("lifts", get_args(Lifts)))


def _abandonment(table: "_Table") -> Abandonment | None:
    if not table.data:
        return None
    found = Abandonment(
        table.number("limit_percent", kind=float),
        table.maybe("per") or "",
        table.number("connect_seconds", kind=float),
        table.one_of("measured_from", _MEASURED) if "measured_from" in table.data else None,
        table.maybe("note") or "",
    )
    table.done()
    return found


def _min_ring(table: "_Table") -> MinRing | None:
    if not table.data:
        return None
    found = MinRing(table.number("seconds", needed=True) or 0, table.number("rings"), table.number("max_seconds"))
    table.done()
    return found


class _Table:
    """One table of the file, read key by key; `done` complains about keys that nobody read."""

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

    def number(self, key: str, *, kind: Any = int, needed: bool = False) -> Any:
        value = self.take(key, None)
        if value is None and not needed:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, kind)) or value < 0:
            raise self.wrong(key, "expected a number, zero or more")
        return value

    def day(self, key: str) -> date | None:
        value = self.take(key, None)
        if value is not None and type(value) is not date:
            raise self.wrong(key, "expected a date such as 2026-08-11")
        return value

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

    def table(self, key: str) -> "_Table":
        return _Table(self.take(key, {}), f"{self.path}{key}.")

    def week(self, key: str) -> Week:
        value = self.take(key, None)
        if not isinstance(value, Mapping):
            raise self.wrong(key, "expected a table of weekdays")
        try:
            return parse_week({day: _Table(value, f"{self.path}{key}.").texts(day) for day in value})
        except BadPack:
            raise
        except ValueError as error:
            raise self.wrong(key, str(error)) from None

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
