from __future__ import annotations

import json
import zipfile
from io import BytesIO

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.outcome import Cause
from dialer.store import exports
from tests.web.floor import Place

NUMBER, OTHER = "+442079460123", "+442079460124"
ERASE = {"number": NUMBER, "because": "letter of 20 November", "confirm": True}


async def test_an_administrator_gets_a_copy_and_that_is_kept(place: Place) -> None:
    await place.campaign("anna", numbers=(NUMBER, OTHER))
    answer = await place.call("adam", "POST /people/export", json={"number": "+44 20 7946 0123"})
    assert answer.status == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="person.json"'
    found = json.loads(answer.body)
    assert found["numbers"] == [NUMBER]
    assert [row["name"] for row in found["data"]["leads"]] == ["Lead 0"]
    assert OTHER not in answer.text
    async with place.house.db.read() as c:
        (kept,) = await exports.every(c)
    assert (kept.login, kept.channel, kept.asked, kept.format) == ("adam", "web", {"person": "123"}, "json")


async def test_a_zip_file_holds_the_document(place: Place) -> None:
    await place.campaign("anna", numbers=(NUMBER,))
    answer = await place.call("adam", "POST /people/export", json={"number": NUMBER, "format": "zip"})
    with zipfile.ZipFile(BytesIO(answer.body)) as archive:
        assert archive.namelist() == ["person.json"]


async def test_a_plan_tells_what_would_go_by_the_last_digits(place: Place) -> None:
    await place.campaign("anna", numbers=(NUMBER,))
    plan = (await place.call("adam", "POST /people/erasure-plan", json={"number": NUMBER})).json
    assert (plan["numbers_end"], plan["campaigns"], plan["rows"]["leads"], plan["hindrance"]) == (
        ["123"], ["spring"], 1, None,
    )  # fmt: skip
    assert plan["erased_before"] is None


async def test_an_erased_person_leaves_the_agents_desk_at_once(place: Place) -> None:
    campaign_id = await place.campaign("anna", numbers=(NUMBER,))
    await place.call("anna", "POST /agent/log-in")
    await place.settled()
    assert place.house.picture.agents["anna"].preview is not None
    done = await place.call("adam", "POST /people/erase", json=ERASE)
    assert (done.status, done.json["what"]["leads"], done.json["numbers_end"]) == (200, 1, ["123"])
    await place.settled()
    assert place.house.picture.agents["anna"].preview is None
    page = (await place.call("sue", f"GET /campaigns/{campaign_id}/leads")).json["leads"]
    assert [(lead["name"], lead["status"], lead["because"]) for lead in page] == [("", "done", "erased")]
    assert [number["number_ends"] for lead in page for number in lead["numbers"]] == [""]
    plan = (await place.call("adam", "POST /people/erasure-plan", json={"number": NUMBER})).json
    assert plan["erased_before"] is not None


async def test_nobody_is_erased_in_the_middle_of_a_call(place: Place) -> None:
    await place.campaign("anna", numbers=(NUMBER,))
    await place.call("anna", "POST /agent/log-in")
    await place.settled()
    attempt_id = await place.talk()
    refused = await place.call("adam", "POST /people/erase", json=ERASE)
    assert (refused.status, refused.word) == (409, "impossible")
    plan = (await place.call("adam", "POST /people/erasure-plan", json={"number": NUMBER})).json
    assert "is up" in plan["hindrance"]
    assert not [order for order in place.performed if isinstance(order, cmd.HangupLeg)]
    await place.talked(attempt_id)


async def test_an_attempt_of_an_erased_person_shows_no_number(place: Place) -> None:
    await place.campaign("anna", numbers=(NUMBER,))
    await place.call("anna", "POST /agent/log-in")
    await place.settled()
    await place.call("anna", "POST /agent/dial")
    sent = await place.ordered(cmd.Originate)
    await place.call("sue", "POST /do-not-call", json={"number": NUMBER})
    await place.ordered(cmd.HangupLeg)
    await place.house.ask(ev.CustomerLegEnded(sent.attempt_id, Cause.NORMAL, 16, False))
    await place.settled()
    assert (await place.call("adam", "POST /people/erase", json=ERASE)).status == 200
    shown = await place.call("sue", f"GET /attempts/{sent.attempt_id}")
    assert (shown.status, shown.json["attempt"]["number_ends"]) == (200, "")
    opted = await place.call("anna", "POST /agent/opt-out", json={"attempt_id": sent.attempt_id})
    assert (opted.status, opted.word) == (409, "impossible")


async def test_it_must_be_meant(place: Place) -> None:
    for body in ({"number": NUMBER, "because": "letter"}, ERASE | {"confirm": False}, ERASE | {"because": ""}):
        assert (await place.call("adam", "POST /people/erase", json=body)).status == 422
