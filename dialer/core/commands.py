"""What should be done. Every command is an order; `lane` names what must stay in order among themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dialer.core.campaign import MachinePolicy
from dialer.core.compliance.abandonment import HOLD
from dialer.core.compliance.gate import Permit, Refusal
from dialer.core.events import SpyMode
from dialer.core.lead import Again, Done, Prospect
from dialer.core.number import Number
from dialer.core.outcome import Cause, Ending, Outcome

# --- leads ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClaimLeads:
    campaign_id: int
    count: int

    @property
    def lane(self) -> str:
        return f"campaign:{self.campaign_id}"


@dataclass(frozen=True, slots=True)
class ClaimLead:
    """Claim the one lead that an agent asks for, by its id or by a number of theirs, and ask the gate about it.

    A number that is nobody's in the campaign becomes a lead of it first, if the gate permits. `LeadClaimed` or
    `LeadNotClaimed` is the answer.
    """

    agent_id: str
    asked_at: datetime
    campaign_id: int
    who: int | Number

    @property
    def lane(self) -> str:
        return f"claim:{self.agent_id}"


@dataclass(frozen=True, slots=True)
class ReleaseLead:
    """Give a claimed lead back untried; `at` is when it may be claimed again."""

    campaign_id: int
    lead_id: int
    at: datetime
    because: str

    @property
    def lane(self) -> str:
        return f"lead:{self.lead_id}"


@dataclass(frozen=True, slots=True)
class RefuseLead:
    """The gate said no: keep the refusal, and the lead until it may be asked again (or for good)."""

    campaign_id: int
    lead_id: int
    refusal: Refusal
    at: datetime

    @property
    def lane(self) -> str:
        return f"lead:{self.lead_id}"


# --- attempts -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenAttemptRow:
    """Write the attempt's row and ask the gate again, in one transaction."""

    attempt_id: str
    campaign_id: int
    prospect: Prospect
    permit: Permit
    agent_id: str
    trunk: str
    caller_id: str

    @property
    def lane(self) -> str:
        return self.attempt_id


@dataclass(frozen=True, slots=True)
class Originate:
    """Place the call. The number comes from the permit and from nowhere else."""

    attempt_id: str
    permit: Permit
    trunk: str
    caller_id: str
    agent_leg: str
    ring_seconds: int
    amd: bool
    machine_policy: MachinePolicy
    notice: str
    hold: timedelta = HOLD  # so long after the answer a person waits for another agent, before the message
    message: str = ""  # what is said then, as the PBX names the sound; empty: the house's
    opt_out_key: str = ""  # empty: the house's

    @property
    def lane(self) -> str:
        return self.attempt_id


@dataclass(frozen=True, slots=True)
class OfferAgent:
    """Bridge a waiting customer to another agent's leg."""

    attempt_id: str
    agent_id: str
    agent_leg: str

    @property
    def lane(self) -> str:
        return self.attempt_id


@dataclass(frozen=True, slots=True)
class BlockNumber:
    """Put the number that this attempt called on the company's list, with the attempt as the proof; `OptOutKept`
    follows. The number is read from the attempt's own row: it is the one that was dialed.
    """

    attempt_id: str
    source: str  # "key"
    at: datetime

    @property
    def lane(self) -> str:
        return self.attempt_id


@dataclass(frozen=True, slots=True)
class ThankCustomer:
    """The customer in the message pressed the key, and the number is on the list: say so, and hang up."""

    attempt_id: str

    @property
    def lane(self) -> str:
        return self.attempt_id


@dataclass(frozen=True, slots=True)
class SaveBridge:
    """The legs met: kept at once, so that a service that starts again knows since when they talk."""

    attempt_id: str
    agent_id: str
    answered_at: datetime
    bridged_at: datetime

    @property
    def lane(self) -> str:
        return self.attempt_id


@dataclass(frozen=True, slots=True)
class SaveEnding:
    ending: Ending

    @property
    def lane(self) -> str:
        return self.ending.attempt_id


@dataclass(frozen=True, slots=True)
class CloseAttempt:
    """The final outcome and what becomes of the lead, in one transaction with the outbox."""

    outcome: Outcome
    lead: Again | Done
    number_id: int
    refusal: Refusal | None = None

    @property
    def lane(self) -> str:
        return self.outcome.attempt_id


@dataclass(frozen=True, slots=True)
class FinishRecording:
    attempt_id: str
    talk_seconds: float | None  # None: nobody saw when the legs met, so the recording's own length is the witness
    ended_at: datetime

    @property
    def lane(self) -> str:
        return f"recording:{self.attempt_id}"


