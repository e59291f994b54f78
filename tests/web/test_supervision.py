from __future__ import annotations

from datetime import timedelta

from dialer.core import commands as cmd
from dialer.store import incidents
from dialer.web import shapes
from tests.web.floor import Place
from tests.web.test_desk import preview


async def test_the_floor_shows_everything_in_the_shapes_of_the_document(place: Place) -> None:
    await preview(place)
    attempt_id = await place.talk()
    await place.call("sue", "POST /supervision", json={"agent_id": "anna"})
    await place.settled()
    floor = (await place.call("sue", "GET /floor")).json
    assert floor["call"][attempt_id]["state"] == "talking"
    models = {"agent": shapes.AgentView, "call": shapes.CallView, "campaign": shapes.CampaignView,
              "trunk": shapes.TrunkView, "supervisor": shapes.SupervisorView, "node": shapes.NodeView}  # fmt: skip
    assert set(floor) == set(models)
    for subject, model in models.items():
        assert floor[subject], subject
        for shown in floor[subject].values():
            assert set(shown) == set(model.model_fields), subject
    assert set(floor["agent"]["anna"]["talking_with"]) == set(shapes.TalkingView.model_fields)


async def test_the_preview_has_the_shape_of_the_document(place: Place) -> None:
    await preview(place)
    shown = (await place.call("anna", "GET /agent")).json["agent"]["preview"]
    assert set(shown) == set(shapes.PreviewView.model_fields)
    assert set(shown["verdict"]) == set(shapes.PermitView.model_fields)


async def test_a_supervisor_pauses_and_logs_out_an_agent_and_it_is_known_who_did(place: Place) -> None:
    await place.campaign("anna", numbers=())
    await place.call("anna", "POST /agent/log-in")
    await place.settled()
    paused = await place.call("sue", "POST /agents/anna/pause", json={"code": "talk_to_me"})
    assert (paused.json["state"], paused.json["code"], paused.json["by"]) == ("paused", "talk_to_me", "sue")
    out = await place.call("sue", "POST /agents/anna/log-out")
    assert out.json["state"] == "logged_out"
    await place.settled()
    states = (await place.call("sue", "GET /agents/anna/states?end=2026-11-24T00:00:00Z")).json["states"]
    assert [(one["state"], one["by"]) for one in states][-2:] == [("paused", "sue"), ("logged_out", "sue")]


async def test_nobody_can_be_paused_who_is_not_there(place: Place) -> None:
    for what in ("pause", "log-out"):
        answer = await place.call("sue", f"POST /agents/ben/{what}", json={"code": "x"} if what == "pause" else None)
        assert (answer.status, answer.word) == (409, "impossible")


async def test_a_supervisor_listens_changes_the_mode_and_stops_and_each_stretch_is_kept(place: Place) -> None:
    await preview(place)
    attempt_id = await place.talk()
    first = await place.call("sue", "POST /supervision", json={"agent_id": "anna"})
    assert first.json["supervisor"]["mode"] == "listen"
    await place.settled()
    place.clock.now += timedelta(seconds=10)
    await place.call("sue", "POST /supervision", json={"agent_id": "anna", "mode": "whisper"})
    await place.settled()
    assert len([order for order in place.performed if isinstance(order, cmd.RingSupervisor)]) == 1
    place.clock.now += timedelta(seconds=10)
    assert (await place.call("sue", "DELETE /supervision?hang_up=true")).status == 200
    await place.call("sue", "POST /supervision", json={"agent_id": "anna", "mode": "barge"})
    await place.settled()
    kept = (await place.call("sue", "GET /supervision?end=2026-11-24T00:00:00Z")).json["stretches"]
    assert [(one["mode"], one["attempt_id"]) for one in kept][:2] == [("listen", attempt_id), ("whisper", attempt_id)]
    one = (await place.call("sue", f"GET /attempts/{attempt_id}")).json
    assert [stretch["mode"] for stretch in one["supervision"]][:2] == ["listen", "whisper"]


async def test_without_a_phone_nobody_listens(place: Place) -> None:
    answer = await place.call("adam", "POST /supervision", json={"agent_id": "anna"})
    assert (answer.status, answer.word) == (409, "impossible")


async def test_an_incident_is_seen_and_closed_by_somebody(place: Place) -> None:
    async with place.house.db.begin() as c:
        order = cmd.RaiseIncident(
            "agent_phone", "the phone of agent anna does not answer", place.clock(), agent_id="anna"
        )
        incident_id = await incidents.raise_one(c, order)
    [shown] = (await place.call("sue", "GET /incidents?state=open")).json["incidents"]
    assert (shown["id"], shown["kind"], shown["who"]) == (incident_id, "agent_phone", None)
    assert (await place.call("sue", f"POST /incidents/{incident_id}", json={"state": "seen"})).status == 200
    again = await place.call("sue", f"POST /incidents/{incident_id}", json={"state": "seen"})
    assert (again.status, again.word) == (409, "impossible")
    await place.call("adam", f"POST /incidents/{incident_id}", json={"state": "closed"})
    [closed] = (await place.call("sue", "GET /incidents")).json["incidents"]
    assert (closed["state"], closed["who"]) == ("closed", "adam")
