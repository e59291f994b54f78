"""How an attempt ended: causes, dispositions and the one verdict that is written for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dialer.core.compliance.abandonment import milliseconds


class Cause(StrEnum):
    """Why a channel went away, from the network's side."""

    NORMAL = "normal"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    UNALLOCATED = "unallocated"
    CONGESTION = "congestion"
    TRUNK_FAILURE = "trunk_failure"  # the trunk itself is silent or down: no fault of the lead's number
    OTHER = "other"


class WhoEnded(StrEnum):
    """Whose act ended the attempt."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SYSTEM = "system"
    NETWORK = "network"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What a disposition means for the lead; recycling and reports go by it."""

    TALKED = "talked"
    CALLBACK = "callback"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    MACHINE = "machine"
    CONGESTION = "congestion"
    REJECTED = "rejected"
    ABANDONED = "abandoned"
    FAILED = "failed"
    DEAD_NUMBER = "dead_number"
    OPT_OUT = "opt_out"
    UNCHARGED = "uncharged"  # not the lead's fault: the try does not count


# The system's own words. The value is the kind; the key is what tables, topics and screens show.
SYSTEM_DISPOSITIONS: dict[str, Kind] = {
    "no_answer": Kind.NO_ANSWER,
    "busy": Kind.BUSY,
    "machine": Kind.MACHINE,
    "congestion": Kind.CONGESTION,
    "rejected": Kind.REJECTED,
    "unallocated": Kind.DEAD_NUMBER,
    "abandoned": Kind.ABANDONED,
    "hung_up_at_once": Kind.NO_ANSWER,  # answered and gone before the two legs could meet
    "trunk_failure": Kind.UNCHARGED,
    "not_placed": Kind.UNCHARGED,
    "cancelled": Kind.UNCHARGED,  # we hung up before an answer
    "failed": Kind.FAILED,
    "unknown": Kind.FAILED,  # neither Asterisk nor its call records could say
}

# What agents may choose, unless a campaign brings its own table.
AGENT_DISPOSITIONS: dict[str, Kind] = {
    "sale": Kind.TALKED,
    "interested": Kind.TALKED,
    "not_interested": Kind.TALKED,
    "callback": Kind.CALLBACK,
    "wrong_number": Kind.DEAD_NUMBER,
    "do_not_call": Kind.OPT_OUT,
    "machine": Kind.MACHINE,
    "no_disposition": Kind.TALKED,
}

_BY_CAUSE: dict[Cause, str] = {
    Cause.NORMAL: "no_answer",  # never answered and cleared normally: the ring time ran out
    Cause.BUSY: "busy",
    Cause.NO_ANSWER: "no_answer",
    Cause.REJECTED: "rejected",
    Cause.UNALLOCATED: "unallocated",
    Cause.CONGESTION: "congestion",
    Cause.TRUNK_FAILURE: "trunk_failure",
    Cause.OTHER: "failed",
}


# Legs that were together for less than this never talked: nobody says a word in that time, and no audio may have come.
MET = 0.5


@dataclass(frozen=True, slots=True)
class Ending:
    """The facts of a call that is over; saved at once, before anybody says what they meant."""

    attempt_id: str
    campaign_id: int
    lead_id: int
    agent_id: str | None
    ended_at: datetime
    who_ended: WhoEnded
    cause: Cause
    cause_code: int | None
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    bridged_at: datetime | None = None
    greeting_ended_at: datetime | None = None  # as machine detection heard it, where it took the callee for a person
    guessed: bool = False  # nobody saw the legs meet: `bridged_at` is a guess, and that they talked is not
    machine: str | None = None  # AMD's own cause text where it said MACHINE
    abandoned: bool = False

    @property
    def waited_ms(self) -> int | None:
        """Milliseconds from the answer to the agent; None where no agent came, or nobody saw when."""
        return None if self.guessed else milliseconds(self.answered_at, self.bridged_at)

    @property
    def greeting_ms(self) -> int | None:
        """Milliseconds from the answer to the end of the callee's greeting, where that was heard."""
        return milliseconds(self.answered_at, self.greeting_ended_at)

    @property
    def talk_seconds(self) -> float:
        """Seconds both legs were bridged; 0 where they never were."""
        return (self.ended_at - self.bridged_at).total_seconds() if self.bridged_at else 0.0

    @property
    def talked(self) -> bool:
        """Both legs were together long enough for a word: there is a recording, and an agent says what came of it."""
        return self.bridged_at is not None and (self.guessed or self.talk_seconds >= MET)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The final word on an attempt, written once."""

    attempt_id: str
    campaign_id: int
    lead_id: int
    agent_id: str | None
    disposition: str
    kind: Kind
    decided_by: str  # "agent", "system", "deadline" or "supervisor"
    at: datetime
    note: str = ""
    callback_at: datetime | None = None
    callback_agent: str | None = None
    opted_out: bool = False  # the customer pressed the key, whatever else came of it


def system_disposition(ending: Ending, *, hung_up_by_us: bool = False) -> str | None:
    """The system's word for an ending, or None where people talked and an agent must say."""
    if ending.talked:
        return None
    if ending.machine is not None:
        return "machine"
    if ending.abandoned:
        return "abandoned"
    if ending.answered_at is not None:
        return "hung_up_at_once"
    if hung_up_by_us:
        return "cancelled"
    return _BY_CAUSE[ending.cause]
