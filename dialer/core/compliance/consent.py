"""Consent: what the callee agreed to, and which rules that satisfies or lifts.

A yes or no is too little: consent to be called is not consent to be called at night, and a contract is not consent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Consent = Literal["none", "express", "contract", "night"]

Lifts = Literal["hours", "holidays"]

CONSENTS: tuple[Consent, ...] = ("none", "express", "contract", "night")


@dataclass(frozen=True, slots=True)
class Waiver:
    """What a kind of consent lifts of its own pack's rules, and of no other's."""

    consents: frozenset[Consent]
    lifts: frozenset[Lifts]


def lifted(waiver: Waiver | None, consent: Consent) -> Iterable[Lifts]:
    return waiver.lifts if waiver is not None and consent in waiver.consents else ()
