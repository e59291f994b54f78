"""Supervisors: one leg for the shift, listening, whispering and barging in, kept as stretches."""

from datetime import timedelta

import pytest

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import ImpossibleTurn
from dialer.core.events import SpyMode
from tests.core.makers import NOW, Stage, leg, make_prospect

SECONDS = timedelta(seconds=1)


def ask(agent_id: str = "ann", mode: SpyMode = SpyMode.LISTEN) -> ev.SpyAsked:
    return ev.SpyAsked("boss", "phone-boss", agent_id, mode)


def spy_leg(stage: Stage) -> str:
    return stage.picture.spies["boss"].leg_id


def listening(stage: Stage, mode: SpyMode = SpyMode.LISTEN) -> Stage:
    stage.tell(ask(mode=mode))
    stage.tell(ev.SpyLegUp("boss", spy_leg(stage)))
    stage.tell(ev.SpyStarted("boss", spy_leg(stage)))
    return stage


def ready() -> Stage:
    stage = Stage()
    stage.log_in("ann", "bob")
    stage.tell(ev.PauseAsked("bob", "lunch"))
    return stage


def rows(stage: Stage) -> list[tuple[str | None, SpyMode, float]]:
    """Attempt, mode and seconds of every stretch kept."""
    kept = stage.given(cmd.SaveSupervision)
    return [(s.attempt_id, s.mode, (s.ended_at - s.started_at).total_seconds()) for s in kept]


def test_the_supervisors_phone_is_rung_and_then_pointed_at_the_agent() -> None:
    stage = ready()
    (ring,) = stage.tell(ask())
    assert isinstance(ring, cmd.RingSupervisor)
    assert (ring.supervisor_id, ring.endpoint, ring.leg_id) == ("boss", "phone-boss", spy_leg(stage))
    assert stage.tell(ev.SpyLegUp("boss", ring.leg_id)) == [
        cmd.SpyOn("boss", ring.leg_id, stage.agent("ann").leg_id, SpyMode.LISTEN)
    ]


@pytest.mark.parametrize("mode", SpyMode)
def test_the_mode_is_changed_without_a_new_call(mode: SpyMode) -> None:
    stage = listening(ready())
    (order,) = stage.tell(ask(mode=mode))
    assert order == cmd.SpyOn("boss", spy_leg(stage), stage.agent("ann").leg_id, mode)
    assert len(stage.given(cmd.RingSupervisor)) == 1


def test_another_agent_is_heard_on_the_same_leg() -> None:
    stage = listening(ready())
    (order,) = stage.tell(ask("bob"))
    assert isinstance(order, cmd.SpyOn)
    assert order.agent_leg == stage.agent("bob").leg_id


def test_the_phone_coming_back_to_its_wait_does_not_point_it_again() -> None:
    stage = listening(ready())
    assert stage.tell(ev.SpyLegUp("boss", spy_leg(stage))) == []


@pytest.mark.parametrize("agent_id", ["nobody", "cat"])
def test_there_is_nothing_to_hear_where_no_phone_is_on_line(agent_id: str) -> None:
    stage = ready()
    stage.tell(ev.AgentLoggedIn("cat", "phone-cat", (1,)))
    with pytest.raises(ImpossibleTurn, match="nothing to hear"):
        stage.tell(ask(agent_id))
    assert not stage.picture.spies


def test_ending_leaves_the_leg_waiting() -> None:
    stage = listening(ready())
    assert stage.tell(ev.SpyEndAsked("boss")) == [cmd.SpyOn("boss", spy_leg(stage), None, None)]
    stage.tell(ev.SpyStopped("boss", spy_leg(stage)))
    assert rows(stage) == [(None, SpyMode.LISTEN, 0)]


