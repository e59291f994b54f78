"""One supervisor's leg hears, whispers and joins in without a new call."""

import pytest

from dialer.lab import carrier
from tests.live.calls import Calls

pytestmark = pytest.mark.live


async def _mode(calls: Calls, spy: str, mode: str) -> None:
    answer = await calls.ami.send("Redirect", Channel=spy, Context="dialer-supervisor", Exten=mode, Priority=1)
    assert answer["Response"] == "Success", answer


async def test_listen_whisper_and_barge_follow_each_other_on_one_leg(calls: Calls) -> None:
    agent, spy = await calls.agent(), await calls.supervisor()
    leg = await calls.customer(carrier.number(1, 1, seconds=30), DIALER_AGENT=agent)
    await calls.ami.wait_for("BridgeEnter", Uniqueid=leg)
    await calls.ami.send("Setvar", Channel=spy, Variable="DIALER_SPY", Value=agent)
    for count, mode in enumerate(("listen", "whisper", "barge"), start=1):
        await _mode(calls, spy, mode)
        started = await calls.ami.wait_for("ChanSpyStart", 2, count, SpyerUniqueid=spy)
        assert started["SpyeeUniqueid"] == agent
    await _mode(calls, spy, "idle")
    await calls.ami.wait_for("ChanSpyStop", 2, 3, SpyerUniqueid=spy)
    await calls.ami.wait_for("UserEvent", 2, 2, UserEvent="SupervisorIdle", SpyLeg=spy)
    assert not calls.ami.seen("Hangup", Uniqueid=spy)


async def test_the_supervisor_hears_on_from_one_call_to_the_next(calls: Calls) -> None:
    agent, spy = await calls.agent(), await calls.supervisor()
    await calls.ami.send("Setvar", Channel=spy, Variable="DIALER_SPY", Value=agent)
    await _mode(calls, spy, "listen")
    await calls.ami.wait_for("ChanSpyStart", 2, SpyerUniqueid=spy)
    for serial in (2, 3):
        await calls.ended(await calls.customer(carrier.number(1, serial, seconds=1), DIALER_AGENT=agent))
    assert not calls.ami.seen("ChanSpyStop", SpyerUniqueid=spy)


async def test_the_supervisor_is_idle_again_when_the_agents_leg_ends(calls: Calls) -> None:
    agent, spy = await calls.agent(), await calls.supervisor()
    await calls.ami.send("Setvar", Channel=spy, Variable="DIALER_SPY", Value=agent)
    await _mode(calls, spy, "listen")
    await calls.ami.wait_for("ChanSpyStart", 2, SpyerUniqueid=spy)
    await calls.ami.send("Hangup", Channel=agent)
    await calls.ami.wait_for("UserEvent", 2, 2, UserEvent="SupervisorIdle", SpyLeg=spy)


@pytest.mark.parametrize("mode", ["listen", "whisper", "barge"])
async def test_spying_on_a_leg_that_is_not_there_ends_at_idle(calls: Calls, mode: str) -> None:
    spy = await calls.supervisor()
    await calls.ami.send("Setvar", Channel=spy, Variable="DIALER_SPY", Value="agent-gone-1-1")
    await _mode(calls, spy, mode)
    await calls.ami.wait_for("UserEvent", 2, 2, UserEvent="SupervisorIdle", SpyLeg=spy)
