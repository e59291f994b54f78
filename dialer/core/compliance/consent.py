"""Consent: what the callee agreed to, and which rules that satisfies or lifts.

A yes or no is too little: consent to be called is not consent to be called at night, a contract is not consent, and
consent to one purpose is none to another.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

Consent = Literal["express", "written", "appointment", "contract", "night"]

Lifts = Literal["hours", "holidays"]

CONSENTS: tuple[Consent, ...] = ("express", "written", "appointment", "contract", "night")

# Who signed, or named the hour, has also said yes.
_IMPLIES: Final[dict[Consent, tuple[Consent, ...]]] = {
    "written": ("written", "express"),
    "appointment": ("appointment", "express"),
}


@dataclass(frozen=True, slots=True)
class Given:
    """One consent on file. `purpose` None: for whatever we sell. It holds in `[since, expires)`, and an appointment is
    one whose span is the hour that was named; withdrawn is withdrawn, for all time after.
    """

    kind: Consent
    since: datetime
    purpose: str | None = None
    expires: datetime | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waiver:
    """What a kind of consent lifts of its own pack's rules, and of no other's."""

    consents: frozenset[Consent]
    lifts: frozenset[Lifts]


def in_force(given: Iterable[Given], purposes: Iterable[str], at: datetime) -> frozenset[Consent]:
    """What the callee agrees to at this instant for a campaign of these purposes."""
    wanted = (None, *purposes)
    return frozenset(
        kind
        for one in given
        if one.purpose in wanted
        and one.since <= at
        and (one.expires is None or at < one.expires)
        and (one.withdrawn_at is None or at < one.withdrawn_at)
        for kind in _IMPLIES.get(one.kind, (one.kind,))
    )


def lifted(waiver: Waiver | None, consents: frozenset[Consent]) -> Iterable[Lifts]:
    return waiver.lifts if waiver is not None and waiver.consents & consents else ()