def test_the_end_of_the_shift_hangs_the_leg_up() -> None:
    stage = listening(ready())
    stage.wait(2)
    leg_id = spy_leg(stage)
    assert stage.tell(ev.SpyEndAsked("boss", hang_up=True)) == [cmd.HangupLeg(leg_id)]
    stage.tell(ev.SpyLegEnded("boss", leg_id))
    assert not stage.picture.spies
    assert rows(stage) == [(None, SpyMode.LISTEN, 2)]


def test_who_listens_to_nobody_cannot_stop() -> None:
    with pytest.raises(ImpossibleTurn, match="not listening"):
        ready().tell(ev.SpyEndAsked("boss"))


def test_a_phone_that_answers_after_the_supervisor_thought_better_of_it_just_waits() -> None:
    stage = ready()
    stage.tell(ask())
    stage.tell(ev.SpyEndAsked("boss"))
    assert stage.tell(ev.SpyLegUp("boss", spy_leg(stage))) == []


def test_a_phone_that_answers_after_its_agent_went_waits_quietly() -> None:
    stage = ready()
    stage.tell(ask())
    stage.phone_lost("ann")
    assert stage.tell(ev.SpyLegUp("boss", spy_leg(stage))) == [cmd.SpyOn("boss", spy_leg(stage), None, None)]


def test_news_of_a_leg_that_is_not_the_present_one_is_late_but_normal() -> None:
    stage = listening(ready())
    assert stage.tell(ev.SpyStopped("boss", "spy-t1-boss-1")) == []
    assert stage.tell(ev.SpyLegEnded("nobody", "spy-t1-nobody-1")) == []
    assert stage.picture.spies["boss"].stretch is not None


def test_listening_that_starts_after_it_was_ended_is_no_stretch() -> None:
    stage = ready()
    stage.tell(ask())
    stage.tell(ev.SpyEndAsked("boss"))
    stage.tell(ev.SpyStarted("boss", spy_leg(stage)))
    assert stage.picture.spies["boss"].stretch is None


# --- stretches ------------------------------------------------------------------------------------------------------


def test_stretches_are_split_where_a_call_begins_and_ends() -> None:
    stage = listening(ready())
    stage.wait(10)
    attempt = stage.talking()  # three seconds of ringing
    stage.wait(59)
    stage.hung_up(attempt)
    stage.wait(7)
    stage.tell(ev.SpyStopped("boss", spy_leg(stage)))
    assert rows(stage) == [
        (None, SpyMode.LISTEN, 13),
        (attempt, SpyMode.LISTEN, 60),
        (None, SpyMode.LISTEN, 7.5),
    ]


def test_a_change_of_mode_begins_a_new_stretch_of_the_same_call() -> None:
    stage = ready()
    attempt = stage.talking()
    listening(stage)
    stage.wait(20)
    stage.tell(ask(mode=SpyMode.WHISPER))
    stage.tell(ev.SpyStopped("boss", spy_leg(stage)))
    stage.tell(ev.SpyStarted("boss", spy_leg(stage)))
    stage.wait(5)
    stage.tell(ev.SpyLegEnded("boss", spy_leg(stage)))
    assert rows(stage) == [(attempt, SpyMode.LISTEN, 20), (attempt, SpyMode.WHISPER, 5)]


def test_a_call_that_ends_before_a_change_is_in_force_splits_what_is_in_force() -> None:
    stage = ready()
    attempt = stage.talking()
    listening(stage)
    stage.tell(ask("bob", SpyMode.BARGE))
    stage.wait(3)
    stage.hung_up(attempt)
    stage.wait(2)
    stage.tell(ev.SpyStopped("boss", spy_leg(stage)))
    kept = stage.given(cmd.SaveSupervision)
    assert [(s.agent_id, s.attempt_id, s.mode) for s in kept] == [
        ("ann", attempt, SpyMode.LISTEN),
        ("ann", None, SpyMode.LISTEN),
    ]


