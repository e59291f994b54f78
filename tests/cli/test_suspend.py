from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.cli.desk import Desk


def test_an_area_is_suspended_listed_and_lifted(desk: Desk) -> None:
    made = desk.json("suspend", "add", "us-la", "--because", "governor's order 41")
    assert (made["area"], made["holds"], made["ends_at"]) == ("US-LA", True, None)
    assert [one["area"] for one in desk.json("suspend", "list")["suspensions"]] == ["US-LA"]
    assert "US-LA" in desk.run("suspend", "list")
    lifted = desk.json("suspend", "lift", str(made["id"]), "--because", "order withdrawn")
    assert (lifted["holds"], lifted["lifted_because"]) == (False, "order withdrawn")
    assert desk.json("suspend", "list")["suspensions"] == []
    assert len(desk.json("suspend", "list", "--all")["suspensions"]) == 1


def test_one_that_is_planned_says_when_it_begins_and_ends(desk: Desk) -> None:
    start, end = (datetime.now(UTC) + timedelta(days=days) for days in (1, 2))
    said = desk.run(
        "suspend", "add", "+1518", "--because", "exercise", "--from", start.isoformat(), "--until", end.isoformat()
    )
    assert f"no calls to +1518 from {start:%Y-%m-%d %H:%MZ} until {end:%Y-%m-%d %H:%MZ}" in said


def test_an_unknown_area_is_refused_with_what_may_have_been_meant(desk: Desk) -> None:
    assert "did you mean US-NY" in desk.refused("suspend", "add", "NY", "--because", "hurricane")


def test_who_names_laos_is_told_of_louisiana(desk: Desk) -> None:
    assert desk.json("suspend", "add", "LA", "--because", "hurricane")["area"] == "LA"
    assert "US-LA" in desk.said


def test_a_suspension_that_is_not_there_cannot_be_lifted(desk: Desk) -> None:
    assert desk.refused("suspend", "lift", "7", "--because", "over") == "dialer: there is no suspension 7 to lift"


def test_an_end_that_lies_behind_is_refused(desk: Desk) -> None:
    past = "2020-01-01T00:00:00+00:00"
    assert desk.refused("suspend", "add", "FR", "--because", "strike", "--until", past).startswith("dialer: --until: ")


def test_a_reason_is_expected(desk: Desk) -> None:
    desk.run("suspend", "add", "FR", status=2)
    desk.run("suspend", "add", "FR", "--because", " ", status=2)
