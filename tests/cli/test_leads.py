"""Lists as people send them: each bad row is named with its reason, the good ones are kept."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.cli.desk import Desk

MIXED = (
    "姓名,电话,城市\n王芳,13800138000,上海\n李伟,12-34,北京\n张敏,+86 138 0013 8000,深圳\n"
    "刘洋,１３９００１３９０００,成都\n陈静,+1 212 555 0123 ext 5,NY\n"
)


@pytest.fixture
def campaign(desk: Desk) -> Desk:
    desk.campaign("家装")
    return desk


def _total(desk: Desk) -> int:
    total: int = desk.json("campaign", "leads", "家装")["total"]
    return total


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_good_rows_are_kept_and_bad_and_doubled_ones_are_told(campaign: Desk, encoding: str) -> None:
    done = campaign.json("leads", "import", campaign.file("a.csv", MIXED.encode(encoding)), "-c", "家装")
    assert (done["rows"], done["added"], done["doubled"], done["rejected"]) == (5, 2, 1, 2)
    assert [(one["row"], one["code"]) for one in done["errors"]] == [(3, "NUMBER_TOO_SHORT"), (6, "NUMBER_EXTENSION")]
    assert _total(campaign) == 2


def test_people_are_shown_each_rejected_row_and_its_reason(campaign: Desk) -> None:
    shown = campaign.run("leads", "import", campaign.file("a.csv", MIXED), "-c", "家装")
    assert "5 rows: 2 added, 1 doubled, 2 rejected" in shown
    assert "more digits were expected for this country" in shown
    assert "138001" not in shown + campaign.said


def test_the_same_file_twice_adds_nothing(campaign: Desk) -> None:
    file = campaign.file("a.csv", MIXED)
    campaign.run("leads", "import", file, "-c", "家装")
    again = campaign.json("leads", "import", file, "-c", "家装")
    assert (again["added"], again["doubled"]) == (0, 3)
    assert _total(campaign) == 2


def test_a_dry_run_says_the_same_and_keeps_nothing(campaign: Desk) -> None:
    done = campaign.json("leads", "import", campaign.file("a.csv", MIXED), "-c", "家装", "--dry-run")
    assert (done["dry_run"], done["list_id"], done["added"], done["doubled"]) == (True, None, 2, 1)
    assert _total(campaign) == 0


def test_a_dry_run_asks_the_gate_about_every_row_that_would_be_added(campaign: Desk) -> None:
    file = campaign.file(
        "ask.csv", "姓名,电话,同意\n王,13800138000,明示\n李,13800138001,\n又,13800138001,明示\n坏,12,\n"
    )
    found = campaign.json("leads", "import", file, "-c", "家装", "--dry-run")
    ready = found["readiness"]
    assert (found["added"], ready["leads"], ready["never"]) == (2, 2, 1)
    (refused,) = [reason for reason in ready["reasons"] if not reason["waits"]]
    assert (refused["code"], refused["leads"]) == ("CONSENT_REQUIRED", 1)
    assert "consent" in campaign.run("leads", "import", file, "-c", "家装", "--dry-run")
    assert campaign.json("leads", "import", file, "-c", "家装")["readiness"] is None


def test_the_report_has_every_rejected_row(campaign: Desk, tmp_path: Path) -> None:
    file = campaign.file("a.csv", "name,phone\n" + "".join(f"A,{n}\n" for n in range(30)) + "B,13800138000\n")
    shown = campaign.run("leads", "import", file, "-c", "家装", "--report", str(tmp_path / "bad.csv"))
    assert shown.count("NUMBER_TOO_SHORT") == 20
    with (tmp_path / "bad.csv").open(encoding="utf-8-sig", newline="") as report:
        rows = list(csv.DictReader(report))
    assert [int(row["row"]) for row in rows] == list(range(2, 32))
    assert rows[0] == {"row": "2", "column": "phone", "code": "NUMBER_TOO_SHORT",
                       "reason": "more digits were expected for this country"}  # fmt: skip


def test_the_report_never_takes_the_files_own_place(campaign: Desk) -> None:
    file = campaign.file("a.csv", MIXED)
    assert "one of its own" in campaign.refused("leads", "import", file, "-c", "家装", "--report", file)
    assert Path(file).read_text() == MIXED


def test_strict_and_a_file_without_a_good_row_end_with_status_1(campaign: Desk) -> None:
    campaign.run("leads", "import", campaign.file("a.csv", MIXED), "-c", "家装", "--strict", status=1)
    assert _total(campaign) == 2
    campaign.run("leads", "import", campaign.file("b.csv", "name,phone\nA,1\n"), "-c", "家装", status=1)


def test_the_labs_numbers_are_only_welcome_where_that_is_said(campaign: Desk) -> None:
    file = campaign.file("a.csv", "name,phone\nA,+999010500001\n")
    campaign.run("leads", "import", file, "-c", "家装", status=1)
    assert campaign.json("leads", "import", file, "-c", "家装", "--lab")["added"] == 1


def test_the_region_of_numbers_without_a_country_can_be_said(campaign: Desk) -> None:
    file = campaign.file("a.csv", "name,phone\nA,020 7946 0156\n")
    assert campaign.json("leads", "import", file, "-c", "家装", "--region", "GB", "--dry-run")["added"] == 1
    campaign.run("leads", "import", file, "-c", "家装", "--region", "gb", status=2)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("姓名,城市\n王芳,上海\n", "a column named phone"),
        ("", "the file is empty"),
        ("13800138000\n13900139000\n", "columns' names"),
        (b"\x00\x01\x02\xff" * 50, "first row"),
    ],
)
def test_a_file_that_is_no_list_is_one_sentence(campaign: Desk, content: str | bytes, words: str) -> None:
    assert words in campaign.refused("leads", "import", campaign.file("a.csv", content), "-c", "家装")


def test_a_file_or_campaign_that_is_not_there_is_said(campaign: Desk) -> None:
    campaign.run("leads", "import", "nothing.csv", "-c", "家装", status=2)
    assert "no campaign 'X'" in campaign.refused("leads", "import", campaign.file("a.csv", MIXED), "-c", "X")
