"""The agent's word on a call: in wrap-up, of the campaign's table, callbacks with a time ahead."""

from datetime import timedelta

import pytest

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState, ImpossibleTurn
from dialer.core.lead import Again, Done
from dialer.core.outcome import Cause
from tests.core.makers import NOW, Stage, make_prospect


def ready() -> Stage:
    stage = Stage()
    stage.log_in("ann")
    return stage


def test_a_disposition_needs_wrap_up_of_that_attempt() -> None:
    stage = ready()
    attempt = stage.talking()
    with pytest.raises(ImpossibleTurn, match="not wrapping up"):
        stage.tell(ev.DispositionGiven("ann", attempt, "sale"))
    stage.hung_up(attempt)
    with pytest.raises(ImpossibleTurn, match="not wrapping up"):
        stage.tell(ev.DispositionGiven("ann", "call-t1-9-9", "sale"))


def test_an_unknown_disposition_names_the_known_ones() -> None:
    stage = ready()
    attempt = stage.wrapping_up()
    with pytest.raises(ImpossibleTurn, match=r"expected one of: .*not_interested, sale, wrong_number"):
        stage.tell(ev.DispositionGiven("ann", attempt, "splendid"))
    assert stage.state() is AgentState.WRAP_UP


@pytest.mark.parametrize("at", [None, NOW - timedelta(hours=1)])
def test_a_callback_needs_a_time_that_lies_ahead(at: object) -> None:
    stage = ready()
    attempt = stage.wrapping_up()
    with pytest.raises(ImpossibleTurn, match="lies ahead"):
        stage.tell(ev.DispositionGiven("ann", attempt, "callback", callback_at=at))  # type: ignore[arg-type]


@pytest.mark.parametrize(("personal", "agent"), [(True, "ann"), (False, None)])
def test_a_callback_is_personal_where_the_agent_says_so(personal: bool, agent: str | None) -> None:
    stage = ready()
    attempt = stage.wrapping_up()
    at = stage.now + timedelta(hours=2)
    stage.tell(ev.DispositionGiven("ann", attempt, "callback", callback_at=at, personal=personal))
    assert stage.last(cmd.CloseAttempt).lead == Again(at, "callback", agent_id=agent)


def test_a_lead_that_is_done_is_no_longer_left() -> None:
    stage = ready()
    stage.supply(make_prospect(), left=7)
    stage.open_rows()
    attempt = stage.last(cmd.Originate).attempt_id
    stage.hung_up(attempt, Cause.UNALLOCATED, answered=False)
    assert stage.desk().hopper.left == 6
    assert stage.last(cmd.CloseAttempt).lead == Done("unallocated", kill_number=True)
