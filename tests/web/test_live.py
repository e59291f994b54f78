from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from dialer.core import events as ev
from dialer.store import people, tokens
from dialer.web import live, socket
from dialer.web.live import GOING_AWAY, QUEUE, SIGNED_OUT, TRY_AGAIN, Live, Watcher
from dialer.web.shapes import ChangesMessage, SnapshotMessage
from tests.web.floor import API, NUMBER, Place
from tests.web.test_desk import preview

Views = dict[tuple[str, str], dict[str, Any]]


@asynccontextmanager
async def watching(place: Place, login: str, **headers: str) -> AsyncIterator[ClientWebSocketResponse]:
    sent = {"Authorization": f"Bearer {await place.token(login)}", **headers}
    async with place.client.ws_connect(f"{API}/live", headers=sent) as opened:
        yield opened


class Screen:
    """What a page would show: the snapshot with every change put in, the numbers checked."""

    def __init__(self, opened: ClientWebSocketResponse) -> None:
        self.opened = opened
        self.views: Views = {}
        self.seq = -1

    async def next(self) -> None:
        message = await self.opened.receive(timeout=5)
        assert message.type is WSMsgType.TEXT, message
        said = message.json()
        assert said["seq"] == self.seq + 1
        self.seq = said["seq"]
        if "snapshot" in said:
            SnapshotMessage.model_validate(said)
            self.views = {(s, k): v for s, by_key in said["snapshot"].items() for k, v in by_key.items()}
        else:
            ChangesMessage.model_validate(said)
            for change in said["changes"]:
                key = change["subject"], change["key"]
                self.views.pop(key, None)
                if change["view"] is not None:
                    self.views[key] = change["view"]

    async def until(self, key: tuple[str, str], **expected: Any) -> None:
        while {name: self.views.get(key, {}).get(name) for name in expected} != expected:
            await self.next()

    async def until_gone(self, key: tuple[str, str]) -> None:
        while key in self.views:
            await self.next()


async def code_of(opened: ClientWebSocketResponse) -> int | None:
    """Read to the close; its code."""
    async with asyncio.timeout(5):
        async for _ in opened:
            pass
    return opened.close_code


async def test_a_supervisors_screen_follows_a_whole_call(place: Place) -> None:
    async with watching(place, "sue") as opened:
        screen = Screen(opened)
        await screen.next()
        assert ("node", "") in screen.views
        await preview(place)
        await screen.until(("agent", "anna"), state="reserved")
        attempt_id = await place.talk()
        await screen.until(("call", attempt_id), state="talking")
        await place.talked(attempt_id)
        await screen.until(("agent", "anna"), state="wrap_up")
        said = {"attempt_id": attempt_id, "disposition": "sale"}
        await place.call("anna", "POST /agent/disposition", json=said)
        await screen.until_gone(("call", attempt_id))
        assert NUMBER not in str(screen.views)


async def test_a_screen_that_follows_changes_equals_a_fresh_snapshot(place: Place) -> None:
    async with watching(place, "sue") as opened, watching(place, "anna") as own:
        screens = Screen(opened), Screen(own)
        await preview(place)
        attempt_id = await place.talk()
        await place.settled()
        for login, screen in zip(("sue", "anna"), screens, strict=True):
            async with watching(place, login) as again:
                fresh = Screen(again)
                await fresh.next()
                while screen.views != fresh.views:
                    await screen.next()
            assert ("call", attempt_id) in screen.views


async def test_an_agent_sees_their_own_part_and_nothing_else(place: Place) -> None:
    campaign_id = await place.campaign("anna")
    await place.campaign("ben", numbers=("+12125550124",), name="autumn")
    async with watching(place, "anna") as opened:
        screen = Screen(opened)
        await screen.next()
        assert screen.views == {}, "nothing of the floor before they log in"
        await place.call("ben", "POST /agent/log-in")
        await place.settled()
        await place.talk("ben")
        await place.call("anna", "POST /agent/log-in")
        await screen.until(("agent", "anna"), state="reserved")
        assert set(screen.views) == {("agent", "anna"), ("campaign", str(campaign_id))}
        await place.call("anna", "POST /agent/dial")
        await place.settled()
        [attempt_id] = [call.attempt_id for call in place.house.picture.calls.values() if call.agent_id == "anna"]
        await screen.until(("call", attempt_id), agent_id="anna")
        await place.call("adam", f"PUT /campaigns/{campaign_id}/agents", json={"agents": []})
        await screen.until_gone(("campaign", str(campaign_id)))
        assert set(screen.views) == {("agent", "anna"), ("call", attempt_id)}


