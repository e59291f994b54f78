"""The agent's two tables."""

from itertools import chain, product

import pytest

from dialer.core.agent import TABLE, Agent, AgentState, Ask, ImpossibleTurn, Kept, Rest, Turn
from tests.core.makers import NOW

S = AgentState


def make_agent(state: AgentState = S.READY) -> Agent:
    return Agent("ann", "phone-ann", (1,), False, NOW, state)


@pytest.mark.parametrize(("state", "what"), list(product(AgentState, chain(Ask, Turn))))
def test_every_pair_moves_is_kept_is_ignored_or_raises(state: AgentState, what: Ask | Turn) -> None:
    agent = make_agent(state)
    if (state, what) in TABLE:
        assert agent.next_state(what) is TABLE[state, what]
    else:
        with pytest.raises(ImpossibleTurn, match=f"ann is {state}"):
            agent.next_state(what)
    assert agent.state is state


def test_what_cannot_be_is_exactly_this() -> None:
    impossible = {(s, w) for s, w in product(AgentState, chain(Ask, Turn)) if (s, w) not in TABLE}
    assert impossible == {
        *((S.LOGGED_OUT, what) for what in (Ask.READY, Ask.PAUSE, Turn.BRIDGED)),
        *((state, Turn.RESERVED) for state in S if state is not S.READY),
        *((state, Turn.ASKED) for state in S if state not in (S.READY, S.PAUSED)),
        *((state, Turn.ENDED) for state in (S.LOGGED_OUT, S.CONNECTING, S.READY, S.PAUSED)),
    }


@pytest.mark.parametrize("ask", [Ask.PAUSE, Ask.LOG_OUT, Ask.READY])
@pytest.mark.parametrize("state", [S.RESERVED, S.TALKING, S.WRAP_UP])
def test_what_is_asked_while_an_agent_is_busy_is_kept(state: AgentState, ask: Ask) -> None:
    assert make_agent(state).busy
    assert TABLE[state, ask] is Rest.KEEP


@pytest.mark.parametrize("state", [S.LOGGED_OUT, S.CONNECTING, S.READY, S.PAUSED])
def test_an_agent_who_is_not_busy_is_moved_at_once(state: AgentState) -> None:
    assert not make_agent(state).busy
    assert TABLE[state, Ask.LOG_OUT] in (S.LOGGED_OUT, Rest.IGNORE)


def test_only_a_ready_agent_is_reserved() -> None:
    assert [state for state in AgentState if (state, Turn.RESERVED) in TABLE] == [S.READY]


def test_an_agent_may_ask_for_a_call_in_a_pause_too() -> None:
    assert [state for state in AgentState if (state, Turn.ASKED) in TABLE] == [S.READY, S.PAUSED]


def test_a_state_that_holds_no_work_forgets_the_work() -> None:
    agent = make_agent(S.WRAP_UP)
    agent.attempt_id, agent.deadline, agent.kept = "call-t1-1-1", NOW, Kept(S.PAUSED, "lunch", "")
    agent.enter(S.PAUSED, NOW, code="lunch", by="boss")
    assert not agent.busy
    assert [agent.attempt_id, agent.deadline, agent.code, agent.by] == [None, None, "lunch", "boss"]


def test_wrap_up_still_knows_its_attempt() -> None:
    agent = make_agent(S.TALKING)
    agent.attempt_id = "call-t1-1-1"
    agent.enter(S.WRAP_UP, NOW)
    assert agent.attempt_id == "call-t1-1-1"


def test_a_dropped_leg_is_named_once() -> None:
    agent = make_agent()
    agent.leg_id, agent.leg_up = "agent-t1-ann-7", True
    assert agent.drop_leg() == "agent-t1-ann-7"
    assert agent.drop_leg() is None
    assert not agent.leg_up
