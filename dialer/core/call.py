"""Every state a customer's call can be in, and everything that moves it.

A call is a *join of facts*: each event adds one fact (it rang, it was answered, it was bridged, it ended), and the
state is the furthest the facts reach. Events out of order, doubled or missing therefore lead to the same end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dialer.core import events as ev
from dialer.core.compliance.gate import Permit, Refusal
from dialer.core.lead import Prospect
from dialer.core.outcome import Cause, Ending, WhoEnded


class CallState(StrEnum):
    """How far a call has come."""

    PLACING = "placing"  # the row is being written, or the order is on its way
    RINGING = "ringing"
    ANSWERED = "answered"  # no agent yet: machine detection, a notice, or the reserved agent's phone is gone
    TALKING = "talking"  # both legs in one bridge
    ENDED = "ended"


_P, _R, _A, _T, _E = CallState

# What an event makes of a call that is in the state at the head of the column. `None`: it cannot happen.
_MOVES: dict[type, tuple[CallState | None, ...]] = {
    #                      placing  ringing  answered  talking  ended
    ev.OriginateSent:      (_P,     _R,      _A,       _T,      _E),
    ev.OriginateUnknown:   (_P,     _R,      _A,       _T,      _E),
    ev.OriginateNotSent:   (_E,     None,    None,     None,    _E),
    ev.CustomerRang:       (_R,     _R,      _A,       _T,      _E),
    ev.CustomerAnswered:   (_A,     _A,      _A,       _T,      _E),
    ev.MachineChecked:     (_A,     _A,      _A,       _T,      _E),
    ev.BridgeFailed:       (_A,     _A,      _A,       _T,      _E),
    ev.CustomerAbandoned:  (_A,     _A,      _A,       _T,      _E),
    ev.OptOutPressed:      (_A,     _A,      _A,       _T,      _E),
    ev.CallBridged:        (_T,     _T,      _T,       _T,      _E),
    ev.CustomerDone:       (_A,     _A,      _A,       _T,      _E),
    ev.CustomerTransferred:(_E,     _E,      _E,       _E,      _E),
    ev.CustomerLegEnded:   (_E,     _E,      _E,       _E,      _E),
    ev.Witnessed:          (_E,     _E,      _E,       _E,      _E),
}  # fmt: skip

TABLE: dict[tuple[CallState, type], CallState] = {
    (state, event): after
    for event, row in _MOVES.items()
    for state, after in zip(CallState, row, strict=True)
    if after is not None
}

# Late but normal: the event adds its fact and moves nothing, because a later one came first or it came twice.
LATE: frozenset[tuple[CallState, type]] = frozenset(pair for pair, after in TABLE.items() if pair[0] is after)

# How long a call that ended without the evidence for its disposition waits for a straggling event. Events of one call
# were seen at most some milliseconds apart; half a second is ample and no agent is waiting on it.
SETTLE = timedelta(milliseconds=500)

# After the ring time, how much longer to wait for the PBX to say something before asking it.
OVERDUE = timedelta(seconds=10)


def _earlier(known: datetime | None, told: datetime) -> datetime:
    return told if known is None else min(known, told)


class ImpossibleEvent(Exception):
    """An event that cannot happen to a call in this state: our own mistake."""


@dataclass(slots=True)
class Call:
    """A live attempt. Times are the PBX's where it gave one."""

    attempt_id: str
    campaign_id: int
    prospect: Prospect
    permit: Permit | None  # None on a call adopted after a restart: it was permitted by the service before
    agent_id: str | None
    trunk: str
    caller_id: str
    opened_at: datetime
    state: CallState = CallState.PLACING
    opened: bool = False  # the row is durable
    sent_at: datetime | None = None  # the order left; from now on nothing is ever sent again
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    bridged_at: datetime | None = None
    ended_at: datetime | None = None
    cause: Cause | None = None
    code: int | None = None
    machine: str | None = None
    greeting_ended_at: datetime | None = None  # where machine detection heard a person's
    bridge_failed_at: datetime | None = None  # the last time
    abandoned: bool = False
    ended_by: WhoEnded | None = None  # set where we, or the agent's phone, ended it
    not_sent: str | None = None  # why the order never became a call
    settled: bool = False  # the ending is final and has been handed on
    asked: bool = False  # a witness was asked
    unseen: bool = False  # the legs met while nobody looked: `bridged_at` is a guess
    unwatched: bool = False  # a part of it happened while the link, or the service, was down
    opted_out_at: datetime | None = None  # the customer pressed the key
    opt_out_kept: bool = False  # and the number is durably on the list
    transferred: bool = False  # it ended for us: the customer's leg talks on with another number
    blocked: bool = False  # its number was put on a do-not-call list before anybody talked
    refusal: Refusal | None = None  # the gate changed its mind after the row was written
    deadline: datetime | None = None

    def handle(self, event: ev.CustomerEvent | ev.OriginateEvent, now: datetime) -> bool:
        """Add the event's fact; True where the state moved.

        Raises:
            ImpossibleEvent: the pair is neither a move nor late but normal.
        """
        after = TABLE.get((self.state, type(event)))
        if after is None:
            raise ImpossibleEvent(f"{self.attempt_id}: {type(event).__name__} while {self.state}")
        if self.settled:
            return False
        self._join(event, now)
        moved = after is not self.state
        self.state = after
        if after is CallState.ENDED:
            self.settled = self._evidence_is_complete()
            self.deadline = None if self.settled else self.deadline if not moved else now + SETTLE
        elif after is CallState.TALKING:
            self.deadline = None
        return moved

    def settle(self) -> None:
        """No straggler came in time: what is known is all there is."""
        self.settled = True
        self.deadline = None

    def ending(self) -> Ending:
        """The facts to save. Only for a settled call."""
        assert self.ended_at is not None
        return Ending(
            attempt_id=self.attempt_id,
            campaign_id=self.campaign_id,
            lead_id=self.prospect.lead.id,
            agent_id=self.agent_id,
            ended_at=self.ended_at,
            who_ended=self._who_ended(),
            cause=self.cause or Cause.OTHER,
            cause_code=self.code,
            rang_at=self.rang_at,
            answered_at=self.answered_at,
            bridged_at=self.bridged_at,
            greeting_ended_at=self.greeting_ended_at,
            guessed=self.unseen,
            machine=self.machine,
            abandoned=self.abandoned or self._left_alone(),
        )

    def _join(self, event: ev.CustomerEvent | ev.OriginateEvent, now: datetime) -> None:
        match event:
            case ev.OriginateNotSent(reason=reason):
                self.not_sent = reason
                self.ended_at = self.ended_at or now
            case ev.CustomerRang(at=at):
                self.rang_at = _earlier(self.rang_at, at or now)
            case ev.CustomerAnswered(at=at):
                self.answered_at = _earlier(self.answered_at, at or now)
            case ev.MachineChecked(status=status, cause=cause, at=at, quiet_ms=quiet):
                self.answered_at = _earlier(self.answered_at, at or now)
                if status == "MACHINE":
                    self.machine = cause or status
                elif quiet is not None:
                    self.greeting_ended_at = (at or now) - timedelta(milliseconds=quiet)
            case ev.CallBridged(at=at):
                self.bridged_at = _earlier(None if self.unseen else self.bridged_at, at or now)
                self.unseen = False
                self.answered_at = _earlier(self.answered_at, self.bridged_at)
            case ev.BridgeFailed(at=at):
                self.answered_at = _earlier(self.answered_at, at or now)
                self.bridge_failed_at = at or now
            case ev.CustomerDone(result=result, at=at):
                self.answered_at = _earlier(self.answered_at, at or now)
                if result == "SUCCESS" and self.bridged_at is None:
                    self.bridged_at, self.unseen = self.answered_at, True
            case ev.CustomerAbandoned(at=at):
                self.answered_at = _earlier(self.answered_at, at or now)
                self.abandoned = True
            case ev.OptOutPressed(at=at):
                self.answered_at = _earlier(self.answered_at, at or now)
                self.opted_out_at = _earlier(self.opted_out_at, at or now)
            case ev.CustomerTransferred(at=at):
                self.ended_at, self.cause, self.transferred = at or now, Cause.NORMAL, True
                self.ended_by = self.ended_by or WhoEnded.AGENT
                self.answered_at = _earlier(self.answered_at, self.bridged_at or self.ended_at)
                if self.bridged_at is None:
                    self.bridged_at, self.unseen = self.answered_at, True
            case ev.CustomerLegEnded(cause=ended_cause, code=code, answered=answered, at=at):
                self.ended_at = at or self.ended_at or now
                self.cause, self.code = ended_cause, code
                if answered:
                    self.answered_at = self.answered_at or self.ended_at
            case ev.Witnessed():
                self.ended_at = self.ended_at or event.ended_at or now
                self.answered_at = self.answered_at or event.answered_at
                self.bridged_at = self.bridged_at or event.bridged_at
                self.cause = self.cause or event.cause
                if event.opted_out:
                    self.opted_out_at = self.opted_out_at or event.ended_at or now
            case _:
                pass  # sent or unknown: the floor's business

    def _evidence_is_complete(self) -> bool:
        if self.answered_at is None or self.not_sent is not None:
            return True
        return self.bridged_at is not None or self.machine is not None or self.abandoned

    def _left_alone(self) -> bool:
        """Answered by a person who never met an agent because of us: an abandon, also where nobody said the word."""
        if self.answered_at is None or self.bridged_at is not None or self.machine is not None:
            return False
        return self.bridge_failed_at is not None or self.ended_by in (WhoEnded.AGENT, WhoEnded.SYSTEM)

    def _who_ended(self) -> WhoEnded:
        if self.ended_by is not None:
            return self.ended_by
        if self.machine is not None or self.abandoned or self.not_sent is not None:
            return WhoEnded.SYSTEM
        if self.cause is None:
            return WhoEnded.UNKNOWN
        return WhoEnded.CUSTOMER if self.answered_at is not None else WhoEnded.NETWORK
