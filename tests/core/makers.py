"""Makers with defaults for the core's tests: a test spells out only what matters to it.

`Stage` drives a real floor the way the engine does, one event and then the time; it plays the database and the PBX only
where a test asks it to.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import dialer.lab.packs
from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import Agent, AgentState
from dialer.core.call import Call
from dialer.core.campaign import Campaign, DialMode
from dialer.core.compliance.gate import CampaignRules, Permit, Question, Refusal, check
from dialer.core.compliance.packs import Rulebook
from dialer.core.floor import leads
from dialer.core.floor.floor import Floor
from dialer.core.floor.picture import Desk, Picture
from dialer.core.lead import Lead, LeadNumber, Prospect
from dialer.core.number import Number
from dialer.core.outcome import Cause, Ending, Kind, Outcome, WhoEnded
from dialer.core.pacing.trunk import Trunk
from dialer.core.remembered import AgentSession, LiveLeg, OpenAttempt
from dialer.rules.load import load

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # a Monday
TAG = "t1"

C = TypeVar("C", bound=cmd.Command)


@cache
def rulebook() -> Rulebook:
    """The shipped rules and the lab's: its numbers, +999, may be called at any hour."""
    return load([Path(dialer.lab.packs.__file__).with_name("lab.toml")])


def make_campaign(**changes: Any) -> Campaign:
    rules = CampaignRules()
    return replace(Campaign(1, "autumn", DialMode.PROGRESSIVE, "carrier", ("1000",), rules), **changes)


def make_preview_campaign(**changes: Any) -> Campaign:
    return make_campaign(**{"dial_mode": DialMode.PREVIEW} | changes)


def make_number(id: int = 1, e164: str = "", **changes: Any) -> LeadNumber:
    return replace(LeadNumber(id, Number(e164 or f"+9991{id:06}")), **changes)


def make_lead(id: int = 1, campaign_id: int = 1, **changes: Any) -> Lead:
    return replace(Lead(id, campaign_id, f"lead {id}", (make_number(id),)), **changes)


def make_prospect(id: int = 1, *, campaign_id: int = 1, lead: Lead | None = None, **changes: Any) -> Prospect:
    lead = lead or make_lead(id, campaign_id)
    number = changes.pop("number", lead.numbers[0])
    facts = {name: changes.pop(name) for name in ("history", "hits", "consents", "suspended") if name in changes}
    question = Question(number.number, lead.id, lead.campaign_id, region=lead.region, zone=lead.zone, **facts)
    return replace(Prospect(lead, number, NOW + timedelta(hours=8), question), **changes)


def make_permit(prospect: Prospect | None = None, at: datetime = NOW) -> Permit:
    prospect = prospect or make_prospect()
    question = Question(prospect.number.number, prospect.lead.id, prospect.lead.campaign_id)
    verdict = check(rulebook(), question, at)
    assert isinstance(verdict, Permit), verdict
    return verdict


def make_refusal(rule: str = "DNC_INTERNAL", try_after: datetime | None = None, at: datetime = NOW) -> Refusal:
    """A refusal as if the gate had made it."""
    return Refusal(rule, rule.lower(), try_after, basis=make_permit(at=at).basis)


def make_call(**changes: Any) -> Call:
    prospect = make_prospect()
    call = Call("call-t1-1-1", 1, prospect, make_permit(prospect), "ann", "carrier", "1000", NOW)
    for name, value in changes.items():
        setattr(call, name, value)
    return call


def make_ending(**changes: Any) -> Ending:
    return replace(Ending("call-t1-1-1", 1, 1, "ann", NOW, WhoEnded.CUSTOMER, Cause.NORMAL, 16), **changes)


def make_outcome(kind: Kind, **changes: Any) -> Outcome:
    return replace(Outcome("call-t1-1-1", 1, 1, "ann", kind.value, kind, "system", NOW), **changes)


def make_open_attempt(**changes: Any) -> OpenAttempt:
    opened = NOW - timedelta(minutes=3)
    return replace(
        OpenAttempt("call-t1-1-1", 1, make_prospect(), "ann", "carrier", opened, None, None, None), **changes
    )


def make_session(agent_id: str = "ann", **changes: Any) -> AgentSession:
    leg = f"agent-{TAG}-{agent_id}-7"
    session = AgentSession(agent_id, f"phone-{agent_id}", (1,), False, leg, 7, "ready", None, NOW)
    return replace(session, **changes)


def leg(leg_id: str, *, answered: bool = True, bridged: bool = False, seconds: float = 60.0) -> LiveLeg:
    return LiveLeg(leg_id, answered, bridged, seconds)


def make_floor(lines: int = 10, calls_per_second: int = 10) -> Floor:
    return Floor(TAG, rulebook(), (Trunk("carrier", lines, calls_per_second),))


