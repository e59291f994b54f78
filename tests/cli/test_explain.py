"""The gate's verdict, as a call would get it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialer.lab.carrier import number
from tests.cli.desk import Desk

LONDON = "+442079460156"
NOON, NIGHT = "2026-11-25T12:00:00+00:00", "2026-11-25T23:30:00+00:00"


@pytest.fixture
def campaign(desk: Desk) -> Desk:
    desk.campaign("家装")
    return desk


def test_at_noon_it_may_be_called_and_at_night_it_may_not(campaign: Desk) -> None:
    assert campaign.json("explain", LONDON, "-c", "家装", "--at", NOON)["allowed"] is True
    night = campaign.json("explain", LONDON, "-c", "家装", "--at", NIGHT)
    assert night["refusal"]["rule"] == "OUTSIDE_WINDOW"
    assert night["refusal"]["try_after"] > night["at"]
    assert night["zones"][0]["zone"] == "Europe/London"


def test_people_read_it_in_their_language_and_never_the_whole_number(campaign: Desk) -> None:
    english = campaign.run("explain", LONDON, "-c", "家装", "--at", NIGHT)
    chinese = campaign.run("explain", LONDON, "-c", "家装", "--at", NIGHT, "--language", "zh")
    assert "refused: OUTSIDE_WINDOW" in english
    assert "当地时间" in chinese
    assert "2079460156" not in english + chinese


def test_a_lead_is_asked_about_with_what_is_known_of_it(campaign: Desk) -> None:
    file = campaign.file("a.csv", f"name,phone,zone\nA,{LONDON},Asia/Tokyo\n")
    campaign.run("leads", "import", file, "-c", "家装")
    for who in ("lead:1", LONDON):
        zones = campaign.json("explain", who, "-c", "家装", "--at", NOON)["zones"]
        assert {one["zone"] for one in zones} == {"Europe/London", "Asia/Tokyo"}


def test_the_lists_are_looked_at(campaign: Desk) -> None:
    campaign.run("dnc", "add", LONDON)
    assert campaign.json("explain", LONDON, "-c", "家装", "--at", NOON)["refusal"]["rule"] == "DNC_INTERNAL"


def test_the_rules_of_the_trunk_and_of_the_house_are_asked_too(campaign: Desk) -> None:
    with campaign.config.open("a") as file:
        file.write('overlays = ["CN-CARRIER"]\n')
    packs = campaign.json("explain", LONDON, "-c", "家装", "--at", NOON)["packs"]
    assert "CN-CARRIER" in [pack["id"] for pack in packs]
    campaign.write(calling={"purposes": ["insurance"]})
    packs = campaign.json("explain", "13800138000", "-c", "家装", "--at", NOON)["packs"]
    assert "CN-INS" in [pack["id"] for pack in packs]


def test_a_labs_number_has_rules_where_the_lab_is_named(campaign: Desk, tmp_path: Path) -> None:
    talker = number(1, 1, 5)
    assert "lab's range" in campaign.refused("explain", talker, "-c", "家装")
    assert campaign.json("explain", talker, "-c", "家装", "--lab", str(tmp_path))["allowed"] is True


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("lead:99", "-c", "家装"), "no lead 99"),
        (("lead:x", "-c", "家装"), "lead:42"),
        (("12", "-c", "家装"), "more digits"),
        ((LONDON, "-c", "X"), "no campaign 'X'"),
        ((LONDON, "-c", "家装", "--at", "2026-11-25T12:00:00"), "with its zone"),
        ((LONDON, "-c", "家装", "--at", "noon"), "with its zone"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(campaign: Desk, words: tuple[str, ...], said: str) -> None:
    assert said in campaign.refused("explain", *words)
