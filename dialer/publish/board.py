"""The retained state as it should be at the broker: the newest of each topic, and what the broker does not know yet.

While the broker is down a hundred changes of one agent become one. The board never loses the newest state of a thing it
knows; a thing too many is refused and counted.
"""

from __future__ import annotations

import asyncio

LIMIT = 20_000  # topics; some kilobytes of state each agent, call and campaign, far more than a node has


class Board:
    """Topic to payload; `None` is a topic to be cleared, forgotten once the broker has confirmed it."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.refused = 0
        self._limit = limit
        self._newest: dict[str, bytes | None] = {}
        self._unsent: dict[str, None] = {}  # a set that keeps its order
        self._changed = asyncio.Event()

    def __contains__(self, topic: str) -> bool:
        return self._newest.get(topic) is not None

    def __len__(self) -> int:
        """Topics known here, those still to be cleared among them."""
        return len(self._newest)

    @property
    def unsent(self) -> int:
        """Topics whose newest state nobody took yet."""
        return len(self._unsent)

    def show(self, topic: str, payload: bytes | None) -> None:
        """Set the newest state; None clears the topic at the broker. What the broker has already is not sent again."""
        if topic in self._newest and self._newest[topic] == payload:
            return
        if topic not in self._newest and len(self._newest) >= self._limit:
            self.refused += 1
            return
        self._newest[topic] = payload
        self._unsent[topic] = None
        self._changed.set()

    def all_again(self) -> None:
        """A new connection: the broker may have forgotten everything."""
        self._unsent = dict.fromkeys(self._newest)
        self._changed.set()

    async def take(self, limit: int) -> dict[str, bytes | None]:
        """Wait for changes and take up to `limit` topics with their newest state."""
        while not self._unsent:
            self._changed.clear()
            await self._changed.wait()
        topics = list(self._unsent)[:limit]
        for topic in topics:
            del self._unsent[topic]
        return {topic: self._newest[topic] for topic in topics}

    def confirmed(self, sent: dict[str, bytes | None]) -> None:
        """The broker has these; topics that were cleared and not set since are forgotten."""
        for topic, payload in sent.items():
            if payload is None and topic not in self._unsent and self._newest.get(topic, b"") is None:
                del self._newest[topic]
