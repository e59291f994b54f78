"""What happened. Every event is a fact in the past tense; the floor is told it once and forgets it.

`at` is the moment by the source's own clock (Asterisk stamps its events); where it is missing the floor's `now` is
used. Ids: an attempt id is the customer channel's `Uniqueid`; a leg id is that of an agent's or supervisor's channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dialer.core.campaign import Campaign
from dialer.core.compliance.gate import Permit, Refusal
from dialer.core.lead import Prospect
from dialer.core.number import Number
from dialer.core.outcome import Cause
from dialer.core.remembered import AgentSession, LiveLeg, OpenAttempt

# --- the link to Asterisk ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LinkUp:
    """AMI is connected, checked and filtered; `Resynced` follows."""


@dataclass(frozen=True, slots=True)
class LinkDown:
    reason: str


@dataclass(frozen=True, slots=True)
class Resynced:
    """All of our channels that are alive. What is not named here is gone."""

    legs: tuple[LiveLeg, ...]


@dataclass(frozen=True, slots=True)
class ResyncFailed:
    """The PBX did not say which channels are alive; it will be asked again."""

    reason: str


@dataclass(frozen=True, slots=True)
class StoreDown:
    """Outcomes cannot be saved: nothing new may be dialed."""

    reason: str


@dataclass(frozen=True, slots=True)
class StoreUp:
    pass


@dataclass(frozen=True, slots=True)
class Halted:
    """The dialer found a mistake of its own: calls that are up go on, nothing new is dialed until a restart."""

    reason: str


# --- starting with what was there before ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Adopted:
    """What the database knew at the start; `Resynced` says what of it still lives."""

    sessions: tuple[AgentSession, ...]
    attempts: tuple[OpenAttempt, ...]


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What the PBX's call record says of an attempt that ended while nobody looked; all None: it knows nothing."""

    attempt_id: str
    ended_at: datetime | None
    answered_at: datetime | None
    bridged_at: datetime | None
    cause: Cause | None


# --- campaigns and leads -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CampaignSet:
    """A campaign was loaded, changed, started or stopped."""

    campaign: Campaign
    running: bool


@dataclass(frozen=True, slots=True)
class LeadsClaimed:
    campaign_id: int
    prospects: tuple[Prospect, ...]
    next_at: datetime | None  # when the next lead falls due if none is due now; None: there are none
    left: int  # leads not finally done, claimed ones included


@dataclass(frozen=True, slots=True)
class ClaimFailed:
    campaign_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class NumberBlocked:
    """A number was put on a do-not-call list; `campaign_id` None means for all campaigns."""

    number: Number
    campaign_id: int | None


# --- an attempt on its way out --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AttemptOpened:
    """The row is durable, and the gate was asked again in the same transaction."""

    attempt_id: str
    permit: Permit


@dataclass(frozen=True, slots=True)
class AttemptRefused:
    attempt_id: str
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class AttemptNotOpened:
    """No row was written (the database failed, or the id was taken): nothing may be dialed."""

    attempt_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class OriginateSent:
    """Asterisk took the order; the reply says nothing about the call."""

    attempt_id: str


@dataclass(frozen=True, slots=True)
class OriginateNotSent:
    """Certain: no call was placed (refused by Asterisk, or never written to the wire)."""

    attempt_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class OriginateUnknown:
    """The link broke or the reply did not come: there may be a call."""

    attempt_id: str
    reason: str


# --- the customer leg -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CustomerRang:
    attempt_id: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CustomerAnswered:
    attempt_id: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MachineChecked:
    attempt_id: str
    status: str  # AMDSTATUS: HUMAN, MACHINE, NOTSURE, HANGUP
    cause: str  # AMDCAUSE, kept with the attempt
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CallBridged:
    """The customer's leg entered a bridge with an agent's."""

    attempt_id: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BridgeFailed:
    attempt_id: str
    result: str  # BRIDGERESULT
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CustomerAbandoned:
    """No agent inside the limit: the dialplan plays the identification message."""

    attempt_id: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CustomerDone:
    """The dialplan's `Bridge()` returned."""

    attempt_id: str
    result: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CustomerLegEnded:
    attempt_id: str
    cause: Cause
    code: int | None  # Q.850
    answered: bool  # the channel was Up when it went
    at: datetime | None = None


# --- agents ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AgentLoggedIn:
    agent_id: str
    endpoint: str
    campaigns: tuple[int, ...]
    on_hook: bool = False


@dataclass(frozen=True, slots=True)
class AgentLegUp:
    agent_id: str
    leg_id: str


@dataclass(frozen=True, slots=True)
class AgentLegEnded:
    agent_id: str
    leg_id: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class ReadyAsked:
    agent_id: str


@dataclass(frozen=True, slots=True)
class PauseAsked:
    agent_id: str
    code: str
    by: str = ""  # a supervisor's login where it was not the agent


@dataclass(frozen=True, slots=True)
class LogoutAsked:
    agent_id: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class DispositionGiven:
    agent_id: str
    attempt_id: str
    disposition: str
    note: str = ""
    callback_at: datetime | None = None
    personal: bool = False  # the callback is for this agent


@dataclass(frozen=True, slots=True)
class DialAsked:
    """The agent wants the previewed lead called."""

    agent_id: str


@dataclass(frozen=True, slots=True)
class SkipAsked:
    agent_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class HangupAsked:
    agent_id: str


# --- supervisors ----------------------------------------------------------------------------------------------------


class SpyMode(StrEnum):
    """What a supervisor's leg does to an agent's."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"


@dataclass(frozen=True, slots=True)
class SpyAsked:
    """Listen to, whisper to or barge in on this agent; the leg is made if there is none yet."""

    supervisor_id: str
    endpoint: str
    agent_id: str
    mode: SpyMode


@dataclass(frozen=True, slots=True)
class SpyEndAsked:
    supervisor_id: str
    hang_up: bool = False  # also let go of the leg: the shift is over


@dataclass(frozen=True, slots=True)
class SpyLegUp:
    supervisor_id: str
    leg_id: str


@dataclass(frozen=True, slots=True)
class SpyStarted:
    supervisor_id: str
    leg_id: str


@dataclass(frozen=True, slots=True)
class SpyStopped:
    supervisor_id: str
    leg_id: str


@dataclass(frozen=True, slots=True)
class SpyLegEnded:
    supervisor_id: str
    leg_id: str


# --- the service ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DrainAsked:
    """Place nothing new; let calls finish."""


CustomerEvent = (
    CustomerRang
    | CustomerAnswered
    | MachineChecked
    | CallBridged
    | BridgeFailed
    | CustomerAbandoned
    | CustomerDone
    | CustomerLegEnded
    | Witnessed
)
OriginateEvent = AttemptOpened | AttemptRefused | AttemptNotOpened | OriginateSent | OriginateNotSent | OriginateUnknown
AgentAsk = ReadyAsked | PauseAsked | LogoutAsked | DispositionGiven | DialAsked | SkipAsked | HangupAsked
AgentEvent = AgentLoggedIn | AgentLegUp | AgentLegEnded | AgentAsk
SpyEvent = SpyAsked | SpyEndAsked | SpyLegUp | SpyStarted | SpyStopped | SpyLegEnded
ServiceEvent = LinkUp | LinkDown | Resynced | ResyncFailed | StoreDown | StoreUp | Halted | Adopted | DrainAsked
CampaignEvent = CampaignSet | LeadsClaimed | ClaimFailed | NumberBlocked
Event = CustomerEvent | OriginateEvent | AgentEvent | SpyEvent | ServiceEvent | CampaignEvent
