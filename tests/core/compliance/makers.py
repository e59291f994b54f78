"""Makers with defaults: a test spells out only what matters to it."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dialer.core.compliance.consent import Consent
from dialer.core.compliance.gate import CampaignRules, ListHit, PastAttempt, Permit, Question, Refusal, check
from dialer.core.compliance.packs import Rulebook
from dialer.core.number import Number

NEW_YORK = "+12125550123"
LONDON = "+442079460123"
PARIS = "+33199001234"
BERLIN = "+493023125123"
CHINA = "+8613800138000"
FRESH = tuple((name, datetime(2037, 12, 31, tzinfo=UTC)) for name in ("US-DNC", "CA-DNCL", "SG-DNC", "DNCR-AU"))


def at(text: str, zone: str = "UTC", fold: int = 0) -> datetime:
    """The instant (UTC) of a local time such as "2026-11-23 07:59"."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def ask(
    number: str = NEW_YORK, rules: CampaignRules | None = None, consent: Consent | None = None, **known: object
) -> Question:
    """A question with every registry at hand that has an age limit."""
    question = Question(Number(number), lead_id=7, campaign_id=3, rules=rules or CampaignRules(), snapshots=FRESH)
    return replace(question, consents=agreed(consent), **known)  # type: ignore[arg-type]


def agreed(*kinds: Consent | None) -> frozenset[Consent]:
    return frozenset(kind for kind in kinds if kind is not None)


def tried(*times: datetime, kind: str = "no_answer") -> tuple[PastAttempt, ...]:
    return tuple(PastAttempt(time, kind) for time in times)


def listed_on(name: str, scope: str, expires: datetime | None = None) -> tuple[ListHit, ...]:
    return (ListHit(name, scope, "agent", at("2026-01-01 00:00"), expires),)  # type: ignore[arg-type]


def refusal(rulebook: Rulebook, question: Question, now: datetime) -> Refusal:
    verdict = check(rulebook, question, now)
    assert isinstance(verdict, Refusal), verdict
    return verdict


def permit(rulebook: Rulebook, question: Question, now: datetime) -> Permit:
    verdict = check(rulebook, question, now)
    assert isinstance(verdict, Permit), verdict
    return verdict
