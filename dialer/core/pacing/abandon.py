"""How near the abandonment limit a campaign is, and the brake that stops dialing before the limit can be passed.

Dialing is 1:1: an agent is named, with the phone on line, before a call is placed, so nobody is abandoned by design.
What abandons a person is a phone that dies in the wrong instant. After that has happened no more calls are let out for
a while than could all go wrong without passing the limit; where the next abandon would pass it, that is none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dialer.core.compliance.abandonment import PERIODS, Limit, Tally, block, forecast, more, passed, too_late
from dialer.core.compliance.packs import AbandonPeriod
from dialer.core.compliance.question import AbandonCount

# An internal alarm, far under any regulator's figure: dialing here is 1:1, where the right number is zero.
BRAKE_SHARE = 0.01
# One abandon is an agent's phone that died in the wrong instant. Two say that phones are dying.
FORGIVEN = 1
# Long enough for a person to look at the phones; the brake lets go by itself so that nobody has to be awake.
BRAKE_TIME = timedelta(minutes=10)
# Shown where no rule pack has a limit: the figure of the United States and the United Kingdom. It stops nothing.
HOUSE_PERIOD: AbandonPeriod = "campaign_30_days"
HOUSE_LIMIT = Limit(3.0, "house")
# The last live answers tell how it will go on, once there are enough of them; before that the block's own share does.
LATELY, ENOUGH = 200, 20


@dataclass(frozen=True, slots=True)
class Brake:
    """How many calls may be placed now. `room` None: an agent is guaranteed for each, the limit is no matter."""

    room: int | None
    because: str
    until: datetime | None = None  # when it lets go by itself

    @property
    def on(self) -> bool:
        return self.room == 0


GUARANTEED = Brake(None, "an agent is named for each call")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a block with a limit stands: `more` further abandons would pass it; `forecast` is the percentage at its end,
    rounded, so that it is no news each second.
    """

    tally: Tally
    limit: Limit
    more: int
    forecast: float


@dataclass(slots=True)
class Abandons:
    """Live answers and abandons of one campaign, block by block. The database is the truth: what it has counted comes
    in by `counted`, and what happens between two counts is added here.
    """

    zone: str = "UTC"  # of days and months
    started: datetime | None = None  # the campaign's first call
    limits: dict[AbandonPeriod, Limit] = field(default_factory=dict)  # of the packs met so far
    last_at: datetime | None = None  # of the last abandon
    lately: deque[bool] = field(default_factory=lambda: deque(maxlen=LATELY))
    _tallies: dict[AbandonPeriod, Tally] = field(default_factory=dict)

    def counted(
        self, zone: str, started: datetime | None, tallies: tuple[Tally, ...], last_at: datetime | None
    ) -> bool:
        """Take over what the database has counted; True where that was news."""
        before = self.zone, self.started, dict(self._tallies), self.last_at
        self.zone, self.started = zone, started or self.started
        for tally in tallies:
            known = self._tallies.get(tally.period)
            self._tallies[tally.period] = tally if known is None else tally.joined(known)
        self.last_at = max(filter(None, (last_at, self.last_at)), default=None)
        return before != (self.zone, self.started, self._tallies, self.last_at)

    def answered(
        self,
        at: datetime,
        now: datetime,
        *,
        abandoned: bool,
        waited_ms: int | None = None,
        greeting_ms: int | None = None,
    ) -> None:
        """Count a call, begun `at`, that a person answered; where an agent came, after how long."""
        self.started = self.started or at
        at = max(at, self.started)  # the row of the first call was written some milliseconds after it was ordered
        for period in PERIODS:
            known = self._tallies.get(period)
            if known is None or at >= known.start:  # else it belongs to a block that is over
                missed = abandoned or too_late(waited_ms, greeting_ms, period)
                self._tallies[period] = self.tally(period, at).plus(abandoned=missed)
        missed = abandoned or too_late(waited_ms, greeting_ms, HOUSE_PERIOD)
        self.lately.append(missed)
        if missed:
            self.last_at = now

    def tally(self, period: AbandonPeriod, now: datetime) -> Tally:
        """The count of the block that `now` lies in."""
        known = self._tallies.get(period)
        if known is None or not known.start <= now < known.end:
            known = self._tallies[period] = Tally(period, *block(period, self.started, self.zone, now))
        return known

    def counts(self, now: datetime) -> tuple[AbandonCount, ...]:
        """What the gate is told."""
        tallies = [self.tally(period, now) for period in PERIODS]
        return tuple(AbandonCount(tally.abandoned, tally.answered, tally.period) for tally in tallies)

    def meet(self, limits: Mapping[AbandonPeriod, Limit]) -> bool:
        """Calls are placed under these limits, too; True where one is tighter than those known."""
        tighter = {p: one for p, one in limits.items() if p not in self.limits or one.percent < self.limits[p].percent}
        self.limits.update(tighter)
        return bool(tighter)

    def standing(self, now: datetime, in_flight: int = 0) -> tuple[Standing, ...]:
        """Each block that has a limit, the house's where no pack has one."""
        limits = self.limits or {HOUSE_PERIOD: HOUSE_LIMIT}
        tallies = [self.tally(period, now) for period in PERIODS if period in limits]
        return tuple(
            Standing(t, limits[t.period], more(t, limits[t.period]), round(self.forecast(t, now, in_flight), 1))
            for t in tallies
        )

    def brake(self, now: datetime, in_flight: int = 0) -> Brake:
        """What may be placed beside `in_flight` calls that nobody has answered yet, or no agent."""
        shaken = self.last_at + BRAKE_TIME if self.last_at is not None else None
        if shaken is not None and shaken <= now:
            shaken = None
        today = self.tally("day", now)
        if shaken is not None and today.abandoned > FORGIVEN and today.percent > 100 * BRAKE_SHARE:
            return Brake(0, f"{today.abandoned} of {today.answered} live answers abandoned today", shaken)
        brakes = [self._under(self.tally(p, now), limit, shaken, in_flight) for p, limit in self.limits.items()]
        tight = [brake for brake in brakes if brake.room is not None]
        return min(tight, key=lambda brake: brake.room or 0, default=GUARANTEED)

    def forecast(self, tally: Tally, now: datetime, in_flight: int = 0) -> float:
        """The percentage at the end of the tally's block if it goes on as lately: answers as often as in this block so
        far, and as many of them abandoned as of the last ones.
        """
        enough = len(self.lately) >= ENOUGH
        share = sum(self.lately) / len(self.lately) if enough else tally.percent / 100
        since = max(tally.start, self.started or tally.start)
        part = (tally.end - now) / (now - since) if now > since else 0.0
        return forecast(tally, share, tally.answered * part + in_flight)

    def _under(self, tally: Tally, limit: Limit, shaken: datetime | None, in_flight: int) -> Brake:
        if passed(tally, limit):
            told = f"{tally.abandoned} of {tally.answered} live answers abandoned, over {limit.percent:g} %"
            return Brake(0, f"{told} ({limit.by})", tally.end)
        if shaken is None:
            return GUARANTEED
        room = max(more(tally, limit) - 1 - in_flight, 0)
        if room == 0:
            return Brake(0, f"one abandon more could pass {limit.percent:g} % ({limit.by})", shaken)
        return Brake(room, f"no more calls than could all be abandoned within {limit.percent:g} % ({limit.by})", shaken)
