from __future__ import annotations

from tests.web.floor import NUMBER, Place


async def lead_of(place: Place, campaign_id: int) -> int:
    [lead] = (await place.call("sue", f"GET /campaigns/{campaign_id}/leads")).json["leads"]
    return int(lead["lead_id"])


async def test_a_supervisor_asks_about_a_lead_and_sees_every_check(place: Place) -> None:
    campaign_id = await place.campaign("anna")
    asked = {"campaign_id": campaign_id, "lead_id": await lead_of(place, campaign_id)}
    answer = (await place.call("sue", "POST /explain", json=asked)).json
    assert answer["allowed"] is True
    assert answer["number_last3"] == "123"
    assert [check["check"] for check in answer["checks"]][:2] == ["number", "rules"]
    night = (await place.call("sue", "POST /explain", json=asked | {"at": "2026-11-23T03:00:00-05:00"})).json
    assert (night["allowed"], night["refusal"]["rule"]) == (False, "OUTSIDE_WINDOW")


async def test_an_administrator_asks_about_a_number_also_a_stranger(place: Place) -> None:
    campaign_id = await place.campaign("anna")
    asked = {"campaign_id": campaign_id, "number": "+12125550199"}
    assert (await place.call("adam", "POST /explain", json=asked)).json["allowed"] is True
    await place.call("sue", "POST /do-not-call", json={"number": NUMBER})
    listed = (await place.call("adam", "POST /explain", json=asked | {"number": NUMBER})).json
    assert listed["refusal"]["rule"] == "DNC_INTERNAL"
    assert NUMBER[1:] not in str(listed)


async def test_a_supervisor_does_not_ask_by_number(place: Place) -> None:
    campaign_id = await place.campaign("anna")
    answer = await place.call("sue", "POST /explain", json={"campaign_id": campaign_id, "number": NUMBER})
    assert (answer.status, answer.word) == (403, "forbidden")


async def test_one_of_lead_and_number_is_asked_for(place: Place) -> None:
    for both in ({}, {"lead_id": 1, "number": NUMBER}):
        assert (await place.call("adam", "POST /explain", json={"campaign_id": 1, **both})).status == 422


async def test_a_lead_of_another_campaign_is_not_there(place: Place) -> None:
    mine, other = await place.campaign("anna"), await place.campaign("anna", numbers=(), name="autumn")
    asked = {"campaign_id": other, "lead_id": await lead_of(place, mine)}
    assert (await place.call("sue", "POST /explain", json=asked)).status == 404
