"""Orders whose fate nobody knows, and a PBX that says no."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dialer.core.agent import AgentState
from dialer.store import schema
from tests.service.inside import inside
from tests.support.fake_ami import Block, Visit, block


async def test_an_agent_who_logs_in_while_the_pbx_is_away_is_rung_once_it_is_back(tmp_path: Path) -> None:
    async with inside(tmp_path, up=False) as it:
        it.log_in()
        await it.agent(AgentState.CONNECTING)
        assert it.pbx.fake.visits == []
        await it.pbx.fake.start()
        await it.until(lambda: bool(it.pbx.rung("agent")))
        await it.pbx.placed()
        assert len(it.pbx.rung("agent")) == 1


async def test_a_refused_order_is_no_call_and_costs_the_lead_nothing(tmp_path: Path) -> None:
    async with inside(tmp_path) as it:
        ring = it.pbx.fake.answers["Originate"]

        def refuse(visit: Visit, action: Block) -> bytes | None:
            if action["ActionID"][0].startswith("call-"):
                return block("Response: Error", "Message: no")
            assert callable(ring)
            return ring(visit, action)

        it.pbx.fake.answers["Originate"] = refuse
        it.log_in()
        row = await it.closed()
        assert (row.disposition, row.charged) == ("not_placed", False)
        (lead,) = await it.rows(schema.leads)
        assert (lead.status, lead.tries) == ("new", 0)
        await it.agent(AgentState.READY)


@pytest.mark.parametrize(("word", "disposition"), [("BUSY", "busy"), (None, "unknown")])
async def test_a_call_whose_reply_was_lost_is_told_by_the_call_records(
    tmp_path: Path, word: str | None, disposition: str
) -> None:
    async with inside(tmp_path) as it:
        ring = it.pbx.fake.answers["Originate"]

        def lose(visit: Visit, action: Block) -> bytes | None:
            assert callable(ring)
            return None if action["ActionID"][0].startswith("call-") else ring(visit, action)

        it.pbx.fake.answers["Originate"] = lose
        it.log_in()
        attempt = await it.pbx.placed()
        if word is not None:
            now = datetime.now(UTC).timestamp()
            it.call_records.write_text(f'"{attempt}","1","{word}","{now - 1}","","{now}","0","PJSIP/x",""\n')
        row = await it.closed()
        assert row.disposition == disposition
        assert it.pbx.rung("call") == [attempt]


async def test_a_wrong_secret_is_one_incident_and_no_hammering(tmp_path: Path) -> None:
    async with inside(tmp_path, secret="wrong") as it:
        (told,) = await it.incidents("ami_down")
        assert "refused the login" in told.sentence
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):
                await it.pbx.fake.visited(2)
        assert len(await it.incidents("ami_down")) == 1


async def test_a_floor_that_is_told_a_calls_end_twice_writes_one_outcome(tmp_path: Path) -> None:
    async with inside(tmp_path) as it:
        it.log_in()
        attempt = await it.pbx.placed()
        it.pbx.talk(attempt)
        await it.agent(AgentState.TALKING)
        it.pbx.hang_up(attempt)
        it.pbx.hang_up(attempt)
        row = await it.closed()
        assert (row.disposition, row.who_ended) == ("no_disposition", "customer")
        (lead,) = await it.rows(schema.leads)
        assert (lead.status, lead.tries) == ("done", 1)
