"""From the files beside this one to the `Rulebook` the gate reads: called once; a bad file stops the start."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dialer.core.compliance.hours import Calendar
from dialer.core.compliance.packs import COUNTRY_CALENDAR, BadPack, Pack, Rulebook
from dialer.core.compliance.parse import parse_pack
from dialer.rules.calendars import OwnDates, build_calendars
from dialer.rules.zone_data import pin_zone_data, zone_names

__all__ = ["BadPack", "OwnDates", "load"]


def load(extra: Iterable[Path] = (), dates: Iterable[OwnDates] = ()) -> Rulebook:
    """Read the shipped packs, calendars and zones, and pin the zone data of the process.

    `extra` are pack files, or folders of them, besides the shipped ones; they cannot change a shipped pack. `dates` are
    the operator's own days off and workdays, which also make their years known. Raises `BadPack` naming file and key,
    and `StaleZoneData`.
    """
    version = pin_zone_data()
    rules = resources.files("dialer.rules")
    packs: dict[str, tuple[Pack, ...]] = {}
    calendars = build_calendars(_read(rules.joinpath("calendars.toml")), dates)
    for file in (*_toml(rules.joinpath("packs")), *(file for path in extra for file in _toml(path))):
        data = _read(file)
        editions = _read_packs(file.name, data)
        days_off = _read_calendars(file.name, data)
        for name in (editions.keys() & packs.keys()) | (days_off.keys() & calendars.keys()):
            raise BadPack(f"{file.name}: {name}", "this exists already; extra packs add, they do not replace")
        packs.update(editions)
        calendars.update(days_off)
    zones = _read(rules.joinpath("zones.toml"))
    rulebook = Rulebook(
        MappingProxyType(packs),
        MappingProxyType(calendars),
        _frozen(zones["corrections"]),
        version,
        MappingProxyType(_area_codes(_read(rules.joinpath("area_codes.toml")))),
        _frozen(zones["regions"]),
        MappingProxyType(zones["territories"]),
        MappingProxyType(zones["renamed"]),
        zone_names(),
        MappingProxyType({prefix: pack_id for pack_id, found in packs.items() for prefix in found[0].prefixes}),
    )
    for pack in (edition for editions in packs.values() for edition in editions):
        _check_references(pack, rulebook)
    return rulebook


def _toml(path: Path | Traversable) -> Sequence[Path | Traversable]:
    if path.is_dir():
        return sorted((file for file in path.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return [path]


def _read(file: Path | Traversable) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadPack(file.name, str(error)) from error


def _read_packs(name: str, data: Mapping[str, Any]) -> dict[str, tuple[Pack, ...]]:
    unknown = sorted(data.keys() - {"version", "pack", "calendar"})
    if unknown:
        raise BadPack(f"{name}: {unknown[0]}", "unknown key")
    tables = data.get("pack")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise BadPack(f"{name}: pack", "expected [[pack]] tables")
    editions: dict[str, tuple[Pack, ...]] = {}
    for number, table in enumerate(tables, 1):
        try:
            pack = parse_pack({"version": data.get("version"), **table})
        except BadPack as error:
            raise BadPack(f"{name}: {table.get('id', f'pack {number}')}.{error.key}", error.why) from None
        editions[pack.id] = (*editions.get(pack.id, ()), pack)
    for pack_id, found in editions.items():
        for old, new in pairwise(found):
            if old.effective_to is None or new.effective_from is None or old.effective_to >= new.effective_from:
                raise BadPack(f"{name}: {pack_id}", "editions must follow each other by date")
    return editions


def _read_calendars(name: str, data: Mapping[str, Any]) -> dict[str, Calendar]:
    """A pack file's own calendars: dates off, whose years are then known, or `every_day`."""
    made = {}
    for calendar, table in data.get("calendar", {}).items():
        unknown = sorted(table.keys() - {"off", "every_day"})
        if unknown:
            raise BadPack(f"{name}: calendar.{calendar}.{unknown[0]}", "unknown key")
        off = frozenset(table.get("off", ()))
        years = frozenset(day.year for day in off)
        made[calendar] = Calendar(calendar, years, off, every_day=table.get("every_day", False))
    return made


def _check_references(pack: Pack, rulebook: Rulebook) -> None:
    """What a pack names must exist: a calendar that nobody has refuses for ever, a zone that is none raises."""
    if pack.extends is not None and pack.extends not in rulebook.packs:
        raise BadPack(f"{pack.id}.extends", f"there is no pack {pack.extends}")
    for calendar in pack.closes_on:
        if calendar != COUNTRY_CALENDAR and calendar not in rulebook.calendars:
            raise BadPack(f"{pack.id}.holidays.closed", f"there is no calendar {calendar}")
    for zone in (*pack.zones, *pack.extra_zones):
        if zone not in rulebook.zone_names:
            raise BadPack(f"{pack.id}.zones", f"there is no zone {zone}")
    if bool(pack.prefixes) != bool(pack.zones):
        raise BadPack(f"{pack.id}.prefixes", "prefixes and zones come together")


def _area_codes(data: Mapping[str, Mapping[str, Sequence[int]]]) -> dict[str, str]:
    return {
        str(code): country if state == "shared" else f"{country}-{state}"
        for country, states in data.items()
        for state, codes in states.items()
        for code in codes
    }


def _frozen(table: Mapping[str, Sequence[str]]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({key: tuple(values) for key, values in table.items()})
