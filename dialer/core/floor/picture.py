"""What is true on the floor right now. Data and look-ups only; the files beside this one change it."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dialer.core.agent import Agent, AgentState
from dialer.core.call import Call
from dialer.core.campaign import Campaign
from dialer.core.commands import Command, HangupLeg
from dialer.core.compliance.gate import Permit, Refusal
from dialer.core.compliance.packs import Rulebook
from dialer.core.events import SpyMode
from dialer.core.hopper import Hopper
from dialer.core.lead import Prospect
from dialer.core.number import Number
from dialer.core.pacing.abandon import GUARANTEED, Abandons, Brake, Standing
from dialer.core.pacing.progressive import Pace
from dialer.core.pacing.trunk import Trunk
from dialer.core.transfer import Transfer, TransferState


class Link(StrEnum):
    """What we know of the PBX."""

    DOWN = "down"
    SYNCING = "syncing"  # connected, but which calls live is not known yet
    UP = "up"


NOT_YET = "not connected yet"


@dataclass(slots=True)
class Desk:
    """A campaign at work: its settings, its hopper and what it did since the service started."""

    campaign: Campaign
    running: bool = False
    hopper: Hopper = field(default_factory=Hopper)
    abandons: Abandons = field(default_factory=Abandons)
    brake: Brake = GUARANTEED
    standing: tuple[Standing, ...] = ()  # of the blocks in which abandons are counted
    pace: Pace = field(default_factory=lambda: Pace(0, "not started"))
    placed: int = 0
    caller_turn: int = 0
    dispositions: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Refusal] = field(default_factory=dict)  # the last refusal by each rule
    started_at: datetime | None = None

    def next_caller_id(self) -> str:
        """The campaign's caller ids in turn; empty where it has none and the trunk's own is used."""
        ids = self.campaign.caller_ids
        self.caller_turn += 1
        return ids[(self.caller_turn - 1) % len(ids)] if ids else ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Listening in one mode to one agent, during one call or between calls."""

    agent_id: str
    attempt_id: str | None
    mode: SpyMode
    started_at: datetime


@dataclass(slots=True)
class Spy:
    """A supervisor's leg, what it should do and what it does."""

    supervisor_id: str
    endpoint: str
    leg_id: str
    leg_up: bool = False
    agent_id: str | None = None  # wanted
    mode: SpyMode = SpyMode.LISTEN
    stretch: Stretch | None = None  # in force


@dataclass(slots=True)
class Waiting:
    """A prospect kept for an on-hook agent whose phone is still ringing."""

    prospect: Prospect
    permit: Permit


@dataclass(frozen=True, slots=True)
class Asking:
    """A lead that an agent wants to call, while the database is asked for it."""

    campaign_id: int
    who: int | Number
    asked_at: datetime


@dataclass(slots=True)
class Picture:
    """Everything that is live. `tag` marks our channels, so that two dialers on one PBX leave each other alone."""

    tag: str
    rulebook: Rulebook
    purposes: tuple[str, ...] = ()  # rule packs of the house, for every campaign
    link: Link = Link.DOWN
    link_reason: str = NOT_YET
    store_ok: bool = True
    draining: bool = False
    halted: str | None = None  # why nothing is dialed until a restart
    suspended: tuple[str, ...] = ()  # areas to which calls are suspended, as far as the floor was told
    agents: dict[str, Agent] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    desks: dict[int, Desk] = field(default_factory=dict)
    trunks: dict[str, Trunk] = field(default_factory=dict)
    spies: dict[str, Spy] = field(default_factory=dict)
    ready: dict[str, None] = field(default_factory=dict)  # agents who may be given work, longest idle first
    waiting: dict[str, Waiting] = field(default_factory=dict)  # by on-hook agent
    asking: dict[str, Asking] = field(default_factory=dict)  # by agent
    transfers: dict[str, Transfer] = field(default_factory=dict)
    handed: dict[str, str] = field(default_factory=dict)  # customers who were transferred and are still up: the trunk
    outgoing: list[str] = field(default_factory=list)  # attempts whose row is durable, waiting for the trunk's turn
    hung_up: set[str] = field(default_factory=set)  # legs ordered to go, until a resync no longer lists them
    resync_asked_at: datetime | None = None
    resync_due_at: datetime | None = None  # of the next routine question
    commands: list[Command] = field(default_factory=list)
    changed: set[tuple[str, str]] = field(default_factory=set)  # what a screen should be told about
    repace: bool = False  # something changed that may let a call be placed
    _deadlines: list[tuple[datetime, str, str]] = field(default_factory=list)

    @property
    def may_dial(self) -> bool:
        """The PBX is there and its calls are known, outcomes can be saved, and we are not leaving."""
        return self.link is Link.UP and self.store_ok and not self.draining and self.halted is None

    def do(self, *commands: Command) -> None:
        """Give orders, in this order."""
        self.commands.extend(commands)
        self.hung_up.update(order.leg_id for order in commands if isinstance(order, HangupLeg))

    def touch(self, subject: str, key: str | int) -> None:
        """Remember that a screen's picture of this subject is old."""
        self.changed.add((subject, str(key)))

    def wake(self, when: datetime, subject: str, key: str) -> None:
        """Be asked again at `when`. A deadline that was moved or dropped is noticed then and ignored."""
        heapq.heappush(self._deadlines, (when, subject, key))

    def next_deadline(self) -> datetime | None:
        """The earliest moment anything wants to be asked."""
        return self._deadlines[0][0] if self._deadlines else None

    def due(self, now: datetime) -> list[tuple[str, str]]:
        """Take out what wanted to be asked by now, each once."""
        out: dict[tuple[str, str], None] = {}
        while self._deadlines and self._deadlines[0][0] <= now:
            _, subject, key = heapq.heappop(self._deadlines)
            out[(subject, key)] = None
        return list(out)

    def call_of(self, agent: Agent) -> Call | None:
        """The call this agent is reserved for, talks on, or is wrapping up."""
        return self.calls.get(agent.attempt_id) if agent.attempt_id else None

    def transfer_of(self, attempt_id: str | None) -> Transfer | None:
        """The transfer of this customer that has not ended."""
        ours = (t for t in self.transfers.values() if t.attempt_id == attempt_id)
        return next((t for t in ours if t.state is not TransferState.ENDED), None)

    def free_line(self, trunk: str) -> None:
        """One of the trunk's lines is not in use any more."""
        lines = self.trunks[trunk]
        lines.in_use = max(lines.in_use - 1, 0)
        self.touch("trunk", trunk)
        self.repace = True

    def free_lines(self, trunk: str) -> int:
        """Lines neither in use nor promised to an agent whose phone on hook still rings."""
        held = (self.desks[waiting.prospect.lead.campaign_id].campaign for waiting in self.waiting.values())
        return self.trunks[trunk].free_lines - sum(campaign.trunk == trunk for campaign in held)

    def on_desk(self, desk: Desk) -> list[Agent]:
        """Agents logged in for this campaign who are not paused."""
        off = (AgentState.PAUSED, AgentState.LOGGED_OUT)
        return [a for a in self.agents.values() if desk.campaign.id in a.campaigns and a.state not in off]
