"""The gate: no call is placed without its permit.

One question, one answer, the same on every path: when a lead is claimed and again in the instant before the call is
placed. The checks stand in the order in which they are asked, and the first refusal is the answer. Nothing is looked up
here: history, list hits and consent arrive as values, the rules as a `Rulebook`. What is not known is refused.
"""

from collections.abc import Callable
from dataclasses import InitVar, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, NoReturn, final

from dialer.core.compliance.case import Case, Stated, earliest_cure, limits_used, not_through, resolve
from dialer.core.compliance.codes import RULES, sentence
from dialer.core.compliance.consent import Consent
from dialer.core.compliance.do_not_call import OWN, ListHit, listed
from dialer.core.compliance.limits import PastAttempt
from dialer.core.compliance.packs import Pack, Rulebook
from dialer.core.compliance.question import AGENT_GUARANTEED, AbandonCount, CampaignRules, Question
from dialer.core.compliance.wall import wall_text
from dialer.core.number import Number

__all__ = [
    "AbandonCount",
    "Basis",
    "CampaignRules",
    "Explanation",
    "ListHit",
    "PastAttempt",
    "Permit",
    "Question",
    "Refusal",
    "Stated",
    "check",
    "explain",
    "judge",
]

PERMIT_LASTS: Final = timedelta(seconds=5)
"""A permit is for the call about to be placed, not for a queue."""

_PATIENCE: Final = timedelta(days=366)
"""Nobody plans a call later than that; it bounds the search for the next permitted moment."""

_SEAL: Final = object()
_FORGED: Final = "a permit is made by the compliance gate and by nobody else"

_OVERRIDES_REGISTRIES: Final = "express"
"""Consent that goes before a registry (PECR 21(4), 47 CFR 64.1200(c)(2)(ii)); a contract does not everywhere."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a verdict rests on: the question as it was asked, the instant, and the rules it met.

    `packs` are ids with versions, `zones` the candidate clocks, `tzdata` the version of the zone data.
    """

    question: Question
    at: datetime
    packs: tuple[str, ...]
    zones: tuple[str, ...]
    tzdata: str

    def clocks(self) -> tuple[tuple[str, str], ...]:
        """Each candidate zone with what its clocks showed."""
        return tuple((zone, wall_text(self.at, zone)) for zone in self.zones)


@final
@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to place one call to `number` until `stale_at`. Only `check` can make one; others get a `TypeError`.

    So do those who would copy, change, pickle or derive one. Who writes past a class with `object.__setattr__`, or
    takes the seal out of this module, is stopped by nothing in Python, and is seen in review.
    """

    basis: Basis
    stale_at: datetime
    seal: InitVar[object] = None

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError(_FORGED)

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError(_FORGED)

    def __reduce__(self) -> NoReturn:
        raise TypeError(_FORGED)

    def __setstate__(self, state: object) -> NoReturn:
        raise TypeError(_FORGED)

    @property
    def number(self) -> Number:
        return self.basis.question.number

    @property
    def lead_id(self) -> int:
        return self.basis.question.lead_id

    @property
    def campaign_id(self) -> int:
        return self.basis.question.campaign_id


@dataclass(frozen=True, slots=True)
class Refusal:
    """`rule` is a code of `codes.RULES`, `sentence` says it in English. `try_after` is the first instant at which the
    same question would be allowed; None where waiting alone does not help. `decided_by` names the pack, the list or
    "campaign"; `zone` and `local` the clock that decided.
    """

    rule: str
    sentence: str
    try_after: datetime | None = None
    decided_by: str | None = None
    zone: str | None = None
    local: str | None = None
    basis: Basis = field(kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer with everything that was looked at. `checks` are names with a refusal or None, in the order asked;
    `clocks` each candidate zone with its local time.
    """

    number: Number
    at: datetime
    verdict: Permit | Refusal
    places: tuple[str, ...]
    packs: tuple[Pack, ...]
    clocks: tuple[tuple[str, str], ...]
    checks: tuple[tuple[str, Refusal | None], ...]
    tzdata: str


