"""Rule packs on the command line."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest

from tests.cli.desk import Desk

PUBLISHED = Path(__file__).parents[1] / "core" / "compliance" / "vectors.json"

OWN = """\
version = "1"
[[pack]]
id = "MY-TRUNK"
name = "my carrier"
overlay = true
windows = { daily = ["09:00-18:00"] }
status = "contract"
confidence = "high"
"""


def _shipped(name: str) -> str:
    return resources.files("dialer.rules").joinpath("packs", name).read_text(encoding="utf-8")


def test_published_cases_are_replayed_and_each_is_told(desk: Desk) -> None:
    told = desk.json("rules", "check", str(PUBLISHED))
    assert all(one["agrees"] for one in told)
    first = told[0]
    assert set(first) == {"id", "expected", "verdict", "code", "next_allowed_utc", "decided_by", "agrees"}
    assert first["next_allowed_utc"] == json.loads(PUBLISHED.read_text())["vectors"][0]["next_allowed_utc"]
    assert f"{len(told)} of {len(told)} as published" in desk.run("rules", "check", str(PUBLISHED))


def test_a_case_decided_otherwise_is_exit_status_1(desk: Desk) -> None:
    case = json.loads(PUBLISHED.read_text())["vectors"][0] | {"code": "HOLIDAY"}
    file = desk.file("one.json", json.dumps({"schema": "dialer-compliance-vectors/1", "vectors": [case]}))
    assert desk.json("rules", "check", file, status=1)[0]["agrees"] is False


def test_a_key_that_the_form_does_not_have_is_refused_with_file_case_and_key(desk: Desk) -> None:
    case = json.loads(PUBLISHED.read_text())["vectors"][0] | {"lead": {"mood": "good"}}
    file = desk.file("one.json", json.dumps({"schema": "dialer-compliance-vectors/1", "vectors": [case]}))
    assert desk.refused("rules", "check", file) == f"dialer: {file}: vector {case['id']}: lead.mood: unknown key"


def test_packs_are_listed_with_their_week(desk: Desk) -> None:
    listed = {one["id"]: one for one in desk.json("rules", "show")}
    assert {"US", "GB", "CN"} <= listed.keys()
    assert listed["FR"]["windows"] == "mon-fri 10:00-13:00 14:00-20:00, sat-sun closed"
    assert "Florida" in desk.run("rules", "show")


def test_a_pack_is_shown_with_week_duties_and_sources(desk: Desk) -> None:
    shown = desk.run("rules", "show", "FR")
    for said in ("10:00-13:00 14:00-20:00", "from 2026-08-11", "not +336, +337", "Decret 2022-1313", "opt-in"):
        assert said in shown
    (florida,) = desk.json("rules", "show", "US-FL")
    assert (florida["extends"], florida["caps"]) == ("US", ["3 in 24 hours per person+subject"])
    assert (florida["windows"]["sun"], florida["recording"]["consent"]) == ("08:00-20:00", "all_party")
    assert list(florida["sources"]) == ["S11"]
    assert desk.json("rules", "show", "AU")[0]["modes"]["research"]["sun"] == "09:00-17:00"
    assert "hours, research" in desk.run("rules", "show", "AU")


def test_a_pack_of_ones_own_is_shown_when_its_file_is_named(desk: Desk) -> None:
    file = desk.file("mine.toml", OWN)
    assert "my carrier" in desk.run("rules", "show", "MY-TRUNK", "--packs", file)
    assert "no rule pack 'MY-TRUNK'" in desk.refused("rules", "show", "MY-TRUNK")


def test_a_bad_pack_is_one_sentence_with_file_and_line(desk: Desk) -> None:
    file = desk.file("mine.toml", OWN.replace("18:00", "25:00"))
    said = desk.refused("rules", "show", "--packs", file)
    assert said.startswith("dialer: rule pack mine.toml:6: pack MY-TRUNK.windows.daily: '09:00-25:00'")


def test_a_file_of_another_form_is_one_sentence(desk: Desk) -> None:
    assert "dialer-compliance-vectors/1" in desk.refused("rules", "check", desk.file("other.json", "{}"))


def test_what_differs_from_the_shipped_packs_is_told_and_is_exit_status_1(desk: Desk) -> None:
    file = desk.file("gb.toml", _shipped("gb.toml").replace("08:00-21:00", "08:00-20:00").replace('"TPS", ', ""))
    told = desk.json("rules", "diff", file, status=1)
    assert {(one["pack"], one["field"], one["kind"], one["tendency"]) for one in told} == {
        ("GB", "windows", "changed", "stricter"),
        ("GB", "registries", "changed", "looser"),
    }
    shown = desk.run("rules", "diff", file, status=1)
    for line in ("GB", "  windows: stricter", "    - TPS", "changes: 2, 1 stricter and 1 looser"):
        assert line in shown


def test_a_file_as_shipped_does_not_differ(desk: Desk) -> None:
    assert desk.run("rules", "diff", desk.file("us_states.toml", _shipped("us_states.toml"))) == "no difference\n"
    assert desk.json("rules", "diff", "shipped", "shipped") == []


def test_a_folder_is_compared_as_the_whole_set(desk: Desk) -> None:
    folder = desk.home / "packs"
    folder.mkdir()
    desk.file("packs/gb.toml", _shipped("gb.toml"))
    told = desk.json("rules", "diff", str(folder), status=1)
    assert {one["kind"] for one in told} == {"removed"}
    assert "GB" not in {one["pack"] for one in told}
    assert "- the whole edition: Chile" in desk.run("rules", "diff", str(folder), status=1)


def test_two_files_are_compared_with_each_other(desk: Desk) -> None:
    old = desk.file("old.toml", OWN)
    new = desk.file("new.toml", OWN.replace("18:00", "19:00"))
    (told,) = desk.json("rules", "diff", old, new, status=1)
    assert (told["old"], told["new"], told["tendency"]) == (["daily 09:00-18:00"], ["daily 09:00-19:00"], "looser")


def test_what_changes_between_two_days_is_told(desk: Desk) -> None:
    told = desk.json("rules", "diff", "--on", "2026-08-10", "2026-08-11", status=1)
    assert {one["pack"] for one in told} == {"FR"}
    assert desk.run("rules", "diff", "--on", "2026-08-11", "2026-08-12") == "no difference\n"
    assert "US-OR" in desk.run("rules", "diff", "--on", "2025-12-31", "2026-01-01", status=1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "XX"], "no rule pack 'XX'"),
        (["diff", "nowhere.toml"], "nowhere.toml: there is no such file or folder"),
        (["diff", "--on", "2026-08-10"], "--on needs two dates"),
        (["diff", "--on", "yesterday", "2026-08-10"], "expected a date such as 2026-08-11, not 'yesterday'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(desk: Desk, words: list[str], said: str) -> None:
    assert said in desk.refused("rules", *words)
