"""Published cases, replayed with the packs and zones that they state."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from dialer.core.compliance.packs import Rulebook
from dialer.rules.load import load
from dialer.rules.vectors import BadVectors, replay

PUBLISHED = Path(__file__).parents[1] / "core" / "compliance" / "vectors.json"


@pytest.fixture(scope="module")
def book() -> Rulebook:
    with resources.as_file(resources.files("dialer.rules").joinpath("engine.toml")) as made_up:
        return load([made_up])


def _file(folder: Path, *vectors: dict[str, Any], schema: str = "dialer-compliance-vectors/1") -> Path:
    file = folder / "cases.json"
    file.write_text(json.dumps({"schema": schema, "vectors": vectors}))
    return file


def _vector(**changes: Any) -> dict[str, Any]:
    case = {
        "id": "T1", "number": "+12125550123", "jurisdiction": ["US", "US-NY"], "zones": ["America/New_York"],
        "utc": "2026-11-24T02:05:00Z", "expected": "deny", "code": "OUTSIDE_WINDOW", "decided_by": "US",
        "next_allowed_utc": "2026-11-24T13:00:00Z",
    }  # fmt: skip
    return case | changes


def test_every_published_case_is_decided_as_published(book: Rulebook) -> None:
    done = list(replay(book, PUBLISHED))
    assert len(done) == 44
    assert [one for one in done if not one.agrees] == []


def test_packs_and_zones_are_those_the_case_states(book: Rulebook, tmp_path: Path) -> None:
    (there,) = replay(book, _file(tmp_path, _vector(zones=["America/Los_Angeles"])))
    assert (there.verdict, there.code, there.agrees) == ("allow", "OK", False)


def test_a_call_that_was_answered_may_go_on_past_the_hour(book: Rulebook, tmp_path: Path) -> None:
    allowed = _vector(action="continue", expected="allow", code="OK", decided_by=None, next_allowed_utc=None)
    (goes_on,) = replay(book, _file(tmp_path, allowed))
    assert goes_on.agrees


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"campaign": {"blackouts": [["2026-11-24T12:00", "2026-11-24T14:00"]]}}, "OUTSIDE_WINDOW"),
        ({"campaign": {"close_guard_s": 60}, "utc": "2026-11-25T01:59:30Z"}, "OUTSIDE_WINDOW"),
        ({"lead": {"dnc_internal_until": "2026-12-01"}}, "DNC_INTERNAL"),
        ({"lead": {"dnc_internal_until": "2026-12-01"}, "zones": []}, "DNC_INTERNAL"),
        ({"lead": {"emergency": ["US-NY"]}}, "EMERGENCY_SUSPENSION"),
        ({"jurisdiction": ["CN"], "zones": ["Asia/Shanghai"], "number": "+8613800138000"}, "CONSENT_REQUIRED"),
        (
            {"jurisdiction": ["CN"], "zones": ["Asia/Shanghai"], "number": "+8613800138000",
             "lead": {"refused_at": "2026-01-01T00:00:00Z", "consent": "express"}},
            "DNC_INTERNAL",
        ),
        ({"zones": []}, "ZONE_UNKNOWN"),
        ({"jurisdiction": ["NOWHERE"]}, "RULES_MISSING"),
        ({"number": "+99955", "jurisdiction": ["ZZ"], "zones": ["Etc/UTC"]}, "CONSENT_REQUIRED"),
    ],
)  # fmt: skip
def test_what_a_case_says_of_lead_and_campaign_reaches_the_gate(
    book: Rulebook, tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    (one,) = replay(book, _file(tmp_path, _vector(utc="2026-11-24T17:30:00Z") | changes))
    assert one.code == code


@pytest.mark.parametrize(
    ("vector", "named"),
    [
        ({"id": "T9"}, "vector T9: KeyError"),
        (_vector(utc="2026-11-24T02:05:00"), "an instant with its zone was expected"),
        (_vector(number="12"), "vector T1: BadNumber"),
    ],
)
def test_a_case_that_cannot_be_read_is_named(
    book: Rulebook, tmp_path: Path, vector: dict[str, Any], named: str
) -> None:
    with pytest.raises(BadVectors, match=named):
        list(replay(book, _file(tmp_path, vector)))


def test_another_form_is_refused(book: Rulebook, tmp_path: Path) -> None:
    with pytest.raises(BadVectors, match="schema"):
        list(replay(book, _file(tmp_path, schema="something/2")))
    (tmp_path / "cases.json").write_text("{")
    with pytest.raises(BadVectors, match=r"cases\.json"):
        list(replay(book, tmp_path / "cases.json"))
