"""A question at one instant, with everything resolved that its checks look at: places, packs, zones, hours, limits."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from dialer.core.compliance.consent import Consent, lifted
from dialer.core.compliance.hours import Calendar, Shut, Timetable, next_open, shut_at
from dialer.core.compliance.limits import Cap, forbids, gap_ends
from dialer.core.compliance.packs import COUNTRY_CALENDAR, Chosen, Pack, Rulebook, beginnings, choose, in_force
from dialer.core.compliance.question import AGENT_GUARANTEED, CampaignRules, Question
from dialer.core.compliance.wall import day_start, wall
from dialer.core.compliance.week import Week
from dialer.core.compliance.zones import Place, candidate_zones, place_of

CAMPAIGN = "campaign"
"""Stands where a pack's id would, when the campaign's own rules decide."""

_ALWAYS: Week = (((0, 1440),),) * 7


@dataclass(frozen=True, slots=True)
class Stated:
    """Packs by id and zones that somebody states instead of having them found: for replaying published cases.

    A stated `calendar` replaces the packs' own, and one that nobody has holds no holiday: so says the cases' form.
    A case judged by stated rules can refuse or not refuse; it never makes a permit.
    """

    packs: tuple[str, ...]
    zones: tuple[str, ...]
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """`place` None: the number is in no range that may be dialed; then nothing else is known."""

    rulebook: Rulebook
    question: Question
    at: datetime
    place: Place | None
    chosen: Chosen
    zones: tuple[str, ...]
    timetables: tuple[Timetable, ...]
    shut: tuple[Shut, ...]
    stated: Stated | None = None

    @property
    def regions(self) -> tuple[str, ...]:
        return () if self.place is None else _regions(self.place, self.question.region)


@dataclass(frozen=True, slots=True)
class Used:
    """A limit on attempts that is used up. `free_at` None: for good."""

    rule: str
    source: str
    free_at: datetime | None


def resolve(rulebook: Rulebook, question: Question, at: datetime, stated: Stated | None = None) -> Case:
    place = place_of(rulebook, question.number)
    if stated is not None:
        place = place or Place(stated.packs[0], None, stated.zones)
    if place is None:
        return Case(rulebook, question, at, None, Chosen(()), (), (), ())
    rules = question.rules
    zones = stated.zones if stated else candidate_zones(rulebook, place, question.region, question.zone)
    days = frozenset(wall(at, zone).date() for zone in zones) or frozenset({at.astimezone(UTC).date()})
    at_home = tuple((zone, wall(at, zone).date()) for zone in rulebook.dated_in)
    regions = _regions(place, question.region)
    if stated is not None:
        # A pack that is not in force yet has no say; without the first, or with an unknown one, nothing is decided.
        wanted = {name: place == 0 or name not in rulebook.packs for place, name in enumerate(stated.packs)}
        chosen = in_force(rulebook, wanted, days, at_home)
    else:
        chosen = choose(rulebook, regions, rules.purposes, rules.overlays, days, at_home)
    timetables = _timetables(rulebook, chosen.packs, zones, regions, rules, question.consents, stated)
    shut = tuple(shut_at(timetables, at))
    return Case(rulebook, question, at, place, chosen, zones, timetables, shut, stated)


def limits_used(case: Case) -> Iterator[Used]:
    """Every limit that forbids now: the packs' in their order, then the campaign's."""
    question, rules = case.question, case.question.rules
    if not question.history or not case.zones:
        return
    for source, cap in (*_pack_caps(case), *_campaign_caps(rules)):
        number, subject = question.number, question.subject
        hit = forbids(cap, question.history, case.at, case.zones[0], number, subject, question.campaign_id)
        if hit is not None:
            yield Used("ABANDON_COOLDOWN" if cap.after_abandon else "ATTEMPT_CAP", source, hit.free_at)
    same = (past for past in question.history if past.number in (None, question.number))
    ends = None if rules.gap is None else gap_ends(rules.gap, same, case.at)
    if ends is not None:
        yield Used("ATTEMPT_GAP", CAMPAIGN, ends)


def not_through(case: Case) -> tuple[Shut, ...]:
    """What will have shut when the closing guard is over."""
    guard = case.question.rules.closing_guard
    return tuple(shut_at(case.timetables, case.at + guard)) if guard else ()


def earliest_cure(case: Case) -> datetime | None:
    """The earliest instant at which hours and limits may stop refusing; None where no waiting helps."""
    free = [used.free_at for used in limits_used(case)]
    known = [at for at in free if at is not None]
    opening = None
    if len(known) == len(free):
        opening = next_open(case.timetables, max(known, default=case.at), case.question.rules.closing_guard)
    # What is used up for good may be a rule of this edition alone.
    edition = _next_edition_starts(case)
    return edition if edition is not None and (opening is None or edition < opening) else opening


def _pack_caps(case: Case) -> Iterator[tuple[str, Cap]]:
    guaranteed = case.question.mode in AGENT_GUARANTEED
    for pack in case.chosen.packs:
        for cap in pack.caps:
            if not (guaranteed and cap.after_abandon):
                yield pack.id, cap


def _campaign_caps(rules: CampaignRules) -> Iterator[tuple[str, Cap]]:
    if rules.attempts_per_day is not None:
        yield CAMPAIGN, Cap("calendar_day", rules.attempts_per_day)
    if rules.max_attempts is not None:
        yield CAMPAIGN, Cap("campaign", rules.max_attempts)


def _next_edition_starts(case: Case) -> datetime | None:
    starts = (
        day_start(first, zone)
        for first, home in beginnings(case.chosen.packs, case.rulebook)
        for zone in ((home,) if home is not None else case.zones)
    )
    return min((start for start in starts if start > case.at), default=None)


def _regions(place: Place, region: str | None) -> tuple[str, ...]:
    """Every place that has a say, the number's first; a region brings its country."""
    named = (place.country, place.region, region and region.partition("-")[0], region)
    return tuple(dict.fromkeys(name for name in named if name))


