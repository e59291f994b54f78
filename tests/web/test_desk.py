"""An agent's shift by the API alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dialer.core import commands as cmd
from dialer.core.number import Number
from dialer.store import do_not_call
from tests.web.floor import NUMBER, Place


async def preview(place: Place, login: str = "anna") -> int:
    """A campaign, and the agent with its lead in preview."""
    campaign_id = await place.campaign(login)
    assert (await place.call(login, "POST /agent/log-in")).status == 200
    await place.settled()
    seen = await place.call(login, "GET /agent")
    assert seen.json["agent"]["state"] == "reserved", seen.text
    return campaign_id


async def test_a_lead_is_previewed_dialed_talked_with_and_disposed_of(place: Place) -> None:
    campaign_id = await preview(place)
    shown = (await place.call("anna", "GET /agent")).json
    assert shown["agent"]["preview"]["name"] == "Lead 0"
    assert shown["agent"]["preview"]["number_ends"] == "123"
    assert [one["campaign_id"] for one in shown["campaigns"]] == [campaign_id]

    attempt_id = await place.talk()
    talking = (await place.call("anna", "GET /agent")).json
    assert talking["agent"]["state"] == "talking"
    assert talking["call"]["attempt_id"] == attempt_id

    await place.talked(attempt_id)
    said = {"attempt_id": attempt_id, "disposition": "sale", "note": "wants it by\nFriday"}
    disposed = await place.call("anna", "POST /agent/disposition", json=said)
    assert disposed.status == 200, disposed.text
    assert disposed.json["agent"]["state"] == "ready"

    await place.settled()
    history = (await place.call("anna", "GET /agent/history")).json
    [attempt] = history["attempts"]
    assert (attempt["attempt_id"], attempt["disposition"], attempt["note"]) == (
        attempt_id,
        "sale",
        "wants it by\nFriday",
    )
    assert attempt["talk_seconds"] == 60
    assert history["next"] is None
    assert (await place.call("ben", "GET /agent/history")).json["attempts"] == []


async def test_a_skipped_lead_is_gone(place: Place) -> None:
    await preview(place)
    answer = await place.call("anna", "POST /agent/skip", json={"reason": "knows them"})
    assert answer.json["agent"]["preview"] is None


async def test_hanging_up_ends_the_call(place: Place) -> None:
    await preview(place)
    attempt_id = await place.talk()
    assert (await place.call("anna", "POST /agent/hang-up")).status == 200
    assert (await place.ordered(cmd.HangupLeg)).leg_id == attempt_id


async def test_a_pause_during_a_call_is_kept(place: Place) -> None:
    await preview(place)
    await place.talk()
    answer = await place.call("anna", "POST /agent/pause", json={"code": "lunch"})
    assert answer.json["agent"]["kept"] == {"state": "paused", "code": "lunch"}
    assert (await place.call("anna", "POST /agent/ready")).json["agent"]["kept"] is None


@pytest.mark.parametrize("what", ["dial", "ready", "hang-up"])
async def test_what_cannot_be_is_a_conflict_with_its_sentence(place: Place, what: str) -> None:
    answer = await place.call("anna", f"POST /agent/{what}")
    assert (answer.status, answer.word) == (409, "impossible")
    assert answer.json["detail"] == "Agent anna is not logged in."


async def test_a_callback_needs_a_time_with_its_zone(place: Place) -> None:
    await preview(place)
    attempt_id = await place.talk()
    await place.talked(attempt_id)
    said = {"attempt_id": attempt_id, "disposition": "callback"}
    for naive in ("2026-11-24T10:00:00", 1795514400, "2026-11-24"):
        answer = await place.call("anna", "POST /agent/disposition", json=said | {"callback_at": naive})
        assert answer.status == 422
        assert answer.json["errors"][0]["field"] == "body.callback_at"
    past = await place.call("anna", "POST /agent/disposition", json=said | {"callback_at": "2026-11-20T10:00:00Z"})
    assert past.status == 409
    ahead = said | {"callback_at": "2026-11-24T10:00:00-05:00", "personal": True}
    assert (await place.call("anna", "POST /agent/disposition", json=ahead)).status == 200
    order = await place.ordered(cmd.CloseAttempt)
    assert order.outcome.callback_at == place.clock.now.replace(day=24, minute=0, second=0)
    assert order.outcome.callback_agent == "anna"


async def test_an_agent_logs_in_for_assigned_campaigns_only(place: Place) -> None:
    mine, other = await place.campaign("anna"), await place.campaign("ben", numbers=(), name="autumn")
    refused = await place.call("anna", "POST /agent/log-in", json={"campaigns": [mine, other]})
    assert refused.status == 422
    assert refused.json["errors"] == [{"field": "body.campaigns.1", "message": "not assigned to this campaign"}]
    listed = (await place.call("anna", "GET /agent/campaigns")).json["campaigns"]
    assert [one["campaign_id"] for one in listed] == [mine]
    assert listed[0]["dispositions"]["callback"] == "callback"


async def test_without_a_phone_nobody_logs_in(place: Place) -> None:
    await place.campaign("adam")
    answer = await place.call("adam", "POST /agent/log-in")
    assert (answer.status, answer.word) == (409, "impossible")


async def test_an_opt_out_is_durable_before_it_is_confirmed(place: Place) -> None:
    await preview(place)
    attempt_id = await place.talk()
    answer = await place.call("anna", "POST /agent/opt-out", json={})
    assert answer.status == 200
    assert (answer.json["number_ends"], answer.json["campaign_id"], answer.json["added"]) == ("123", None, True)
    async with place.house.db.read() as c:
        assert Number(NUMBER) in await do_not_call.hits(c, [Number(NUMBER)])
    again = await place.call("anna", "POST /agent/opt-out", json={"attempt_id": attempt_id})
    assert again.json["added"] is False


async def test_an_opt_out_in_preview_takes_the_lead_off_the_desk(place: Place) -> None:
    campaign_id = await preview(place)
    answer = await place.call("anna", "POST /agent/opt-out", json={"scope": "campaign"})
    assert answer.json["campaign_id"] == campaign_id
    await place.settled()
    assert (await place.call("anna", "GET /agent")).json["agent"]["preview"] is None
    assert (await place.call("anna", "POST /agent/dial")).status == 409
    assert not [order for order in place.performed if isinstance(order, cmd.Originate)]


async def test_an_agent_opts_out_their_own_attempts_only(place: Place) -> None:
    await preview(place)
    attempt_id = await place.talk()
    answer = await place.call("ben", "POST /agent/opt-out", json={"attempt_id": attempt_id})
    assert answer.status == 404
    assert (await place.call("ben", "POST /agent/opt-out", json={})).status == 409


async def test_pages_of_history_follow_each_other_without_gap_or_double(place: Place) -> None:
    numbers = tuple(f"+1212555010{n}" for n in range(5))
    await place.campaign("anna", numbers=numbers)
    await place.call("anna", "POST /agent/log-in")
    for _ in numbers:
        await place.settled()
        attempt_id = await place.talk()
        await place.talked(attempt_id)
        said = {"attempt_id": attempt_id, "disposition": "not_interested"}
        assert (await place.call("anna", "POST /agent/disposition", json=said)).status == 200
        place.clock.now += timedelta(seconds=1)
    await place.settled()
    found, cursor = [], ""
    while True:
        page = (await place.call("anna", f"GET /agent/history?limit=2{cursor}")).json
        found += [attempt["attempt_id"] for attempt in page["attempts"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert len(found) == len(set(found)) == 5
    whole = (await place.call("anna", "GET /agent/history")).json
    assert found == [attempt["attempt_id"] for attempt in whole["attempts"]]