def check(rulebook: Rulebook, question: Question, now: datetime) -> Permit | Refusal:
    """The verdict at the instant `now` (aware)."""
    if now.tzinfo is None:
        raise ValueError("now: an aware time is expected")
    case = resolve(rulebook, question, now)
    return _judged(case) or _permit(case)


def judge(rulebook: Rulebook, question: Question, now: datetime, stated: Stated) -> Refusal | None:
    """What `check` would say if packs and zones were the stated ones; None: nothing refuses, and no permit is made."""
    return _judged(resolve(rulebook, question, now, stated))


def explain(rulebook: Rulebook, question: Question, now: datetime) -> Explanation:
    """The same answer as `check`, with every check asked: who cures the first reason sees the next."""
    verdict = check(rulebook, question, now)
    case = resolve(rulebook, question, now)
    clocks = tuple((zone, wall_text(now, zone)) for zone in case.zones)
    checks = tuple(_verdicts(case))
    return Explanation(question.number, now, verdict, case.regions, case.chosen.packs, clocks, checks, rulebook.tzdata)


def _verdicts(case: Case) -> list[tuple[str, Refusal | None]]:
    return [(name, ask(case)) for name, ask in _CHECKS]


def _judged(case: Case) -> Refusal | None:
    """The first refusal, with the moment that cures it where one does."""
    refusal = _first_refusal(case)
    if refusal is None or not RULES[refusal.rule].time_cures:
        return refusal
    return replace(refusal, try_after=_first_allowed(case))


def _first_refusal(case: Case) -> Refusal | None:
    return next((refusal for _, ask in _CHECKS if (refusal := ask(case)) is not None), None)


def _permit(case: Case) -> Permit:
    return Permit(_basis(case), _stale_at(case), seal=_SEAL)


def _basis(case: Case) -> Basis:
    packs = tuple(pack.label for pack in case.chosen.packs)
    return Basis(case.question, case.at, packs, case.zones, case.rulebook.tzdata)


def _stale_at(case: Case) -> datetime:
    """Windows shut on whole minutes, with a guard that long before: only an end of minute within reach is looked at."""
    stale = case.at + PERMIT_LASTS
    for guard in (timedelta(), case.question.rules.closing_guard):
        minute = (case.at + guard).replace(second=0, microsecond=0) + timedelta(minutes=1) - guard
        if minute < stale and _first_refusal(resolve(case.rulebook, case.question, minute)) is not None:
            stale = minute
    return stale


def _first_allowed(case: Case) -> datetime | None:
    """Step from one earliest cure to the next until nothing refuses.

    One step passes every cap and reaches an opening. Only a new edition of a pack makes another one necessary.
    """
    end = case.at + _PATIENCE
    later = earliest_cure(case)
    while later is not None and case.at < later <= end:
        case = resolve(case.rulebook, case.question, later, case.stated)
        refusals = [refusal for _, refusal in _verdicts(case) if refusal is not None]
        if not refusals:
            return later
        later = earliest_cure(case) if all(RULES[refusal.rule].time_cures for refusal in refusals) else None
    return None


def _refuse(case: Case, rule: str, by: str | None = None, zone: str | None = None) -> Refusal:
    local = None if zone is None else wall_text(case.at, zone)
    words = sentence(rule, "en", by=by, zone=zone, local=local)
    return Refusal(rule, words, None, by, zone, local, basis=_basis(case))


def _number(case: Case) -> Refusal | None:
    return _refuse(case, "NUMBER_INVALID") if case.place is None else None


def _packs(case: Case) -> Refusal | None:
    missing = case.chosen.missing
    return None if missing is None else _refuse(case, "RULES_MISSING", missing)


def _emergency(case: Case) -> Refusal | None:
    """Louisiana and New York suspend calls while an emergency lasts; a person sets the switch, for any area."""
    for area in case.question.suspended:
        digits = area.startswith("+")
        inside = case.question.number.e164.startswith(area) if digits else area in case.regions
        exempt: frozenset[Consent] = frozenset()
        for pack in case.chosen.packs:
            inside = inside or pack.id == area
            if digits or pack.id == area:
                exempt |= pack.emergency_exempts
        if inside and not exempt & case.question.consents:
            return _refuse(case, "EMERGENCY_SUSPENSION", area)
    return None


