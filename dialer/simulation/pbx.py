"""The simulated PBX and everybody behind it: it rings, answers, bridges and hangs up, and keeps the far end's log.

Events may come late, doubled, shuffled or not at all; the log of invites is what really happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.compliance.abandonment import HOLD
from dialer.core.number import Number
from dialer.core.outcome import Cause
from dialer.core.remembered import LiveLeg
from dialer.simulation.agenda import Agenda


@dataclass(frozen=True, slots=True)
class World:
    """Shares of what happens to a call, and how badly its news travels. Shares of `fates` add up to 1."""

    fates: tuple[tuple[str, float], ...] = (
        ("human", 0.34),
        ("no_answer", 0.30),
        ("machine", 0.14),
        ("busy", 0.10),
        ("rejected", 0.04),
        ("unallocated", 0.04),
        ("congestion", 0.03),
        ("gone_at_once", 0.01),
    )
    talk_seconds: tuple[float, float] = (8.0, 150.0)
    late: float = 0.0  # longest delay of an event, seconds
    doubled: float = 0.0  # share of events that come twice
    lost: float = 0.0  # share of events that never come
    phone_dies: float = 0.0  # share of answered calls whose agent's phone is gone in that instant


@dataclass(frozen=True, slots=True)
class Invite:
    """The far end saw this call."""

    attempt_id: str
    number: Number
    at: datetime


@dataclass(slots=True)
class Channel:
    """A live leg."""

    since: datetime
    answered_at: datetime | None = None
    bridged_at: datetime | None = None
    bridged_to: str | None = None

    @property
    def answered(self) -> bool:
        return self.answered_at is not None


@dataclass(slots=True)
class Pbx:
    """Carries out orders and tells what happened."""

    agenda: Agenda
    random: Random
    world: World
    tell: Callable[[ev.Event], None]
    invites: list[Invite] = field(default_factory=list)
    channels: dict[str, Channel] = field(default_factory=dict)
    abandoned: set[str] = field(default_factory=set)  # answered by a person, no agent
    answered_by_people: set[str] = field(default_factory=set)
    bridges: dict[str, float] = field(default_factory=dict)  # attempt -> seconds from answer to bridge
    records: dict[str, ev.Witnessed] = field(default_factory=dict)  # the call records
    most_lines: int = 0

    def news(self, event: ev.Event) -> None:
        """Tell it the way this world's news travels."""
        if self.random.random() < self.world.lost:
            return
        self.agenda.after(self.random.uniform(0, self.world.late), lambda: self.tell(event))
        if self.random.random() < self.world.doubled:
            self.agenda.after(self.random.uniform(0, self.world.late), lambda: self.tell(event))

    # --- orders -----------------------------------------------------------------------------------------------------

    def originate(self, order: cmd.Originate) -> None:
        """Place a call; its fate is drawn now."""
        now = self.agenda.now
        assert order.attempt_id not in self.channels, "an id that is alive was originated again"
        self.invites.append(Invite(order.attempt_id, order.permit.number, now))
        self.channels[order.attempt_id] = Channel(now)
        self.most_lines = max(self.most_lines, sum(1 for c in self.channels if c.startswith("call-")))
        self.news(ev.OriginateSent(order.attempt_id))
        fates, weights = zip(*self.world.fates, strict=True)
        fate = self.random.choices(fates, weights)[0]
        self.agenda.after(self.random.uniform(0.1, 1.0), lambda: self._ring(order, fate))

    def ring_agent(self, order: cmd.RingAgent) -> None:
        """Agents' phones answer at once."""
        self.channels[order.leg_id] = Channel(self.agenda.now, answered_at=self.agenda.now)
        self.agenda.after(0.2, lambda: self.news(ev.AgentLegUp(order.agent_id, order.leg_id)))

    def hang_up(self, order: cmd.HangupLeg) -> None:
        """End a leg and whatever it is bridged to, if it is a customer's."""
        if order.leg_id.startswith("call-"):
            self._end(order.leg_id, Cause.NORMAL)
        else:
            self._end_agent(order.leg_id)

    def offer(self, order: cmd.OfferAgent) -> None:
        """Bridge a waiting customer to another agent."""
        channel = self.channels.get(order.attempt_id)
        if channel is not None and channel.answered and channel.bridged_to is None:
            self.abandoned.discard(order.attempt_id)
            self._bridge(order.attempt_id, order.agent_leg, waited=0.2)

    def live_legs(self) -> tuple[LiveLeg, ...]:
        """What `CoreShowChannels` would say."""
        now = self.agenda.now
        return tuple(
            LiveLeg(leg_id, c.answered, c.bridged_to is not None, (now - c.since).total_seconds())
            for leg_id, c in self.channels.items()
        )

    # --- what happens to a call -------------------------------------------------------------------------------------

    def _ring(self, order: cmd.Originate, fate: str) -> None:
        attempt = order.attempt_id
        failures = {
            "busy": Cause.BUSY,
            "rejected": Cause.REJECTED,
            "unallocated": Cause.UNALLOCATED,
            "congestion": Cause.CONGESTION,
        }
        if attempt not in self.channels:
            return
        if fate in failures:
            self._end(attempt, failures[fate])
            return
        self.news(ev.CustomerRang(attempt, at=self.agenda.now))
        if fate == "no_answer":
            self.agenda.after(order.ring_seconds, lambda: self._end(attempt, Cause.NO_ANSWER))
        else:
            self.agenda.after(self.random.uniform(2, order.ring_seconds - 1), lambda: self._answer(order, fate))

    def _answer(self, order: cmd.Originate, fate: str) -> None:
        attempt = order.attempt_id
        channel = self.channels.get(attempt)
        if channel is None:
            return
        channel.answered_at = self.agenda.now
        self.news(ev.CustomerAnswered(attempt, at=self.agenda.now))
        if fate == "machine" and order.amd:
            self.news(ev.MachineChecked(attempt, "MACHINE", "TOOLONG", at=self.agenda.now))
            self.agenda.after(0.5, lambda: self._end(attempt, Cause.NORMAL))
        elif fate == "gone_at_once":
            self._end(attempt, Cause.NORMAL)
        else:
            self.answered_by_people.add(attempt)
            if self.random.random() < self.world.phone_dies:
                self._end_agent(order.agent_leg)
            self._bridge(attempt, order.agent_leg, waited=0.001)

    def _bridge(self, attempt: str, agent_leg: str, waited: float) -> None:
        agent, customer = self.channels.get(agent_leg), self.channels[attempt]
        if agent is None or agent.bridged_to is not None:
            self.news(ev.BridgeFailed(attempt, "NONEXISTENT", at=self.agenda.now))
            self.agenda.after(HOLD.total_seconds(), lambda: self._message(attempt))
            return
        agent.bridged_to, customer.bridged_to, customer.bridged_at = attempt, agent_leg, self.agenda.now
        self.bridges[attempt] = waited
        self.news(ev.CallBridged(attempt, at=self.agenda.now))
        self.agenda.after(self.random.uniform(*self.world.talk_seconds), lambda: self._end(attempt, Cause.NORMAL))

    def _message(self, attempt: str) -> None:
        channel = self.channels.get(attempt)
        if channel is not None and channel.bridged_to is None:
            self.abandoned.add(attempt)
            self.news(ev.CustomerAbandoned(attempt, at=self.agenda.now))
            self.agenda.after(4, lambda: self._end(attempt, Cause.NORMAL) if channel.bridged_to is None else None)

    def _end(self, attempt: str, cause: Cause, *, by_agent: bool = False) -> None:
        channel = self.channels.pop(attempt, None)
        if channel is None:
            return
        if channel.bridged_to is not None:
            if (agent := self.channels.get(channel.bridged_to)) is not None:
                agent.bridged_to = None
            if by_agent:
                self.news(ev.CustomerDone(attempt, "SUCCESS", at=self.agenda.now))
        now = self.agenda.now
        self.records[attempt] = ev.Witnessed(attempt, now, channel.answered_at, channel.bridged_at, cause)
        self.news(ev.CustomerLegEnded(attempt, cause, 16, channel.answered, at=now))

    def _end_agent(self, leg_id: str) -> None:
        channel = self.channels.pop(leg_id, None)
        if channel is None:
            return
        agent_id = leg_id.split("-")[2]
        self.news(ev.AgentLegEnded(agent_id, leg_id, Cause.NORMAL))
        if channel.bridged_to is not None:
            self._end(channel.bridged_to, Cause.NORMAL, by_agent=True)
