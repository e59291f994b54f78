"""Rule packs: what one place, purpose or trunk demands, as values; and which of them apply to a call.

A pack says no more than its source does. Everything that applies must allow the call: packs only ever add refusals,
except that a purpose pack may replace the hours of the country it extends.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from dialer.core.compliance.consent import Consent, Waiver
from dialer.core.compliance.hours import Calendar
from dialer.core.compliance.limits import Cap
from dialer.core.compliance.week import Week

FALLBACK = "ZZ"
"""The pack for a country that has none: deliberately narrow, our policy and not law."""

COUNTRY_CALENDAR = "{country}"
"""In `closes_on`: the public holidays of whichever country the number belongs to."""


class BadPack(ValueError):
    """A pack that cannot be read. `key` is the path inside it; the loader puts the file's name in front."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"{key}: {why}")
        self.key, self.why = key, why


@dataclass(frozen=True, slots=True)
class Registry:
    """A do-not-call list that can be had as a list. A copy older than `max_age_days` may not be relied on; None: the
    source names no age. What works inside the carriers and gives no list (China's call-refusal service) is none.
    """

    name: str
    max_age_days: int | None = None
    note: str = ""


AbandonPeriod = Literal["campaign_30_days", "calendar_month", "day"]
"""Successive blocks of 30 days from the campaign's first call (47 CFR 64.1200(a)(7)), calendar months (CRTC), or
midnight to midnight (Ofcom)."""

MeasuredFrom = Literal["answer", "greeting_start", "greeting_end"]

OptOutWay = Literal["key", "speech"]

RecordingConsent = Literal["one_party", "notice", "must_tell", "all_party"]
"""From the least to the most that must happen before a call is recorded: nothing, a notice, telling the callee and
going on only then, the callee's own agreement."""


@dataclass(frozen=True, slots=True)
class Abandonment:
    """`limit_percent` of the calls of one `period`, in the rule's words `per`; the agent must be there
    `connect_seconds` after `measured_from`.
    """

    limit_percent: float | None
    per: str
    connect_seconds: float | None
    measured_from: MeasuredFrom | None
    note: str
    period: AbandonPeriod | None = None


@dataclass(frozen=True, slots=True)
class MinRing:
    """Do not give up ringing before `seconds`, or `rings` where the rule names them: one of the two is enough."""

    seconds: int
    rings: int | None
    max_seconds: int | None


@dataclass(frozen=True, slots=True)
class OptOut:
    """How a wish not to be called is taken and kept: honoured within `honour_days` (0: at once), kept for `keep_years`
    and then `keep_days`; both None: for ever. `by` are the ways a caller must offer during the call.
    """

    honour_days: int
    business_days: bool = False
    keep_years: int | None = None
    keep_days: int | None = None
    by: tuple[OptOutWay, ...] = ()


@dataclass(frozen=True, slots=True)
class CallerId:
    """What a caller id must not be. `forbidden` are leading digits with the country code; `note` says what the number
    must be, where that is not for us to check: registered, answered, of a filed range.
    """

    withheld_banned: bool = False
    forbidden: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """Whose agreement a recording needs, and for how many days it must (`keep_days`) and may (`at_most_days`) be kept;
    None: the source names no time. `compulsory`: a call of this kind may not go unrecorded.
    """

    consent: RecordingConsent | None = None
    keep_days: int | None = None
    at_most_days: int | None = None
    compulsory: bool = False


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Pack:
    """One dated, versioned set of rules. Dates of effect are local dates, both inclusive: in the zone `dated_in` where
    a law begins everywhere with its capital's midnight, else in the callee's.

    Editions of one id join without a gap, and the last one goes on; `ends` says that this one lapses instead.

    `closes_on` names holiday calendars; with `by_region` a known region of that name narrows them to one. `prefixes`
    (digits, no plus) and `zones` belong to packs that stand for a number range instead of a country: the lab's.
    `texts` keeps what people must read and no check decides: consent, opt-out, caller id, recording, notes.
    """

    id: str
    version: str
    name: str
    week: Week
    status: str
    confidence: str
    src: tuple[str, ...] = ()
    extends: str | None = None
    purpose: str | None = None
    overlay: bool = False
    effective_from: date | None = None
    effective_to: date | None = None
    ends: bool = False
    dated_in: str | None = None
    replaces_windows: bool = False
    modes: Mapping[str, Week] = field(default_factory=dict)
    closes_on: tuple[str, ...] = ()
    by_region: bool = False
    eve: int | None = None
    caps: tuple[Cap, ...] = ()
    extra_zones: tuple[str, ...] = ()
    blocked_regions: frozenset[str] = frozenset()
    opt_in: bool = False
    waiver: Waiver | None = None
    registries: tuple[Registry, ...] = ()
    refusal_is_final: bool = False
    refusal_days: int | None = None
    emergency_exempts: frozenset[Consent] = frozenset()
    abandonment: Abandonment | None = None
    min_ring: MinRing | None = None
    optout: OptOut | None = None
    caller_id: CallerId | None = None
    recording: Recording | None = None
    prefixes: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"{self.id}@{self.version}"

    def holds(self, days: frozenset[date], at_home: Mapping[str, date]) -> bool:
        """On one of the callee's dates, or on the date in the zone that the pack itself names."""
        own = at_home.get(self.dated_in) if self.dated_in is not None else None
        return self.in_force(own) if own is not None else any(map(self.in_force, days))

    def in_force(self, day: date) -> bool:
        return (self.effective_from is None or self.effective_from <= day) and (
            self.effective_to is None or day <= self.effective_to
        )