def test_a_start_told_twice_loses_no_second() -> None:
    stage = ready()
    attempt = stage.talking()
    listening(stage)
    stage.wait(4)
    stage.tell(ev.SpyStarted("boss", spy_leg(stage)))
    stage.wait(4)
    stage.tell(ev.SpyStopped("boss", spy_leg(stage)))
    assert rows(stage) == [(attempt, SpyMode.LISTEN, 4), (attempt, SpyMode.LISTEN, 4)]


def test_the_calls_of_other_agents_split_nothing() -> None:
    stage = listening(ready())
    stage.tell(ev.ReadyAsked("bob"))
    stage.tell(ev.PauseAsked("ann", "lunch"))
    stage.talking(make_prospect(5))
    assert not rows(stage)


# --- a barge ends with its call -------------------------------------------------------------------------------------


def call_over(stage: Stage) -> list[cmd.Command]:
    """The agent's leg is back in the wait; the customer's end is not told yet."""
    return stage.phone_up("ann")


def test_who_barged_in_only_listens_once_the_call_is_over() -> None:
    stage = ready()
    stage.talking()
    listening(stage, SpyMode.BARGE)
    assert call_over(stage) == [cmd.SpyOn("boss", spy_leg(stage), stage.agent("ann").leg_id, SpyMode.LISTEN)]
    assert call_over(stage) == []


@pytest.mark.parametrize("mode", [SpyMode.LISTEN, SpyMode.WHISPER])
def test_who_only_listens_or_whispers_goes_on_after_the_call(mode: SpyMode) -> None:
    stage = ready()
    stage.talking()
    listening(stage, mode)
    assert call_over(stage) == []


def test_a_barge_on_another_agent_is_not_ended() -> None:
    stage = ready()
    stage.talking()
    stage.tell(ask("bob", SpyMode.BARGE))
    stage.tell(ev.SpyLegUp("boss", spy_leg(stage)))
    assert call_over(stage) == []


def test_a_barge_asked_for_a_call_that_ended_while_the_supervisors_phone_rang_is_listening() -> None:
    stage = ready()
    stage.talking()
    stage.tell(ask(mode=SpyMode.BARGE))
    assert call_over(stage) == []
    (order,) = stage.tell(ev.SpyLegUp("boss", spy_leg(stage)))
    assert order == cmd.SpyOn("boss", spy_leg(stage), stage.agent("ann").leg_id, SpyMode.LISTEN)


# --- the leg and the link -------------------------------------------------------------------------------------------


def test_a_supervisors_leg_that_is_gone_is_noticed_by_a_look() -> None:
    stage = listening(ready())
    stage.wait(5)
    stage.tell(ev.Resynced((leg(stage.agent("ann").leg_id or ""), leg(stage.agent("bob").leg_id or ""))))
    assert not stage.picture.spies
    assert rows(stage) == [(None, SpyMode.LISTEN, 5)]
    stage.tell(ask())
    assert len(stage.given(cmd.RingSupervisor)) == 2


def test_a_supervisors_phone_that_still_rings_is_left_alone_by_a_look() -> None:
    stage = ready()
    stage.wait(5)
    stage.tell(ask())
    stage.tell(ev.Resynced((leg(stage.agent("ann").leg_id or ""), leg(stage.agent("bob").leg_id or ""))))
    assert stage.picture.spies


def test_a_supervisors_phone_that_was_being_rung_when_the_link_broke_may_be_rung_again() -> None:
    stage = ready()
    stage.tell(ask())
    stage.tell(ev.LinkDown("reset"))
    stage.tell(ev.LinkUp())
    stage.tell(ev.Resynced(()))
    assert not stage.picture.spies


def test_a_leg_has_an_id_that_was_never_used_before() -> None:
    stage = listening(ready())
    first = spy_leg(stage)
    stage.tell(ev.SpyLegEnded("boss", first))
    stage.now = NOW + SECONDS
    stage.tell(ask())
    assert spy_leg(stage) != first
