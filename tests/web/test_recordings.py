from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from dialer.store import recordings
from tests.web.floor import MONDAY, Answer, Place
from tests.web.test_desk import preview

SOUND = bytes(range(256)) * 40


async def recorded(place: Place, path: str = "2026/11/23/call.mp3") -> str:
    """A call of anna's with its recording; the attempt's id."""
    await preview(place)
    attempt_id = await place.talk()
    await place.settled()
    file = place.house.settings.recordings.library / path
    if ".." not in path:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(SOUND)
    side = {"level_dbfs": -20.0}
    async with place.house.db.begin() as c:
        row = recordings.Recording(attempt_id, path, "0" * 64, 60.0, len(SOUND), "mp3", [side, side], MONDAY)
        await recordings.save(c, row)
    return attempt_id


async def play(place: Place, login: str, attempt_id: str, query: str = "", **headers: str) -> Answer:
    return await place.call(login, f"GET /recordings/{attempt_id}/audio{query}", headers=headers)


async def test_a_recording_is_listed_and_played_whole_and_in_ranges(place: Place) -> None:
    attempt_id = await recorded(place)
    [shown] = (await place.call("sue", "GET /recordings?agent_id=anna")).json["recordings"]
    assert (shown["attempt_id"], shown["seconds"]) == (attempt_id, 60.0)
    assert (await place.call("sue", "GET /recordings?agent_id=ben")).json["recordings"] == []
    whole = await play(place, "sue", attempt_id)
    assert (whole.status, whole.headers["Content-Type"], whole.body) == (200, "audio/mpeg", SOUND)
    part = await play(place, "sue", attempt_id, Range="bytes=100-199")
    assert (part.status, part.body) == (206, SOUND[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(SOUND)}"
    beyond = await play(place, "sue", attempt_id, Range="bytes=999999-")
    assert beyond.status == 416


async def test_who_listens_is_logged_once_a_listening_also_by_a_range(place: Place) -> None:
    attempt_id = await recorded(place)
    await play(place, "sue", attempt_id, Range="bytes=1-")
    await play(place, "sue", attempt_id, Range="bytes=500-")
    taken = await play(place, "adam", attempt_id, "?download=true")
    assert taken.headers["Content-Disposition"] == 'attachment; filename="call.mp3"'
    place.clock.now += timedelta(minutes=11)
    await play(place, "sue", attempt_id)
    logged = (await place.call("sue", f"GET /recordings/{attempt_id}/accesses")).json["accesses"]
    assert [(one["login"], one["what"]) for one in logged] == [("sue", "play"), ("adam", "download"), ("sue", "play")]


async def test_agents_hear_their_own_calls_only(place: Place) -> None:
    attempt_id = await recorded(place)
    assert (await play(place, "anna", attempt_id)).status == 200
    assert (await play(place, "ben", attempt_id)).status == 404


async def test_a_file_that_is_gone_or_outside_the_library_is_not_sent(place: Place, tmp_path: Path) -> None:
    (tmp_path / "secret.mp3").write_bytes(b"not yours")
    attempt_id = await recorded(place, "../secret.mp3")
    answer = await play(place, "adam", attempt_id)
    assert (answer.status, answer.word) == (404, "not_found")
