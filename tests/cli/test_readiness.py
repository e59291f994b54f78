from __future__ import annotations

import pytest

from tests.cli.desk import Desk

ROWS = "姓名,电话,同意\n王,13800138000,明示\n李,13800138001,\n赵,13800138002,明示\n"
WORKING, NIGHT = "2027-03-03T10:00:00+08:00", "2027-03-03T03:00:00+08:00"


@pytest.fixture
def campaign(desk: Desk) -> Desk:
    desk.campaign("家装")
    desk.run("leads", "import", desk.file("leads.csv", ROWS), "-c", "家装")
    return desk


def test_leads_are_callable_now_later_or_never_with_the_rule_and_its_cure(campaign: Desk) -> None:
    day = campaign.json("campaign", "readiness", "家装", "--at", WORKING)
    ready = day["readiness"]
    assert (day["waiting"], day["complete"], ready["now"], ready["later"], ready["never"]) == (3, True, 2, 0, 1)
    (reason,) = ready["reasons"]
    assert (reason["code"], reason["decided_by"], reason["leads"]) == ("CONSENT_REQUIRED", "CN", 1)
    assert reason["cure_zh"] == "请登记客户同意及其凭证。"


def test_at_night_the_next_morning_is_named(campaign: Desk) -> None:
    ready = campaign.json("campaign", "readiness", "家装", "--at", NIGHT)["readiness"]
    assert (ready["now"], ready["later"]) == (0, 2)
    (waits,) = [reason for reason in ready["reasons"] if reason["waits"]]
    assert waits["code"] == "OUTSIDE_WINDOW"
    assert [bucket["leads"] for bucket in ready["hours"] if bucket["start"] == waits["first_at"]] == [2]


def test_people_read_figures_reasons_and_hours(campaign: Desk) -> None:
    shown = campaign.run("campaign", "readiness", "家装", "--at", NIGHT)
    assert "3 leads wait to be called" in shown
    assert "Put the callees' consent on file" in shown
    assert "要求客户事先同意" in campaign.run("campaign", "readiness", "家装", "--at", NIGHT, "--language", "zh")


def test_an_instant_needs_its_zone(campaign: Desk) -> None:
    assert "--at: expected a time with its zone" in campaign.refused(
        "campaign", "readiness", "家装", "--at", "2027-03-03T10:00"
    )


def test_a_suspension_is_seen_beforehand(campaign: Desk) -> None:
    campaign.run("suspend", "add", "CN", "--because", "typhoon")
    (reason,) = campaign.json("campaign", "readiness", "家装")["readiness"]["reasons"]
    assert (reason["code"], reason["leads"]) == ("EMERGENCY_SUSPENSION", 3)
