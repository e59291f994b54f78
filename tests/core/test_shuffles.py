"""I9: where a call ends does not depend on the order or the doubling of its events.

Ten calls, ten stories, live at once; their events are shuffled into one stream, some of them come twice, and all of it
arrives within the settle window. A thousand such streams are ten thousand shuffled calls.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import pytest

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.core.call import SETTLE
from dialer.core.lead import Again, Prospect
from dialer.core.outcome import Cause
from tests.core.makers import Stage, make_lead, make_preview_campaign, make_prospect

Story = Callable[[str, datetime], list[ev.CustomerEvent | ev.OriginateEvent]]
SECOND = timedelta(seconds=1)


def _ended(call: str, cause: Cause, at: datetime, *, answered: bool = False) -> ev.CustomerLegEnded:
    return ev.CustomerLegEnded(call, cause, None, answered, at)


def talked(call: str, at: datetime) -> list[ev.CustomerEvent | ev.OriginateEvent]:
    return [
        ev.OriginateSent(call),
        ev.CustomerRang(call, at),
        ev.CustomerAnswered(call, at + 5 * SECOND),
        ev.CallBridged(call, at + 6 * SECOND),
        _ended(call, Cause.NORMAL, at + 40 * SECOND, answered=True),
    ]


def talked_after_a_check_until_the_agents_side_ended(
    call: str, at: datetime
) -> list[ev.CustomerEvent | ev.OriginateEvent]:
    checked = ev.MachineChecked(call, "HUMAN", "HUMAN-1-1", at + 5 * SECOND)
    return [*talked(call, at), checked, ev.CustomerDone(call, "SUCCESS", at + 40 * SECOND)]


def busy(call: str, at: datetime) -> list[ev.CustomerEvent | ev.OriginateEvent]:
    return [ev.OriginateSent(call), _ended(call, Cause.BUSY, at)]


def rang_in_vain(call: str, at: datetime) -> list[ev.CustomerEvent | ev.OriginateEvent]:
    return [ev.OriginateSent(call), ev.CustomerRang(call, at), _ended(call, Cause.NO_ANSWER, at + 25 * SECOND)]


def machine(call: str, at: datetime) -> list[ev.CustomerEvent | ev.OriginateEvent]:
    return [
        ev.CustomerRang(call, at),
        ev.CustomerAnswered(call, at + 5 * SECOND),
        ev.MachineChecked(call, "MACHINE", "TOOLONG", at + 8 * SECOND),
        _ended(call, Cause.NORMAL, at + 9 * SECOND, answered=True),
    ]


def abandoned(call: str, at: datetime) -> list[ev.CustomerEvent | ev.OriginateEvent]:
    return [
        ev.CustomerRang(call, at),
        ev.CustomerAnswered(call, at + 5 * SECOND),
        ev.BridgeFailed(call, "NONEXISTENT", at + 5 * SECOND),
        ev.CustomerAbandoned(call, at + 7 * SECOND),
        _ended(call, Cause.NORMAL, at + 12 * SECOND, answered=True),
    ]


def gone_while_waiting_for_an_agent(call: str, at: datetime) -> list[ev.CustomerEvent | ev.OriginateEvent]:
    return [event for event in abandoned(call, at) if not isinstance(event, ev.CustomerAbandoned)]


def hung_up_at_once(call: str, at: datetime) -> list[ev.CustomerEvent | ev.OriginateEvent]:
    return [
        ev.OriginateSent(call),
        ev.CustomerAnswered(call, at),
        _ended(call, Cause.NORMAL, at + SECOND, answered=True),
    ]


def dead_number_after_a_lost_reply(call: str, at: datetime) -> list[ev.CustomerEvent | ev.OriginateEvent]:
    return [ev.OriginateUnknown(call, "no reply"), _ended(call, Cause.UNALLOCATED, at)]


def talked_and_witnessed(call: str, at: datetime) -> list[ev.CustomerEvent | ev.OriginateEvent]:
    ended = at + 40 * SECOND
    return [*talked(call, at), ev.Witnessed(call, ended, at + 5 * SECOND, at + 6 * SECOND, Cause.NORMAL)]


# Story, and where it ends: disposition, who decided, who ended it, what becomes of the lead.
STORIES: tuple[tuple[Story, tuple[str, ...]], ...] = (
    (talked, ("sale", "agent", "customer", "sale")),
    (talked_after_a_check_until_the_agents_side_ended, ("sale", "agent", "agent", "sale")),
    (busy, ("busy", "system", "network", "busy again")),
    (rang_in_vain, ("no_answer", "system", "network", "no_answer again")),
    (machine, ("machine", "system", "system", "machine again")),
    (abandoned, ("abandoned", "system", "system", "abandoned_limit")),
    (gone_while_waiting_for_an_agent, ("abandoned", "system", "customer", "abandoned_limit")),
    (hung_up_at_once, ("hung_up_at_once", "system", "customer", "no_answer again")),
    (dead_number_after_a_lost_reply, ("unallocated", "system", "network", "unallocated")),
    (talked_and_witnessed, ("sale", "agent", "customer", "sale")),
)
AGENTS = tuple(f"agent{n}" for n in range(len(STORIES)))


def make_stage() -> Stage:
    stage = Stage(make_preview_campaign(preview_seconds=3600), lines=100, calls_per_second=1_000_000)
    stage.log_in(*AGENTS)
    return stage


def call_everybody(stage: Stage, first_lead: int) -> list[str]:
    """Every agent dials one lead: the attempt ids, story by story."""
    stage.orders.clear()
    stage.supply(*(a_lead(first_lead + n, stage.now) for n in range(len(STORIES))))
    for agent_id in AGENTS:
        stage.tell(ev.DialAsked(agent_id))
    for row in stage.given(cmd.OpenAttemptRow):
        stage.tell(ev.AttemptOpened(row.attempt_id, row.permit))
    return [order.attempt_id for order in stage.given(cmd.Originate)]


def a_lead(lead_id: int, now: datetime) -> Prospect:
    return make_prospect(lead=make_lead(lead_id), lease_until=now + timedelta(hours=1))


def let_it_end(stage: Stage) -> None:
    """Stragglers are waited for no longer; agents say what they have to say, and their phones are up again."""
    stage.wait(1)
    for agent_id in AGENTS:
        agent = stage.agent(agent_id)
        if agent.state is AgentState.WRAP_UP:
            assert agent.attempt_id is not None
            stage.tell(ev.DispositionGiven(agent_id, agent.attempt_id, "sale"))
        if agent.state is AgentState.CONNECTING:
            stage.phone_up(agent_id)


def verdict(stage: Stage, attempt_id: str) -> tuple[str, ...]:
    (closed,) = (o for o in stage.given(cmd.CloseAttempt) if o.outcome.attempt_id == attempt_id)
    saved = [o.ending for o in stage.given(cmd.SaveEnding) if o.ending.attempt_id == attempt_id][-1]
    fate = f"{closed.lead.because} again" if isinstance(closed.lead, Again) else closed.lead.because
    return (closed.outcome.disposition, closed.outcome.decided_by, saved.who_ended.value, fate)


def digest(verdicts: list[tuple[str, ...]]) -> str:
    return hashlib.sha256(repr(verdicts).encode()).hexdigest()


@pytest.mark.parametrize(("story", "expected"), STORIES, ids=lambda x: getattr(x, "__name__", ""))
def test_told_in_order_each_story_ends_as_it_should(story: Story, expected: tuple[str, ...]) -> None:
    stage = make_stage()
    attempt_id = call_everybody(stage, 1)[0]
    for event in story(attempt_id, stage.now):
        stage.tell(event)
    let_it_end(stage)
    assert verdict(stage, attempt_id) == expected


def test_ten_thousand_shuffled_calls_end_as_they_do_in_order() -> None:
    random, stage = Random(9), make_stage()
    endings = set()
    for turn in range(1000):
        attempts = call_everybody(stage, 1 + turn * len(STORIES))
        stream = [e for (story, _), a in zip(STORIES, attempts, strict=True) for e in story(a, stage.now)]
        stream += random.sample(stream, len(stream) // 4)
        random.shuffle(stream)
        pause = SETTLE.total_seconds() * 0.9 / len(stream) if turn % 2 else 0.0
        for event in stream:
            stage.tell(event)
            if pause:
                stage.wait(pause)
        let_it_end(stage)
        assert not stage.picture.calls
        endings.add(digest([verdict(stage, attempt_id) for attempt_id in attempts]))
    assert endings == {digest([expected for _, expected in STORIES])}
