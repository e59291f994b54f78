"""From the files beside this one to the `Rulebook` the gate reads: called once; a bad file stops the start."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from dialer.core.compliance.hours import Calendar
from dialer.core.compliance.packs import COUNTRY_CALENDAR, BadPack, Pack, Rulebook
from dialer.core.compliance.parse import parse_pack
from dialer.core.compliance.table import Table
from dialer.rules.calendars import OwnDates, build_calendars
from dialer.rules.source import Key, Source, key_of, read
from dialer.rules.zone_data import pin_zone_data, zone_names

__all__ = ["BadPack", "OwnDates", "load"]

_DAY = timedelta(days=1)


def load(extra: Iterable[Path] = (), dates: Iterable[OwnDates] = ()) -> Rulebook:
    """Read the shipped packs, calendars and zones, and pin the zone data of the process.

    `extra` are pack files, or folders of them, besides the shipped ones; they cannot change another file's pack.
    `dates` are the operator's own days off and workdays, which also make their years known. Raises `BadPack` naming
    file, line and key, and `StaleZoneData`.
    """
    version = pin_zone_data()
    rules = resources.files("dialer.rules")
    calendars = build_calendars(read(rules.joinpath("calendars.toml")).data, dates)
    sources = [read(file) for path in (shipped_packs(), *extra) for file in toml_files(path)]
    placed = _placed(sources)
    packs = _by_id(placed)
    for source in sources:
        for name, calendar in _calendars(source).items():
            if name in calendars:
                raise source.wrong(("calendar", name), f"calendar {name}", "it exists already; extra files only add")
            calendars[name] = calendar
    zones = read(rules.joinpath("zones.toml")).data
    area_codes = read(rules.joinpath("area_codes.toml")).data
    rulebook = Rulebook(
        MappingProxyType(packs),
        MappingProxyType(calendars),
        _frozen(zones["corrections"]),
        version,
        MappingProxyType(_area_codes(area_codes)),
        _frozen(zones["regions"]),
        MappingProxyType(zones["territories"]),
        MappingProxyType(zones["renamed"]),
        zone_names(),
        MappingProxyType({prefix: pack_id for pack_id, found in packs.items() for prefix in found[0].prefixes}),
        tuple(sorted({pack.dated_in for pack, _, _ in placed if pack.dated_in is not None})),
    )
    for pack, source, key in placed:
        _check_references(pack, source, key, rulebook)
    return rulebook


def packs_of(paths: Iterable[Path | Traversable]) -> Mapping[str, tuple[Pack, ...]]:
    """The packs of some files or folders by themselves, with nothing asked of what they refer to: to compare them."""
    return _by_id(_placed([read(file) for path in paths for file in toml_files(path)]))


def shipped_packs() -> Traversable:
    """The folder of the packs that come with the program."""
    return resources.files("dialer.rules").joinpath("packs")


def toml_files(path: Path | Traversable) -> Sequence[Path | Traversable]:
    """The file itself, or a folder's `.toml` files in the order of their names."""
    if path.is_dir():
        return sorted((file for file in path.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return [path]


def _placed(sources: Iterable[Source]) -> list[tuple[Pack, Source, Key]]:
    """Every edition with the file and the place it was read from. One id has all its editions in one file."""
    read_from: dict[str, Source] = {}
    placed = []
    for source in sources:
        for pack, key in _packs(source):
            if read_from.setdefault(pack.id, source) is not source:
                why = f"{read_from[pack.id].name} has this pack already; extra files add, they do not replace"
                raise _wrong(source, (*key, "id"), pack, "id", why)
            placed.append((pack, source, key))
    _check_editions(placed)
    return placed


def _by_id(placed: Iterable[tuple[Pack, Source, Key]]) -> dict[str, tuple[Pack, ...]]:
    packs: dict[str, tuple[Pack, ...]] = {}
    for pack, _, _ in placed:
        packs[pack.id] = (*packs.get(pack.id, ()), pack)
    return packs


def _packs(source: Source) -> list[tuple[Pack, Key]]:
    """Each `[[pack]]` with its place in the file."""
    unknown = sorted(source.data.keys() - {"version", "pack", "calendar"})
    if unknown:
        raise source.wrong((unknown[0],), unknown[0], "unknown key")
    tables = source.data.get("pack")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise source.wrong(("pack",), "pack", "expected [[pack]] tables")
    found = []
    for number, table in enumerate(tables):
        if "version" in table:
            raise source.wrong(("pack", number, "version"), f"pack {number + 1}.version", "it stands once, above all")
        try:
            pack = parse_pack({"version": source.data.get("version"), **table})
        except BadPack as error:
            name, key = table.get("id"), ("pack", number, *key_of(error.key))
            shown = f"pack {name if isinstance(name, str) else number + 1}.{error.key}"
            raise source.wrong(key, shown, error.why) from None
        found.append((pack, key_of(f"pack[{number}]")))
    return found


def _calendars(source: Source) -> dict[str, Calendar]:
    """A pack file's own calendars: dates off, whose years are then known, or `every_day`."""
    made = {}
    try:
        tables = Table(source.data.get("calendar", {}), "calendar.")
        for name in tables.data:
            table = tables.table(name)
            off = table.days("off")
            made[name] = Calendar(name, frozenset(day.year for day in off), off, every_day=table.flag("every_day"))
            table.done()
    except BadPack as error:
        raise source.wrong(key_of(error.key), error.key, error.why) from None
    return made


def _wrong(source: Source, key: Key, pack: Pack, path: str, why: str) -> BadPack:
    return source.wrong(key, f"pack {pack.id}.{path}", why)


def _check_references(pack: Pack, source: Source, at: Key, rulebook: Rulebook) -> None:
    """What a pack names must exist: a calendar that nobody has refuses for ever, a zone that is none raises."""
    if pack.extends is not None and pack.extends not in rulebook.packs:
        raise _wrong(source, (*at, "extends"), pack, "extends", f"there is no pack {pack.extends}")
    for calendar in pack.closes_on:
        if calendar != COUNTRY_CALENDAR and calendar not in rulebook.calendars:
            why = f"there is no calendar {calendar}"
            raise _wrong(source, (*at, "holidays", "closed"), pack, "holidays.closed", why)
    home = (pack.dated_in,) if pack.dated_in is not None else ()
    for name, zones in (("zones", pack.zones), ("extra_zones", pack.extra_zones), ("dated_in", home)):
        for zone in zones:
            if zone not in rulebook.zone_names:
                raise _wrong(source, (*at, name), pack, name, f"there is no zone {zone}")
    if bool(pack.prefixes) != bool(pack.zones):
        raise _wrong(source, (*at, "prefixes"), pack, "prefixes", "prefixes and zones come together")
    for prefix in pack.prefixes:
        other = rulebook.prefixes.get(prefix)
        if not prefix.isdecimal() or other != pack.id:
            why = f"{prefix} is {other}'s already" if other not in (None, pack.id) else "expected digits without a plus"
            raise _wrong(source, (*at, "prefixes"), pack, "prefixes", why)


def _check_editions(placed: Iterable[tuple[Pack, Source, Key]]) -> None:
    """The editions of one id follow each other to the day, and the last one goes on; only `ends` lets a rule lapse."""
    by_id: dict[str, list[tuple[Pack, Source, Key]]] = {}
    for one in placed:
        by_id.setdefault(one[0].id, []).append(one)
    for editions in by_id.values():
        for (old, *_), (new, source, key) in pairwise(editions):
            at = (*key, "effective_from")
            if old.effective_to is None or new.effective_from is None or new.effective_from <= old.effective_to:
                raise _wrong(source, at, new, "effective_from", "editions must follow each other by date")
            if new.effective_from > old.effective_to + _DAY and not old.ends:
                gap = f"nothing holds from {old.effective_to + _DAY} to {new.effective_from - _DAY}"
                why = f"{gap}; say ends = true in the edition before if its rule lapses"
                raise _wrong(source, at, new, "effective_from", why)
        last, source, key = editions[-1]
        if last.effective_to is not None and not last.ends:
            why = "no edition follows; say ends = true if the rule lapses"
            raise _wrong(source, (*key, "effective_to"), last, "effective_to", why)


def _area_codes(data: Mapping[str, Mapping[str, Sequence[int]]]) -> dict[str, str]:
    return {
        str(code): country if state == "shared" else f"{country}-{state}"
        for country, states in data.items()
        for state, codes in states.items()
        for code in codes
    }


def _frozen(table: Mapping[str, Sequence[str]]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({key: tuple(values) for key, values in table.items()})