@dataclass(frozen=True, eq=False, slots=True)
class Rulebook:
    """Everything the gate reads besides the question: built once by the loader and never changed.

    `packs` holds the dated editions of each id; `zone_corrections` and `prefixes` are keyed by leading digits without
    plus; `area_codes` gives a +1 area code's state or province ("US-NY"), or only its country where several share it;
    `region_zones` every zone of a region; `territories` the country whose packs a territory uses; `renamed` old zone
    names; `tzdata` the version of the zone data all of it was decided with; `dated_in` the zones that packs name for
    their own dates.
    """

    packs: Mapping[str, tuple[Pack, ...]]
    calendars: Mapping[str, Calendar]
    zone_corrections: Mapping[str, tuple[str, ...]]
    tzdata: str
    area_codes: Mapping[str, str] = field(default_factory=dict)
    region_zones: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    territories: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    zone_names: frozenset[str] = frozenset()
    prefixes: Mapping[str, str] = field(default_factory=dict)
    dated_in: tuple[str, ...] = ()

    def calendar(self, calendar_id: str) -> Calendar:
        """The calendar, or one that knows no year, so that whoever relies on it refuses."""
        return self.calendars.get(calendar_id) or Calendar(calendar_id, frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Chosen:
    """The packs of a call in the order in which they are asked; `missing` is one that should be there and is not."""

    packs: tuple[Pack, ...]
    missing: str | None = None


@lru_cache(maxsize=16384)
def choose(
    rulebook: Rulebook,
    regions: tuple[str, ...],
    purposes: tuple[str, ...],
    overlays: tuple[str, ...],
    days: frozenset[date],
    at_home: tuple[tuple[str, date], ...] = (),
) -> Chosen:
    """The packs for the places the callee may be in, the campaign's purposes and the trunk's overlays.

    `regions` are countries and ISO 3166-2 regions, the number's country (or the pack of its range) first. `days` are
    today's dates in every candidate zone: where a rule changes at midnight and it is midnight in between, both hold.
    `at_home` are those in the zones that packs name for their own dates.
    """
    wanted: dict[str, bool] = {}  # id -> whether the call is refused without it
    countries = [name for place, name in enumerate(regions) if place == 0 or "-" not in name]
    for country in countries:
        wanted[country if country in rulebook.packs else FALLBACK] = True
    for region in regions:
        if region in rulebook.packs:
            wanted.setdefault(region, False)
    for pack_id, editions in rulebook.packs.items():
        if editions[0].purpose in purposes and editions[0].extends in countries:
            wanted.setdefault(pack_id, False)
    wanted.update(dict.fromkeys(overlays, True))
    return in_force(rulebook, wanted, days, at_home)


def in_force(
    rulebook: Rulebook, wanted: Mapping[str, bool], days: frozenset[date], at_home: tuple[tuple[str, date], ...] = ()
) -> Chosen:
    """The editions of these packs that hold on one of the days; True marks a pack without which nothing is decided."""
    found: list[Pack] = []
    home = dict(at_home)
    for pack_id, needed in wanted.items():
        editions = tuple(p for p in rulebook.packs.get(pack_id, ()) if p.holds(days, home))
        if needed and not editions:
            return Chosen(tuple(found), missing=pack_id)
        found.extend(editions)
    return Chosen(tuple(found))


def beginnings(packs: Iterable[Pack], rulebook: Rulebook) -> Iterator[tuple[date, str | None]]:
    """Every day from which other rules hold, and the zone of that date (None: the callee's): an edition of these packs,
    or of one that extends them, begins on it, or has lapsed.
    """
    ids = {pack.id for pack in packs}
    editions = (
        one for name, found in rulebook.packs.items() if name in ids or found[0].extends in ids for one in found
    )
    turns: dict[tuple[date, str | None], None] = {}
    for edition in editions:
        if edition.effective_from is not None:
            turns[edition.effective_from, edition.dated_in] = None
        if edition.effective_to is not None:
            turns[edition.effective_to + timedelta(days=1), edition.dated_in] = None
    yield from turns
