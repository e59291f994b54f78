"""A phone number: one form (E.164) inside, strict at the door, and never readable in a log.

`parse` is the only way in for text that people or files wrote. It refuses rather than repairs: a guessed digit rings a
stranger. Ranges are checked with the library's numbering plans, except under +1, where new area codes come into use
before the library knows them and the plan's shape (NXX-NXX-XXXX, N from 2 to 9, no N11) is checked instead.
"""

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers

LAB_PREFIX = "999"
"""The country code no country has; the lab's numbers begin with it."""

_E164 = re.compile(r"\+[0-9]{3,15}")
_NANP = re.compile(r"1[2-9][0-9]{2}(?![2-9]11)[2-9][0-9]{6}")
_LAB = re.compile(rf"\+{LAB_PREFIX}[0-9]{{1,12}}")
_SEPARATORS = re.compile(r"[\s().\[\]/\-\u2010-\u2015\u2212]")
_EXTENSION = re.compile(r"(?:[x#;,*]|ext|分机|转)", re.IGNORECASE)

_PROBLEMS = {
    "EMPTY": "a phone number was expected, and nothing was there",
    "CONTROL_CHARACTER": "only visible characters were expected; a control or invisible character was found",
    "EXTENSION": "a number without an extension was expected",
    "CHARACTERS": "digits were expected, with +, spaces, dashes, dots or brackets at most",
    "NO_COUNTRY": "a number beginning with + and its country code was expected, or a default country",
    "TOO_SHORT": "more digits were expected for this country",
    "TOO_LONG": "fewer digits were expected for this country",
    "NOT_IN_USE": "a number from a range in use was expected",
    "LAB_RANGE": "a real number was expected; +999 is the lab's range",
}


class BadNumber(ValueError):
    """Text that is no phone number we would dial. `code` is stable; the message says what was expected."""

    def __init__(self, code: str) -> None:
        super().__init__(_PROBLEMS[code])
        self.code = code


@dataclass(frozen=True, slots=True, order=True)
class Number:
    """`e164` is "+" and 3 to 15 digits. `str` and `repr` show the last three only, so that a log cannot leak it."""

    e164: str

    def __post_init__(self) -> None:
        if not _E164.fullmatch(self.e164):
            raise BadNumber("CHARACTERS")

    @property
    def digits(self) -> str:
        return self.e164[1:]

    @property
    def last3(self) -> str:
        return self.e164[-3:]

    def __str__(self) -> str:
        return f"…{self.last3}"

    def __repr__(self) -> str:
        return f"Number(…{self.last3})"


def parse(text: str, region: str | None, *, lab: bool = False) -> Number:
    """Read a number as written by people.

    `region` is the ISO 3166-1 country that a number without + or 00 belongs to. Raises `BadNumber`.
    """
    plain = _plain(text)
    if plain.startswith(f"+{LAB_PREFIX}"):
        if not lab:
            raise BadNumber("LAB_RANGE")
        if not _LAB.fullmatch(plain):
            raise BadNumber("TOO_LONG" if len(plain) > 4 else "TOO_SHORT")
        return Number(plain)
    if region is None and not plain.startswith("+"):
        raise BadNumber("NO_COUNTRY")
    try:
        found = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException as error:
        raise BadNumber(_LIBRARY_ERRORS.get(error.error_type, "TOO_SHORT")) from None
    possible = phonenumbers.is_possible_number_with_reason(found)
    if possible != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise BadNumber(_LENGTHS.get(possible, "NOT_IN_USE"))
    number = Number(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164))
    if not is_dialable(number):
        raise BadNumber("NOT_IN_USE")
    return number


def is_dialable(number: Number) -> bool:
    """Whether the numbering plans know the range; +999 never is."""
    if number.e164.startswith("+1"):
        return _NANP.fullmatch(number.digits) is not None
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number.e164))
    except phonenumbers.NumberParseException:
        return False


_LIBRARY_ERRORS = {
    phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: "NO_COUNTRY",
    phonenumbers.NumberParseException.TOO_LONG: "TOO_LONG",
}
_LENGTHS = {
    phonenumbers.ValidationResult.TOO_SHORT: "TOO_SHORT",
    phonenumbers.ValidationResult.TOO_LONG: "TOO_LONG",
    phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "TOO_SHORT",
}


def _plain(text: str) -> str:
    """Full-width forms folded, separators dropped, 00 turned into +: what is left is an optional + and digits."""
    if any(unicodedata.category(mark) in ("Cc", "Cf", "Zl", "Zp") for mark in text):
        raise BadNumber("CONTROL_CHARACTER")
    folded = unicodedata.normalize("NFKC", text).strip()
    if not folded:
        raise BadNumber("EMPTY")
    if _EXTENSION.search(folded):
        raise BadNumber("EXTENSION")
    # "(0)" between country code and number is how Europeans print a trunk prefix that is not dialed from abroad
    bare = _SEPARATORS.sub("", folded.replace("(0)", "") if folded.startswith(("+", "00")) else folded)
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    if not re.fullmatch(r"\+?[0-9]+", bare):
        raise BadNumber("CHARACTERS")
    return bare
