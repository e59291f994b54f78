"""The ledger over HTTP: its state, its check, exports that are written down, and the inputs of decisions."""

from __future__ import annotations

import pytest

from dialer.core.compliance.gate import Question, check
from dialer.core.number import Number
from dialer.store import decisions, sealing
from dialer.store import schema as t
from tests.web.floor import NUMBER, Place


async def _permitted(place: Place, campaign_id: int) -> None:
    """A permit in the ledger, as the gate gives it for the campaign's lead."""
    question = Question(Number(NUMBER), 1, campaign_id, region="US-NY", snapshots=(("US-DNC", place.clock()),))
    async with place.house.db.begin() as c:
        await decisions.keep(c, check(place.house.rulebook, question, place.clock()))


async def test_it_says_how_far_it_is_sealed(place: Place) -> None:
    assert (await place.call("sue", "GET /ledger")).json == {"newest": None, "awaiting": 0}
    campaign_id = await place.campaign()
    await _permitted(place, campaign_id)
    assert (await place.call("sue", "GET /ledger")).json == {"newest": None, "awaiting": 1}
    (seal,) = await sealing.seal(place.house.db, place.clock)
    shown = (await place.call("sue", "GET /ledger")).json
    assert (shown["newest"]["digest"], shown["newest"]["count"], shown["awaiting"]) == (seal.digest, 1, 0)


async def test_a_check_names_what_was_changed(place: Place) -> None:
    campaign_id = await place.campaign()
    await _permitted(place, campaign_id)
    await sealing.seal(place.house.db, place.clock)
    whole = (await place.call("adam", "POST /ledger/verify")).json
    assert (whole["intact"], whole["sealed"], whole["findings"]) == (True, 1, [])
    async with place.house.db.begin() as c:
        await c.exec_driver_sql("DROP TRIGGER decisions_change")
        await c.execute(t.decisions.update().values(sentence="changed"))
    found = (await place.call("adam", "POST /ledger/verify", json={"expect": [whole["newest"]["digest"]]})).json
    assert (found["intact"], found["faults"]) == (False, 1)
    assert found["findings"][0]["fault"] == "decision_changed"
    missed = (await place.call("adam", "POST /ledger/verify", json={"expect": ["0" * 64]})).json
    assert missed["findings"][-1]["fault"] == "deposit_missing"


@pytest.mark.parametrize(("form", "kind", "end"), [("html", "text/html", "</html>\n"), ("csv", "text/csv", "\r\n")])
async def test_an_export_is_a_file_and_is_written_down(place: Place, form: str, kind: str, end: str) -> None:
    campaign_id = await place.campaign()
    await _permitted(place, campaign_id)
    body = {"number": NUMBER, "campaign_id": campaign_id, "format": form, "language": "en", "verify": True}
    answer = await place.call("adam", "POST /ledger/export", json=body)
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="ledger-20261123T150000Z.{form}"'
    assert NUMBER in answer.text
    assert answer.text.endswith(end)
    (kept,) = (await place.call("adam", "GET /ledger/exports")).json["exports"]
    assert (kept["login"], kept["channel"], kept["format"]) == ("adam", "web", form)
    assert kept["asked"] == {"number_ends": NUMBER[-3:], "campaign_id": campaign_id}


@pytest.mark.parametrize(("body", "status"), [
    ({}, 422), ({"day": "2026-13-01"}, 422), ({"day": "2026-11-23", "zone": "Mars/Base"}, 422),
    ({"day": "2026-11-23", "zone": "../etc"}, 422), ({"number": "12"}, 422), ({"campaign_id": 999}, 404),
])  # fmt: skip
async def test_what_cannot_be_exported_is_said_and_not_begun(
    place: Place, body: dict[str, object], status: int
) -> None:
    answer = await place.call("adam", "POST /ledger/export", json=body)
    assert answer.status == status, answer.text
    assert (await place.call("adam", "GET /ledger/exports")).json == {"exports": []}


async def test_a_day_may_be_asked_for_alone(place: Place) -> None:
    campaign_id = await place.campaign()
    await _permitted(place, campaign_id)
    body = {"day": "2026-11-24", "zone": "Asia/Shanghai", "format": "csv"}
    assert (await place.call("adam", "POST /ledger/export", json=body)).text.count("\r\n") == 1
    assert (await place.call("adam", "POST /ledger/export", json=body | {"day": "2026-11-23"})).text.count("\r\n") == 2


async def test_a_leads_decisions_show_clocks_and_inputs(place: Place) -> None:
    campaign_id = await place.campaign()
    await _permitted(place, campaign_id)
    (one,) = (await place.call("sue", "GET /leads/1")).json["decisions"]
    assert one["clocks"] == ["Mon 2026-11-23 10:00:00"]
    assert one["inputs"] == {
        "mode": "progressive", "region": "US-NY", "snapshots": [["US-DNC", "2026-11-23T15:00:00Z"]]
    }  # fmt: skip
