"""A campaign as the core sees it: how it dials, whom it rings from, what it does when nobody answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

from dialer.core.compliance.gate import CampaignRules
from dialer.core.outcome import AGENT_DISPOSITIONS, Kind


class DialMode(StrEnum):
    """Who decides that a call is placed: the agent, or the agent's being ready."""

    PREVIEW = "preview"
    PROGRESSIVE = "progressive"


class PreviewPolicy(StrEnum):
    """What happens to a previewed lead when its timer runs out."""

    DIAL = "dial"
    SKIP = "skip"
    PAUSE = "pause"  # the lead goes back and the agent is paused: nobody seems to be there


class MachinePolicy(StrEnum):
    """What a detected answering machine gets."""

    HANGUP = "hangup"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class RecycleRule:
    """When to try again after this kind of ending, and how many times in all."""

    delay: timedelta
    limit: int


# Delays and limits are house practice for consumer lists, not law; each campaign sets its own.
DEFAULT_RECYCLE: dict[Kind, RecycleRule] = {
    Kind.BUSY: RecycleRule(timedelta(minutes=10), 4),
    Kind.NO_ANSWER: RecycleRule(timedelta(hours=2), 3),
    Kind.MACHINE: RecycleRule(timedelta(hours=24), 2),
    Kind.CONGESTION: RecycleRule(timedelta(minutes=5), 5),
    Kind.REJECTED: RecycleRule(timedelta(hours=24), 2),
    Kind.ABANDONED: RecycleRule(timedelta(hours=72), 1),
    Kind.FAILED: RecycleRule(timedelta(hours=1), 2),
    Kind.UNCHARGED: RecycleRule(timedelta(minutes=1), 10),
}


@dataclass(frozen=True, slots=True)
class Campaign:
    """Settings of one campaign; times in seconds unless they are timedeltas."""

    id: int
    name: str
    dial_mode: DialMode
    trunk: str
    caller_ids: tuple[str, ...]  # used in turn; digits as the trunk wants them
    rules: CampaignRules = field(default_factory=CampaignRules)
    priority: int = 0
    ring_seconds: int = 25
    wrap_up_seconds: int = 30
    preview_seconds: int = 30
    preview_policy: PreviewPolicy = PreviewPolicy.SKIP
    amd: bool = False
    machine_policy: MachinePolicy = MachinePolicy.HANGUP
    on_hook: bool = False  # agents may work with the phone on hook, rung for each call
    notice: str = ""  # sound played to the customer before the legs meet, as Asterisk names it
    abandon_message: str = ""  # sound for a person without an agent: who called, how to reach them; empty: the house's
    opt_out_key: str = ""  # the key that takes the customer off the list; empty: the house's
    default_disposition: str = "no_disposition"
    dispositions: dict[str, Kind] = field(default_factory=lambda: dict(AGENT_DISPOSITIONS))
    recycle: dict[Kind, RecycleRule] = field(default_factory=lambda: dict(DEFAULT_RECYCLE))
    max_attempts: int = 8  # per lead, all kinds of ending together
    callback_grace: timedelta = timedelta(minutes=10)  # how long a personal callback waits for its agent
    brand: str = ""  # in whose name it calls: who wants no calls of a brand gets none from any of its campaigns
    subject: str | None = None  # what its calls are about, for caps that count by it; a lead's own goes before
    manual: bool = False  # agents may type any number, to be called or to be transferred to
    transfer_numbers: tuple[str, ...] = ()  # E.164: to these a customer may be transferred in any case


def under_house_rules(campaign: Campaign, overlays: tuple[str, ...], purposes: tuple[str, ...]) -> Campaign:
    """What the house (`purposes`) and the trunk's carrier (`overlays`) ask for is asked of every campaign."""
    rules = replace(
        campaign.rules,
        overlays=tuple(dict.fromkeys((*campaign.rules.overlays, *overlays))),
        purposes=tuple(dict.fromkeys((*campaign.rules.purposes, *purposes))),
    )
    return replace(campaign, rules=rules)
