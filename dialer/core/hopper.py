"""Claimed leads of one campaign, ready to dial; it is kept short so that leases and permits stay fresh."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dialer.core.lead import Prospect

# A claimed lead is not begun in the last minute of its lease: another node may claim it while the phone rings.
LEASE_MARGIN = timedelta(seconds=60)


@dataclass(slots=True)
class Hopper:
    """First in, first out, but a personal callback waits for its agent until it is open to all."""

    prospects: deque[Prospect] = field(default_factory=deque)
    claiming: bool = False  # one claim at a time
    ask_again_at: datetime | None = None  # the last claim found nothing: not before this moment
    next_at: datetime | None = None  # when the next lead falls due, as the last claim found it
    left: int | None = None  # leads of the campaign not finally done; None: not known yet

    def __len__(self) -> int:
        return len(self.prospects)

    def wanted(self, workers: int, now: datetime) -> int:
        """How many leads to claim now: two for each worker, none while a claim runs or nothing is due."""
        if self.claiming or workers == 0 or (self.ask_again_at is not None and now < self.ask_again_at):
            return 0
        target = 2 * workers
        return target - len(self.prospects) if len(self.prospects) < workers else 0

    def take(self, agent_id: str, now: datetime) -> Prospect | None:
        """The next prospect this agent may have, leaving others where they are. Stale ones are dropped: their
        lease brings them back."""
        self.prospects = deque(p for p in self.prospects if p.lease_until - LEASE_MARGIN > now)
        for prospect in self.prospects:
            if prospect.for_agent in (None, agent_id) or (prospect.open_from is not None and prospect.open_from <= now):
                self.prospects.remove(prospect)
                return prospect
        return None

    def take_out(self, concerned: Callable[[Prospect], bool]) -> list[Prospect]:
        """Take out every prospect of whom this is true."""
        out: list[Prospect] = []
        stay: deque[Prospect] = deque()
        for prospect in self.prospects:
            (out if concerned(prospect) else stay).append(prospect)
        self.prospects = stay
        return out

    def empty(self) -> list[Prospect]:
        """Take everything out."""
        out = list(self.prospects)
        self.prospects.clear()
        return out
