from __future__ import annotations

from dataclasses import fields

from dialer.core.campaign import Campaign
from dialer.web.campaigns import CampaignChange
from tests.web.floor import NUMBER, Place

SPRING = {"name": "spring", "dial_mode": "progressive", "trunk": "carrier"}


def test_the_document_names_every_setting() -> None:
    assert set(CampaignChange.model_fields) == {field.name for field in fields(Campaign)} - {"id"}


async def test_a_campaign_is_made_as_a_draft_with_defaults(place: Place) -> None:
    rules = {"gap": "PT2H", "windows": {"mon-fri": ["09:00-12:00", "14:00-20:00"], "sat-sun": []}}
    made = await place.call("adam", "POST /campaigns", json={**SPRING, "rules": rules})
    assert made.status == 201, made.text
    read = (await place.call("sue", f"GET /campaigns/{made.json['campaign_id']}")).json
    assert read == made.json
    assert (read["status"], read["settings"]["ring_seconds"], read["leads"]["total"]) == ("draft", 25, 0)
    assert read["settings"]["rules"]["windows"][0] == [[540, 720], [840, 1200]]


async def test_a_wrong_setting_is_named(place: Place) -> None:
    for wrong, field in (
        ({"ring_seconds": 1}, "body.ring_seconds"),
        ({"rules": {"gop": 1}}, "body.rules.gop"),
        ({"colour": "red"}, "body.colour"),
        ({"trunk": "a,b"}, "body.trunk"),
        ({"caller_ids": ["1000\r\nAction: Logoff"]}, "body.caller_ids"),
        ({"name": None}, "body.name"),
        ({"amd": None}, "body.amd"),
    ):
        answer = await place.call("adam", "POST /campaigns", json={**SPRING, **wrong})
        assert answer.status == 422, wrong
        assert [error["field"] for error in answer.json["errors"]] == [field]


async def test_a_name_is_taken_once(place: Place) -> None:
    await place.call("adam", "POST /campaigns", json=SPRING)
    answer = await place.call("adam", "POST /campaigns", json=SPRING)
    assert answer.json["errors"] == [{"field": "body.name", "message": "another campaign has this name"}]


async def test_a_change_reaches_the_floor_while_the_campaign_runs(place: Place) -> None:
    campaign_id = await place.campaign("anna")
    changed = await place.call("adam", f"PATCH /campaigns/{campaign_id}", json={"wrap_up_seconds": 5})
    assert changed.json["settings"]["wrap_up_seconds"] == 5
    assert changed.json["settings"]["caller_ids"] == ["1000"], "what was not named stays"
    await place.settled()
    desk = place.house.picture.desks[campaign_id]
    assert (desk.campaign.wrap_up_seconds, desk.running) == (5, True)


async def test_pausing_stops_the_floor_and_closing_is_for_good(place: Place) -> None:
    campaign_id = await place.campaign("anna")
    assert (await place.call("adam", f"POST /campaigns/{campaign_id}/pause")).json["status"] == "paused"
    await place.settled()
    assert place.house.picture.desks[campaign_id].running is False
    assert (await place.call("adam", f"POST /campaigns/{campaign_id}/close")).json["status"] == "closed"
    refused = await place.call("adam", f"POST /campaigns/{campaign_id}/start")
    assert (refused.status, refused.word) == (409, "impossible")


async def test_a_campaign_without_its_trunk_does_not_start(place: Place) -> None:
    made = await place.call("adam", "POST /campaigns", json={**SPRING, "trunk": "elsewhere"})
    answer = await place.call("adam", f"POST /campaigns/{made.json['campaign_id']}/start")
    assert answer.status == 409
    assert "elsewhere" in answer.json["detail"]
    read = await place.call("sue", f"GET /campaigns/{made.json['campaign_id']}")
    assert read.json["status"] == "draft"


async def test_an_agent_taken_off_a_campaign_gets_no_more_of_it(place: Place) -> None:
    campaign_id = await place.campaign("anna", numbers=())
    await place.call("anna", "POST /agent/log-in")
    await place.call("adam", f"PUT /campaigns/{campaign_id}/agents", json={"agents": ["ben"]})
    await place.settled()
    assert place.house.picture.agents["anna"].campaigns == ()
    assert (await place.call("sue", f"GET /campaigns/{campaign_id}")).json["agents"] == ["ben"]


async def test_an_unknown_agent_cannot_be_assigned(place: Place) -> None:
    campaign_id = await place.campaign("anna")
    answer = await place.call("adam", f"PUT /campaigns/{campaign_id}/agents", json={"agents": ["nobody"]})
    assert answer.json["errors"][0]["field"] == "body.agents"
    assert (await place.call("sue", f"GET /campaigns/{campaign_id}")).json["agents"] == ["anna"], "nothing changed"


async def test_the_summary_and_the_leads_of_a_campaign(place: Place) -> None:
    campaign_id = await place.campaign("anna", numbers=(NUMBER, "+12125550124"))
    summary = (await place.call("sue", f"GET /campaigns/{campaign_id}/summary")).json
    assert (summary["leads"], summary["attempts"], summary["dispositions"]) == (2, 0, {})
    first = (await place.call("sue", f"GET /campaigns/{campaign_id}/leads?limit=1")).json
    second = (await place.call("sue", f"GET /campaigns/{campaign_id}/leads?limit=1&cursor={first['next']}")).json
    assert [lead["name"] for page in (first, second) for lead in page["leads"]] == ["Lead 0", "Lead 1"]
    assert second["next"] is None
    assert first["leads"][0]["numbers"] == [{"number_ends": "123", "label": "mobile", "dead": False, "tries": 0}]
    none = (await place.call("sue", f"GET /campaigns/{campaign_id}/leads?status=done")).json
    assert none["leads"] == []


async def test_a_lead_tells_what_the_gate_answered(place: Place) -> None:
    campaign_id = await place.campaign("anna")
    await place.call("anna", "POST /agent/log-in")
    await place.settled()
    await place.talk()
    [lead] = (await place.call("sue", f"GET /campaigns/{campaign_id}/leads")).json["leads"]
    assert lead["status"] == "calling"
    one = (await place.call("sue", f"GET /leads/{lead['lead_id']}")).json
    assert [answer["verdict"] for answer in one["decisions"]] == ["permit"]
    assert one["decisions"][0]["zones"] == ["America/New_York"]


async def test_a_cursor_that_was_made_up_is_refused(place: Place) -> None:
    campaign_id = await place.campaign("anna")
    for path in (f"/campaigns/{campaign_id}/leads", "/attempts"):
        for cursor in ("%00", "zzz", "fn4-"):
            answer = await place.call("sue", f"GET {path}?cursor={cursor}")
            assert (answer.status, answer.word) == (422, "invalid"), cursor
    without_zone = "MjAyNi0xMS0yM34x"
    assert (await place.call("sue", f"GET /attempts?cursor={without_zone}")).status == 422
