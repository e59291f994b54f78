"""Every state an agent can be in, and everything that moves it.

Two tables: what the agent, a supervisor or the phone does, and what a call does to the agent who has it. A pause or
log-out asked while a call is up is kept and applied after wrap-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dialer.core.compliance.gate import Permit, Refusal
from dialer.core.lead import Prospect


class AgentState(StrEnum):
    """What an agent is doing."""

    LOGGED_OUT = "logged_out"
    CONNECTING = "connecting"  # the phone is being rung, to be held on line for the shift
    READY = "ready"
    RESERVED = "reserved"  # a lead is previewed, or a call is being placed, for this agent alone
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"


class Ask(StrEnum):
    """What people and phones do to an agent's state."""

    LOG_IN = "log_in"
    LEG_UP = "leg_up"
    LEG_LOST = "leg_lost"
    READY = "ready"
    PAUSE = "pause"
    LOG_OUT = "log_out"


class Turn(StrEnum):
    """What a call, or a previewed lead, does to the state of the agent who has it."""

    RESERVED = "reserved"
    ASKED = "asked"  # for a call of their own: from a pause too, to which they return
    RELEASED = "released"
    BRIDGED = "bridged"
    ENDED = "ended"  # after talk
    WRAPPED = "wrapped"


class Rest(StrEnum):
    """Where an agent goes once nothing holds them: a kept ask, or back to work."""

    KEEP = "keep"  # the ask is kept until the work in hand is done
    IGNORE = "ignore"


_O, _C, _R, _V, _T, _W, _P = AgentState
_K, _I = Rest.KEEP, Rest.IGNORE

_ASKS: dict[Ask, tuple[AgentState | Rest | None, ...]] = {
    #              out    connecting  ready  reserved  talking  wrap-up  paused
    Ask.LOG_IN:    (_C,   _I,         _I,    _I,       _I,      _I,      _I),
    Ask.LEG_UP:    (_I,   _R,         _R,    _V,       _T,      _W,      _P),
    Ask.LEG_LOST:  (_O,   _C,         _C,    _V,       _T,      _W,      _P),
    Ask.READY:     (None, _I,         _I,    _K,       _K,      _K,      _R),
    Ask.PAUSE:     (None, _P,         _P,    _K,       _K,      _K,      _P),
    Ask.LOG_OUT:   (_I,   _O,         _O,    _K,       _K,      _K,      _O),
}  # fmt: skip

_TURNS: dict[Turn, tuple[AgentState | Rest | None, ...]] = {
    #                out    connecting  ready  reserved  talking  wrap-up  paused
    Turn.RESERVED:   (None, None,       _V,    None,     None,    None,    None),
    Turn.ASKED:      (None, None,       _V,    None,     None,    None,    _V),
    Turn.RELEASED:   (_I,   _I,         _I,    _R,       _R,      _I,      _I),
    Turn.BRIDGED:    (None, _T,         _T,    _T,       _T,      _I,      _T),
    Turn.ENDED:      (None, None,       None,  _W,       _W,      _I,      None),
    Turn.WRAPPED:    (_I,   _I,         _I,    _I,       _I,      _R,      _I),
}  # fmt: skip

TABLE: dict[tuple[AgentState, Ask | Turn], AgentState | Rest] = {
    (state, what): after
    for rows in (_ASKS, _TURNS)
    for what, row in rows.items()
    for state, after in zip(AgentState, row, strict=True)
    if after is not None
}


class ImpossibleTurn(Exception):
    """An ask or a turn that makes no sense in this state; its text is fit for people."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A lead shown to one agent until the deadline."""

    prospect: Prospect
    permit: Permit
    offered_at: datetime
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """A pause or log-out to be applied when the work in hand is done."""

    to: AgentState
    code: str | None
    by: str


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A call that the agent asked for, and why it was not placed.

    `what` is call or transfer; `reason` is a stable word, "refused" where the gate's `refusal` says it.
    """

    what: str
    campaign_id: int
    lead_id: int | None
    number_ends: str
    reason: str
    at: datetime
    refusal: Refusal | None = None


@dataclass(slots=True)
class Agent:
    """An agent who is logged in, or was a moment ago."""

    id: str
    endpoint: str
    campaigns: tuple[int, ...]
    on_hook: bool
    since: datetime
    state: AgentState = AgentState.LOGGED_OUT
    code: str | None = None  # of a pause
    by: str = ""  # who put the agent into this state, where it was not the agent
    leg_id: str | None = None
    leg_up: bool = False
    leg_number: int = 0
    ring_failures: int = 0
    attempt_id: str | None = None
    preview: Preview | None = None
    kept: Kept | None = None
    unplaced: Unplaced | None = None  # the last, until the agent asks for another call or talks
    deadline: datetime | None = None  # of ringing, preview, wrap-up or an answer from the database

    @property
    def busy(self) -> bool:
        """Holds a lead or a call."""
        return self.state in (AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP)

    def drop_leg(self) -> str | None:
        """Forget the phone's leg; its id, for whoever hangs it up."""
        leg_id, self.leg_id, self.leg_up = self.leg_id, None, False
        return leg_id

    def next_state(self, what: Ask | Turn) -> AgentState | Rest:
        """What the tables say, before kept asks are applied.

        Raises:
            ImpossibleTurn: not in the table.
        """
        after = TABLE.get((self.state, what))
        if after is None:
            raise ImpossibleTurn(f"agent {self.id} is {self.state}: {what} is not possible now")
        return after

    def enter(self, state: AgentState, now: datetime, *, code: str | None = None, by: str = "") -> None:
        """Be in `state` from `now`; what belonged to the state before is cleared."""
        self.state, self.since, self.code, self.by, self.deadline = state, now, code, by, None
        if state in (AgentState.TALKING, AgentState.LOGGED_OUT):
            self.unplaced = None
        if state not in (AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP):
            self.attempt_id, self.preview = None, None