class Stage:
    """A floor, a clock that the test turns, and every order given so far."""

    def __init__(
        self,
        *campaigns: Campaign,
        lines: int = 10,
        calls_per_second: int = 10,
        trunks: Iterable[Trunk] = (),
        linked: bool = True,
        now: datetime = NOW,
    ) -> None:
        self.now = now
        trunks = tuple(trunks) or (Trunk("carrier", lines, calls_per_second),)
        self.floor = Floor(TAG, rulebook(), trunks)
        self.orders: list[cmd.Command] = []
        for campaign in campaigns or (make_campaign(),):
            self.tell(ev.CampaignSet(campaign, running=True))
        if linked:
            self.tell(ev.LinkUp())
            self.tell(ev.Resynced(()))

    @property
    def picture(self) -> Picture:
        return self.floor.picture

    # --- the engine's part --------------------------------------------------------------------------------------------

    def tell(self, event: ev.Event) -> list[cmd.Command]:
        """One turn: the orders that followed."""
        orders = self.floor.handle(event, self.now) + self.floor.tick(self.now)
        self.orders += orders
        return orders

    def wait(self, seconds: float) -> list[cmd.Command]:
        """Let time pass, waking the floor at each deadline: the orders that followed."""
        end, orders = self.now + timedelta(seconds=seconds), []
        while (deadline := self.floor.next_deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            orders += self.floor.tick(self.now)
        self.now = end
        self.orders += orders
        return orders

    def given(self, kind: type[C]) -> list[C]:
        """All orders of this kind so far."""
        return [order for order in self.orders if isinstance(order, kind)]

    def last(self, kind: type[C]) -> C:
        return self.given(kind)[-1]

    # --- the database's part ------------------------------------------------------------------------------------------

    def supply(self, *prospects: Prospect, campaign_id: int = 1, left: int = 100) -> list[cmd.Command]:
        """The answer to a claim."""
        return self.tell(ev.LeadsClaimed(campaign_id, prospects, None, left))

    def open_rows(self) -> list[cmd.Command]:
        """Write every row asked for that is not written yet; the gate is asked again, as the database does."""
        orders: list[cmd.Command] = []
        for order in self.given(cmd.OpenAttemptRow):
            call = self.picture.calls.get(order.attempt_id)
            if call is not None and not call.opened:
                answer = leads.verdict(self.picture, self.desk(order.campaign_id), order.prospect, self.now)
                assert isinstance(answer, Permit), answer
                orders += self.tell(ev.AttemptOpened(order.attempt_id, answer))
        return orders

    # --- people and phones --------------------------------------------------------------------------------------------

    def agent(self, agent_id: str = "ann") -> Agent:
        return self.picture.agents[agent_id]

    def log_in(self, *agent_ids: str, campaigns: tuple[int, ...] = (1,), on_hook: bool = False) -> None:
        """Agents with their phones on line, unless they work on hook."""
        for agent_id in agent_ids:
            self.tell(ev.AgentLoggedIn(agent_id, f"phone-{agent_id}", campaigns, on_hook))
            if not on_hook:
                self.phone_up(agent_id)

    def phone_up(self, agent_id: str = "ann") -> list[cmd.Command]:
        leg_id = self.agent(agent_id).leg_id
        assert leg_id is not None
        return self.tell(ev.AgentLegUp(agent_id, leg_id))

    def phone_lost(self, agent_id: str = "ann") -> list[cmd.Command]:
        leg_id = self.agent(agent_id).leg_id
        assert leg_id is not None
        return self.tell(ev.AgentLegEnded(agent_id, leg_id, Cause.NORMAL))

    # --- the way of a call --------------------------------------------------------------------------------------------

    def dialing(self, *prospects: Prospect) -> str:
        """The last of these leads (or one) is being called for a ready agent: its attempt id."""
        self.supply(*(prospects or (make_prospect(),)))
        self.open_rows()
        attempt_id = self.last(cmd.Originate).attempt_id
        self.tell(ev.OriginateSent(attempt_id))
        return attempt_id

    def talking(self, *prospects: Prospect) -> str:
        attempt_id = self.dialing(*prospects)
        self.tell(ev.CustomerRang(attempt_id))
        self.wait(3)
        self.tell(ev.CustomerAnswered(attempt_id))
        self.tell(ev.CallBridged(attempt_id))
        self.wait(1)
        return attempt_id

    def wrapping_up(self, *prospects: Prospect, seconds: float = 60) -> str:
        attempt_id = self.talking(*prospects)
        self.wait(seconds)
        self.hung_up(attempt_id)
        return attempt_id

    def hung_up(self, attempt_id: str, cause: Cause = Cause.NORMAL, *, answered: bool = True) -> list[cmd.Command]:
        """The customer's leg ends, and no straggler is waited for any more."""
        orders = self.tell(ev.CustomerLegEnded(attempt_id, cause, None, answered))
        return orders + self.wait(0.5)

    def outcome(self, attempt_id: str) -> Outcome:
        """The outcome written for an attempt, which must be exactly one."""
        (order,) = (o for o in self.given(cmd.CloseAttempt) if o.outcome.attempt_id == attempt_id)
        return order.outcome

    def state(self, agent_id: str = "ann") -> AgentState:
        return self.agent(agent_id).state

    def desk(self, campaign_id: int = 1) -> Desk:
        return self.picture.desks[campaign_id]

    def incidents(self) -> list[str]:
        return [order.kind for order in self.given(cmd.RaiseIncident)]
