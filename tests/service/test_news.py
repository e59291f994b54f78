"""What the log says of a call."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from dialer.core.agent import AgentState
from tests.service.inside import NUMBER, inside


async def test_each_transition_is_one_line_with_its_ids_and_without_a_number(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="dialer")
    async with inside(tmp_path) as it:
        it.log_in()
        attempt = await it.pbx.placed()
        it.pbx.talk(attempt)
        await it.agent(AgentState.TALKING)
        it.pbx.hang_up(attempt)
        await it.closed()
        said = [record.getMessage() for record in caplog.records if record.name == "dialer.news"]
    of_call = [line for line in said if line.startswith("attempt=")]
    assert of_call[0] == f"attempt={attempt} campaign=1 agent=ann call new -> placing"
    assert of_call[-2] == f"attempt={attempt} campaign=1 agent=ann call answered -> talking"
    assert of_call[-1] == f"attempt={attempt} call talking -> closed"
    assert "agent=ann agent new -> connecting" in said
    assert NUMBER[1:] not in caplog.text
