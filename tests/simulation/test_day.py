"""Simulated days: the promises hold, judged by what the far end saw."""

import hashlib

import pytest

from dialer.core.compliance.packs import Rulebook
from dialer.core.outcome import Kind
from dialer.simulation.day import Day, Plan
from dialer.simulation.pbx import World

BUSY = Plan(agents=37, lines=80, leads=4000)
SHORT = Plan(agents=8, leads=300, hours=0.5)
ROUGH = World(late=3.0, doubled=0.1, lost=0.02, phone_dies=0.01)


def lived(plan: Plan, rulebook: Rulebook) -> Day:
    day = Day(plan, rulebook)
    day.run()
    return day


def outcomes(day: Day) -> str:
    written = sorted((o.attempt_id, o.disposition, o.decided_by, o.at) for o in day.shop.outcomes.values())
    return hashlib.sha256(repr(written).encode()).hexdigest()


def test_a_day_of_ten_thousand_calls_keeps_every_promise(rulebook: Rulebook) -> None:
    day = lived(BUSY, rulebook)
    assert len(day.pbx.invites) >= 10_000
    assert day.judge.broken == []
    assert not day.judge.incidents
    assert day.impossible == 0
    kinds = {outcome.kind for outcome in day.shop.outcomes.values()}
    assert {Kind.TALKED, Kind.CALLBACK, Kind.BUSY, Kind.NO_ANSWER, Kind.MACHINE, Kind.DEAD_NUMBER} <= kinds
    assert Kind.ABANDONED not in kinds
    rules = {refusal.rule for _, refusal in day.shop.refusals}
    assert {"OUTSIDE_WINDOW", "CONSENT_REQUIRED"} <= rules


def test_a_day_of_late_doubled_and_lost_news_and_dying_phones_keeps_every_promise(rulebook: Rulebook) -> None:
    day = lived(Plan(seed=2, agents=37, lines=80, leads=4000, world=ROUGH), rulebook)
    assert len(day.pbx.invites) >= 10_000
    assert day.judge.broken == []
    assert day.judge.incidents["abandon"] == len(day.pbx.answered_by_people - set(day.pbx.bridges)) > 0
    assert set(day.judge.incidents) == {"abandon"}


def test_the_same_seed_gives_the_same_day(rulebook: Rulebook) -> None:
    rough = Plan(seed=5, agents=8, leads=300, hours=0.5, world=ROUGH)
    assert outcomes(lived(rough, rulebook)) == outcomes(lived(rough, rulebook))


def test_another_seed_gives_another_day(rulebook: Rulebook) -> None:
    other = Plan(seed=6, agents=8, leads=300, hours=0.5)
    assert outcomes(lived(SHORT, rulebook)) != outcomes(lived(other, rulebook))


def test_no_more_lines_than_the_trunk_has(rulebook: Rulebook) -> None:
    day = lived(Plan(agents=20, lines=5, leads=500, hours=0.5), rulebook)
    assert day.pbx.most_lines == 5
    assert day.judge.broken == []


def test_a_slow_trunk_is_used_and_not_overrun(rulebook: Rulebook) -> None:
    day = lived(Plan(agents=60, lines=80, leads=1500, hours=0.3, calls_per_second=1), rulebook)
    assert day.judge.broken == []
    assert len(day.pbx.invites) > 0.5 * 0.3 * 3600


@pytest.mark.parametrize(
    "world",
    [World(late=3.0), World(doubled=0.5), World(lost=0.1), World(phone_dies=0.1)],
    ids=["late", "doubled", "lost", "dying phones"],
)
def test_each_fault_alone_breaks_no_promise(world: World, rulebook: Rulebook) -> None:
    day = lived(Plan(agents=20, leads=500, hours=0.5, world=world), rulebook)
    assert day.pbx.invites
    assert day.judge.broken == []
