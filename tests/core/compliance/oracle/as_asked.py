"""A plain case as the gate is asked it: the same facts in the gate's own values."""

from datetime import timedelta

from dialer.core.compliance.consent import Waiver
from dialer.core.compliance.do_not_call import ListHit
from dialer.core.compliance.gate import Stated
from dialer.core.compliance.hours import Calendar
from dialer.core.compliance.limits import Cap, PastAttempt
from dialer.core.compliance.packs import Abandonment, Pack, Registry, Rulebook
from dialer.core.compliance.question import AbandonCount, CampaignRules, Question
from dialer.core.compliance.week import DAYS, Week
from dialer.core.number import Number
from tests.core.compliance.oracle.law import Case

COUNTRY = "99977"
"""Digits that every made-up number begins with; the book gives them to the case's first pack."""


def rulebook(case: Case) -> Rulebook:
    packs = {pack_id: tuple(_pack(pack_id, e, case) for e in editions) for pack_id, editions in case["book"].items()}
    calendars = {name: Calendar(name, **data) for name, data in case["calendars"].items()}
    homes = {e["dated_in"] for editions in case["book"].values() for e in editions if e["dated_in"] is not None}
    return Rulebook(
        packs,
        calendars,
        {},
        "2026.6",
        zone_names=frozenset(case["zones"]),
        prefixes={COUNTRY: case["packs"][0]},
        dated_in=tuple(sorted(homes)),
    )


def stated(case: Case) -> Stated:
    return Stated(tuple(case["packs"]), tuple(case["zones"]))


def question(case: Case) -> Question:
    rules = case["rules"]
    return Question(
        Number(case["number"]),
        lead_id=1,
        campaign_id=case["campaign"],
        rules=CampaignRules(
            purposes=tuple(rules["purposes"]),
            overlays=tuple(p for p in case["packs"] if case["book"][p][0]["overlay"]),
            windows=_week(rules["windows"]) if rules["windows"] else None,
            attempts_per_day=rules["attempts_per_day"],
            max_attempts=rules["max_attempts"],
            gap=None if rules["gap_s"] is None else timedelta(seconds=rules["gap_s"]),
            blackouts=tuple(rules["blackouts"]),
            closing_guard=timedelta(seconds=rules["guard_s"]),
            closes_on=tuple(rules["closes_on"]),
            workdays=rules["workdays"],
        ),
        history=history(case),
        hits=tuple(ListHit(h["list"], h["scope"], "agent", h["since"], h["expires"]) for h in case["hits"]),
        region=case["region"],
        mode=case["mode"],
        consents=frozenset(case["consents"]),
        subject=case["subject"],
        refused_at=case["refused_at"],
        suspended=tuple(case["suspended"]),
        snapshots=tuple(case["snapshots"]),
        abandons=tuple(AbandonCount(c["abandoned"], c["answered"], c["period"]) for c in case["abandons"]),
    )


def history(case: Case) -> tuple[PastAttempt, ...]:
    return tuple(
        PastAttempt(a["at"], a["kind"], a["campaign"], Number(a["number"]) if a["number"] else None, a["subject"])
        for a in case["history"]
    )


def cap(data: Case) -> Cap:
    return Cap(data["kind"], data["count"], data["period"], data["days"], data["counts"], data["scope"])


def _pack(pack_id: str, edition: Case, case: Case) -> Pack:
    waiver, abandonment = edition["waiver"], edition["abandonment"]
    return Pack(
        id=pack_id,
        version="made-up",
        name=pack_id,
        week=_week(edition["windows"]),
        status="synthetic",
        confidence="n/a",
        extends=edition["extends"],
        purpose=edition["purpose"],
        overlay=edition["overlay"],
        effective_from=edition["from"],
        effective_to=edition["to"],
        dated_in=edition["dated_in"],
        replaces_windows=edition["replaces_windows"],
        modes={mode: _week(week) for mode, week in edition["modes"].items()},
        closes_on=tuple(edition["closes_on"]),
        eve=None if edition["eve"] is None else DAYS.index(edition["eve"]),
        caps=tuple(cap(data) for data in edition["caps"]),
        extra_zones=tuple(edition["extra_zones"]),
        blocked_regions=frozenset(edition["blocked_regions"]),
        opt_in=edition["opt_in"],
        waiver=Waiver(frozenset(waiver["by"]), frozenset(waiver["lifts"])) if waiver else None,
        registries=tuple(Registry(name, age) for name, age in edition["registries"]),
        refusal_is_final=edition["refusal_is_final"],
        refusal_days=edition["refusal_days"],
        emergency_exempts=frozenset(edition["emergency_exempts"]),
        abandonment=abandonment and Abandonment(abandonment[0], "", 2.0, "answer", "", abandonment[1]),
        zones=tuple(case["zones"]),
    )


def _week(week: dict[str, list[tuple[str, str]]]) -> Week:
    days = [tuple((_minute(start), _minute(end)) for start, end in week[day]) for day in DAYS]
    return (days[0], days[1], days[2], days[3], days[4], days[5], days[6])


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])
