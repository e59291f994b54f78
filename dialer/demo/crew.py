"""The demonstration's people: agents and a supervisor who use the dialer's HTTP API as any desktop would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import aiohttp

WORDS = ("not_interested", "interested", "sale", "not_interested")


@dataclass(frozen=True, slots=True)
class Login:
    """A user of the demonstration."""

    login: str
    password: str


class Desk:
    """One signed-in user and what their live socket shows."""

    def __init__(self, base: str, who: Login, session: aiohttp.ClientSession) -> None:
        self._base = base
        self.who = who
        self._session = session
        self._headers: dict[str, str] = {}
        self.picture: dict[str, dict[str, Any]] = {}

    async def sign_in(self) -> None:
        """Get a token."""
        answer = await self.post("/sign-in", login=self.who.login, password=self.who.password)
        self._headers = {"Authorization": f"Bearer {answer['token']}"}

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        """One order. A refusal (4xx) raises `aiohttp.ClientResponseError`."""
        async with self._session.post(f"{self._base}/api/v1{path}", json=body, headers=self._headers) as response:
            response.raise_for_status()
            return dict(await response.json())

    async def get(self, path: str) -> dict[str, Any]:
        """One look."""
        async with self._session.get(f"{self._base}/api/v1{path}", headers=self._headers) as response:
            response.raise_for_status()
            return dict(await response.json())

    async def delete(self, path: str) -> None:
        """End something."""
        async with self._session.delete(f"{self._base}/api/v1{path}", headers=self._headers) as response:
            response.raise_for_status()

    async def watch(self, seen: Callable[[set[tuple[str, str]]], Awaitable[None]]) -> None:
        """Follow the live socket, keep `picture` as it says, and call `seen` with what changed, in order."""
        async with self._session.ws_connect(f"{self._base}/api/v1/live", headers=self._headers, heartbeat=20) as socket:
            async for frame in socket:
                message = json.loads(frame.data)
                if "snapshot" in message:
                    self.picture = message["snapshot"]
                    changed = {(s, k) for s, views in self.picture.items() for k in views}
                else:
                    changed = set()
                    for change in message["changes"]:
                        changed.add((change["subject"], change["key"]))
                        views = self.picture.setdefault(change["subject"], {})
                        if change["view"] is None:
                            views.pop(change["key"], None)
                        else:
                            views[change["key"]] = change["view"]
                await seen(changed)


@asynccontextmanager
async def desks(base: str, people: list[Login]) -> AsyncIterator[list[Desk]]:
    """Sign everybody in."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        made = [Desk(base, who, session) for who in people]
        for desk in made:
            await desk.sign_in()
        yield made


class Agent:
    """Logs in, wraps up after a moment, dials or skips what is previewed, takes one short break."""

    def __init__(self, desk: Desk, random: Random, pace: float = 1.0) -> None:
        self._desk = desk
        self._random = random
        self._pace = pace  # factor on every human delay
        self._acting_on: object = None
        self._waiting: set[asyncio.Task[None]] = set()

    async def work(self) -> None:
        """Until cancelled."""
        await self._desk.post("/agent/log-in")
        async with asyncio.TaskGroup() as group:

            async def seen(changed: set[tuple[str, str]]) -> None:
                self._react(group)

            await self._desk.watch(seen)

    def _react(self, group: asyncio.TaskGroup) -> None:
        me = self._desk.picture.get("agent", {}).get(self._desk.who.login)
        if me is None:
            return
        now_on = (me["state"], me["attempt_id"], (me["preview"] or {}).get("lead_id"))
        if now_on == self._acting_on:
            return
        self._acting_on = now_on
        if me["state"] == "wrap_up":
            word = self._random.choice(WORDS)
            self._later(group, "/agent/disposition", attempt_id=me["attempt_id"], disposition=word)
        elif me["preview"] is not None:
            self._later(group, "/agent/dial")

    def _later(self, group: asyncio.TaskGroup, path: str, **body: Any) -> None:
        task = group.create_task(self._act(self._random.uniform(0.8, 2.0) * self._pace, path, body))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _act(self, delay: float, path: str, body: dict[str, Any]) -> None:
        await asyncio.sleep(delay)
        try:
            await self._desk.post(path, **body)
        except aiohttp.ClientResponseError as error:
            if error.status != 409:  # too late: a deadline was faster, and the screen shows what is true now
                raise


async def supervise(desk: Desk, agent_id: str) -> None:
    """Listen to an agent's call, whisper, barge in, and let go: one leg, no new call."""
    for mode in ("listen", "whisper", "barge"):
        try:
            await desk.post("/supervision", agent_id=agent_id, mode=mode)
        except aiohttp.ClientResponseError as error:
            if error.status != 409:
                raise
            return
        await asyncio.sleep(2)
    await desk.delete("/supervision")
