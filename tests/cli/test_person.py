from __future__ import annotations

import json
import stat
import zipfile
from pathlib import Path

import pytest

from tests.cli.desk import Desk

NUMBER = "138 0013 8000"
ROWS = "姓名,电话,手机,城市\n王芳,13800138000,13900139000,上海\n李伟,13800138001,,北京\n"
BECAUSE = ("--because", "letter of 2026-11-20")


@pytest.fixture
def people(desk: Desk) -> Desk:
    desk.campaign("家装")
    desk.run("leads", "import", desk.file("leads.csv", ROWS), "-c", "家装")
    desk.run("dnc", "add", NUMBER)
    return desk


def test_a_copy_is_written_for_the_person_and_nothing_over_it(people: Desk, tmp_path: Path) -> None:
    file = tmp_path / "wang.json"
    done = people.json("person", "export", NUMBER, "-o", str(file))
    assert (done["number_ends"], done["rows"]["leads"], done["rows"]["lead_numbers"]) == ("000", 1, 2)
    found = json.loads(file.read_text())
    assert found["data"]["leads"][0]["name"] == "王芳"
    assert found["data"]["do_not_call"][0]["number"] == "+8613800138000"
    assert "李伟" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "it is there already" in people.refused("person", "export", NUMBER, "-o", str(file))
    people.run("person", "export", NUMBER, "-o", str(tmp_path / "wang.txt"), status=2)


def test_a_zip_file_has_the_document(people: Desk, tmp_path: Path) -> None:
    file = tmp_path / "wang.zip"
    assert "0 recordings" in people.run("person", "export", "13900139000", "-o", str(file))
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["person.json"]


def test_what_will_go_is_said_and_asked_for(people: Desk) -> None:
    people.run("person", "erase", NUMBER, *BECAUSE, stdin="n\n", status=1)
    assert "…000, …000" in people.said
    assert "Campaigns: 家装" in people.said
    assert "cannot be undone" in people.said
    assert people.json("dnc", "check", NUMBER)["listed"] is True
    assert "13800138000" not in people.said
    assert "erased" in people.run("person", "erase", NUMBER, *BECAUSE, stdin="y\n")


def test_an_erased_person_is_gone_and_still_not_to_be_called(people: Desk, tmp_path: Path) -> None:
    done = people.json("person", "erase", "139 0013 9000", *BECAUSE, "--yes")
    assert (done["what"]["leads"], done["what"]["do_not_call"], done["files"]) == (1, 1, 0)
    file = tmp_path / "left.json"
    left = people.json("person", "export", NUMBER, "-o", str(file))["rows"]
    assert {name: count for name, count in left.items() if count} == {"do_not_call": 1, "erasures": 1}
    people.run("leads", "import", people.file("again.csv", ROWS), "-c", "家装")
    told = people.json("explain", NUMBER, "-c", "家装")
    assert told["refusal"]["rule"] == "DNC_INTERNAL"
    again = people.json("person", "erase", "13900139001", *BECAUSE, "--yes")
    assert not any(again["what"].values())


def test_a_reason_is_expected(people: Desk) -> None:
    people.run("person", "erase", NUMBER, "--yes", status=2)
    people.run("person", "erase", NUMBER, "--yes", "--because", " ", status=2)
