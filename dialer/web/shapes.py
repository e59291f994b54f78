"""The live picture as JSON: the shapes of `core/floor/views.py`, so that the document can name them.

`extra="allow"`: what the floor shows and this file forgot still goes out; a test finds it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from dialer.core.agent import AgentState
from dialer.core.call import CallState
from dialer.core.campaign import DialMode
from dialer.core.compliance.packs import AbandonPeriod
from dialer.core.events import SpyMode
from dialer.core.floor.picture import Link
from dialer.core.transfer import TransferState


class Shown(BaseModel):
    model_config = ConfigDict(extra="allow")


class KeptView(Shown):
    """A pause or log-out that waits for the work in hand."""

    state: AgentState
    code: str | None


class ContactView(Shown):
    at: datetime
    disposition: str
    agent_id: str | None
    note: str


class ProspectView(Shown):
    """A lead as its agent sees it; of the number its last three digits."""

    lead_id: int
    campaign_id: int
    name: str
    number_ends: str
    label: str
    tries: int
    region: str | None
    fields: dict[str, str]
    contacts: list[ContactView]


# Whether the customer pressed the key, and whether the number is on the company's list by now.
OptOut = Literal["asked", "kept"] | None


class TalkingView(ProspectView):
    state: CallState
    opt_out: OptOut


class PermitView(Shown):
    verdict: Literal["permit"]
    made_at: datetime
    packs: list[str]
    zones: list[str]
    tzdata: str


class RefusalView(Shown):
    verdict: Literal["refusal"]
    rule: str
    sentence: str
    try_after: datetime | None
    decided_by: str | None
    zone: str | None


class PreviewView(ProspectView):
    offered_at: datetime
    deadline: datetime
    verdict: PermitView | RefusalView


class UnplacedView(Shown):
    """A call or transfer the agent asked for that was not placed, and why; `verdict` where the gate refused it."""

    what: Literal["call", "transfer"]
    campaign_id: int
    lead_id: int | None
    number_ends: str
    reason: str
    sentence: str
    at: datetime
    verdict: RefusalView | None


class AgentView(Shown):
    agent_id: str
    state: AgentState
    since: datetime
    code: str | None
    by: str | None
    campaigns: list[int]
    on_hook: bool
    phone: Literal["on_line", "ringing", "off"]
    attempt_id: str | None
    deadline: datetime | None
    kept: KeptView | None
    preview: PreviewView | None
    talking_with: TalkingView | None
    unplaced: UnplacedView | None


class TransferView(Shown):
    """Whom the customer is handed over to; the agent keeps the customer until they answer."""

    transfer_id: str
    number_ends: str
    state: TransferState
    asked_at: datetime
    answered_at: datetime | None


class CallView(Shown):
    attempt_id: str
    campaign_id: int
    lead_id: int
    name: str
    number_ends: str
    agent_id: str | None
    trunk: str
    state: CallState
    opened_at: datetime
    rang_at: datetime | None
    answered_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None
    opt_out: OptOut
    transfer: TransferView | None


class PaceView(Shown):
    place: int
    because: str


class AbandonmentView(Shown):
    """Live answers and abandons in the block of time in which a rule counts them. `by` is the rule pack, or "house"
    where none has a limit. `more` further abandons would pass the limit; `forecast_percent` is the block's at its end
    if it goes on as lately.
    """

    period: AbandonPeriod
    start: datetime
    end: datetime
    abandoned: int
    answered: int
    percent: float
    limit_percent: float
    by: str
    more: int
    forecast_percent: float


class BrakeView(Shown):
    """`room` is how many calls may be placed beside those in flight; null: an agent is guaranteed for each."""

    on: bool
    room: int | None
    because: str
    until: datetime | None


class CampaignView(Shown):
    """A campaign at work since the service started."""

    campaign_id: int
    name: str
    dial_mode: DialMode
    running: bool
    agents: int
    hopper: int
    left: int | None  # not counted yet
    next_lead_at: datetime | None  # when the next lead falls due, as the last claim found it
    placed: int
    started_at: datetime | None
    pace: PaceView
    dispositions: dict[str, int]
    refusals: dict[str, int]
    reasons: dict[str, RefusalView]  # the last refusal by each rule
    abandonment: list[AbandonmentView]  # one for each kind of block in which a rule counts
    brake: BrakeView


class TrunkView(Shown):
    trunk: str
    lines: int
    in_use: int
    calls_per_second: int


class SupervisorView(Shown):
    supervisor_id: str
    phone: Literal["on_line", "ringing"]
    agent_id: str | None
    mode: SpyMode | None
    listening: bool


class NodeView(Shown):
    link: Link
    link_reason: str
    store: Literal["up", "down"]
    draining: bool
    halted: str | None  # why nothing is dialed until a restart
    dialing: bool


class SnapshotView(BaseModel):
    """Everything that one may see, by subject and key."""

    agent: dict[str, AgentView] = {}
    call: dict[str, CallView] = {}
    campaign: dict[str, CampaignView] = {}
    trunk: dict[str, TrunkView] = {}
    supervisor: dict[str, SupervisorView] = {}
    node: dict[str, NodeView] = {}


class ChangeView(BaseModel):
    """One subject as it is now; `view` null: it is gone."""

    subject: Literal["agent", "call", "campaign", "trunk", "supervisor", "node"]
    key: str
    view: dict[str, Any] | None


class SnapshotMessage(BaseModel):
    """The first message of a socket."""

    seq: Literal[0]
    snapshot: SnapshotView


class ChangesMessage(BaseModel):
    """Every later message; `seq` counts up by one."""

    seq: int
    changes: list[ChangeView]
