from __future__ import annotations

from datetime import timedelta

from dialer.core import commands as cmd
from tests.web.floor import MONDAY, Place

NUMBER = "+442079460123"
BRITAIN = {"area": "gb", "because": "storm of the century"}


async def test_a_ringing_call_into_the_area_is_hung_up_and_its_lead_comes_back(place: Place) -> None:
    await place.campaign("anna", numbers=(NUMBER,))
    await place.call("anna", "POST /agent/log-in")
    await place.settled()
    await place.call("anna", "POST /agent/dial")
    sent = await place.ordered(cmd.Originate)
    made = await place.call("sue", "POST /suspensions", json=BRITAIN)
    assert (made.status, made.json["area"], made.json["holds"], made.json["set_by"]) == (201, "GB", True, "sue")
    assert (await place.ordered(cmd.HangupLeg)).leg_id == sent.attempt_id


async def test_a_lead_in_preview_is_taken_off_the_desk(place: Place) -> None:
    await place.campaign("anna", numbers=(NUMBER,))
    await place.call("anna", "POST /agent/log-in")
    await place.settled()
    await place.call("sue", "POST /suspensions", json=BRITAIN)
    refused = await place.ordered(cmd.RefuseLead)
    assert refused.refusal.rule == "EMERGENCY_SUSPENSION"
    assert (await place.call("anna", "POST /agent/dial")).status == 409


async def test_a_lifted_suspension_lets_its_leads_be_called_at_once(place: Place) -> None:
    await place.campaign("anna", numbers=(NUMBER,))
    made = await place.call("sue", "POST /suspensions", json=BRITAIN)
    await place.call("anna", "POST /agent/log-in")
    await place.settled()
    assert not any(isinstance(order, cmd.Originate) for order in place.performed)
    assert (await place.call("anna", "POST /agent/dial")).status == 409

    path = f"POST /suspensions/{made.json['id']}/lift"
    lifted = await place.call("sue", path, json={"because": "the storm is over"})
    assert (lifted.status, lifted.json["holds"], lifted.json["lifted_by"]) == (200, False, "sue")
    await place.settled()
    assert (await place.call("anna", "POST /agent/dial")).status == 200
    assert (await place.call("sue", path, json={"because": "again"})).status == 404


async def test_one_that_lies_ahead_stops_nobody_yet(place: Place) -> None:
    later = (MONDAY + timedelta(days=1)).isoformat()
    made = await place.call("sue", "POST /suspensions", json=BRITAIN | {"starts_at": later})
    assert made.json["holds"] is False
    listed = (await place.call("sue", "GET /suspensions")).json["suspensions"]
    assert [(one["area"], one["because"]) for one in listed] == [("GB", "storm of the century")]


async def test_an_area_nobody_knows_is_refused_with_what_may_have_been_meant(place: Place) -> None:
    answer = await place.call("sue", "POST /suspensions", json=BRITAIN | {"area": "NY"})
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "body.area")
    assert "US-NY" in answer.json["errors"][0]["message"]


async def test_an_end_before_the_beginning_is_refused(place: Place) -> None:
    before = (MONDAY - timedelta(days=1)).isoformat()
    answer = await place.call("sue", "POST /suspensions", json=BRITAIN | {"ends_at": before})
    assert [error["field"] for error in answer.json["errors"]] == ["body.ends_at"]


async def test_a_suspension_needs_its_reason(place: Place) -> None:
    answer = await place.call("sue", "POST /suspensions", json={"area": "US-NY"})
    assert [error["field"] for error in answer.json["errors"]] == ["body.because"]