@lru_cache(maxsize=16384)
def _timetables(
    rulebook: Rulebook,
    packs: tuple[Pack, ...],
    zones: tuple[str, ...],
    regions: tuple[str, ...],
    rules: CampaignRules,
    consents: frozenset[Consent],
    stated: Stated | None,
) -> tuple[Timetable, ...]:
    replaced = {pack.extends for pack in packs if pack.replaces_windows}
    made = [
        _pack_timetable(
            pack, zones, _closes_on(rulebook, pack, regions, stated), rules.purposes, consents, pack.id in replaced
        )
        for pack in packs
    ]
    if rules.windows or rules.blackouts or rules.closes_on or rules.workdays:
        calendars = tuple(rulebook.calendar(name) for name in rules.closes_on)
        workdays = rulebook.calendar(rules.workdays) if rules.workdays else None
        own = Timetable(CAMPAIGN, rules.windows or _ALWAYS, zones, calendars, None, workdays, rules.blackouts)
        made.append(own)
    return tuple(made)


def _pack_timetable(
    pack: Pack,
    zones: tuple[str, ...],
    calendars: tuple[Calendar, ...],
    purposes: tuple[str, ...],
    consents: frozenset[Consent],
    replaced: bool,
) -> Timetable:
    free = lifted(pack.waiver, consents)
    week = next((pack.modes[purpose] for purpose in purposes if purpose in pack.modes), pack.week)
    return Timetable(
        pack.id,
        _ALWAYS if replaced or "hours" in free else week,
        (*zones, *pack.extra_zones) if zones else (),
        () if "holidays" in free else calendars,
        pack.eve,
    )


def _closes_on(rulebook: Rulebook, pack: Pack, regions: tuple[str, ...], stated: Stated | None) -> tuple[Calendar, ...]:
    """The calendars on whose holidays the pack closes: its own, or the one of them that a known region names."""
    here = tuple(name for name in pack.closes_on if name in regions) if pack.by_region else ()
    if stated is None:
        names = tuple(regions[0] if name == COUNTRY_CALENDAR else name for name in here or pack.closes_on)
        return tuple(rulebook.calendar(name) for name in names)
    # Several calendars, or whichever country's: a case that names none has no holidays from such a pack.
    one = pack.closes_on[:1] if len(pack.closes_on) == 1 else here
    names = (stated.calendar,) if stated.calendar and pack.closes_on else one
    return tuple(rulebook.calendars[name] for name in names if name in rulebook.calendars)
