"""What the gate is asked: may this campaign call this number now? Everything it needs to know, looked up beforehand."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from dialer.core.compliance.consent import Consent
from dialer.core.compliance.do_not_call import ListHit
from dialer.core.compliance.limits import PastAttempt
from dialer.core.compliance.week import Week
from dialer.core.number import Number

Mode = Literal["preview", "manual", "progressive", "predictive"]

AGENT_GUARANTEED: tuple[Mode, ...] = ("preview", "manual")
"""Modes in which an agent is on the call before it is placed: abandonment rules let these pass."""


@dataclass(frozen=True, slots=True)
class CampaignRules:
    """What a campaign adds to the packs. It can only make them stricter.

    `purposes` ("debt", "insurance", "research") bring in the purpose packs of the callee's country, `overlays` name
    packs of the trunk. `windows` is checked besides the packs' own. `closes_on` names further holiday calendars,
    `workdays` one whose workdays alone are called on. `blackouts` are naive local intervals of whole minutes,
    half-open. With a `closing_guard` no call is placed that would still ring when the window shuts.
    """

    purposes: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()
    windows: Week | None = None
    attempts_per_day: int | None = None
    max_attempts: int | None = None
    gap: timedelta | None = None
    blackouts: tuple[tuple[datetime, datetime], ...] = ()
    closing_guard: timedelta = timedelta()
    closes_on: tuple[str, ...] = ()
    workdays: str | None = None

    def __post_init__(self) -> None:
        if any(moment.tzinfo or moment.second or moment.microsecond for pair in self.blackouts for moment in pair):
            raise ValueError("blackouts: naive local times of whole minutes are expected")


@dataclass(frozen=True, slots=True)
class AbandonCount:
    """The campaign's current block: calls abandoned, of calls answered by a person. `period` says which kind of block,
    in the words of `packs.Abandonment.period`; None: every pack's.
    """

    abandoned: int
    answered: int
    period: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """`region` (ISO 3166-2, or a country) and `zone` (IANA) are the callee's where somebody knows them.

    `history` is the person's, over all campaigns and all their numbers, as long as the longest cap looks back; `hits`
    are the lists the number is on, `snapshots` the registries that were looked into, each with the instant it was drawn
    up. `subject` is what the call is about, where a cap counts by it. `refused_at` is the callee's last refusal.
    `suspended` are the areas where calls are suspended now: a pack's id, a region or country, or leading digits such as
    "+1518".
    """

    number: Number
    lead_id: int
    campaign_id: int
    rules: CampaignRules = CampaignRules()
    history: tuple[PastAttempt, ...] = ()
    hits: tuple[ListHit, ...] = ()
    region: str | None = None
    zone: str | None = None
    mode: Mode = "progressive"
    consents: frozenset[Consent] = frozenset()
    subject: str | None = None
    refused_at: datetime | None = None
    suspended: tuple[str, ...] = ()
    snapshots: tuple[tuple[str, datetime | None], ...] = ()
    abandons: tuple[AbandonCount, ...] = ()
