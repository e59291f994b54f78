"""Where a number may be: its country and region, and every time zone its callee's clock may show.

The phone library's zones are a hint: it gives one zone for area codes that straddle two. A table of corrections goes
first, and under +1 the library's answer is limited to the zones of the area code's own state.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import phonenumbers
from phonenumbers import timezone
from phonenumbers.tzdata import TIMEZONE_DATA

from dialer.core.compliance.packs import Rulebook
from dialer.core.number import Number, is_dialable

_NANP_MAIN = ("US", "CA")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Place:
    """What the digits alone say. `country` is a pack's country; `zones` empty means no clock can be derived."""

    country: str
    region: str | None
    zones: tuple[str, ...]


@lru_cache(maxsize=65536)
def place_of(rulebook: Rulebook, number: Number) -> Place | None:
    """None where the number is in no range that may be dialed."""
    own = _longest(rulebook.prefixes, number.digits)
    if own is not None:
        return Place(own, None, rulebook.packs[own][0].zones)
    if not is_dialable(number):
        return None
    if number.e164.startswith("+1"):
        return _north_american(rulebook, number)
    found = phonenumbers.parse(number.e164)
    territory = phonenumbers.region_code_for_number(found) or "ZZ"
    zones = _longest(rulebook.zone_corrections, number.digits) or _library_zones(rulebook, number)
    return Place(rulebook.territories.get(territory, territory), None, zones)


def candidate_zones(rulebook: Rulebook, place: Place, region: str | None, zone: str | None) -> tuple[str, ...]:
    """Every zone that must be open. Empty means unknown: do not call.

    A zone or region that somebody knows narrows the number's zones if it agrees with them; if it contradicts them,
    people move and numbers are ported, so both must be open.
    """
    if zone is not None:
        known = rulebook.renamed.get(zone, zone)
        if known not in rulebook.zone_names:
            return ()
        return (known,) if known in place.zones or not place.zones else (*place.zones, known)
    if region is None:
        return place.zones
    country = region.partition("-")[0]
    there = rulebook.region_zones.get(region if country == place.country else _known(rulebook, region, country))
    if there is None:
        return place.zones if country == place.country else ()
    moved = place.region is not None and place.region != region
    agreed = () if moved else tuple(name for name in place.zones if name in there)
    return agreed or tuple(dict.fromkeys((*place.zones, *there)))


def _known(rulebook: Rulebook, region: str, country: str) -> str:
    return region if region in rulebook.region_zones else country


def _north_american(rulebook: Rulebook, number: Number) -> Place:
    area = rulebook.area_codes.get(number.digits[1:4])
    if area is None:
        # toll-free, personal and premium codes have no place; the islands' codes are countries of their own
        country = phonenumbers.region_code_for_number(phonenumbers.parse(number.e164)) or _NANP_MAIN[0]
        zones = () if country in _NANP_MAIN else _library_zones(rulebook, number)
        return Place(country, None, zones)
    country, _, state = area.partition("-")
    there = rulebook.region_zones.get(area)
    corrected = _longest(rulebook.zone_corrections, number.digits)
    if there is None:
        return Place(country, None, corrected or _library_zones(rulebook, number))
    hint = corrected or _current(rulebook, _longest(TIMEZONE_DATA, number.digits) or ())
    return Place(country, area if state else None, tuple(zone for zone in hint if zone in there) or there)


def _library_zones(rulebook: Rulebook, number: Number) -> tuple[str, ...]:
    return _current(rulebook, timezone.time_zones_for_number(phonenumbers.parse(number.e164)))


def _current(rulebook: Rulebook, names: Iterable[str]) -> tuple[str, ...]:
    current = dict.fromkeys(rulebook.renamed.get(name, name) for name in names)
    return tuple(name for name in current if name in rulebook.zone_names)


def _longest(table: Mapping[str, V], digits: str) -> V | None:
    """The entry for the longest leading digits that the table knows."""
    return next((table[digits[:size]] for size in range(min(len(digits), 9), 0, -1) if digits[:size] in table), None)
