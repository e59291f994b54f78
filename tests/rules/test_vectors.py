"""Published cases, replayed with the packs and zones that they state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dialer.core.compliance.packs import Rulebook
from dialer.rules.published import BadVectors
from dialer.rules.vectors import replay
from tests.rules.makers import denied, vector, written

PUBLISHED = Path(__file__).parents[1] / "core" / "compliance" / "vectors.json"


def test_every_published_case_is_decided_as_published(book: Rulebook) -> None:
    done = list(replay(book, PUBLISHED))
    assert len(done) == 44
    assert [one for one in done if not one.agrees] == []


def test_packs_and_zones_are_those_the_case_states(book: Rulebook, tmp_path: Path) -> None:
    evening = vector(utc="2026-11-24T02:05:00Z", **denied("OUTSIDE_WINDOW", "US", "2026-11-24T13:00:00Z"))
    here, there = replay(book, written(tmp_path, evening, evening | {"zones": ["America/Los_Angeles"]}))
    assert here.agrees
    assert (there.verdict, there.code, there.agrees) == ("allow", "OK", False)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"campaign": {"blackouts": [["2026-11-24T12:00", "2026-11-24T14:00"]]}}, "OUTSIDE_WINDOW"),
        ({"campaign": {"blackouts": [["12:00", "14:00"]]}}, "OUTSIDE_WINDOW"),
        ({"campaign": {"blackouts": [["2026-11-24T17:00:00Z", "2026-11-24T18:00:00Z"]]}}, "OUTSIDE_WINDOW"),
        ({"lead": {"dnc_internal_until": "2026-12-01"}}, "DNC_INTERNAL"),
        ({"lead": {"dnc_internal_until": "2026-12-01"}, "zones": []}, "DNC_INTERNAL"),
        ({"lead": {"emergency": ["US-NY"]}}, "EMERGENCY_SUSPENSION"),
        ({"zones": []}, "ZONE_UNKNOWN"),
        ({"jurisdiction": ["NOWHERE"]}, "RULES_MISSING"),
        ({"jurisdiction": ["US", "NOWHERE"]}, "RULES_MISSING"),
        ({"number": "+99955", "jurisdiction": ["ZZ"], "zones": ["Etc/UTC"]}, "CONSENT_REQUIRED"),
    ],
)
def test_what_a_case_says_of_lead_and_campaign_reaches_the_gate(
    book: Rulebook, tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    (one,) = replay(book, written(tmp_path, vector(**changes)))
    assert one.code == code


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"number": "12"}, "vector T1: BadNumber"),
        ({"zones": ["Mars/Olympus"]}, "vector T1: ValueError: zones: there is no zone 'Mars/Olympus'"),
        ({"campaign": {"blackouts": ["12:00-14:00"]}}, "campaign.blackouts: a pair of local times was expected"),
        ({"campaign": {"blackouts": [["noon", "14:00"]]}}, "vector T1: ValueError"),
    ],
)
def test_a_value_that_cannot_be_read_names_its_case(
    book: Rulebook, tmp_path: Path, changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(BadVectors, match=named):
        list(replay(book, written(tmp_path, vector(**changes))))
