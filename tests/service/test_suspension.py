"""An emergency that somebody else wrote: the command line, another node, the clock."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.engine import utc_now
from dialer.publish.commands import CommandRefused
from dialer.remote import Remote
from dialer.store import schema, suspensions
from tests.service.inside import NUMBER, inside

AREA = NUMBER[:5]


async def test_a_suspension_of_another_process_ends_a_call_that_nobody_has_answered(tmp_path: Path) -> None:
    async with inside(tmp_path) as it:
        it.log_in()
        attempt_id = await it.pbx.placed()
        it.pbx.say("Newchannel", attempt_id, ChannelState="0")
        async with it.service.db.begin() as c:
            await suspensions.add(c, AREA, because="storm", by="cli", now=utc_now())
        await it.until(lambda: bool(it.pbx.fake.named("Hangup")))
        it.pbx.hang_up(attempt_id, state="5")
        row = await it.closed()
        assert (row.disposition, row.charged) == ("cancelled", False)
        (lead,) = await it.rows(schema.leads)
        assert lead.status == "new"
        refused = [one for one in await it.rows(schema.decisions) if one.rule == "EMERGENCY_SUSPENSION"]
        assert refused
        await it.agent(AgentState.READY)
        assert len(it.pbx.rung("call")) == 1


async def test_a_conversation_outlasts_it(tmp_path: Path) -> None:
    async with inside(tmp_path) as it:
        it.log_in()
        attempt_id = await it.pbx.placed()
        it.pbx.talk(attempt_id)
        await it.agent(AgentState.TALKING)
        async with it.service.db.begin() as c:
            await suspensions.add(c, AREA, because="storm", by="cli", now=utc_now())
        await it.until(lambda: it.picture.suspended == (AREA,))
        it.service.engine.tell(ev.HangupAsked("ann"))  # the floor has taken the news before this
        await it.until(lambda: bool(it.pbx.fake.named("Hangup")))
        assert len(it.pbx.fake.named("Hangup")) == 1


async def test_the_clock_alone_begins_and_ends_it(tmp_path: Path) -> None:
    async with inside(tmp_path) as it:
        now = utc_now()
        start, end = now + timedelta(seconds=1), now + timedelta(seconds=3)
        async with it.service.db.begin() as c:
            await suspensions.add(c, AREA, because="drill", by="cli", now=now, starts_at=start, ends_at=end)
        await it.until(lambda: it.picture.suspended == (AREA,))
        assert utc_now() >= start
        await it.until(lambda: it.picture.suspended == ())
        assert utc_now() >= end


async def test_another_program_may_suspend_an_area_and_lift_it_again(tmp_path: Path) -> None:
    async with inside(tmp_path) as it:
        service = it.service
        remote = Remote(service.engine, service.db, service.orders.clock, "CN")
        made = await remote.accept("suspend", {"area": AREA, "because": "storm"})
        assert made["area"] == AREA
        assert it.picture.suspended == (AREA,)
        body = {"suspension_id": made["suspension_id"], "because": "it is over"}
        assert await remote.accept("suspension-lift", body) == {"area": AREA}
        assert it.picture.suspended == ()
        for command, wrong, expected in (
            ("suspend", {"area": "NY", "because": "storm"}, "US-NY"),
            ("suspend", {"area": "FR", "because": "storm", "ends_at": "2020-01-01T00:00:00Z"}, "ahead"),
            ("suspension-lift", body, "no suspension"),
        ):
            with pytest.raises(CommandRefused, match=expected):
                await remote.accept(command, wrong)
