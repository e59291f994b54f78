"""What a trunk may carry: its lines, and its calls per second in every sliding second."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

# The far end judges the rate by its own clock; between our stamp and its lie the loop, the PBX and the network.
# Two milliseconds more than a second keep a steady sender inside the limit there too.
WINDOW = timedelta(seconds=1, milliseconds=2)


@dataclass(slots=True)
class Trunk:
    """A way out with a limited number of places and a limited rate."""

    name: str
    lines: int
    calls_per_second: int
    overlays: tuple[str, ...] = ()  # rule packs of the carrier, on top of the law
    in_use: int = 0
    sent: deque[datetime] = field(default_factory=deque)  # the moments of the last calls, oldest first

    @property
    def free_lines(self) -> int:
        return max(self.lines - self.in_use, 0)

    def allowance(self, now: datetime) -> int:
        """How many more calls this sliding second takes."""
        while self.sent and now - self.sent[0] >= WINDOW:
            self.sent.popleft()
        return max(self.calls_per_second - len(self.sent), 0)

    def next_allowance(self) -> datetime | None:
        """When the next place in the sliding second comes free; None if there is one."""
        if len(self.sent) < self.calls_per_second:
            return None
        return self.sent[-self.calls_per_second] + WINDOW

    def send(self, now: datetime) -> None:
        """Count a call that leaves now."""
        self.sent.append(now)
