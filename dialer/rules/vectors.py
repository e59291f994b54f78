"""Published cases, replayed through the production gate: a file of lead, instant and the verdict that is expected.

The form is `dialer-compliance-vectors/1`. A case states its packs and zones; what the gate finds by itself for a number
is another question, which its own tests ask.
"""

import json
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
from dialer.core.compliance.wall import day_start
from dialer.core.number import Number

FORM = "dialer-compliance-vectors/1"


class BadVectors(ValueError):
    """The file cannot be replayed; the text names file, case and key."""


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
    """Every case of the file, in order.

    Raises:
        BadVectors: no JSON, another form, or a case with a key missing or unreadable.
    """
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BadVectors(f"{file}: {error}") from None
    if not isinstance(data, dict) or data.get("schema") != FORM:
        raise BadVectors(f"{file}: schema: {FORM!r} was expected")
    for place, vector in enumerate(data.get("vectors", ()), 1):
        try:
            yield _one(rulebook, vector)
        except (KeyError, TypeError, ValueError) as error:
            name = vector.get("id", place) if isinstance(vector, dict) else place
            raise BadVectors(f"{file}: vector {name}: {type(error).__name__}: {error}") from None


def _one(rulebook: Rulebook, vector: Mapping[str, Any]) -> Replayed:
    refusal = None
    # The rule is about placing a call: one that was answered may go on, whatever the hour.
    if vector.get("action", "originate") != "continue":
        stated = Stated(tuple(vector["jurisdiction"]), tuple(vector["zones"]))
        refusal = judge(rulebook, _question(vector), _instant(vector["utc"]), stated)
    found = ("deny", refusal.rule, refusal.decided_by, refusal.try_after) if refusal else ("allow", "OK", None, None)
    awaited = vector.get("next_allowed_utc")
    published = (
        vector["expected"], vector["code"], vector.get("decided_by"), _instant(awaited) if awaited else None,
    )  # fmt: skip
    return Replayed(vector["id"], published[0], published[1], *found, agrees=found == published)


def _question(vector: Mapping[str, Any]) -> Question:
    lead, campaign = vector.get("lead", {}), vector.get("campaign", {})
    stats = campaign.get("stats")
    return Question(
        Number(vector["number"]),
        lead_id=0,
        campaign_id=0,
        rules=CampaignRules(
            purposes=(campaign["purpose"],) if "purpose" in campaign else (),
            workdays="CN-workdays" if campaign.get("days") == "cn_workdays" else None,
            blackouts=tuple((_local(start), _local(end)) for start, end in campaign.get("blackouts", ())),
            closing_guard=timedelta(seconds=campaign.get("close_guard_s", 0)),
        ),
        history=tuple(PastAttempt(_instant(past["utc"]), past["type"]) for past in vector.get("history", ())),
        hits=tuple(_hits(vector, lead)),
        region=lead.get("region") or lead.get("address_region") or lead.get("calendar"),
        mode=campaign.get("mode", "progressive"),
        consent=lead.get("consent", "none"),
        refused_at=_instant(lead["refused_at"]) if lead.get("refused_at") else None,
        suspended=tuple(lead.get("emergency", ())),
        abandons=AbandonCount(stats["abandoned"], stats["answered_live"]) if stats else None,
    )


def _hits(vector: Mapping[str, Any], lead: Mapping[str, Any]) -> Iterator[ListHit]:
    now = _instant(vector["utc"])
    for name in lead.get("on_lists", ()):
        yield ListHit(name, "registry", "registry", now)
    if "dnc_internal_until" in lead:
        zone = vector["zones"][0] if vector["zones"] else "Etc/UTC"
        asked = _instant(lead["dnc_request"]) if "dnc_request" in lead else now
        ends = day_start(date.fromisoformat(lead["dnc_internal_until"]), zone)
        # The pack whose rule keeps the suppression is named as the list.
        yield ListHit(vector["jurisdiction"][0], "company", "callee", asked, ends)


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"an instant with its zone was expected, not {text!r}")
    return moment


def _local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)
