"""A phone that is rung for each call goes with the call: whose side went first is the dialplan's word."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialer.core import events as ev
from dialer.core.agent import AgentState
from tests.service.inside import inside


@pytest.mark.parametrize(("agent_first", "who"), [(True, "agent"), (False, "customer")])
async def test_who_ended_a_call_of_an_on_hook_agent_is_told_whatever_leg_is_seen_to_go_first(
    tmp_path: Path, agent_first: bool, who: str
) -> None:
    async with inside(tmp_path, on_hook=True) as it:
        it.service.engine.tell(ev.AgentLoggedIn("ann", "phone1", (it.campaign,), on_hook=True))
        attempt = await it.pbx.placed()
        it.pbx.talk(attempt)
        await it.agent(AgentState.TALKING)
        it.pbx.hang_up(it.pbx.rung("agent")[0])
        if agent_first:
            it.pbx.say("UserEvent", attempt, UserEvent="CustomerDone", AttemptId=attempt, Result="SUCCESS")
        it.pbx.hang_up(attempt)
        row = await it.closed()
        assert (row.who_ended, row.disposition) == (who, "no_disposition")
