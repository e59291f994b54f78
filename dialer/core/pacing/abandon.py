"""How many live answers found no agent, and the brake that stops dialing before a limit is broken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# An internal alarm, far under any regulator's figure: dialing here is 1:1, where the right number is zero.
BRAKE_SHARE = 0.01
# One abandon is an agent's phone that died in the wrong instant. Two say that phones are dying.
FORGIVEN = 1
# Long enough for a person to look at the phones; the brake lets go by itself so that nobody has to be awake.
BRAKE_TIME = timedelta(minutes=10)


@dataclass(slots=True)
class Abandons:
    """Live answers and abandons of one campaign since the service started."""

    live: int = 0
    abandoned: int = 0
    braked_until: datetime | None = None

    def answered(self, now: datetime, *, abandoned: bool) -> None:
        """Count a call that a person answered."""
        self.live += 1
        if not abandoned:
            return
        self.abandoned += 1
        if self.abandoned > FORGIVEN and self.share > BRAKE_SHARE:
            self.braked_until = now + BRAKE_TIME

    @property
    def share(self) -> float:
        """Abandons as a share of live answers."""
        return self.abandoned / self.live if self.live else 0.0

    def brake(self, now: datetime) -> bool:
        """True while no progressive call may be placed."""
        return self.braked_until is not None and now < self.braked_until
