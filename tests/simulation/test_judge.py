"""The judge can fail: each planted fault is found."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.compliance.packs import Rulebook
from dialer.core.lead import Again
from dialer.core.pacing.trunk import Trunk
from dialer.simulation.day import Day, Plan
from dialer.simulation.pbx import Channel, World

PLAN = Plan(agents=6, leads=200, hours=0.4)


class _OriginatesTwice(Day):
    """Sends an order again after its call is over, as a retry after a lost reply would."""

    def _perform(self, order: cmd.Command) -> None:
        super()._perform(order)
        if isinstance(order, cmd.Originate):
            self.agenda.after(400, lambda: self._again(order))

    def _again(self, order: cmd.Originate) -> None:
        if order.attempt_id not in self.pbx.channels:
            self.pbx.originate(order)


class _DialsBeforeTheRow(Day):
    """Places one more call, for which nothing was written."""

    def _perform(self, order: cmd.Command) -> None:
        super()._perform(order)
        if isinstance(order, cmd.Originate) and len(self.pbx.invites) == 1:
            self.pbx.originate(replace(order, attempt_id="call-sim-100009-9"))


class _LosesOutcomes(Day):
    """Does not save what agents say."""

    def _perform(self, order: cmd.Command) -> None:
        if isinstance(order, cmd.CloseAttempt) and order.outcome.decided_by == "agent":
            return
        super()._perform(order)


class _ForgetsHistory(Day):
    """The database forgets who was called and how often, and gives every lead back at once."""

    def _perform(self, order: cmd.Command) -> None:
        super()._perform(order)
        if isinstance(order, cmd.CloseAttempt) and isinstance(order.lead, Again):
            lead_id = order.outcome.lead_id
            shelf = self.shop.shelves[lead_id]
            shelf.lead = replace(shelf.lead, tries=0, tries_by_kind={})
            self.shop.history.clear()
            self.shop.release(cmd.ReleaseLead(order.outcome.campaign_id, lead_id, self.agenda.now, ""))


class _Hasty(Trunk):
    """A trunk that does not count its calls."""

    def allowance(self, now: datetime) -> int:
        return 100


class _IgnoresTheRate(Day):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.floor.picture.trunks["carrier"] = _Hasty("carrier", 60, 1)


class _MiscountsTheLines(Trunk):
    """A trunk that always has a free line."""

    free_lines = 60


class _IgnoresTheLines(Day):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.floor.picture.trunks["carrier"] = _MiscountsTheLines("carrier", 2, 10)


class _NeverHangsUp(Day):
    """Orders to hang up are lost: agents' phones stay up after the shift."""

    def _perform(self, order: cmd.Command) -> None:
        if not isinstance(order, cmd.HangupLeg):
            super()._perform(order)


class _HearsNoEnd(Day):
    """No word that a call ended, and no way to find out: agents talk on with nobody."""

    def tell(self, event: ev.Event) -> None:
        if not isinstance(event, ev.CustomerLegEnded | ev.Witnessed | ev.CustomerDone):
            super().tell(event)


class _BridgesNobody(Day):
    """Customers are sent to an agent's phone that is not there, although the world has healthy phones."""

    def _perform(self, order: cmd.Command) -> None:
        super()._perform(replace(order, agent_leg="agent-sim-gone-1") if isinstance(order, cmd.Originate) else order)


class _HidesAbandons(Day):
    """Says that abandoned customers hung up by themselves."""

    def tell(self, event: ev.Event) -> None:
        if not isinstance(event, ev.BridgeFailed | ev.CustomerAbandoned):
            super().tell(event)


class _BridgesSlowly(Day):
    """Customers wait for an agent longer than they may."""

    def _perform(self, order: cmd.Command) -> None:
        super()._perform(order)
        self.pbx.bridges = dict.fromkeys(self.pbx.bridges, 2.5)


PLAN_OF_DYING_PHONES = replace(PLAN, world=World(phone_dies=0.3))
CROWD = replace(PLAN, agents=20, hours=0.2)
FEW = replace(PLAN, leads=4, world=World(fates=(("busy", 1.0),)))


@pytest.mark.parametrize(
    ("fault", "plan", "promise"),
    [
        (_OriginatesTwice, PLAN, r"I1: attempt .* was invited 2 times"),
        (_DialsBeforeTheRow, PLAN, r"I1: \d+ invites without a row"),
        (_ForgetsHistory, FEW, r"I1: .* after the last"),
        (_ForgetsHistory, FEW, r"I1: .* was attempt 5 of the day"),
        (_LosesOutcomes, PLAN, r"I2: \d+ attempts have no outcome"),
        (_NeverHangsUp, PLAN, r"I6: channel .* has no owner"),
        (_NeverHangsUp, PLAN, r"I6: \d+ channels alive after the day"),
        (_HearsNoEnd, PLAN, r"I6: agent .* talks without a channel"),
        (_HearsNoEnd, PLAN, r"I6: agents are still .* after the day"),
        (_HidesAbandons, PLAN_OF_DYING_PHONES, r"I7: \d+ abandons happened, 0 were"),
        (_BridgesNobody, PLAN, r"I7: \d+ abandons although no phone died"),
        (_BridgesSlowly, PLAN, r"I7: \d+ customers waited more than two seconds"),
        (_IgnoresTheRate, CROWD, r"I8: \d+ calls in the second before"),
        (_IgnoresTheLines, PLAN, r"I8: \d+ calls on 2 lines"),
    ],
)
def test_a_planted_fault_is_found(fault: type[Day], plan: Plan, promise: str, rulebook: Rulebook) -> None:
    broken = fault(plan, rulebook).run().broken
    assert any(re.match(promise, words) for words in broken), broken[:3]


@pytest.mark.parametrize("plan", [PLAN, PLAN_OF_DYING_PHONES, CROWD, FEW])
def test_without_the_planted_fault_the_same_day_is_good(plan: Plan, rulebook: Rulebook) -> None:
    assert Day(plan, rulebook).run().broken == []


def test_an_oddity_that_passes_in_ten_seconds_is_no_fault(rulebook: Rulebook) -> None:
    day = Day(PLAN, rulebook)
    day.pbx.channels["call-sim-1-1"] = Channel(PLAN.start)
    for second in range(11):
        day.judge.watch(PLAN.start + timedelta(seconds=second))
    assert day.judge.broken == []
    day.judge.watch(PLAN.start + timedelta(seconds=11))
    assert len(day.judge.broken) == 1