async def test_a_socket_needs_a_token_and_our_origin(place: Place) -> None:
    for headers, status in (
        ({}, 401),
        ({"Authorization": "Bearer guessed"}, 401),
        ({"Authorization": f"Bearer {await place.token('anna')}", "Origin": "https://evil.example"}, 403),
    ):
        with pytest.raises(WSServerHandshakeError) as refused:
            await place.client.ws_connect(f"{API}/live", headers=headers)
        assert refused.value.status == status


async def test_signing_out_closes_the_sockets_of_that_sign_in_only(place: Place) -> None:
    token = await place.token("anna")
    bearer = {"Authorization": f"Bearer {token}"}
    async with place.client.ws_connect(f"{API}/live", headers=bearer) as mine, watching(place, "anna") as other:
        await place.call(None, "POST /sign-out", headers=bearer)
        assert await code_of(mine) == SIGNED_OUT
        await Screen(other).next()
        await place.call("adam", "PATCH /users/anna", json={"active": False})
        assert await code_of(other) == SIGNED_OUT


async def test_a_sign_in_that_ended_elsewhere_is_noticed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "ASK_AGAIN", socket.ASK_AGAIN / 1000)
    async with watching(place, "anna") as opened:
        async with place.house.db.begin() as c:
            await tokens.revoke_all(c, "anna", place.clock())
        assert await code_of(opened) == SIGNED_OUT


async def test_a_new_role_that_was_given_elsewhere_is_noticed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "ASK_AGAIN", socket.ASK_AGAIN / 1000)
    async with watching(place, "sue") as opened:
        async with place.house.db.begin() as c:
            await people.replace_user(c, people.User("sue", "Sue", people.Role.AGENT))
        assert await code_of(opened) == SIGNED_OUT


async def test_sockets_close_with_the_service_and_do_not_hold_it_up(place: Place) -> None:
    async with watching(place, "sue") as opened:
        await Screen(opened).next()
        begun = asyncio.get_running_loop().time()
        closing = asyncio.create_task(place.client.server.close())
        assert await code_of(opened) == GOING_AWAY
        await closing
        assert asyncio.get_running_loop().time() - begun < 2


async def test_a_client_that_left_is_forgotten(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watching(place, "sue") as opened:
        await Screen(opened).next()
        assert len(place.house.live) == 1
        gone, leave = asyncio.Event(), Live.leave

        def notice(self: Live, watcher: Watcher) -> None:
            leave(self, watcher)
            gone.set()

        monkeypatch.setattr(Live, "leave", notice)
    await asyncio.wait_for(gone.wait(), 5)
    assert len(place.house.live) == 0


async def test_who_does_not_keep_up_is_told_to_come_again_and_others_are_not_held_up(place: Place) -> None:
    picture = place.house.picture
    news = Live(picture)
    slow, quick = Watcher("sue", "1", None), Watcher("adam", "2", None)
    news.watch(slow)
    news.watch(quick)
    for _ in range(QUEUE):
        news.publish({("node", "")})
        await quick.queue.get()
    assert slow.queue.get_nowait() == TRY_AGAIN
    assert slow.queue.empty()
    assert quick.queue.qsize() == 1
    assert not quick.closed


async def test_a_change_is_put_into_words_once_for_all_who_watch(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(live, "view", lambda picture, subject, key: made.append(key) or {})
    await place.house.ask(ev.AgentLoggedIn("anna", "phone-anna", (), True))
    news = Live(place.house.picture)
    for n in range(50):
        news.watch(Watcher(f"sue{n}", "", None))
        news.watch(Watcher(f"anna{n}", "", "anna"))
    made.clear()
    news.publish({("agent", "anna")})
    assert made == ["anna"]


async def test_a_view_that_cannot_be_made_stops_no_dialing(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    news = Live(place.house.picture)
    watcher = Watcher("sue", "", None)
    news.watch(watcher)
    with caplog.at_level(logging.ERROR):
        news.publish({("campaign", "no number")})
    assert watcher.queue.get_nowait() == TRY_AGAIN
    assert "lost: changes of the live picture" in caplog.text
