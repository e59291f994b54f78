"""The form of published cases: nothing in a file goes unread without somebody having said so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dialer.rules.published import BadVectors, read
from tests.rules.makers import vector, written


def test_everything_a_case_may_say_is_known(tmp_path: Path) -> None:
    case = vector(
        title="t", tags=["dst"], number_kind="fictional", local={}, closed_zone="Etc/UTC", reason="r", trap="t",
        source=["S1"], confidence="high", note="n", action="continue",
        lead={"consent": "night", "calendar": "GB-ENG", "dnc_request": "2026-01-01T00:00:00Z", "region": "CN-XJ",
              "dnc_internal_until": "2026-12-01", "refused_at": "2026-01-01T00:00:00Z", "on_lists": ["TPS"],
              "emergency": ["US-LA"], "address_region": "FR-67"},
        campaign={"mode": "manual", "stats": {"abandoned": 1, "answered_live": 9}, "blackouts": [["12:00", "13:00"]],
                  "days": "cn_workdays", "close_guard_s": 60, "purpose": "debt"},
        history=[{"utc": "2026-01-01T00:00:00Z", "type": "busy", "caller": "A"}],
    )  # fmt: skip
    beside: dict[str, object] = dict.fromkeys(
        ("computed_with", "not_legal_advice", "conventions", "zone_corrections", "calendars", "packs", "sources",
         "test_numbers"),
    )  # fmt: skip
    assert read(written(tmp_path, case, **beside)) == (case,)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"holiday": True}, "vector T1: holiday: unknown key"),
        ({"lead": {"consents": "express"}}, "vector T1: lead.consents: unknown key"),
        ({"campaign": {"window": []}}, "vector T1: campaign.window: unknown key"),
        ({"campaign": {"stats": {"abandoned": 1, "answered_live": 2, "answered": 2}}},
         "vector T1: campaign.stats.answered: unknown key"),
        ({"history": [{"utc": "2026-01-01T00:00:00Z", "type": "busy"},
                      {"utc": "2026-01-01T00:00:00Z", "type": "busy", "seconds": 5}]},
         "vector T1: history[1].seconds: unknown key"),
    ],
)  # fmt: skip
def test_a_key_that_nobody_knows_is_refused_with_its_case(tmp_path: Path, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(BadVectors) as caught:
        read(written(tmp_path, vector(id="T0"), vector(**changes)))
    assert str(caught.value) == f"{tmp_path / 'cases.json'}: {named}"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"utc": "2026-11-24T02:05:00"}, "vector T1: utc: an instant with its zone was expected"),
        ({"utc": "today"}, "vector T1: utc: an instant"),
        ({"jurisdiction": []}, "vector T1: jurisdiction: a list with at least one text"),
        ({"zones": "Etc/UTC"}, "vector T1: zones: a list of texts"),
        ({"number": 5}, "vector T1: number: a text was expected, not 5"),
        ({"expected": "maybe"}, "vector T1: expected: one of allow, deny was expected"),
        ({"next_allowed_utc": "soon"}, "vector T1: next_allowed_utc: an instant"),
        ({"action": "transfer"}, "vector T1: action: one of originate, continue"),
        ({"lead": []}, "vector T1: lead: a table was expected"),
        ({"lead": {"consent": "oral"}}, "vector T1: lead.consent: one of none, express"),
        ({"lead": {"dnc_internal_until": "2026-13-01"}}, "vector T1: lead.dnc_internal_until: a date"),
        ({"campaign": {"mode": "power"}}, "vector T1: campaign.mode: one of predictive"),
        ({"campaign": {"stats": {"abandoned": 1}}}, "vector T1: campaign.stats.answered_live: it is missing"),
        ({"campaign": {"stats": {"abandoned": -1, "answered_live": 5}}}, "campaign.stats.abandoned: a whole number"),
        ({"campaign": {"close_guard_s": True}}, "campaign.close_guard_s: a whole number"),
        ({"campaign": {"blackouts": {}}}, "campaign.blackouts: a list"),
        ({"history": {}}, "vector T1: history: a list"),
        ({"history": [5]}, "vector T1: history[0]: a table"),
        ({"history": [{"utc": "2026-01-01T00:00:00Z"}]}, "vector T1: history[0].type: it is missing"),
    ],
)
def test_a_value_of_another_kind_is_refused_with_its_case(tmp_path: Path, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(BadVectors) as caught:
        read(written(tmp_path, vector(**changes)))
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "cases.json"),
        ("[]", "schema: 'dialer-compliance-vectors/1' was expected"),
        ('{"schema": "something/2", "vectors": []}', "schema: 'dialer-compliance-vectors/1' was expected"),
        ('{"schema": "dialer-compliance-vectors/1"}', "vectors: a list was expected"),
        ('{"schema": "dialer-compliance-vectors/1", "vectors": [5]}', "vector 1: it: a table was expected"),
        ('{"schema": "dialer-compliance-vectors/1", "vectors": [], "rules": 1}', "rules: unknown key"),
        ('{"schema": "dialer-compliance-vectors/1", "vectors": [{"id": "T9"}]}', "vector T9: code: it is missing"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "cases.json").write_text(text)
    with pytest.raises(BadVectors) as caught:
        read(tmp_path / "cases.json")
    assert named in str(caught.value)


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "raw.json").write_bytes(b"\xff\xfe")
    for name in ("gone.json", "raw.json"):
        with pytest.raises(BadVectors, match=name):
            read(tmp_path / name)


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    file = written(tmp_path, vector(), vector(id="T2"))
    assert list(read(file)) == json.loads(file.read_text())["vectors"]
