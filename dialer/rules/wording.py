"""What a pack says, field by field, in words and figures that people read: for `rules show` and `rules diff`."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from dialer.core.compliance.consent import Waiver
from dialer.core.compliance.limits import Cap
from dialer.core.compliance.packs import Abandonment, CallerId, MinRing, OptOut, Pack, Recording, Registry
from dialer.core.compliance.week import DAYS, week_text

Lines = tuple[str, ...]


def said(pack: Pack) -> dict[str, Lines]:
    """Each field that the pack fills, in the order in which it is asked, as lines without order between them."""
    found = {field: how(pack) for field, how in _FIELDS.items()}
    texts = {f"text: {name}": (text,) for name, text in pack.texts.items()}
    modes = {f"windows for {mode}": (week_text(week),) for mode, week in sorted(pack.modes.items())}
    return {field: lines for field, lines in {**found, **modes, **texts}.items() if lines}


def edition(pack: Pack) -> str:
    """The id, and where there are dates the first day: "FR from 2026-08-11"."""
    return f"{pack.id} from {pack.effective_from}" if pack.effective_from else pack.id


def cap_text(cap: Cap) -> str:
    """ "3 in 24 hours per person", "none within 72 hours after abandoned per number"."""
    if cap.kind in ("cooldown", "cooldown_days"):
        return f"none within {span_text(cap)} after {cap.counts} per {cap.scope}"
    counted = "" if cap.counts == "attempts" else f" {cap.counts}"
    return f"{cap.count}{counted} in {span_text(cap)} per {cap.scope}"


def span_text(cap: Cap) -> str:
    """What the cap looks back over."""
    if cap.kind == "campaign":
        return "a campaign"
    if cap.kind.startswith("calendar_"):
        return f"a calendar {cap.kind.removeprefix('calendar_')}"
    if cap.days:
        return f"{cap.days} calendar days"
    shown = _elapsed(cap.period)
    return f"{shown} from the first" if cap.kind == "anchored" else shown


def _elapsed(period: timedelta) -> str:
    minutes = period // timedelta(minutes=1)
    return f"{minutes // 60} hours" if minutes % 60 == 0 else f"{minutes} minutes"


def _waiver(waiver: Waiver | None) -> Lines:
    if waiver is None:
        return ()
    return (f"{' or '.join(sorted(waiver.consents))} lifts {' and '.join(sorted(waiver.lifts))}",)


def _registry(registry: Registry) -> str:
    age = "" if registry.max_age_days is None else f", at most {registry.max_age_days} days old"
    return registry.name + age + (f" ({registry.note})" if registry.note else "")


def _abandonment(found: Abandonment | None) -> Lines:
    if found is None:
        return ()
    limit = () if found.limit_percent is None else (f"at most {found.limit_percent:g} % of {found.period}",)
    agent = f"agent within {found.connect_seconds:g} s of {found.measured_from}" if found.connect_seconds else ""
    return tuple(line for line in (*limit, agent, found.per, found.note) if line)


def _min_ring(ring: MinRing | None) -> Lines:
    if ring is None:
        return ()
    rings = "" if ring.rings is None else f" or {ring.rings} rings"
    return (f"{ring.seconds} s{rings}" + ("" if ring.max_seconds is None else f", at most {ring.max_seconds} s"),)


def _optout(terms: OptOut | None) -> Lines:
    if terms is None:
        return ()
    unit = "business days" if terms.business_days else "days"
    honour = f"within {terms.honour_days} {unit}" if terms.honour_days else "at once"
    kept = [f"{count} {name}" for count, name in ((terms.keep_years, "years"), (terms.keep_days, "days")) if count]
    by = (f"to be offered by {' or '.join(terms.by)}",) if terms.by else ()
    return (f"honoured {honour}", f"kept {' and '.join(kept) or 'for ever'}", *by)


def _caller_id(rule: CallerId | None) -> Lines:
    if rule is None:
        return ()
    withheld = ("withheld is banned",) if rule.withheld_banned else ()
    forbidden = (f"not +{', +'.join(rule.forbidden)}",) if rule.forbidden else ()
    return (*withheld, *forbidden, *((rule.note,) if rule.note else ()))


def _recording(rule: Recording | None) -> Lines:
    if rule is None:
        return ()
    lines = [rule.consent.replace("_", " ")] if rule.consent else []
    lines += ["compulsory"] if rule.compulsory else []
    lines += [f"kept at least {rule.keep_days} days"] if rule.keep_days else []
    lines += [f"kept at most {rule.at_most_days} days"] if rule.at_most_days else []
    return tuple(lines)


def _one(value: Any) -> Lines:
    return () if value in (None, False, "") else ("yes",) if value is True else (str(value),)


_FIELDS: Mapping[str, Callable[[Pack], Lines]] = {
    "version": lambda p: _one(p.version),
    "name": lambda p: _one(p.name),
    "extends": lambda p: _one(p.extends),
    "purpose": lambda p: _one(p.purpose),
    "overlay": lambda p: _one(p.overlay),
    "from": lambda p: _one(p.effective_from),
    "to": lambda p: _one(p.effective_to),
    "ends": lambda p: _one(p.ends),
    "dated in": lambda p: _one(p.dated_in),
    "prefixes": lambda p: p.prefixes,
    "zones": lambda p: p.zones,
    "emergency exempts": lambda p: tuple(sorted(p.emergency_exempts)),
    "blocked regions": lambda p: tuple(sorted(p.blocked_regions)),
    "registries": lambda p: tuple(map(_registry, p.registries)),
    "refusal is final": lambda p: _one(p.refusal_is_final),
    "refusal binds, days": lambda p: _one(p.refusal_days),
    "opt-in": lambda p: _one(p.opt_in),
    "waiver": lambda p: _waiver(p.waiver),
    "closed on": lambda p: p.closes_on,
    "closed by region": lambda p: _one(p.by_region),
    "eve of a holiday": lambda p: () if p.eve is None else (f"hours of {DAYS[p.eve]}",),
    "windows": lambda p: (week_text(p.week),),
    "replaces windows": lambda p: _one(p.replaces_windows),
    "extra zones": lambda p: p.extra_zones,
    "caps": lambda p: tuple(map(cap_text, p.caps)),
    "abandonment": lambda p: _abandonment(p.abandonment),
    "ring": lambda p: _min_ring(p.min_ring),
    "opt-out": lambda p: _optout(p.optout),
    "caller id": lambda p: _caller_id(p.caller_id),
    "recording": lambda p: _recording(p.recording),
    "status": lambda p: _one(p.status),
    "confidence": lambda p: _one(p.confidence),
    "sources": lambda p: p.src,
}
