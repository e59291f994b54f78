"""What a row says of consent: the kind, and what proves it, from when, until when, for what. Whole, or refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from dialer.core.compliance.consent import CONSENTS, Consent
from dialer.operation.intake.header import Known

_SENTENCES = {
    "BAD_CONSENT": "consent was expected as none, express, written, contract, night or appointment"
    " (无, 明示, 书面, 合同, 夜间, 预约)",
    "CONSENT_NOT_NAMED": "the kind of consent was expected where its proof, time or purpose is given",
    "BAD_CONSENT_TIME": "a date such as 2026-11-23 was expected, or a time with its zone: 2026-11-23T09:30:00+08:00",
    "BAD_CONSENT_SPAN": "a consent that ends after it begins was expected; an appointment needs both times",
    "BAD_PURPOSE": "a purpose in small letters was expected, such as insurance",
}

# An empty cell says nothing, and nothing is no consent.
_KINDS: dict[str, Consent | None] = {
    **{kind: kind for kind in CONSENTS},
    "": None,
    "none": None,
    "无": None,
    "明示": "express",
    "书面": "written",
    "合同": "contract",
    "夜间": "night",
    "预约": "appointment",
}
_DETAILS: tuple[Known, ...] = ("consent_proof", "consent_at", "consent_until", "consent_purpose")
_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_PURPOSE = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the person agreed to. `since` None: from the import on; `proof` empty: the list itself."""

    kind: Consent
    proof: str = ""
    since: datetime | None = None
    until: datetime | None = None
    purpose: str | None = None


class Unclear(ValueError):
    """A cell about consent that cannot be relied on: which column, a stable code, what was expected."""

    def __init__(self, column: Known, code: str) -> None:
        super().__init__(_SENTENCES[code])
        self.column, self.code, self.sentence = column, code, _SENTENCES[code]


def agreed(known: Mapping[Known, str]) -> Agreed | None:
    """The consent that a row's cells state, by the columns' names.

    Raises:
        Unclear: a kind, time or purpose nobody knows; details of a consent that is not named.
    """
    word = known.get("consent", "").casefold()
    if word not in _KINDS:
        raise Unclear("consent", "BAD_CONSENT")
    kind = _KINDS[word]
    if kind is None:
        for column in _DETAILS:
            if known.get(column):
                raise Unclear(column, "CONSENT_NOT_NAMED")
        return None
    since, until = _moment(known, "consent_at"), _moment(known, "consent_until")
    if kind == "appointment" and (since is None or until is None):
        raise Unclear("consent", "BAD_CONSENT_SPAN")
    if since is not None and until is not None and until <= since:
        raise Unclear("consent_until", "BAD_CONSENT_SPAN")
    purpose = known.get("consent_purpose") or None
    if purpose is not None and not _PURPOSE.fullmatch(purpose):
        raise Unclear("consent_purpose", "BAD_PURPOSE")
    return Agreed(kind, known.get("consent_proof", ""), since, until, purpose)


def _moment(known: Mapping[Known, str], column: Known) -> datetime | None:
    """A time with its zone, or a date: the beginning of that day in UTC. A consent until a day does not hold on it."""
    text = unicodedata.normalize("NFKC", known.get(column, ""))
    if not text:
        return None
    try:
        if day := _DATE.fullmatch(text):
            return datetime(int(day[1]), int(day[2]), int(day[3]), tzinfo=UTC)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Unclear(column, "BAD_CONSENT_TIME")
