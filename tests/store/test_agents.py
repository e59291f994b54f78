from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from dialer.core.commands import SaveAgent
from dialer.core.remembered import AgentSession
from dialer.store import agents
from dialer.store import schema as t
from dialer.store.session import Database
from tests.store.makers import NOW, after, an_agent


def a_state(state: str, minutes: float = 0, **changes: Any) -> SaveAgent:
    defaults = {
        "agent_id": "anna",
        "state": state,
        "code": None,
        "by": "",
        "attempt_id": None,
        "campaigns": (1, 2),
        "endpoint": "anna",
        "on_hook": False,
        "leg_id": "agent-abc123-anna-1",
        "leg_number": 1,
        "at": after(minutes=minutes),
    }
    return SaveAgent(**defaults | changes)


async def test_a_session_is_adopted_as_it_was_saved_last(database: Database) -> None:
    async with database.begin() as c:
        await an_agent(c)
        await agents.save_state(c, a_state("connecting", leg_id=None))
        await agents.save_state(c, a_state("paused", 3, code="lunch", by="boss", leg_number=4))
        assert await agents.sessions(c) == (
            AgentSession(
                "anna", "anna", (1, 2), False, "agent-abc123-anna-1", 4, "paused", "lunch", after(minutes=3)
            ),
        )  # fmt: skip


async def test_a_session_knows_since_when_the_state_lasts_whatever_else_was_saved(database: Database) -> None:
    async with database.begin() as c:
        await an_agent(c)
        await agents.save_state(c, a_state("ready"))
        await agents.save_state(c, a_state("ready", 5, leg_id="agent-abc123-anna-2", leg_number=2))
        (session,) = await agents.sessions(c)
    assert (session.since, session.leg_number) == (NOW, 2)


async def test_who_logged_out_is_not_adopted(database: Database) -> None:
    async with database.begin() as c:
        await an_agent(c)
        await agents.save_state(c, a_state("ready"))
        await agents.save_state(c, a_state("logged_out", 5))
        assert await agents.sessions(c) == ()


async def test_the_history_has_one_row_for_each_stay_also_when_told_twice(database: Database) -> None:
    async with database.begin() as c:
        await an_agent(c)
        for order in (a_state("ready"), a_state("talking", 1, attempt_id="call-1"), a_state("ready", 4)):
            await agents.save_state(c, order)
            await agents.save_state(c, order)
        past = await agents.history(c, "anna", NOW, after(hours=1))
        assert await c.scalar(select(func.count()).select_from(t.agent_states)) == 3
    assert [(s.state, s.attempt_id, s.until) for s in past] == [
        ("ready", None, after(minutes=1)),
        ("talking", "call-1", after(minutes=4)),
        ("ready", None, None),
    ]


async def test_occupancy_is_talk_and_wrap_up_over_these_and_ready(database: Database) -> None:
    async with database.begin() as c:
        for login in ("anna", "bert", "carl"):
            await an_agent(c, login)
        for minute, state in ((0, "ready"), (10, "talking"), (25, "wrap_up"), (30, "paused"), (50, "ready")):
            await agents.save_state(c, a_state(state, minute))
        await agents.save_state(c, a_state("talking", 0, agent_id="bert"))
        await agents.save_state(c, a_state("paused", 0, agent_id="carl"))
        hour = await agents.occupancy(c, NOW, after(minutes=60))
        cut = await agents.occupancy(c, after(minutes=20), after(minutes=60), ["anna"])
        team = await agents.team_occupancy(c, NOW, after(minutes=60), ["anna", "bert"])
        nobody = await agents.team_occupancy(c, NOW, after(minutes=60), ["carl"])
    assert hour == {"anna": pytest.approx(20 / 40), "bert": 1.0}
    assert cut == {"anna": pytest.approx(10 / 20)}
    assert team == pytest.approx(80 / 100)
    assert nobody is None
