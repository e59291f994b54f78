"""An agent calls by hand, and hands a customer over, by the API alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.number import Number
from dialer.core.outcome import Cause
from dialer.store import do_not_call
from dialer.store.do_not_call import Listing
from tests.web.floor import NUMBER, Place

TYPED, EXPERT = "+12125550199", "+12125550177"


async def paused(place: Place, **settings: object) -> int:
    """An agent in a pause, on a campaign with one lead: its id is 1."""
    campaign_id = await place.campaign("anna", **settings)
    assert (await place.call("adam", f"POST /campaigns/{campaign_id}/pause")).status == 200
    assert (await place.call("anna", "POST /agent/log-in")).status == 200
    await place.settled()
    assert (await place.call("anna", "POST /agent/pause", json={"code": "admin"})).status == 200
    assert (await place.call("adam", f"POST /campaigns/{campaign_id}/start")).status == 200
    await place.settled()
    return campaign_id


async def called(place: Place, **body: object) -> dict[str, object]:
    answer = await place.call("anna", "POST /agent/call", json=body)
    assert answer.status == 200, answer.text
    await place.settled()
    agent: dict[str, object] = (await place.call("anna", "GET /agent")).json["agent"]
    return agent


async def talking(place: Place, **settings: object) -> str:
    campaign_id = await paused(place, **settings)
    await called(place, campaign_id=campaign_id, lead_id=1)
    attempt_id: str = (await place.ordered(cmd.Originate)).attempt_id
    await place.house.ask(ev.CallBridged(attempt_id))
    return attempt_id


async def test_a_lead_of_ones_campaign_is_called_from_a_pause(place: Place) -> None:
    campaign_id = await paused(place)
    agent = await called(place, campaign_id=campaign_id, lead_id=1)
    assert agent["state"] == "reserved"
    assert (await place.ordered(cmd.Originate)).permit.number == Number(NUMBER)


async def test_a_typed_number_is_called_where_the_campaign_allows_it(place: Place) -> None:
    campaign_id = await paused(place, manual=True)
    agent = await called(place, campaign_id=campaign_id, number=TYPED)
    assert agent["attempt_id"] is not None
    assert (await place.ordered(cmd.Originate)).permit.number == Number(TYPED)
    shown = (await place.call("sue", f"GET /campaigns/{campaign_id}/lists")).json["lists"]
    assert {one["name"] for one in shown} == {"list", "manual"}


async def test_a_refusal_comes_with_its_sentence_and_its_next_moment(place: Place) -> None:
    campaign_id = await paused(place)
    place.clock.now += timedelta(hours=13)  # eleven at night in New York
    place._tokens.clear()
    agent = await called(place, campaign_id=campaign_id, lead_id=1)
    unplaced = agent["unplaced"]
    assert isinstance(unplaced, dict)
    assert (agent["state"], unplaced["reason"], unplaced["verdict"]["rule"]) == ("paused", "refused", "OUTSIDE_WINDOW")
    assert unplaced["sentence"] == unplaced["verdict"]["sentence"]
    assert unplaced["verdict"]["try_after"] > place.clock.now.isoformat()


@pytest.mark.parametrize("body", [{}, {"lead_id": 1, "number": TYPED}])
async def test_a_call_is_to_a_lead_or_to_a_number(place: Place, body: dict[str, object]) -> None:
    campaign_id = await paused(place, manual=True)
    answer = await place.call("anna", "POST /agent/call", json={"campaign_id": campaign_id} | body)
    assert (answer.status, answer.word) == (422, "invalid")


async def test_what_is_no_number_is_said_to_be_none(place: Place) -> None:
    campaign_id = await paused(place, manual=True)
    answer = await place.call("anna", "POST /agent/call", json={"campaign_id": campaign_id, "number": "12"})
    assert answer.status == 422


async def test_typing_needs_the_campaigns_leave_and_the_campaign_must_be_ones_own(place: Place) -> None:
    campaign_id = await paused(place)
    typed = await place.call("anna", "POST /agent/call", json={"campaign_id": campaign_id, "number": TYPED})
    assert (typed.status, typed.word) == (409, "impossible")
    other = await place.call("anna", "POST /agent/call", json={"campaign_id": 99, "lead_id": 1})
    assert other.status == 409
    mine = (await place.call("anna", "GET /agent/campaigns")).json["campaigns"]
    assert (mine[0]["manual"], mine[0]["transfer_numbers"]) == (False, [])


async def test_a_customer_is_handed_over_once_the_outside_answers(place: Place) -> None:
    attempt_id = await talking(place, transfer_numbers=[EXPERT])
    asked = await place.call("anna", "POST /agent/transfer", json={"number": EXPERT})
    assert asked.status == 200, asked.text
    assert asked.json["call"]["transfer"]["number_ends"] == "177"
    order = await place.ordered(cmd.OriginateTransfer)
    assert (order.permit.number, order.attempt_id) == (Number(EXPERT), attempt_id)
    await place.house.ask(ev.TransferAnswered(order.transfer_id))
    place.clock.now = place.clock.now.replace(minute=5)
    await place.house.ask(ev.CustomerTransferred(attempt_id))
    assert (await place.call("anna", "GET /agent")).json["agent"]["state"] == "wrap_up"
    said = {"attempt_id": attempt_id, "disposition": "sale"}
    assert (await place.call("anna", "POST /agent/disposition", json=said)).json["agent"]["state"] == "paused"


async def test_a_transfer_that_is_cancelled_or_busy_leaves_the_customer_with_the_agent(place: Place) -> None:
    await talking(place, manual=True)
    await place.call("anna", "POST /agent/transfer", json={"number": EXPERT})
    order = await place.ordered(cmd.OriginateTransfer)
    assert (await place.call("anna", "POST /agent/transfer/cancel")).status == 200
    assert (await place.ordered(cmd.HangupLeg)).leg_id == order.transfer_id
    await place.house.ask(ev.TransferLegEnded(order.transfer_id, Cause.BUSY, False))
    agent = (await place.call("anna", "GET /agent")).json["agent"]
    assert (agent["state"], agent["unplaced"]["what"], agent["unplaced"]["reason"]) == (
        "talking", "transfer", "cancelled",
    )  # fmt: skip
    assert (await place.call("anna", "POST /agent/transfer/cancel")).status == 409


async def test_a_transfer_to_a_listed_number_is_refused(place: Place) -> None:
    await talking(place, manual=True)
    async with place.house.db.begin() as c:
        now = place.clock()
        said = Listing(source="agent", asked_by="anna", since=now, proof="said so")
        await do_not_call.add(c, Number(EXPERT), said, now)
    await place.call("anna", "POST /agent/transfer", json={"number": EXPERT})
    await place.settled()
    agent = (await place.call("anna", "GET /agent")).json["agent"]
    assert agent["unplaced"]["verdict"]["rule"] == "DNC_INTERNAL"
    assert agent["state"] == "talking"
