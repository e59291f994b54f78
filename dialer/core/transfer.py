"""A transfer: a leg of its own that is called while the customer stays with the agent, who leaves once it is answered.

Like a call it is a join of facts; the table says how far each fact brings it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from dialer.core import events as ev
from dialer.core.commands import SaveTransfer
from dialer.core.compliance.gate import Permit
from dialer.core.number import Number
from dialer.core.outcome import Cause


class TransferState(StrEnum):
    """How far a transfer has come."""

    OPENING = "opening"  # the row is being written, or waits for the trunk's turn
    CALLING = "calling"  # the order has left; the customer talks with the agent
    ANSWERED = "answered"  # the dialplan is fetching the customer
    JOINED = "joined"  # the customer talks with them; the agent has gone
    ENDED = "ended"


_O, _C, _A, _J, _E = TransferState

TABLE: dict[type, tuple[TransferState, ...]] = {
    #                        opening calling answered joined ended
    ev.TransferAnswered:     (_A,    _A,     _A,      _J,    _E),
    ev.CustomerTransferred:  (_J,    _J,     _J,      _J,    _E),
    ev.TransferNotSent:      (_E,    _E,     _A,      _J,    _E),
    ev.TransferLegEnded:     (_E,    _E,     _E,      _E,    _E),
}  # fmt: skip


@dataclass(slots=True)
class Transfer:
    """A transfer that is up. `id` is its leg's, `attempt_id` the customer's; times are the PBX's where it gave one."""

    id: str
    attempt_id: str
    campaign_id: int
    agent_id: str
    number: Number
    trunk: str
    caller_id: str
    asked_at: datetime
    state: TransferState = TransferState.OPENING
    permit: Permit | None = None  # None also on one that was adopted after a restart
    sent_at: datetime | None = None  # the order left; from now on nothing is ever sent again
    answered_at: datetime | None = None
    joined_at: datetime | None = None
    ended_at: datetime | None = None
    cause: Cause | None = None
    because: str | None = None  # the word for one that came to nothing, where it was not the network's
    cancelled: bool = False
    deadline: datetime | None = None

    @property
    def fetched(self) -> bool:
        """Asterisk takes, or has taken, the customer away from the agent."""
        return self.state in (TransferState.ANSWERED, TransferState.JOINED)

    def handle(
        self,
        event: ev.TransferAnswered | ev.CustomerTransferred | ev.TransferNotSent | ev.TransferLegEnded,
        now: datetime,
    ) -> bool:
        """Add the event's fact; True where the state moved. What comes after the end is late but normal."""
        before, self.state = self.state, TABLE[type(event)][tuple(TransferState).index(self.state)]
        if before is self.state:
            return False
        match event:
            case ev.TransferAnswered(at=at):
                self.answered_at = at or now
            case ev.CustomerTransferred(at=at):
                self.joined_at = at or now
                self.answered_at = self.answered_at or self.joined_at
            case ev.TransferNotSent():
                self.ended_at, self.sent_at, self.because = now, None, "not_placed"
            case ev.TransferLegEnded(cause=cause, at=at):
                self.ended_at, self.cause = at or now, cause
            case _:
                assert_never(event)
        self.deadline = None
        return True

    def facts(self) -> SaveTransfer:
        """What is known by now, to be saved."""
        return SaveTransfer(
            self.id, self.sent_at, self.answered_at, self.joined_at, self.ended_at, self.cause, self.because
        )
