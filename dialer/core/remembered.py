"""What is remembered of a dialer that was away: channels the PBX has, sessions and attempts the database has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dialer.core.lead import Prospect
from dialer.core.number import Number
from dialer.core.outcome import Ending


@dataclass(frozen=True, slots=True)
class LiveLeg:
    """One of our channels as `CoreShowChannels` lists it."""

    leg_id: str
    answered: bool
    bridged: bool
    seconds: float  # since the channel was made


@dataclass(frozen=True, slots=True)
class AgentSession:
    """An agent who was logged in when the last service ended."""

    agent_id: str
    endpoint: str
    campaigns: tuple[int, ...]
    on_hook: bool
    leg_id: str | None
    leg_number: int
    state: str  # of AgentState
    code: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class OpenTransfer:
    """A transfer whose row has no end yet; `attempt_id` and `customer_trunk` are the customer's."""

    transfer_id: str
    attempt_id: str
    campaign_id: int
    agent_id: str
    number: Number
    trunk: str
    customer_trunk: str
    opened_at: datetime
    answered_at: datetime | None
    joined_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """An attempt whose row has no final outcome yet."""

    attempt_id: str
    campaign_id: int
    prospect: Prospect
    agent_id: str | None
    trunk: str
    opened_at: datetime
    answered_at: datetime | None
    bridged_at: datetime | None
    ending: Ending | None  # facts saved at its end; only the disposition is missing
