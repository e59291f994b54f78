"""Areas as people name them: a pack, a country, a region, or leading digits. What nobody knows is a typing mistake."""

import re
from difflib import get_close_matches
from typing import Final

import phonenumbers

from dialer.core.compliance.packs import Rulebook

_DIGITS = re.compile(r"\+[1-9][0-9]{0,14}")
_REGION = re.compile(r"([A-Z]{2})-[A-Z0-9]{1,3}")
_NEAR: Final = 5


class UnknownArea(ValueError):
    """No such area. `near` are known ones that look alike."""

    def __init__(self, text: str, near: tuple[str, ...]) -> None:
        meant = f"; did you mean {' or '.join(near)}?" if near else ""
        super().__init__(
            f"{text!r} is no area we know{meant} "
            "(expected a country such as FR, a region such as US-NY, a rule pack, or leading digits such as +1518)"
        )
        self.near = near


def area_named(rulebook: Rulebook, text: str) -> str:
    """The area as the gate compares it.

    Regions are checked where a country's area codes name them all; of other countries any ISO 3166-2 form is taken,
    since a lead's address may name it.

    Raises:
        UnknownArea:
    """
    area = text.strip().upper()
    if area.startswith("+"):
        if _DIGITS.fullmatch(area) and _in_use(rulebook, area[1:]):
            return area
        raise UnknownArea(text.strip(), _near_digits(rulebook, area))
    known = _known(rulebook)
    if area in known:
        return area
    region = _REGION.fullmatch(area)
    if region and region[1] in known and not any(name.startswith(region[1]) for name in rulebook.area_codes.values()):
        return area
    alike = get_close_matches(area, sorted(known), _NEAR, 0.6)
    raise UnknownArea(text.strip(), tuple(dict.fromkeys((*namesakes(rulebook, area), *alike)))[:_NEAR])


def namesakes(rulebook: Rulebook, area: str) -> tuple[str, ...]:
    """Regions whose last part is this: who says LA and means Louisiana has named Laos."""
    return tuple(sorted(name for name in _known(rulebook) if name.endswith(f"-{area}")))


def _known(rulebook: Rulebook) -> set[str]:
    names = {*rulebook.packs, *rulebook.region_zones, *rulebook.area_codes.values(), *rulebook.territories}
    return names | set(phonenumbers.SUPPORTED_REGIONS)


def _in_use(rulebook: Rulebook, digits: str) -> bool:
    """Some number may begin with these digits."""
    codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    if any(own.startswith(digits) or digits.startswith(own) for own in rulebook.prefixes):
        return True
    if digits.startswith("1") and len(digits) >= 4:
        return digits[1:4] in rulebook.area_codes
    return any(str(code).startswith(digits) or digits.startswith(str(code)) for code in codes)


def _near_digits(rulebook: Rulebook, area: str) -> tuple[str, ...]:
    there = [f"+1{code}" for code in rulebook.area_codes]
    there += [f"+{code}" for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE]
    return tuple(get_close_matches(area, sorted(there), _NEAR, 0.6))
