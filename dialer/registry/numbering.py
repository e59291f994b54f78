"""How the numbers of a registry's file are to be read: as E.164, or as national numbers of one country."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

E164_DIGITS: Final = range(7, 16)
"""Digits of a whole number. ITU-T E.164 allows 15 at most; no country has subscribers with fewer than 7."""


class BadCountry(ValueError):
    """No country code and no country; the text says what was expected."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Lines without a plus are national numbers of this country.

    `trunk` is what is dialed before a national number inside the country ("0", in North America "1") and does not
    belong to it; `lengths` are the digits a national number may have. With no country they are whole numbers.
    """

    country: str = ""
    trunk: str = ""
    lengths: frozenset[int] = frozenset(E164_DIGITS)

    @property
    def expected(self) -> str:
        """For the sentence about a line that does not fit."""
        if not self.country:
            return f"{min(self.lengths)} to {max(self.lengths)} digits with the country code were expected"
        return f"a national number of +{self.country} was expected, of {_either(sorted(self.lengths))} digits"


E164 = Plan()
NANP = Plan("1", "1", frozenset({10}))
"""North America, where the form `201,5550100` comes from."""


def plan_of(country: str | None) -> Plan:
    """`country` is a country code ("1", "+44") or an ISO 3166-1 country ("US"); None: whole numbers, E.164.

    Lengths and trunk prefix come from the numbering plans of `phonenumbers`. Raises `BadCountry`.
    """
    if country is None or country == "":
        return E164
    import phonenumbers

    text = country.strip().removeprefix("+")
    if text.isdecimal() and text.isascii():
        region = phonenumbers.region_code_for_country_code(int(text))
        metadata = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(int(text), region)
    else:
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(text.upper(), None)
    if metadata is None or metadata.general_desc is None or not metadata.general_desc.possible_length:
        raise BadCountry("expected a country code such as 1 or 44, or a country such as US or GB")
    code = str(metadata.country_code)
    lengths = frozenset(n for n in metadata.general_desc.possible_length if len(code) + n in E164_DIGITS)
    prefix = metadata.national_prefix or ""
    return Plan(code, prefix if prefix.isdecimal() else "", lengths)


def _either(lengths: list[int]) -> str:
    *most, last = map(str, lengths)
    return f"{', '.join(most)} or {last}" if most else last
