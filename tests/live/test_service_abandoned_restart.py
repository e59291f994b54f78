"""Abandons and the key, where the dialer dies meanwhile; through a real Asterisk."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialer.lab.state import LabState
from dialer.store import schema
from tests.live.house import house, number
from tests.support.running import eventually

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]


async def test_a_key_pressed_while_the_dialer_was_dead_is_found_in_the_call_records(
    lab: LabState, tmp_path: Path
) -> None:
    called = number(14, 2)
    async with house(lab, tmp_path) as it:
        campaign = await it.campaign([called], ["agent01"])
        await it.log_in("agent01")
        await it.call(campaign, "talking")
        it.running.kill()

        async def pressed() -> bool:
            return "pressed" in it.heard(called)

        await eventually(pressed, 20, it.running.log)
        await it.running.start()
        kept = await it.row(schema.do_not_call, within=40, number=called)
        row = (await it.attempts(campaign))[0]
        assert (kept.source, kept.proof) == ("key", row.id)


async def test_the_figures_of_the_block_are_shown_and_survive_the_service(lab: LabState, tmp_path: Path) -> None:
    async with house(lab, tmp_path) as it:
        campaign = await it.abandoned(number(2, 2))
        await it.closed(campaign, 1)

        async def figures() -> tuple[int, int] | None:
            view = (await it.floor())["campaign"].get(str(campaign))
            shown = view["abandonment"] if view is not None else []
            return (shown[0]["abandoned"], shown[0]["answered"]) if shown else None

        async def counted() -> bool:
            return await figures() == (1, 1)

        await eventually(counted, 10, it.running.log)
        it.running.kill()
        await it.running.start()
        await it.link_up()
        await eventually(counted, 10, it.running.log)
