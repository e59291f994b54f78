"""Published cases, replayed through the production gate: a file of lead, instant and the verdict that is expected.

A case states its packs, zones and calendar; what the gate finds by itself for a number is another question, which its
own tests ask.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from dialer.core.compliance.gate import (
    AbandonCount,
    CampaignRules,
    ListHit,
    PastAttempt,
    Question,
    Stated,
    judge,
)
from dialer.core.compliance.packs import Rulebook
from dialer.core.compliance.wall import day_start, wall
from dialer.core.compliance.week import Day, Week
from dialer.core.number import Number
from dialer.rules.published import BadVectors, read

_TIME = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Replayed:
    """One case: what was expected, and what the gate said. `next_allowed` None: time alone does not cure it."""

    id: str
    expected: str
    expected_code: str
    verdict: str  # allow or deny
    code: str
    decided_by: str | None
    next_allowed: datetime | None
    agrees: bool  # verdict, code, decided_by and next_allowed as published


def replay(rulebook: Rulebook, file: Path) -> Iterator[Replayed]:
    """Every case of the file, in order; the whole file is read before the first is judged. Raises `BadVectors`."""
    for vector in read(file):
        try:
            yield _one(rulebook, vector)
        except (KeyError, TypeError, ValueError) as error:
            raise BadVectors(f"{file}: vector {vector['id']}: {type(error).__name__}: {error}") from None


def _one(rulebook: Rulebook, vector: Mapping[str, Any]) -> Replayed:
    refusal = None
    zones = tuple(rulebook.renamed.get(zone, zone) for zone in vector["zones"])
    for zone in zones:
        if zone not in rulebook.zone_names:
            raise ValueError(f"zones: there is no zone {zone!r}")
    # The rule is about placing a call: one that was answered may go on, whatever the hour.
    if vector.get("action", "originate") != "continue":
        stated = Stated(tuple(vector["jurisdiction"]), zones, vector.get("lead", {}).get("calendar"))
        refusal = judge(rulebook, _question(rulebook, vector, zones), _instant(vector["utc"]), stated)
    found = ("deny", refusal.rule, refusal.decided_by, refusal.try_after) if refusal else ("allow", "OK", None, None)
    awaited = vector.get("next_allowed_utc")
    published = (
        vector["expected"], vector["code"], vector.get("decided_by"), _instant(awaited) if awaited else None,
    )  # fmt: skip
    return Replayed(vector["id"], published[0], published[1], *found, agrees=found == published)


def _question(rulebook: Rulebook, vector: Mapping[str, Any], zones: tuple[str, ...]) -> Question:
    lead, campaign = vector.get("lead", {}), vector.get("campaign", {})
    stats = campaign.get("stats")
    dated, daily = _blackouts(campaign.get("blackouts", ()), zones)
    consent = lead.get("consent", "none")
    return Question(
        Number(vector["number"]),
        lead_id=0,
        campaign_id=0,
        rules=CampaignRules(
            purposes=(campaign["purpose"],) if "purpose" in campaign else (),
            workdays="CN-workdays" if campaign.get("days") == "cn_workdays" else None,
            windows=daily,
            blackouts=dated,
            closing_guard=timedelta(seconds=campaign.get("close_guard_s", 0)),
        ),
        history=tuple(PastAttempt(_instant(past["utc"]), past["type"]) for past in vector.get("history", ())),
        hits=tuple(_hits(rulebook, vector, lead, zones)),
        region=lead.get("region") or lead.get("address_region"),
        mode=campaign.get("mode", "progressive"),
        consents=frozenset() if consent == "none" else frozenset({consent}),
        refused_at=_instant(lead["refused_at"]) if lead.get("refused_at") else None,
        suspended=tuple(lead.get("emergency", ())),
        abandons=(AbandonCount(stats["abandoned"], stats["answered_live"]),) if stats else (),
    )


def _hits(
    rulebook: Rulebook, vector: Mapping[str, Any], lead: Mapping[str, Any], zones: tuple[str, ...]
) -> Iterator[ListHit]:
    now = _instant(vector["utc"])
    packs = [pack for name in vector["jurisdiction"] for pack in rulebook.packs.get(name, ())]
    for name in lead.get("on_lists", ()):
        # A case may call a list by another name than the pack does: then it is that of the first pack that has any.
        ours = {registry.name.casefold(): registry.name for pack in packs for registry in pack.registries}
        first = next((pack.id for pack in packs if pack.registries), vector["jurisdiction"][0])
        yield ListHit(ours.get(name.casefold(), first), "registry", "registry", now)
    if "dnc_internal_until" in lead:
        asked = _instant(lead["dnc_request"]) if "dnc_request" in lead else now
        ends = day_start(date.fromisoformat(lead["dnc_internal_until"]), zones[0] if zones else "Etc/UTC")
        # The pack whose rule keeps the suppression is named as the list.
        yield ListHit(vector["jurisdiction"][0], "company", "callee", asked, ends)


def _blackouts(
    items: Iterator[Any], zones: tuple[str, ...]
) -> tuple[tuple[tuple[datetime, datetime], ...], Week | None]:
    """Closed local intervals: pairs of dated moments, or of times of day ("12:00"), which close every day.

    The times of day come back as the week of hours that they leave open.
    """
    dated, minutes = [], set(range(1440))
    for item in items:
        if not isinstance(item, list) or len(item) != 2 or not all(isinstance(end, str) for end in item):
            raise ValueError(f"campaign.blackouts: a pair of local times was expected, not {item!r}")
        first, last = (_TIME.fullmatch(end) for end in item)
        if first is None or last is None:
            dated.append((_local(item[0], zones), _local(item[1], zones)))
            continue
        start, end = (int(time[1]) * 60 + int(time[2]) for time in (first, last))
        minutes -= set(range(start, end)) if start < end else {*range(start, 1440), *range(end)}
    day = _runs(minutes)
    return tuple(dated), None if len(minutes) == 1440 else (day,) * 7


def _runs(minutes: set[int]) -> Day:
    starts = sorted(minute for minute in minutes if minute - 1 not in minutes)
    ends = sorted(minute + 1 for minute in minutes if minute + 1 not in minutes)
    return tuple(zip(starts, ends, strict=True))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _local(text: str, zones: tuple[str, ...]) -> datetime:
    """A local moment; one that is given with its offset is read on the first zone's wall."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is None else wall(moment, zones[0] if zones else "Etc/UTC")
