"""A progressive campaign from the agent's login to the recording, through a real Asterisk."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialer.lab.state import LabState
from dialer.store import schema
from tests.live.house import House, house, number

pytestmark = pytest.mark.live


async def test_every_kind_of_answer_gets_its_disposition_and_one_invite(lab: LabState, tmp_path: Path) -> None:
    mute = number(12, 3)
    expected = {
        number(3): ("no_answer", "network"),
        number(1, 3): ("no_disposition", "customer"),
        number(13, 3): ("no_disposition", "customer"),
        mute: ("no_disposition", "customer"),
        number(4): ("busy", "network"),
        number(5, 1): ("rejected", "network"),
        number(6): ("unallocated", "network"),
        number(7): ("congestion", "network"),
        number(9): ("no_answer", "network"),
        number(2, 1): ("no_disposition", "customer"),
    }
    at_once = number(11)
    agents = ("agent01", "agent02", "agent03", "agent04")
    async with house(lab, tmp_path) as it:
        campaign = await it.campaign([*expected, at_once], agents, ring_seconds=5)
        for login in agents:
            await it.log_in(login)
        rows = await it.closed(campaign, len(expected) + 1, within=40)
        assert {n: (rows[n].disposition, rows[n].who_ended) for n in expected} == expected
        assert rows[at_once].disposition == "hung_up_at_once"
        invites = it.invites(*rows)
        assert sorted(n for _, n in invites) == sorted(rows)
        assert len(await it.attempts(campaign)) == len(rows)
        await _recordings_are_whole(it, campaign, mute)
        _no_burst([at for at, _ in invites], calls_per_second=5)


async def _recordings_are_whole(it: House, campaign: int, mute: str) -> None:
    """One for each talk and none else; the left side is the customer, who once says nothing, the right the agent."""
    for row in await it.attempts(campaign):
        if row.disposition != "no_disposition":
            assert not await it.rows(schema.recordings, attempt_id=row.id)
            continue
        assert (row.bridged_at - row.answered_at).total_seconds() < 0.1
        talk = (row.ended_at - row.bridged_at).total_seconds()
        kept = await it.row(schema.recordings, attempt_id=row.id)
        assert abs(kept.seconds - talk) < 0.5
        assert (it.home / "recordings" / kept.path).stat().st_size == kept.bytes
        customer, agent = kept.sides
        assert agent["level_dbfs"] > -40
        assert customer["level_dbfs"] < -80 if row.number == mute else customer["level_dbfs"] > -40


def _no_burst(moments: list[float], calls_per_second: int) -> None:
    for place, start in enumerate(moments):
        assert sum(start <= at < start + 1 for at in moments[place:]) <= calls_per_second
