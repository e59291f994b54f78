"""What happened. Every event is a fact in the past tense; the floor is told it once and forgets it.

`at` is the moment by the source's own clock (Asterisk stamps its events); where it is missing the floor's `now` is
used. Ids: an attempt id is the customer channel's `Uniqueid`; a leg id is that of an agent's or supervisor's channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dialer.core.campaign import Campaign
from dialer.core.compliance.abandonment import Limit, Tally
from dialer.core.compliance.gate import Permit, Refusal
from dialer.core.compliance.packs import AbandonPeriod, Rulebook
from dialer.core.lead import Prospect
from dialer.core.number import Number
from dialer.core.outcome import Cause
from dialer.core.remembered import AgentSession, LiveLeg, OpenAttempt, OpenTransfer

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
    transfers: tuple[OpenTransfer, ...] = ()


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What the PBX's call record says of an attempt that ended while nobody looked; all None: it knows nothing."""

    attempt_id: str
    ended_at: datetime | None
    answered_at: datetime | None
    bridged_at: datetime | None
    cause: Cause | None
    opted_out: bool = False  # the customer pressed the key


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
    left: int | None  # leads not finally done, claimed ones included; None: as many as were known


@dataclass(frozen=True, slots=True)
class ClaimFailed:
    campaign_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class NumberBlocked:
    """A number was put on a do-not-call list: of one campaign, of all campaigns of a brand, or of all there are."""

    number: Number
    campaign_id: int | None = None
    brand: str | None = None


@dataclass(frozen=True, slots=True)
class ConsentWithdrawn:
    """Something the owner of this number had agreed to, they agree to no more."""

    number: Number


@dataclass(frozen=True, slots=True)
class SuspensionSet:
    """An emergency began or ended; `areas` are all in which calls are suspended now."""

    areas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OptOutKept:
    """The number that an attempt called is durably on the company's list, as its customer wished."""

    attempt_id: str
    number: Number


@dataclass(frozen=True, slots=True)
class AbandonsCounted:
    """A campaign's live answers and abandons as the database has them; `zone` is that of its days and months."""

    campaign_id: int
    zone: str
    started: datetime | None  # the campaign's first call
    tallies: tuple[Tally, ...]
    last_at: datetime | None  # of the last abandon
    limits: Mapping[AbandonPeriod, Limit] = field(default_factory=dict)  # known before the first call is permitted


@dataclass(frozen=True, slots=True)
class LeadClaimed:
    """The one lead that an agent asked for at `asked_at` is held, and the gate was asked in the same transaction."""

    agent_id: str
    asked_at: datetime
    prospect: Prospect


@dataclass(frozen=True, slots=True)
class LeadNotClaimed:
    """Nothing is held. `reason` is a key of `unplaced.REASONS`; `refusal` is given where it was the gate."""

    agent_id: str
    asked_at: datetime
    reason: str
    refusal: Refusal | None = None


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
    """Certain: no call was placed (refused by Asterisk, or never written to the wire). `refusal`: by the gate, asked a
    last time.
    """

    attempt_id: str
    reason: str
    refusal: Refusal | None = None


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
    quiet_ms: int | None = None  # silence heard after a person's greeting: it ended so long before `at`


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
class OptOutPressed:
    """The customer pressed the key, in the message or in conversation: no more calls to this number."""

    attempt_id: str
    key: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CustomerDone:
    """The dialplan's `Bridge()` returned."""

    attempt_id: str
    result: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CustomerTransferred:
    """The customer has left the agent for the number they are transferred to; the recording ends with it."""

    attempt_id: str
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


@dataclass(frozen=True, slots=True)
class ManualAsked:
    """The agent wants this lead of the campaign called: by its id, or by a number, which may be no lead yet."""

    agent_id: str
    campaign_id: int
    who: int | Number


@dataclass(frozen=True, slots=True)
class TransferAsked:
    """The agent wants to hand the customer over to this number."""

    agent_id: str
    number: Number


@dataclass(frozen=True, slots=True)
class TransferCancelAsked:
    agent_id: str


# --- transfers: the leg of whom a customer is handed over to ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TransferOpened:
    """The transfer's row is durable, and the gate has permitted its number in the same transaction."""

    transfer_id: str
    permit: Permit


@dataclass(frozen=True, slots=True)
class TransferNotOpened:
    """No row was written; `refusal` is given where it was the gate."""

    transfer_id: str
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class TransferNotSent:
    """Certain: nobody was called. `refusal`: by the gate, asked a last time."""

    transfer_id: str
    reason: str
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class TransferUnknown:
    """The link broke or the reply did not come: somebody may be called."""

    transfer_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class TransferAnswered:
    """They have picked up, and the dialplan fetches the customer: `CustomerTransferred` follows."""

    transfer_id: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TransferLegEnded:
    transfer_id: str
    cause: Cause
    answered: bool
    at: datetime | None = None


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
class RulesSet:
    """The rule packs were changed; every question from now on is asked of these."""

    rulebook: Rulebook


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
    | OptOutPressed
    | CustomerDone
    | CustomerTransferred
    | CustomerLegEnded
    | Witnessed
)
OriginateEvent = AttemptOpened | AttemptRefused | AttemptNotOpened | OriginateSent | OriginateNotSent | OriginateUnknown
AgentAsk = (
    ReadyAsked
    | PauseAsked
    | LogoutAsked
    | DispositionGiven
    | DialAsked
    | SkipAsked
    | HangupAsked
    | ManualAsked
    | TransferAsked
    | TransferCancelAsked
)
TransferEvent = (
    TransferOpened | TransferNotOpened | TransferNotSent | TransferUnknown | TransferAnswered | TransferLegEnded
)
AgentEvent = AgentLoggedIn | AgentLegUp | AgentLegEnded | AgentAsk
SpyEvent = SpyAsked | SpyEndAsked | SpyLegUp | SpyStarted | SpyStopped | SpyLegEnded
LinkEvent = LinkUp | LinkDown | Resynced | ResyncFailed
ServiceEvent = LinkEvent | StoreDown | StoreUp | Halted | Adopted | RulesSet | DrainAsked
CampaignEvent = CampaignSet | LeadsClaimed | ClaimFailed | LeadClaimed | LeadNotClaimed | AbandonsCounted
StopEvent = NumberBlocked | ConsentWithdrawn | SuspensionSet | OptOutKept
Event = (
    CustomerEvent | OriginateEvent | AgentEvent | TransferEvent | SpyEvent | ServiceEvent | CampaignEvent | StopEvent
)