def _region(case: Case) -> Refusal | None:
    for pack in case.chosen.packs:
        if pack.blocked_regions.intersection(case.regions):
            return _refuse(case, "REGION_BLOCKED", pack.id)
    return None


def _internal_list(case: Case) -> Refusal | None:
    """The company's own lists, and the callee's own refusal where a pack says how long it binds."""
    hit = listed(case.question.hits, case.at, *OWN)
    if hit is not None:
        return _refuse(case, "DNC_INTERNAL", hit.list_name)
    refused_at = case.question.refused_at
    for pack in case.chosen.packs if refused_at is not None else ():
        days = pack.refusal_days
        if pack.refusal_is_final or (days is not None and refused_at and case.at < refused_at + timedelta(days=days)):
            return _refuse(case, "DNC_INTERNAL", pack.id)
    return None


def _registry_age(case: Case) -> Refusal | None:
    """A list that may be only so old refuses when it is older, or missing; any list that is kept and cannot be read
    refuses too. Published cases state no list's age.
    """
    if case.stated is not None or _OVERRIDES_REGISTRIES in case.question.consents:
        return None
    kept = dict(case.question.snapshots)
    for registry in (registry for pack in case.chosen.packs for registry in pack.registries):
        drawn_up, days = kept.get(registry.name), registry.max_age_days
        unread = drawn_up is None and (days is not None or registry.name in kept)
        if unread or (drawn_up is not None and days is not None and case.at > drawn_up + timedelta(days=days)):
            return _refuse(case, "REGISTRY_STALE", registry.name)
    return None


def _registry(case: Case) -> Refusal | None:
    hit = listed(case.question.hits, case.at, "registry")
    if hit is None or _OVERRIDES_REGISTRIES in case.question.consents:
        return None
    obeys = (pack.id for pack in case.chosen.packs if hit.list_name in {r.name for r in pack.registries})
    return _refuse(case, "DNC_REGISTRY", next(obeys, hit.list_name))


def _consent(case: Case) -> Refusal | None:
    for pack in case.chosen.packs if not case.question.consents else ():
        if pack.opt_in:
            return _refuse(case, "CONSENT_REQUIRED", pack.id)
    return None


def _zone(case: Case) -> Refusal | None:
    return _refuse(case, "ZONE_UNKNOWN") if not case.zones else None


def _holiday(case: Case) -> Refusal | None:
    """What waiting does not cure comes first."""
    return _closed(case, "HOLIDAY_UNKNOWN") or _closed(case, "HOLIDAY")


def _hours(case: Case) -> Refusal | None:
    return _closed(case, "OUTSIDE_WINDOW")


def _closed(case: Case, rule: str) -> Refusal | None:
    for shut in (*case.shut, *not_through(case)):
        if shut.rule == rule:
            return _refuse(case, rule, shut.source, shut.zone)
    return None


def _attempts(case: Case) -> Refusal | None:
    used = next(limits_used(case), None)
    return None if used is None else _refuse(case, used.rule, used.source)


def _abandon_rate(case: Case) -> Refusal | None:
    """Exactly the limit is inside it: "no more than three percent"."""
    if not case.question.abandons or case.question.mode in AGENT_GUARANTEED:
        return None
    for pack in case.chosen.packs:
        rule = pack.abandonment
        if rule is None or rule.limit_percent is None:
            continue
        for count in case.question.abandons:
            theirs = count.period in (None, rule.period)
            if theirs and count.abandoned * 100 > rule.limit_percent * count.answered:
                return _refuse(case, "ABANDON_RATE", pack.id)
    return None


_CHECKS: Final[tuple[tuple[str, Callable[[Case], Refusal | None]], ...]] = (
    ("number", _number),
    ("rules", _packs),
    ("emergency", _emergency),
    ("region", _region),
    ("own lists", _internal_list),
    ("registries' age", _registry_age),
    ("registries", _registry),
    ("consent", _consent),
    ("time zone", _zone),
    ("holidays", _holiday),
    ("hours", _hours),
    ("attempts", _attempts),
    ("abandoned calls", _abandon_rate),
)
