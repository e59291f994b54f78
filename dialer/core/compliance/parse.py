"""From the plain data of a pack file to a `Pack`, strictly: an unknown or misspelt key would be a rule not applied."""

import re
from collections.abc import Mapping
from typing import Any, get_args

from dialer.core.compliance.consent import CONSENTS, Lifts, Waiver
from dialer.core.compliance.limits import Cap, CapKind, Counts
from dialer.core.compliance.packs import (
    Abandonment,
    AbandonPeriod,
    BadPack,
    CallerId,
    MeasuredFrom,
    MinRing,
    OptOut,
    OptOutWay,
    Pack,
    Recording,
    RecordingConsent,
    Registry,
)
from dialer.core.compliance.table import Table

_TEXTS = ("consent", "optout", "refusal", "cli", "recording", "emergency", "waiver_text", "holiday_rule", "note")
_ID = re.compile(r"[A-Z][A-Z0-9-]*")
_DIGITS = re.compile(r"[0-9]+")


def parse_pack(data: Mapping[str, Any]) -> Pack:
    """Build the pack from one `[[pack]]` table with the file's `version` put in. Raises `BadPack` naming the key."""
    table = Table(data, "")
    holidays = table.table("holidays")
    modes = table.table("modes")
    emergency = table.table("emergency_rule")
    pack = Pack(
        id=table.text("id"),
        version=table.text("version"),
        name=table.text("name"),
        week=table.week("windows"),
        status=table.text("status"),
        confidence=table.text("confidence"),
        src=table.texts("src"),
        extends=table.maybe("extends"),
        purpose=table.maybe("purpose"),
        overlay=table.flag("overlay"),
        effective_from=table.day("effective_from"),
        effective_to=table.day("effective_to"),
        ends=table.flag("ends"),
        dated_in=table.maybe("dated_in"),
        replaces_windows=table.flag("replaces_windows"),
        modes={mode: modes.week(mode) for mode in modes.data},
        closes_on=holidays.texts("closed"),
        by_region=holidays.flag("by_region"),
        eve=holidays.weekday("eve"),
        caps=tuple(_cap(cap) for cap in table.tables("caps")),
        extra_zones=table.texts("extra_zones"),
        blocked_regions=frozenset(table.texts("blocked_regions")),
        opt_in=table.flag("opt_in"),
        waiver=_waiver(table.table("waiver")),
        registries=tuple(_registry(one) for one in table.tables("registries", short="name")),
        refusal_is_final=table.flag("refusal_is_final"),
        refusal_days=table.number("refusal_days", least=1),
        emergency_exempts=emergency.choices("exempt", CONSENTS) if emergency.data else frozenset(),
        abandonment=_abandonment(table.table("abandonment")),
        min_ring=_min_ring(table.table("min_ring")),
        optout=_optout(table.table("optout_terms")),
        caller_id=_caller_id(table.table("caller_id")),
        recording=_recording(table.table("recording_terms")),
        prefixes=table.texts("prefixes"),
        zones=table.texts("zones"),
        texts={key: text for key in _TEXTS if (text := table.maybe(key)) is not None},
    )
    for part in (table, holidays, emergency):
        part.done()
    _agree(pack, holidays)
    return pack


def _agree(pack: Pack, holidays: Table) -> None:
    """What is right key by key and makes no sense together."""
    if not _ID.fullmatch(pack.id):
        raise BadPack("id", "expected capital letters, digits and dashes, such as US-FL")
    if pack.effective_from and pack.effective_to and pack.effective_to < pack.effective_from:
        raise BadPack("effective_to", "expected a date that is not before effective_from")
    if pack.ends and pack.effective_to is None:
        raise BadPack("ends", "a rule that lapses says when: expected effective_to beside it")
    if pack.replaces_windows and pack.extends is None:
        raise BadPack("replaces_windows", "expected extends beside it: whose windows are replaced?")
    if pack.overlay and pack.purpose is not None:
        raise BadPack("overlay", "expected either an overlay, which trunks name, or a purpose, which campaigns name")
    if pack.purpose is not None and pack.extends is None:
        raise BadPack("purpose", "expected extends beside it: which country's calls is it for?")
    if not pack.closes_on and holidays.data:
        raise BadPack("holidays.closed", "expected the names of calendars")
    if pack.by_region and len(pack.closes_on) < 2:
        raise BadPack("holidays.by_region", "expected several calendars to choose from")


def _cap(table: Table) -> Cap:
    kind: CapKind = table.one_of("kind", get_args(CapKind))
    cooldown = kind in ("cooldown", "cooldown_days")
    elapsed, days = table.period(kind)
    cap = Cap(
        kind,
        0 if cooldown else table.number("count", needed=True, least=1),
        elapsed,
        days,
        table.one_of("counts", get_args(Counts), "attempts"),
        table.maybe("scope") or "number",
    )
    table.maybe("note")
    table.done()
    return cap


def _registry(table: Table) -> Registry:
    found = Registry(table.text("name"), table.number("max_age_days", least=1), table.maybe("note") or "")
    table.done()
    return found


def _waiver(table: Table) -> Waiver | None:
    if not table.data:
        return None
    found = Waiver(table.choices("consents", CONSENTS), table.choices("lifts", get_args(Lifts)))
    table.done()
    return found


def _abandonment(table: Table) -> Abandonment | None:
    if not table.data:
        return None
    found = Abandonment(
        table.number("limit_percent", kind=float),
        table.maybe("per") or "",
        table.number("connect_seconds", kind=float),
        table.one_of("measured_from", get_args(MeasuredFrom)) if "measured_from" in table.data else None,
        table.maybe("note") or "",
        table.one_of("period", get_args(AbandonPeriod)) if "period" in table.data else None,
    )
    if found.limit_percent is not None and (found.limit_percent > 100 or found.period is None):
        key, why = ("limit_percent", "at most 100") if found.period else ("period", "the period the limit is for")
        raise table.wrong(key, f"expected {why}")
    table.done()
    return found


def _min_ring(table: Table) -> MinRing | None:
    if not table.data:
        return None
    found = MinRing(table.number("seconds", needed=True), table.number("rings"), table.number("max_seconds"))
    if found.max_seconds is not None and found.max_seconds < found.seconds:
        raise table.wrong("max_seconds", "expected no less than seconds")
    table.done()
    return found


def _optout(table: Table) -> OptOut | None:
    if not table.data:
        return None
    found = OptOut(
        table.number("honour_days", needed=True),
        table.flag("business_days"),
        table.number("keep_years"),
        table.number("keep_days"),
        tuple(sorted(table.choices("by", get_args(OptOutWay)))) if "by" in table.data else (),
    )
    table.done()
    return found


def _caller_id(table: Table) -> CallerId | None:
    if not table.data:
        return None
    found = CallerId(table.flag("withheld_banned"), table.texts("forbidden"), table.maybe("note") or "")
    if not all(_DIGITS.fullmatch(prefix) for prefix in found.forbidden):
        raise table.wrong("forbidden", "expected leading digits with the country code and no plus, such as 336")
    table.done()
    return found


def _recording(table: Table) -> Recording | None:
    if not table.data:
        return None
    found = Recording(
        table.one_of("consent", get_args(RecordingConsent)) if "consent" in table.data else None,
        table.number("keep_days", least=1),
        table.number("at_most_days", least=1),
        table.flag("compulsory"),
    )
    if found.keep_days is not None and found.at_most_days is not None and found.at_most_days < found.keep_days:
        raise table.wrong("at_most_days", "expected no less than keep_days")
    table.done()
    return found
