"""Rule packs on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.desk import Desk

PUBLISHED = Path(__file__).parents[1] / "core" / "compliance" / "vectors.json"


def test_published_cases_are_replayed_and_each_is_told(desk: Desk) -> None:
    told = desk.json("rules", "check", str(PUBLISHED))
    assert all(one["agrees"] for one in told)
    first = told[0]
    assert set(first) == {"id", "expected", "verdict", "code", "next_allowed_utc", "decided_by", "agrees"}
    assert first["next_allowed_utc"] == json.loads(PUBLISHED.read_text())["vectors"][0]["next_allowed_utc"]
    assert f"{len(told)} of {len(told)} as published" in desk.run("rules", "check", str(PUBLISHED))


def test_packs_are_listed_and_shown(desk: Desk) -> None:
    assert {"US", "GB", "CN"} <= {one["id"] for one in desk.json("rules", "show")}
    assert "Florida" in desk.run("rules", "show")
    (florida,) = desk.json("rules", "show", "US-FL")
    assert florida["extends"] == "US"
    assert "Florida" in desk.run("rules", "show", "US-FL")


def test_a_pack_that_is_not_there_and_a_file_of_another_form_are_one_sentence(desk: Desk, tmp_path: Path) -> None:
    assert "no rule pack 'XX'" in desk.refused("rules", "show", "XX")
    other = tmp_path / "other.json"
    other.write_text("{}")
    assert "dialer-compliance-vectors/1" in desk.refused("rules", "check", str(other))


def test_a_case_decided_otherwise_is_exit_status_1(desk: Desk, tmp_path: Path) -> None:
    case = json.loads(PUBLISHED.read_text())["vectors"][0] | {"code": "HOLIDAY"}
    file = tmp_path / "one.json"
    file.write_text(json.dumps({"schema": "dialer-compliance-vectors/1", "vectors": [case]}))
    assert desk.json("rules", "check", str(file), status=1)[0]["agrees"] is False
