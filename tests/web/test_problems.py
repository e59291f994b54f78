"""Whatever a client sends, it gets JSON that says what was wrong, and no number of anybody's."""

from __future__ import annotations

import asyncio
import json
import logging
from io import BytesIO
from pathlib import Path

import pytest

from dialer.web import house
from dialer.web.access import TABLE
from dialer.web.problems import MEDIA_TYPE, PROBLEMS
from tests.web.conftest import OTHER_ORIGIN
from tests.web.floor import NUMBER, Place
from tests.web.test_desk import preview


async def test_every_failure_is_problem_json(place: Place) -> None:
    big = BytesIO(json.dumps({"note": "x" * (1 << 20)}).encode())
    as_json = {"Content-Type": "application/json"}
    cases = [
        ("GET /nothing", {}, "not_found"),
        ("GET /agent/ready", {}, "method"),
        ("POST /agent/pause", {"data": "{", "headers": as_json}, "bad_request"),
        ("POST /agent/pause", {"data": "[]", "headers": as_json}, "invalid"),
        ("POST /agent/pause", {"data": "code=x", "headers": {"Content-Type": "text/plain"}}, "media_type"),
        ("POST /agent/disposition", {"data": big, "headers": as_json}, "too_large"),
        ("GET /agent/history?limit=2&limit=3", {}, "bad_request"),
        ("GET /agent/history?colour=red", {}, "invalid"),
        ("GET /agent/history?limit=501", {}, "invalid"),
        ("GET /live", {}, "bad_request"),
        ("GET /live", {"headers": {"Origin": "https://evil.example"}}, "cross_site"),
    ]
    for what, sent, word in cases:
        answer = await place.call("anna", what, **sent)
        status, title = PROBLEMS[word]
        assert (answer.status, answer.word, answer.json["title"]) == (status, word, title), (what, answer.text)
        assert answer.headers["Content-Type"].startswith(MEDIA_TYPE)
        assert answer.json["status"] == status


async def test_a_405_says_what_is_allowed(place: Place) -> None:
    assert (await place.call("anna", "DELETE /agent")).headers["Allow"] == "GET"


async def test_ids_beyond_any_database_are_invalid_and_not_a_failure(place: Place) -> None:
    for path in ("/leads/0", "/leads/-1", f"/leads/{2**63}", "/leads/x", "/campaigns/9999999999999999999"):
        assert (await place.call("sue", f"GET {path}")).word == "invalid"
    assert (await place.call("sue", f"GET /leads/{2**63 - 1}")).word == "not_found"


@pytest.mark.parametrize("mark", ["\x00", "\r\nAction: Logoff", "\x1f", "\u2028", "\ud800"])
async def test_control_characters_do_not_come_in(place: Place, mark: str) -> None:
    tries = [
        ("anna", "POST /agent/pause", {"code": f"lunch{mark}"}),
        ("anna", "POST /agent/skip", {"reason": f"busy{mark}"}),
        ("sue", "POST /do-not-call", {"number": "+12125550177", "proof": f"letter{mark}"}),
        ("adam", "POST /campaigns", {"name": f"spring{mark}", "dial_mode": "preview", "trunk": "carrier"}),
        ("adam", "POST /users", {"login": "cleo", "name": f"Cleo{mark}", "role": "agent"}),
    ]
    for login, what, body in tries:
        answer = await place.call(login, what, data=json.dumps(body), headers={"Content-Type": "application/json"})
        assert answer.status in (400, 422), (what, answer.text)


async def test_a_note_may_have_lines_but_no_control_characters(place: Place) -> None:
    for note, status in (("first\nsecond\tthird", 409), ("bell\x07", 422), ("nul\x00", 422), ("x" * 4001, 422)):
        body = {"attempt_id": "call-none", "disposition": "sale", "note": note}
        assert (await place.call("anna", "POST /agent/disposition", json=body)).status == status, note[:9]


async def test_our_own_mistake_is_a_500_without_details(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr(type(place.house.live), "__len__", lambda self: broken())
    with caplog.at_level(logging.ERROR):
        answer = await place.call("sue", "GET /node")
    assert (answer.status, answer.word) == (500, "internal")
    assert "42" not in answer.text
    assert "the secret is 42" in caplog.text


async def test_a_database_that_went_away_is_a_503(place: Place) -> None:
    await place.call("sue", "GET /me")
    await place.house.db.close()
    take_away(Path(place.house.db.url.database or ""))
    answer = await place.call("sue", "GET /me")
    assert (answer.status, answer.word) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "5"


def take_away(file: Path) -> None:
    """Nothing that opens a file can open what is in its place now."""
    file.rename(file.with_suffix(".gone"))
    file.mkdir()


async def test_no_answer_holds_a_whole_number(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        campaign_id = await preview(place)
        attempt_id = await place.talk()
        await place.call("anna", "POST /agent/opt-out", json={})
        [lead] = (await place.call("sue", f"GET /campaigns/{campaign_id}/leads")).json["leads"]
        known = {"login": "anna", "attempt_id": attempt_id, "campaign_id": campaign_id,
                 "lead_id": lead["lead_id"], "incident_id": 1}  # fmt: skip
        digits, asked = NUMBER[4:], 0
        for what in TABLE:
            if what.startswith("GET ") and what != "GET /live":
                for login in ("anna", "sue", "adam"):
                    answer = await place.call(login, what.format(**known))
                    asked += answer.status == 200
                    assert digits not in answer.text, what
        await place.call("adam", "POST /do-not-call/search", json={"number": NUMBER})
        assert asked > 40
    assert digits not in "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("dialer"))


async def test_answers_are_not_kept_framed_or_sniffed(place: Place) -> None:
    answer = await place.call("anna", "GET /me", headers={"Origin": OTHER_ORIGIN})
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_an_engine_that_stands_still_is_a_503(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(house, "FLOOR_ANSWERS", 0.01)
    monkeypatch.setattr(place.house.engine, "ask", never)
    answer = await place.call("anna", "POST /agent/ready")
    assert (answer.status, answer.word) == (503, "unavailable")