@dataclass(frozen=True, slots=True)
class DropRecording:
    """The legs met and parted before a word was said: what little was recorded belongs to no talk."""

    attempt_id: str
    ended_at: datetime

    @property
    def lane(self) -> str:
        return f"recording:{self.attempt_id}"


@dataclass(frozen=True, slots=True)
class AskWitness:
    """Look the attempt up in the PBX's call records; `Witnessed` is the answer."""

    attempt_id: str

    @property
    def lane(self) -> str:
        return self.attempt_id


# --- transfers ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenTransferRow:
    """Ask the gate about the number a customer is to be transferred to, and write the transfer's row if it permits."""

    transfer_id: str
    attempt_id: str
    campaign_id: int
    number: Number
    agent_id: str
    trunk: str
    caller_id: str

    @property
    def lane(self) -> str:
        return self.transfer_id


@dataclass(frozen=True, slots=True)
class OriginateTransfer:
    """Call whom the customer is transferred to. The number comes from the permit and from nowhere else."""

    transfer_id: str
    attempt_id: str
    permit: Permit
    trunk: str
    caller_id: str
    ring_seconds: int

    @property
    def lane(self) -> str:
        return self.transfer_id


@dataclass(frozen=True, slots=True)
class SaveTransfer:
    """What is known of a transfer; facts only grow. `because` is the word for one that came to nothing."""

    transfer_id: str
    sent_at: datetime | None  # None at its end: nobody's phone rang
    answered_at: datetime | None
    joined_at: datetime | None
    ended_at: datetime | None
    cause: Cause | None
    because: str | None

    @property
    def lane(self) -> str:
        return self.transfer_id


# --- legs -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RingAgent:
    agent_id: str
    leg_id: str
    endpoint: str
    on_hook: bool

    @property
    def lane(self) -> str:
        return f"agent:{self.agent_id}"


@dataclass(frozen=True, slots=True)
class HangupLeg:
    leg_id: str

    @property
    def lane(self) -> str:
        return self.leg_id


@dataclass(frozen=True, slots=True)
class RingSupervisor:
    supervisor_id: str
    leg_id: str
    endpoint: str

    @property
    def lane(self) -> str:
        return f"spy:{self.supervisor_id}"


@dataclass(frozen=True, slots=True)
class SpyOn:
    """Point the supervisor's leg at an agent's, or at nothing (`agent_leg` None: quiet wait)."""

    supervisor_id: str
    leg_id: str
    agent_leg: str | None
    mode: SpyMode | None

    @property
    def lane(self) -> str:
        return f"spy:{self.supervisor_id}"


# --- records --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SaveAgent:
    """One row of an agent's state history, and the session a new service would adopt."""

    agent_id: str
    state: str
    code: str | None
    by: str
    attempt_id: str | None
    campaigns: tuple[int, ...]
    endpoint: str
    on_hook: bool
    leg_id: str | None
    leg_number: int
    at: datetime

    @property
    def lane(self) -> str:
        return f"agent:{self.agent_id}"


@dataclass(frozen=True, slots=True)
class SaveSupervision:
    """A stretch of listening in one mode: who, whom, which call, from when to when."""

    supervisor_id: str
    agent_id: str
    attempt_id: str | None
    mode: SpyMode
    started_at: datetime
    ended_at: datetime

    @property
    def lane(self) -> str:
        return f"spy:{self.supervisor_id}"


@dataclass(frozen=True, slots=True)
class RaiseIncident:
    """Something a person must see. `kind` is stable, the sentence is for people and holds no number."""

    kind: str
    sentence: str
    at: datetime
    attempt_id: str | None = None
    agent_id: str | None = None

    @property
    def lane(self) -> str:
        return "incidents"


@dataclass(frozen=True, slots=True)
class Resync:
    """Ask Asterisk which of our channels are alive."""

    @property
    def lane(self) -> str:
        return "link"


Command = (
    ClaimLeads
    | ClaimLead
    | ReleaseLead
    | RefuseLead
    | OpenAttemptRow
    | Originate
    | OfferAgent
    | BlockNumber
    | ThankCustomer
    | SaveBridge
    | SaveEnding
    | CloseAttempt
    | FinishRecording
    | DropRecording
    | AskWitness
    | OpenTransferRow
    | OriginateTransfer
    | SaveTransfer
    | RingAgent
    | HangupLeg
    | RingSupervisor
    | SpyOn
    | SaveAgent
    | SaveSupervision
    | RaiseIncident
    | Resync
)
