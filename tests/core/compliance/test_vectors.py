"""Replay of published cases: each gives a lead, an instant and the verdict a careful engine reaches.

The engine finds packs and zones by itself; a case's own lists are compared with what it found.
"""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dialer.core.compliance.case import resolve
from dialer.core.compliance.gate import (
    AbandonCount,
    CampaignRules,
    ListHit,
    PastAttempt,
    Permit,
    Question,
    check,
)
from dialer.core.compliance.packs import Rulebook
from dialer.core.compliance.wall import day_start
from dialer.core.number import Number
from tests.core.compliance.makers import FRESH

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_the_vector_is_decided_as_published(
    vector: dict[str, Any], rulebook: Rulebook, engine_rulebook: Rulebook
) -> None:
    book = _standing_for(vector, engine_rulebook) if vector["jurisdiction"][0].startswith("ZZ-") else rulebook
    question, now = _question(vector), _instant(vector["utc"])
    found = resolve(book, question, now)
    verdict = check(book, question, now)
    assert found.zones == tuple(vector["zones"])
    assert set(vector["jurisdiction"]) <= {pack.id for pack in found.chosen.packs}
    if vector["expected"] == "allow":
        assert isinstance(verdict, Permit)
        return
    assert not isinstance(verdict, Permit)
    expected_next = vector["next_allowed_utc"] and _instant(vector["next_allowed_utc"])
    assert (verdict.rule, verdict.decided_by, verdict.zone, verdict.try_after) == (
        vector["code"],
        vector["decided_by"],
        vector.get("closed_zone"),
        expected_next,
    )


def _standing_for(vector: dict[str, Any], book: Rulebook) -> Rulebook:
    """A made-up pack put in the place of the number's country."""
    return replace(book, prefixes={vector["number"][1:8]: vector["jurisdiction"][0]})


def _question(vector: dict[str, Any]) -> Question:
    lead, campaign, first = vector.get("lead", {}), vector.get("campaign", {}), vector["jurisdiction"][0]
    region = lead.get("region") or lead.get("address_region") or lead.get("calendar")
    hits = [ListHit(name, "registry", "registry", _instant(vector["utc"])) for name in lead.get("on_lists", [])]
    if "dnc_internal_until" in lead:
        ends = day_start(datetime.fromisoformat(lead["dnc_internal_until"]).date(), vector["zones"][0])
        hits.append(ListHit(first, "company", "agent", _instant(lead["dnc_request"]), ends))
    stats = campaign.get("stats")
    return Question(
        Number(vector["number"]),
        lead_id=1,
        campaign_id=1,
        rules=CampaignRules(
            purposes=(campaign["purpose"],) if "purpose" in campaign else (),
            overlays=tuple(name for name in vector["jurisdiction"] if name.endswith("-CARRIER")),
            workdays="CN-workdays" if campaign.get("days") == "cn_workdays" else None,
        ),
        history=tuple(PastAttempt(_instant(past["utc"]), past["type"]) for past in vector.get("history", [])),
        hits=tuple(hits),
        region=region,
        mode=campaign.get("mode", "progressive"),
        consents=frozenset({lead["consent"]} - {"none"}) if "consent" in lead else frozenset(),
        snapshots=FRESH,
        suspended=tuple(lead.get("emergency", [])),
        abandons=(AbandonCount(stats["abandoned"], stats["answered_live"]),) if stats else (),
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
