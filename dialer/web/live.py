"""The live picture on its way to browsers: a snapshot, then numbered changes.

The engine's loop calls `publish` at the end of a turn; it makes each view once, whoever many watch, and never waits. A
watcher who does not keep up is closed with 1013 and comes back for a fresh snapshot: nothing is dropped in silence.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable
from typing import Final

from dialer.core.floor.picture import Picture
from dialer.core.floor.views import View, snapshot, view

log = logging.getLogger(__name__)

Key = tuple[str, str]

# Turns a watcher may be behind. At fifty turns a second that is five seconds of a stalled browser.
QUEUE: Final = 256

GOING_AWAY: Final = 1001
SIGNED_OUT: Final = 1008
TRY_AGAIN: Final = 1013


class Watcher:
    """One socket's place in the line. `agent_id` None: sees everything."""

    def __init__(self, login: str, session: str, agent_id: str | None) -> None:
        self.login, self.session, self.agent_id = login, session, agent_id
        self.queue: asyncio.Queue[str | int] = asyncio.Queue(QUEUE)  # messages, or the code to close with, last
        self.seen: frozenset[Key] = frozenset()
        self.seq = 0
        self.closed = False

    def send(self, body: str) -> None:
        """Number a message and put it in the line; a full line ends the watch."""
        if self.closed:
            return
        if self.queue.full():
            self.close(TRY_AGAIN)
            return
        self.queue.put_nowait(f'{{"seq":{self.seq},{body}}}')
        self.seq += 1

    def close(self, code: int) -> None:
        """Say no more: what waits is thrown away, the socket closes with `code`."""
        if self.closed:
            return
        self.closed = True
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(code)


class Live:
    """Knows the watchers. Belongs to the event loop's thread, like the picture it reads."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._watchers: set[Watcher] = set()

    def __len__(self) -> int:
        return len(self._watchers)

    def watch(self, watcher: Watcher) -> None:
        """Begin: the snapshot is the first in line, and no change after it is missed."""
        shown = snapshot(self._picture)
        if watcher.agent_id is not None:
            watcher.seen = visible(self._picture, watcher.agent_id)
            shown = {s: {k: v for k, v in by_key.items() if (s, k) in watcher.seen} for s, by_key in shown.items()}
        watcher.send(f'"snapshot":{_json(shown)}')
        self._watchers.add(watcher)

    def leave(self, watcher: Watcher) -> None:
        self._watchers.discard(watcher)

    def publish(self, changes: set[Key]) -> None:
        """Tell every watcher what they may see of it. Never raises: no screen may stop the dialing."""
        try:
            self._publish(changes)
        except Exception:
            log.exception("lost: changes of the live picture; every watcher starts again")
            for watcher in self._watchers:
                watcher.close(TRY_AGAIN)

    def _publish(self, changes: set[Key]) -> None:
        if not self._watchers:
            return
        made: dict[Key, str] = {}
        for_all = self._changes(sorted(changes), made)
        for watcher in self._watchers:
            if watcher.agent_id is None:
                watcher.send(for_all)
            else:
                self._tell_agent(watcher, watcher.agent_id, changes, made)

    def drop(self, login: str, session: str | None = None) -> None:
        """Close a user's sockets: all of them, or those of one sign-in."""
        for watcher in self._watchers:
            if watcher.login == login and session in (None, watcher.session):
                watcher.close(SIGNED_OUT)

    def close(self) -> None:
        """The service stops."""
        for watcher in self._watchers:
            watcher.close(GOING_AWAY)

    def _tell_agent(self, watcher: Watcher, agent_id: str, changes: set[Key], made: dict[Key, str]) -> None:
        sees = visible(self._picture, agent_id)
        news = (changes & sees) | (sees - watcher.seen)
        gone = watcher.seen - sees
        watcher.seen = sees
        if news or gone:
            watcher.send(self._changes([*sorted(news), *sorted(gone)], made, gone))

    def _changes(self, keys: Iterable[Key], made: dict[Key, str], gone: frozenset[Key] = frozenset()) -> str:
        parts = []
        for key in keys:
            if key in gone:  # out of this watcher's sight, though perhaps not of the picture
                parts.append(_change(key, None))
                continue
            if key not in made:
                made[key] = _change(key, view(self._picture, *key))
            parts.append(made[key])
        return f'"changes":[{",".join(parts)}]'


def visible(picture: Picture, agent_id: str) -> frozenset[Key]:
    """What an agent sees: themselves, their call, and the campaigns they are logged in for."""
    agent = picture.agents.get(agent_id)
    if agent is None:
        return frozenset()
    keys: set[Key] = {("agent", agent_id)}
    keys |= {("campaign", str(campaign_id)) for campaign_id in agent.campaigns if campaign_id in picture.desks}
    if picture.call_of(agent) is not None and agent.attempt_id is not None:
        keys.add(("call", agent.attempt_id))
    return frozenset(keys)


def _change(key: Key, shown: View | None) -> str:
    return _json({"subject": key[0], "key": key[1], "view": shown})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
