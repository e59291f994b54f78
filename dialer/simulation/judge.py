"""The judge of a simulated day: holds the promises against what the far end saw."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dialer.core.agent import AgentState
from dialer.core.floor.picture import Picture
from dialer.core.outcome import Kind
from dialer.simulation.pbx import Pbx
from dialer.simulation.shop import Shop

# I6: how long an agent may look busy without a live channel, or a channel live without an owner.
GRACE = timedelta(seconds=10)


@dataclass(slots=True)
class Judge:
    """Collects what was broken, in words; an empty list is a good day."""

    pbx: Pbx
    shop: Shop
    picture: Picture
    incidents: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    _odd_since: dict[str, datetime] = field(default_factory=dict)
    _watched_at: datetime | None = None

    def watch(self, now: datetime) -> None:
        """I6, looked at once a simulated second."""
        if self._watched_at is not None and now - self._watched_at < timedelta(seconds=1):
            return
        self._watched_at = now
        odd = set(self._idle_talkers()) | set(self._ownerless())
        for name in odd:
            since = self._odd_since.setdefault(name, now)
            if now - since > GRACE:
                self.broken.append(f"I6: {name} for more than ten seconds at {now}")
                self._odd_since[name] = now + timedelta(days=1)
        for name in set(self._odd_since) - odd:
            del self._odd_since[name]

    def _idle_talkers(self) -> list[str]:
        channels = self.pbx.channels
        return [
            f"agent {a.id} talks without a channel"
            for a in self.picture.agents.values()
            if a.state is AgentState.TALKING and a.attempt_id not in channels
        ]

    def _ownerless(self) -> list[str]:
        owned = {a.leg_id for a in self.picture.agents.values()} | set(self.picture.calls)
        return [f"channel {leg} has no owner" for leg in self.pbx.channels if leg not in owned]

    def final(self) -> None:
        """Everything that is judged at the end of the day."""
        self._dialed_once()
        self._caps()
        self._rates()
        self._nothing_lost()
        self._abandons()
        if self.pbx.channels:
            self.broken.append(f"I6: {len(self.pbx.channels)} channels alive after the day")

    def _dialed_once(self) -> None:
        for attempt, times in Counter(i.attempt_id for i in self.pbx.invites).items():
            if times > 1:
                self.broken.append(f"I1: attempt {attempt} was invited {times} times")
        without = [i.attempt_id for i in self.pbx.invites if i.attempt_id not in self.shop.opened]
        if without:
            self.broken.append(f"I1: {len(without)} invites without a row written before")

    def _caps(self) -> None:
        """I1, caps: attempts a day and the gap, by the far end's log."""
        last: dict[object, datetime] = {}
        days: Counter[object] = Counter()
        for invite in sorted(self.pbx.invites, key=lambda i: i.at):
            row = self.shop.opened.get(invite.attempt_id)
            if row is None:
                continue  # said already
            campaign = self.shop.campaigns[row.campaign_id]
            gap, before = campaign.rules.gap, last.get(invite.number)
            # The gap counts between rows; an order may follow its row by a moment.
            if gap is not None and before is not None and invite.at - before < gap - timedelta(seconds=1):
                self.broken.append(f"I1: {invite.attempt_id} came {invite.at - before} after the last")
            last[invite.number] = invite.at
            days[invite.number] += 1
            most = campaign.rules.attempts_per_day
            if most is not None and days[invite.number] > most:
                self.broken.append(f"I1: {invite.attempt_id} was attempt {days[invite.number]} of the day")

    def _rates(self) -> None:
        """I8: in every sliding second no more calls than the trunk's rate, never more lines than it has."""
        trunk = next(iter(self.picture.trunks.values()))
        window: deque[datetime] = deque()
        for at in sorted(i.at for i in self.pbx.invites):
            window.append(at)
            while at - window[0] >= timedelta(seconds=1):
                window.popleft()
            if len(window) > trunk.calls_per_second:
                self.broken.append(f"I8: {len(window)} calls in the second before {at}")
        if self.pbx.most_lines > trunk.lines:
            self.broken.append(f"I8: {self.pbx.most_lines} calls on {trunk.lines} lines")

    def _nothing_lost(self) -> None:
        """I2: each row written has one outcome, each outcome its row, each lead a place."""
        open_ = set(self.shop.opened) - set(self.shop.outcomes)
        if open_:
            self.broken.append(f"I2: {len(open_)} attempts have no outcome, e.g. {min(open_)}")
        if set(self.shop.outcomes) - set(self.shop.opened):
            self.broken.append("I2: an outcome without an attempt")
        busy = {a.state for a in self.picture.agents.values()} - {AgentState.LOGGED_OUT}
        if busy:
            self.broken.append(f"I6: agents are still {', '.join(sorted(busy))} after the day")

    def _abandons(self) -> None:
        """I7: what the far end saw abandoned is counted, and 1:1 dialing with healthy phones has none."""
        ours = {a for a, o in self.shop.outcomes.items() if o.kind is Kind.ABANDONED}
        theirs = self.pbx.answered_by_people - set(self.pbx.bridges)
        if ours != theirs:
            self.broken.append(f"I7: {len(theirs)} abandons happened, {len(ours)} were counted")
        if theirs and not self.pbx.world.phone_dies:
            self.broken.append(f"I7: {len(theirs)} abandons although no phone died")
        slow = [a for a, waited in self.pbx.bridges.items() if waited > 2]
        if slow:
            self.broken.append(f"I7: {len(slow)} customers waited more than two seconds")
