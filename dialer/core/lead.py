"""A lead, which of its numbers is next, and what becomes of it after an attempt."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dialer.core.campaign import Campaign
from dialer.core.compliance.gate import Question
from dialer.core.number import Number
from dialer.core.outcome import Kind, Outcome


@dataclass(frozen=True, slots=True)
class LeadNumber:
    """One of a lead's phones, in the order they should be tried."""

    id: int
    number: Number
    label: str = ""
    dead: bool = False
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Lead:
    """A person to call and their phones."""

    id: int
    campaign_id: int
    name: str
    numbers: tuple[LeadNumber, ...]
    region: str | None = None  # ISO 3166-2 of a known address
    zone: str | None = None  # IANA name, only where a person stated it
    subject: str | None = None  # what the calls are about, where a rule counts by it: a debt's reference
    serial: int = 0  # attempts ever made, uncharged ones too: the next attempt's id ends in serial + 1
    tries: int = 0
    tries_by_kind: dict[Kind, int] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)

    def next_number(self) -> LeadNumber | None:
        """The living number tried least, first in order among equals; None when all are dead."""
        living = [n for n in self.numbers if not n.dead]
        return min(living, key=lambda n: n.tries, default=None)


@dataclass(frozen=True, slots=True)
class Contact:
    """An earlier attempt as an agent wants to see it."""

    at: datetime
    disposition: str
    agent_id: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Prospect:
    """A claimed lead with everything the gate and the agent need, read in the claiming transaction.

    `question` is what was known then; whoever asks puts in the campaign's rules of the moment.
    """

    lead: Lead
    number: LeadNumber
    lease_until: datetime
    question: Question
    contacts: tuple[Contact, ...] = ()
    for_agent: str | None = None  # a personal callback belongs to this agent ...
    open_from: datetime | None = None  # ... until this moment, then to anybody
    was_due: datetime | None = None  # claimed for an agent's own asking: given back, it comes no sooner than this

    @property
    def manual(self) -> bool:
        """An agent asked for just this call."""
        return self.question.mode == "manual"

    def back(self, at: datetime) -> datetime:
        """When it may be claimed again, where `at` is the first moment that suits."""
        return at if self.was_due is None else max(at, self.was_due)


@dataclass(frozen=True, slots=True)
class Again:
    """Call this lead again, not before `at`."""

    at: datetime
    because: str
    charged: bool = True
    kill_number: bool = False
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """This lead needs no further call in this campaign."""

    because: str
    kill_number: bool = False


def recycle(campaign: Campaign, lead: Lead, number: LeadNumber, outcome: Outcome, now: datetime) -> Again | Done:
    """What becomes of a lead after this outcome. Counts in `lead` are those before the attempt."""
    kind = outcome.kind
    tries = lead.tries + 1
    others = any(not n.dead and n.id != number.id for n in lead.numbers)
    if kind is Kind.TALKED:
        return Done(outcome.disposition)
    if kind is Kind.OPT_OUT:
        return Done("do_not_call", kill_number=True)
    if kind is Kind.CALLBACK:
        at = outcome.callback_at or now + timedelta(hours=1)
        return Again(max(at, now), "callback", agent_id=outcome.callback_agent)
    if kind is Kind.DEAD_NUMBER:
        if others and tries < campaign.max_attempts:
            return Again(now, "next_number", kill_number=True)
        return Done(outcome.disposition, kill_number=True)
    rule = campaign.recycle.get(kind)
    if rule is None:
        return Done(outcome.disposition)
    seen = lead.tries_by_kind.get(kind, 0) + 1
    if kind is Kind.UNCHARGED:
        if seen >= rule.limit:
            return Done("too_many_failures")
        return Again(now + rule.delay, outcome.disposition, charged=False)
    if seen >= rule.limit:
        return Done(f"{kind.value}_limit")
    if tries >= campaign.max_attempts:
        return Done("attempt_limit")
    return Again(now + rule.delay, kind.value)
