"""The product's dialplan: customer and agent are bridged, recorded and parted without the service."""

import csv
import time

import numpy as np
import pytest

from dialer.lab import carrier
from tests.live.calls import Calls

pytestmark = pytest.mark.live


async def test_a_bridged_call_leaves_a_two_channel_recording_as_long_as_the_bridge(calls: Calls) -> None:
    agent = await calls.agent()
    leg = await calls.customer(carrier.number(1, 1, seconds=4), DIALER_AGENT=agent, DIALER_RECORDING="yes")
    await calls.ended(leg)

    sound = np.frombuffer(calls.recording(leg)[1].read_bytes(), "<i2").reshape(-1, 2).astype(float)
    assert len(sound) / 8000 == pytest.approx(calls.bridged_for(leg), abs=0.5)
    assert calls.bridged_for(leg) == pytest.approx(4, abs=0.3)
    # The customer says one word and is quiet for two seconds; the agent talks all the time.
    customer, agents = (_loud(sound[4000:20_000, channel]) for channel in (0, 1))
    assert customer < 0.3 < 0.6 < agents


def _loud(channel: np.ndarray) -> float:
    """The share of 20 ms frames that hold sound."""
    frames = channel[: len(channel) // 160 * 160].reshape(-1, 160)
    return float((np.sqrt((frames**2).mean(axis=1)) > 100).mean())


async def test_a_call_without_sound_from_the_customer_is_recorded_in_full(calls: Calls) -> None:
    agent = await calls.agent()
    leg = await calls.customer(carrier.number(12, 1, seconds=2), DIALER_AGENT=agent, DIALER_RECORDING="yes")
    await calls.ended(leg)
    assert calls.recording(leg)[1].stat().st_size / 4 / 8000 == pytest.approx(calls.bridged_for(leg), abs=0.3)


async def test_the_agent_is_free_again_as_soon_as_the_customer_has_gone(calls: Calls) -> None:
    agent = await calls.agent()
    leg = await calls.customer(carrier.number(1, 2, seconds=1), DIALER_AGENT=agent)
    left = await calls.ami.wait_for("BridgeLeave", Uniqueid=leg)
    free = await calls.ami.wait_for("UserEvent", count=2, UserEvent="AgentFree", AgentLeg=agent, AgentId="agent01")
    assert float(free["Timestamp"]) - float(left["Timestamp"]) < 0.05
    await calls.ended(leg)
    assert not calls.ami.seen("Hangup", Uniqueid=agent)


async def test_answer_to_bridge_takes_a_few_milliseconds(calls: Calls) -> None:
    agent = await calls.agent()
    leg = await calls.customer(carrier.number(1, 3, seconds=1), DIALER_AGENT=agent, DIALER_RECORDING="yes")
    bridged = await calls.ami.wait_for("BridgeEnter", Uniqueid=leg)
    answered = calls.ami.seen("Newstate", Uniqueid=leg, ChannelStateDesc="Up")[0]
    assert float(bridged["Timestamp"]) - float(answered["Timestamp"]) < 0.05


async def test_the_customer_is_told_when_the_agent_hangs_up(calls: Calls) -> None:
    agent = await calls.agent()
    leg = await calls.customer(carrier.number(1, 4, seconds=9), DIALER_AGENT=agent)
    await calls.ami.wait_for("BridgeEnter", Uniqueid=leg)
    await calls.ami.send("Hangup", Channel=agent)
    done = await calls.ami.wait_for("UserEvent", UserEvent="CustomerDone", AttemptId=leg)
    assert done["Result"] == "SUCCESS"
    assert int((await calls.ended(leg))["Cause"]) == 16


async def test_a_leg_on_hook_ends_with_its_one_call(calls: Calls) -> None:
    agent = await calls.agent(DIALER_ON_HOOK="yes")
    leg = await calls.customer(carrier.number(1, 5, seconds=1), DIALER_AGENT=agent)
    await calls.ended(leg)
    await calls.ended(agent)


async def test_without_an_agent_the_customer_waits_hears_the_message_and_is_abandoned(calls: Calls) -> None:
    leg = await calls.customer(
        carrier.number(1, 6, seconds=30),
        DIALER_AGENT="agent-gone-1-1",
        DIALER_HOLD_MS="700",
        DIALER_RECORDING="yes",
        DIALER_MESSAGE=f"{calls.lab.prompts}/message",
        DIALER_KEY="9",
    )
    failed = await calls.ami.wait_for("UserEvent", UserEvent="BridgeFailed", AttemptId=leg)
    abandoned = await calls.ami.wait_for("UserEvent", UserEvent="Abandoned", AttemptId=leg)
    ended = await calls.ended(leg)
    assert failed["Result"] == "NONEXISTENT"
    assert float(abandoned["Timestamp"]) - float(failed["Timestamp"]) == pytest.approx(0.7, abs=0.1)
    message, time_to_press = 3.0, 3.0
    said = float(ended["Timestamp"]) - float(abandoned["Timestamp"])
    assert said == pytest.approx(message + time_to_press, abs=0.7)
    assert "OptOut" not in calls.said(leg)
    assert not calls.recording(leg)[1].exists()


async def test_another_agent_can_be_given_to_a_customer_who_waits(calls: Calls) -> None:
    agent = await calls.agent("agent02")
    leg = await calls.customer(
        carrier.number(1, 7, seconds=2), DIALER_AGENT="agent-gone-1-1", DIALER_HOLD_MS="3000", DIALER_RECORDING="yes"
    )
    await calls.ami.wait_for("UserEvent", UserEvent="BridgeFailed", AttemptId=leg)
    await calls.ami.send("Setvar", Channel=leg, Variable="DIALER_AGENT", Value=agent)
    moved = await calls.ami.send("Redirect", Channel=leg, Context="dialer-customer", Exten="rebridge", Priority=1)
    assert moved["Response"] == "Success"
    await calls.ami.wait_for("BridgeEnter", Uniqueid=leg)
    await calls.ended(leg)
    assert calls.said(leg) == ["CustomerAnswered", "BridgeFailed"]  # and no CustomerDone: the customer has ended it
    assert calls.recording(leg)[1].stat().st_size / 4 / 8000 == pytest.approx(calls.bridged_for(leg), abs=0.3)


async def test_a_notice_is_played_before_the_bridge(calls: Calls) -> None:
    agent = await calls.agent()
    leg = await calls.customer(
        carrier.number(1, 8, seconds=3), DIALER_AGENT=agent, DIALER_NOTICE=f"{calls.lab.prompts}/notice"
    )
    bridged = await calls.ami.wait_for("BridgeEnter", Uniqueid=leg)
    answered = calls.ami.seen("UserEvent", UserEvent="CustomerAnswered", AttemptId=leg)[0]
    assert float(bridged["Timestamp"]) - float(answered["Timestamp"]) == pytest.approx(1.6, abs=0.3)


@pytest.mark.parametrize(("phone", "cause"), [("agent05", 17), ("agent06", 19)])
async def test_a_phone_that_refuses_or_is_not_answered_never_becomes_an_agents_leg(
    calls: Calls, phone: str, cause: int
) -> None:
    leg = await calls.agent_ringing(phone, timeout_ms=1_000)
    assert int((await calls.ended(leg))["Cause"]) == cause
    assert calls.said(leg) == []


async def test_a_phone_may_hang_up_by_itself(calls: Calls) -> None:
    leg = await calls.agent("agent07")
    start = time.monotonic()
    await calls.ended(leg)
    assert time.monotonic() - start == pytest.approx(2, abs=0.5)


async def test_each_attempt_has_one_row_and_an_agents_shift_none(calls: Calls) -> None:
    agent = await calls.agent()
    talked = await calls.customer(carrier.number(1, 9, seconds=1), DIALER_AGENT=agent)
    busy = await calls.customer(carrier.number(4, 9))
    unanswered = await calls.customer(carrier.number(3, 9), timeout_ms=500)
    congested = await calls.customer(carrier.number(7, 9))
    unallocated = await calls.customer(carrier.number(6, 9))
    for leg in (talked, busy, unanswered, congested, unallocated):
        await calls.ended(leg)
    await calls.ami.send("Hangup", Channel=agent)
    await calls.ended(agent)

    with calls.lab.cdr_file.open() as file:
        rows = [(row[0], row[2], row[8].split("-")[0], float(row[4]) > 0) for row in csv.reader(file)]
    assert sorted(row for row in rows if row[0] in {talked, busy, unanswered, congested, unallocated, agent}) == [
        (talked, "ANSWERED", "PJSIP/agent01", True),
        (busy, "BUSY", "", False),
        (unanswered, "NO ANSWER", "", False),
        (congested, "CONGESTION", "", False),
        (unallocated, "NO ANSWER", "", False),
    ]
