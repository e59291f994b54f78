"""The simulated database: leads with leases, attempts with one outcome, the numbers' histories."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.campaign import Campaign
from dialer.core.compliance.gate import Question, Refusal, check
from dialer.core.compliance.limits import PastAttempt
from dialer.core.compliance.packs import Rulebook
from dialer.core.lead import Again, Lead, Prospect
from dialer.core.number import Number
from dialer.core.outcome import Ending, Kind, Outcome

LEASE = timedelta(minutes=5)


@dataclass(slots=True)
class Shelf:
    """One lead as the database keeps it."""

    lead: Lead
    status: str = "ready"  # ready, claimed, done
    next_at: datetime | None = None
    lease_until: datetime | None = None
    because: str = ""
    for_agent: str | None = None


@dataclass(slots=True)
class Shop:
    """All tables of the simulation."""

    rulebook: Rulebook
    campaigns: dict[int, Campaign]
    shelves: dict[int, Shelf] = field(default_factory=dict)
    opened: dict[str, cmd.OpenAttemptRow] = field(default_factory=dict)
    endings: dict[str, Ending] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    history: dict[Number, list[PastAttempt]] = field(default_factory=dict)
    registries: tuple[tuple[str, datetime | None], ...] = ()
    refusals: list[tuple[int, Refusal]] = field(default_factory=list)
    _due: defaultdict[int, list[tuple[datetime, int]]] = field(default_factory=lambda: defaultdict(list))
    _left: Counter[int] = field(default_factory=Counter)

    def claim(self, order: cmd.ClaimLeads, now: datetime) -> ev.LeadsClaimed:
        """Lease the next due leads."""
        due = self._due[order.campaign_id]
        prospects: list[Prospect] = []
        while due and due[0][0] <= now and len(prospects) < order.count:
            _, lead_id = heapq.heappop(due)
            shelf = self.shelves[lead_id]
            if shelf.status == "done" or (shelf.next_at or now) > now or (shelf.lease_until or now) > now:
                continue  # an entry that a later one replaced
            shelf.status, shelf.lease_until = "claimed", now + LEASE
            heapq.heappush(due, (shelf.lease_until, lead_id))
            number = shelf.lead.next_number()
            assert number is not None
            question = self._question(self.campaigns[order.campaign_id], shelf.lead, number.number)
            prospects.append(Prospect(shelf.lead, number, now + LEASE, question, for_agent=shelf.for_agent))
        next_at = due[0][0] if due else None
        return ev.LeadsClaimed(order.campaign_id, tuple(prospects), next_at, self._left[order.campaign_id])

    def stock(self, lead: Lead) -> None:
        """Put a new lead on the shelf."""
        self.shelves[lead.id] = Shelf(lead)
        self._left[lead.campaign_id] += 1
        heapq.heappush(self._due[lead.campaign_id], (datetime.min.replace(tzinfo=UTC), lead.id))

    def release(self, order: cmd.ReleaseLead) -> None:
        """Back on the shelf."""
        self._shelve(order.lead_id, order.at, order.because)

    def refuse(self, order: cmd.RefuseLead) -> None:
        """Back on the shelf until the gate may be asked again, or done for good."""
        self.refusals.append((order.lead_id, order.refusal))
        self._shelve(order.lead_id, order.at, order.refusal.rule)
        if order.refusal.try_after is None:
            self._done(self.shelves[order.lead_id], order.refusal.rule)

    def open(self, order: cmd.OpenAttemptRow, now: datetime) -> ev.Event:
        """Write the row; the gate is asked again with what is known now."""
        if order.attempt_id in self.opened:
            return ev.AttemptNotOpened(order.attempt_id, "the id is taken")
        campaign, prospect = self.campaigns[order.campaign_id], order.prospect
        number = prospect.number.number
        verdict = check(self.rulebook, self._question(campaign, prospect.lead, number), now)
        if isinstance(verdict, Refusal):
            return ev.AttemptRefused(order.attempt_id, verdict)
        self.opened[order.attempt_id] = order
        self.history.setdefault(number, []).append(PastAttempt(now, "attempt"))
        shelf = self.shelves[prospect.lead.id]
        shelf.lead = replace(shelf.lead, serial=shelf.lead.serial + 1)
        return ev.AttemptOpened(order.attempt_id, verdict)

    def close(self, order: cmd.CloseAttempt) -> None:
        """The outcome, once; and the lead's fate."""
        outcome = order.outcome
        assert outcome.attempt_id not in self.outcomes, "an attempt was closed twice"
        self.outcomes[outcome.attempt_id] = outcome
        shelf = self.shelves[outcome.lead_id]
        kinds = dict(shelf.lead.tries_by_kind)
        kinds[outcome.kind] = kinds.get(outcome.kind, 0) + 1
        charged = outcome.kind is not Kind.UNCHARGED
        numbers = tuple(
            replace(n, tries=n.tries + 1, dead=n.dead or order.lead.kill_number) if n.id == order.number_id else n
            for n in shelf.lead.numbers
        )
        shelf.lead = replace(shelf.lead, tries=shelf.lead.tries + charged, tries_by_kind=kinds, numbers=numbers)
        if isinstance(order.lead, Again):
            self._shelve(outcome.lead_id, order.lead.at, order.lead.because)
            shelf.for_agent = order.lead.agent_id
        else:
            self._done(shelf, order.lead.because)
        if outcome.disposition == "not_placed":
            self.history[self.opened[outcome.attempt_id].permit.number].pop()  # nobody's phone rang

    def _question(self, campaign: Campaign, lead: Lead, number: Number) -> Question:
        return Question(
            number=number,
            lead_id=lead.id,
            campaign_id=campaign.id,
            rules=campaign.rules,
            history=tuple(self.history.get(number, ())),
            mode=campaign.dial_mode.value,
            snapshots=self.registries,
        )

    def _shelve(self, lead_id: int, at: datetime, because: str) -> None:
        shelf = self.shelves[lead_id]
        shelf.status, shelf.next_at, shelf.because, shelf.lease_until = "ready", at, because, None
        heapq.heappush(self._due[shelf.lead.campaign_id], (at, lead_id))

    def _done(self, shelf: Shelf, because: str) -> None:
        shelf.status, shelf.because = "done", because
        self._left[shelf.lead.campaign_id] -= 1
