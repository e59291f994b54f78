"""Every call on the wire has its permit in the ledger, whichever way it came to be asked for.

Each order that would ring a customer is looked at in the instant before its bytes are written: the ledger, read over a
connection of its own, must hold a permit of this attempt for this very number, and the permit must still be good.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.core.floor.picture import Link
from dialer.core.number import Number
from dialer.lab import carrier
from tests.service.inside import NUMBER, Inside, inside
from tests.service.witness import Witness

EXPERT = Number(carrier.number(1, 8))


async def automatic(it: Inside) -> None:
    it.log_in()
    await it.pbx.placed()


async def preview(it: Inside) -> None:
    it.log_in()
    await it.agent(AgentState.RESERVED)
    assert it.pbx.rung("call") == []
    it.service.engine.tell(ev.DialAsked("ann"))
    await it.pbx.placed()


async def callback(it: Inside) -> None:
    """The customer is talked to, asks to be called again, and is."""
    attempt = await manual(it)
    it.pbx.talk(attempt)
    await it.agent(AgentState.TALKING)
    it.pbx.hang_up(attempt)
    await it.agent(AgentState.WRAP_UP)
    again = datetime.now(UTC) + timedelta(seconds=1)
    await it.service.engine.ask(ev.DispositionGiven("ann", attempt, "callback", callback_at=again))
    it.service.engine.tell(ev.ReadyAsked("ann"))
    await it.until(lambda: len(it.pbx.rung("call")) == 2)


async def manual(it: Inside) -> str:
    await it.until(lambda: it.picture.link is Link.UP)
    it.log_in()
    it.service.engine.tell(ev.PauseAsked("ann", "admin"))
    await it.agent(AgentState.PAUSED)
    await it.until(lambda: it.picture.agents["ann"].leg_up)
    await it.service.engine.ask(ev.ManualAsked("ann", it.campaign, Number(NUMBER)))
    return await it.pbx.placed()


async def transfer(it: Inside) -> None:
    attempt = await manual(it)
    it.pbx.talk(attempt)
    await it.agent(AgentState.TALKING)
    await it.service.engine.ask(ev.TransferAsked("ann", EXPERT))
    await it.until(lambda: bool(it.pbx.rung("transfer")))


async def redial_after_resync(it: Inside) -> None:
    """The line breaks while it rings; the call record says busy, and the lead is called anew under a new permit."""
    it.log_in()
    attempt = await it.pbx.placed()
    await it.pbx.fake.stop()
    now = datetime.now(UTC).timestamp()
    it.call_records.write_text(f'"{attempt}","1","BUSY","{now - 1}","","{now}","0","PJSIP/x",""\n')
    await it.pbx.fake.start()
    await it.until(lambda: len(it.pbx.rung("call")) == 2, 60)


BUSY_AGAIN_AT_ONCE = {"recycle": {"busy": {"delay": 1, "limit": 4}}}


@pytest.mark.parametrize(
    ("path", "campaign", "calls"),
    [
        (automatic, {}, 1),
        (preview, {"dial_mode": "preview", "preview_seconds": 600}, 1),
        (callback, {"manual": True, "wrap_up_seconds": 600}, 2),
        (manual, {"manual": True}, 1),
        (transfer, {"manual": True, "transfer_numbers": [EXPERT.e164]}, 2),
        (redial_after_resync, BUSY_AGAIN_AT_ONCE, 2),
    ],
)
async def test_whatever_rings_somebody_has_its_permit_in_the_ledger_before_the_bytes(
    tmp_path: Path, path: Callable[[Inside], Awaitable[Any]], campaign: dict[str, Any], calls: int
) -> None:
    async with inside(tmp_path, **campaign) as it:
        witness = Witness(it)
        await path(it)
        assert len(witness.sent) == calls
        witness.vouches()
