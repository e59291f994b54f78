"""How many failures a name is forgiven: a bucket of tries that fills again with time."""

from __future__ import annotations

from datetime import datetime, timedelta

# Names beyond this many push out those that were quiet longest: guessing names must not fill the memory.
MOST_NAMES = 10_000


class Throttle:
    """Counts failures by name. One comes back every `seconds_each`."""

    def __init__(self, *, tries: int, seconds_each: float) -> None:
        self._tries, self._each = tries, timedelta(seconds=seconds_each)
        self._full_at: dict[str, datetime] = {}  # when all tries are back; the least recently used first

    def wait(self, name: str, now: datetime) -> timedelta:
        """How long this name must wait for its next try; zero: it need not."""
        full_at = self._full_at.get(name)
        if full_at is None:
            return timedelta()
        return max(full_at - now - self._each * (self._tries - 1), timedelta())

    def failed(self, name: str, now: datetime) -> None:
        """Take a try away."""
        full_at = max(self._full_at.pop(name, now), now)
        self._full_at[name] = full_at + self._each
        while len(self._full_at) > MOST_NAMES:
            del self._full_at[next(iter(self._full_at))]

    def forgive(self, name: str) -> None:
        """All tries back: it was the right person."""
        self._full_at.pop(name, None)
