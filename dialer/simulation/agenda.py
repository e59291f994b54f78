"""Virtual time: what will happen, in order, and a clock that jumps from one thing to the next."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

Happening = Callable[[], None]


@dataclass(slots=True)
class Agenda:
    """Things that will happen. Those due at the same moment happen in the order they were put down."""

    now: datetime
    _heap: list[tuple[datetime, int, Happening]] = field(default_factory=list)
    _serial: count[int] = field(default_factory=count)

    def at(self, when: datetime, what: Happening) -> None:
        """Put something down; what lies in the past happens now."""
        heapq.heappush(self._heap, (max(when, self.now), next(self._serial), what))

    def after(self, seconds: float, what: Happening) -> None:
        """Put something down for later."""
        self.at(self.now + timedelta(seconds=seconds), what)

    def next_time(self) -> datetime | None:
        """When the next thing happens."""
        return self._heap[0][0] if self._heap else None

    def step(self) -> bool:
        """Let the next thing happen; False when nothing is left."""
        if not self._heap:
            return False
        self.now, _, what = heapq.heappop(self._heap)
        what()
        return True
