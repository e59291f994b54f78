from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.desk import Desk

NUMBERS = range(2015550100, 2015551100)
WHOLE = "phone\r\n" + "".join(f"{number}\r\n" for number in NUMBERS)
NOW = datetime.now(UTC)
TODAY, YESTERDAY = f"{NOW:%Y-%m-%d}", f"{NOW - timedelta(days=1):%Y-%m-%d}"
NUMBER = "+1 201 555 0100"


@pytest.fixture
def listed(empty: Desk) -> Desk:
    """No database: registries need none."""
    empty.run("registry", "load", "US-DNC", empty.file("all.txt", WHOLE), "--as-of", YESTERDAY, "--country", "US")
    return empty


def test_a_file_is_loaded_listed_verified_and_asked(listed: Desk) -> None:
    [one] = listed.json("registry", "list")["registries"]
    assert (one["name"], one["as_of"], one["age_days"]) == ("US-DNC", f"{YESTERDAY}T00:00:00+00:00", 1)
    assert (one["numbers"], one["source"], one["trouble"]) == (1000, "all.txt", None)
    assert one["bytes_per_number"] == round(one["bytes"] / 1000, 3)
    assert listed.json("registry", "verify", "US-DNC")["registries"] == [
        {"name": "US-DNC", "whole": True, "trouble": None}
    ]
    found = listed.json("registry", "check", NUMBER)
    assert (found["listed"], found["registries"], found["number_ends"]) == (True, ["US-DNC"], "100")
    assert found["asked"] == [{"name": "US-DNC", "as_of": f"{YESTERDAY}T00:00:00+00:00"}]
    assert listed.json("registry", "check", "+12125550100")["listed"] is False


def test_what_people_see_names_no_number(listed: Desk) -> None:
    shown = (
        listed.run("registry", "list") + listed.run("registry", "verify") + listed.run("registry", "history", "US-DNC")
    )
    assert "US-DNC" in shown
    assert "1,000" in shown
    shown += listed.run("registry", "check", NUMBER)
    assert "ending in 100 is on US-DNC" in shown
    assert "none of 1 registries" in listed.run("registry", "check", "+12125550100")
    assert "2015550" not in shown.replace(" ", "")


def test_changes_are_applied_and_remembered(listed: Desk) -> None:
    added = listed.file("added.txt", "212,5550100\n")
    assert "1,001 numbers (1 added, 0 removed)" in listed.run("registry", "add", "US-DNC", added, "--as-of", TODAY)
    gone = listed.json("registry", "remove", "US-DNC", listed.file("r.txt", "2015550100\n"), "--as-of", TODAY)
    assert (gone["removed"], gone["numbers"], gone["as_of"]) == (1, 1000, f"{TODAY}T00:00:00+00:00")
    assert listed.json("registry", "check", NUMBER)["listed"] is False
    changes = listed.json("registry", "history", "US-DNC")["changes"]
    assert [(one["change"], one["source"]) for one in changes] == [
        ("load", "all.txt"), ("add", "added.txt"), ("remove", "r.txt"),
    ]  # fmt: skip
    assert all(one["by"] for one in changes)


def test_a_refused_file_is_one_sentence_and_the_old_list_stays(listed: Desk) -> None:
    load = ("registry", "load", "US-DNC")
    half = listed.file("half.txt", WHOLE[: len(WHOLE) // 2 - 3] + "\r\n")
    assert "cut off" in listed.refused(*load, half, "--as-of", TODAY)
    short = listed.file("short.txt", "".join(f"{number}\n" for number in NUMBERS[:500]))
    assert "over 1 % fewer" in listed.refused(*load, short, "--as-of", TODAY)
    assert "1,001 numbers were expected" in listed.refused(
        *load, str(listed.home / "all.txt"), "--as-of", TODAY, "--expect", "1001"
    )
    assert "already" in listed.refused(*load, str(listed.home / "all.txt"), "--as-of", "2020-01-01")
    assert "a time with its zone" in listed.refused(*load, str(listed.home / "all.txt"), "--as-of", "today")
    assert "--country" in listed.refused(*load, str(listed.home / "all.txt"), "--as-of", TODAY, "--country", "ZZ")
    assert "capital letters" in listed.refused("registry", "load", "us", half, "--as-of", TODAY)
    assert "load a whole file first" in listed.refused("registry", "add", "TPS", half, "--as-of", TODAY)
    assert "no registry TPS" in listed.refused("registry", "history", "TPS")
    assert "no registry TPS" in listed.refused("registry", "verify", "TPS")
    listed.run(*load, short, "--as-of", TODAY, "--allow-shrink", " x ", status=2)
    assert listed.json("registry", "check", NUMBER)["listed"] is True
    assert listed.json(*load, short, "--as-of", TODAY, "--allow-shrink", "their letter")["because"] == "their letter"


def test_bad_rows_are_named_and_may_be_passed_over(listed: Desk) -> None:
    bad = listed.file("bad.txt", "x\n" + WHOLE[7:] + "201555010\n" * 30)
    load = ("registry", "load", "US-DNC", bad, "--as-of", TODAY)
    said = listed.refused(*load)
    assert "dialer: bad.txt: row 1002 is no number: a national number of +1 was expected, of 10 digits" in said
    assert "row 1021: a national number of +1 was expected, of 10 digits" in said
    assert len(said.splitlines()) == 20
    done = listed.json(*load, "--skip-bad", "30", "--expect", "1000")
    assert (done["numbers"], done["skipped"], done["bad"][0]["row"]) == (1000, 30, 1002)


def test_a_damaged_registry_is_shown_everywhere(listed: Desk) -> None:
    [snapshot] = (listed.home / "data/registries").glob("*.roaring")
    snapshot.unlink()
    [one] = listed.json("registry", "list")["registries"]
    assert one["trouble"] == "registry US-DNC: its snapshot is gone"
    assert "snapshot is gone" in listed.run("registry", "verify", status=1)
    found = listed.json("registry", "check", NUMBER, status=1)
    assert found["troubles"] == ["registry US-DNC: its snapshot is gone"]
    assert "snapshot is gone" in listed.said


def test_no_registry_is_an_empty_list(empty: Desk) -> None:
    assert empty.json("registry", "list") == {"registries": []}
    assert empty.json("registry", "verify") == {"registries": []}
    assert empty.json("registry", "check", NUMBER)["listed"] is False
