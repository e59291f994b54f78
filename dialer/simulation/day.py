"""One simulated day: the production floor between a simulated PBX, database and agents."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import assert_never

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import ImpossibleTurn
from dialer.core.campaign import Campaign, DialMode, PreviewPolicy
from dialer.core.compliance.gate import CampaignRules
from dialer.core.compliance.packs import Rulebook
from dialer.core.floor.floor import Floor
from dialer.core.lead import Lead, LeadNumber
from dialer.core.number import Number
from dialer.core.pacing.trunk import Trunk
from dialer.simulation.agenda import Agenda
from dialer.simulation.judge import Judge
from dialer.simulation.pbx import Pbx, World
from dialer.simulation.people import People
from dialer.simulation.shop import Shop

MONDAY = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # nine in the morning in New York, six in Los Angeles


@dataclass(frozen=True, slots=True)
class Plan:
    """What is simulated. `leads` is per campaign."""

    seed: int = 1
    agents: int = 40
    leads: int = 3000
    hours: float = 8.0
    lines: int = 60
    calls_per_second: int = 10
    start: datetime = MONDAY
    world: World = field(default_factory=World)


@dataclass(slots=True)
class Day:
    """Everything of one day; `run` lives it."""

    plan: Plan
    rulebook: Rulebook
    agenda: Agenda = field(init=False)
    floor: Floor = field(init=False)
    pbx: Pbx = field(init=False)
    shop: Shop = field(init=False)
    people: People = field(init=False)
    judge: Judge = field(init=False)
    impossible: int = 0  # clicks that came too late; a person would read why

    def __post_init__(self) -> None:
        plan, random = self.plan, Random(self.plan.seed)
        self.agenda = Agenda(plan.start)
        self.floor = Floor("sim", self.rulebook, (Trunk("carrier", plan.lines, plan.calls_per_second),))
        campaigns = _campaigns()
        self.shop = Shop(self.rulebook, {c.id: c for c in campaigns}, registries=(("US-DNC", plan.start),))
        self.pbx = Pbx(self.agenda, random, plan.world, self.tell)
        ends_at = plan.start + timedelta(hours=plan.hours)
        self.people = People(self.agenda, random, self.floor.picture, self.tell, ends_at)
        self.judge = Judge(self.pbx, self.shop, self.floor.picture)
        self._fill(random)

    def run(self) -> Judge:
        """Live the day, and an hour more so that everything can end."""
        for campaign in self.shop.campaigns.values():
            self.tell(ev.CampaignSet(campaign, running=True))
        self.tell(ev.LinkUp())
        for n in range(self.plan.agents):
            mode = (1,) if n % 4 else (2,)
            agent_id = f"agent{n + 1:02}"
            self.agenda.after(n * 0.5, lambda a=agent_id, m=mode: self.people.arrive(a, m, on_hook=a == "agent03"))  # type: ignore[misc]
        end = self.plan.start + timedelta(hours=self.plan.hours + 1)
        while (upcoming := self._upcoming()) is not None and upcoming <= end:
            happening = self.agenda.next_time()
            if happening is not None and happening <= upcoming:
                self.agenda.step()
            else:
                self.agenda.now = max(upcoming, self.agenda.now)
                self._carry_out(self.floor.tick(self.agenda.now))
            self.judge.watch(self.agenda.now)
        self.judge.final()
        return self.judge

    def tell(self, event: ev.Event) -> None:
        """The engine's part: one event, one turn of the floor."""
        try:
            orders = self.floor.handle(event, self.agenda.now)
        except ImpossibleTurn:
            self.impossible += 1
            orders = []
        self._carry_out(orders)

    def _upcoming(self) -> datetime | None:
        times = [t for t in (self.agenda.next_time(), self.floor.next_deadline()) if t is not None]
        return min(times, default=None)

    def _carry_out(self, orders: list[cmd.Command]) -> None:
        for order in orders:
            self.agenda.after(0.002, lambda o=order: self._perform(o))  # type: ignore[misc]
        for subject, key in sorted(self.floor.take_changes()):
            if subject == "agent":
                self.people.look(key)

    def _perform(self, order: cmd.Command) -> None:
        now = self.agenda.now
        match order:
            case cmd.ClaimLeads():
                self.tell(self.shop.claim(order, now))
            case cmd.ReleaseLead():
                self.shop.release(order)
            case cmd.RefuseLead():
                self.shop.refuse(order)
            case cmd.OpenAttemptRow():
                self.tell(self.shop.open(order, now))
            case cmd.Originate():
                self.pbx.originate(order)
            case cmd.OfferAgent():
                self.pbx.offer(order)
            case cmd.SaveEnding(ending=ending):
                self.shop.endings[ending.attempt_id] = ending
            case cmd.CloseAttempt():
                self.shop.close(order)
            case cmd.RingAgent():
                self.pbx.ring_agent(order)
            case cmd.HangupLeg():
                self.pbx.hang_up(order)
            case cmd.AskWitness(attempt_id=attempt_id):
                nothing = ev.Witnessed(attempt_id, None, None, None, None)
                self.tell(self.pbx.records.get(attempt_id, nothing))
            case cmd.Resync():
                self.tell(ev.Resynced(self.pbx.live_legs()))
            case cmd.RaiseIncident():
                self.judge.incidents[order.kind] += 1
            case (
                cmd.SaveBridge()
                | cmd.BlockNumber()
                | cmd.ThankCustomer()
                | cmd.FinishRecording()
                | cmd.DropRecording()
                | cmd.SaveAgent()
                | cmd.SaveSupervision()
            ):
                pass  # records only: nothing in the simulation reads them back
            case cmd.ClaimLead() | cmd.OpenTransferRow() | cmd.OriginateTransfer() | cmd.SaveTransfer():
                raise AssertionError("nobody calls by hand or hands over on a simulated day")
            case cmd.RingSupervisor() | cmd.SpyOn():
                raise AssertionError("nobody supervises a simulated day")
            case _:
                assert_never(order)

    def _fill(self, random: Random) -> None:
        """Numbers of the lab's range, of places where it is still night, and a few that no rule allows."""
        for campaign_id in self.shop.campaigns:
            for n in range(self.plan.leads):
                lead_id = campaign_id * 100_000 + n
                draw = random.random()
                if draw < 0.9:
                    e164 = f"+999{10_000_000 + lead_id}"
                elif draw < 0.95:
                    e164 = f"+1310555{n % 10_000:04}"  # Los Angeles opens two hours after the start
                else:
                    e164 = f"+3314{random.randint(2_000_000, 8_999_999)}"  # France wants consent nobody gave
                number = LeadNumber(lead_id, Number(e164))
                self.shop.stock(Lead(lead_id, campaign_id, f"lead {lead_id}", (number,)))


def _campaigns() -> tuple[Campaign, Campaign]:
    rules = CampaignRules(attempts_per_day=4, gap=timedelta(minutes=5))
    progressive = Campaign(
        1, "progressive", DialMode.PROGRESSIVE, "carrier", ("1000", "1001"), rules, amd=True, on_hook=True
    )
    preview = Campaign(
        2,
        "preview",
        DialMode.PREVIEW,
        "carrier",
        ("1002",),
        rules,
        preview_seconds=25,
        preview_policy=PreviewPolicy.DIAL,
    )
    return progressive, preview
