"""What the command line says of a campaign's abandons, and of a message that is missing."""

from __future__ import annotations

from dialer.cli.abandonment import sentence
from tests.cli.desk import Desk

BLOCK = {
    "period": "campaign_30_days",
    "start": "2026-11-01T10:00:00+00:00",
    "end": "2026-12-01T10:00:00+00:00",
    "abandoned": 0,
    "answered": 1200,
    "percent": 0.0,
    "limit_percent": 3.0,
    "by": "US",
    "more": 38,
    "forecast_percent": 0.0,
}


def test_a_block_is_one_sentence() -> None:
    assert sentence(BLOCK) == (
        "0 of 1200 live answers in these 30 days of the campaign (0 %), limit 3 % (US), 38 more would pass it; "
        "forecast 0 %; 2026-11-01 10:00 to 2026-12-01 10:00 UTC"
    )


def test_a_limit_that_is_passed_stands_out() -> None:
    assert "PASSED" in sentence(BLOCK | {"abandoned": 40, "percent": 3.33, "more": 0})


def test_a_campaign_is_shown_with_its_block_and_its_limit(desk: Desk) -> None:
    desk.write(calling={"region": "GB", "zone": "Europe/London"})
    desk.campaign("Winter")
    (block,) = desk.json("campaign", "show", "Winter")["abandonment"]
    assert (block["period"], block["limit_percent"], block["by"]) == ("day", 3.0, "GB")
    assert (block["abandoned"], block["answered"], block["more"]) == (0, 0, 1)
    assert "0 of 0 live answers today" in desk.run("campaign", "show", "Winter")


def test_where_no_rule_has_a_limit_the_houses_is_shown(desk: Desk) -> None:
    desk.campaign("Winter")
    (block,) = desk.json("campaign", "show", "Winter")["abandonment"]
    assert (block["period"], block["by"]) == ("campaign_30_days", "house")


def test_a_progressive_campaign_without_a_message_does_not_start_where_the_law_wants_one(desk: Desk) -> None:
    desk.write(calling={"region": "US"})
    desk.campaign("Winter")
    assert "under US a person who answers and finds no agent must hear who called" in desk.refused(
        "campaign", "start", "Winter"
    )
    desk.run("campaign", "set", "Winter", "abandon_message=dialer/sorry", "opt_out_key=*")
    assert desk.json("campaign", "start", "Winter")["status"] == "running"


def test_a_message_that_is_no_sounds_name_is_refused(desk: Desk) -> None:
    desk.campaign("Winter")
    assert "abandon_message" in desk.refused("campaign", "set", "Winter", "abandon_message=a&b")
    assert "opt_out_key" in desk.refused("campaign", "set", "Winter", "opt_out_key=99")
