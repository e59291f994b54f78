"""A transfer in the product's dialplan: the customer goes from the agent to the outside number without the service."""

import asyncio

import pytest

from dialer.lab import carrier
from tests.live.calls import Calls

pytestmark = pytest.mark.live


async def handed_over(calls: Calls, outside: str, customer_seconds: int = 99, **agent: str) -> tuple[str, str, str]:
    """A customer who talks with an agent, and the outside number that is called for them: customer, agent, outside."""
    agent_leg = await calls.agent(**agent)
    customer = await calls.customer(
        carrier.number(1, 71, seconds=customer_seconds), DIALER_AGENT=agent_leg, DIALER_RECORDING="yes"
    )
    await calls.ami.wait_for("BridgeEnter", Uniqueid=customer)
    return customer, agent_leg, await calls.transfer(customer, outside)


async def test_the_customer_stays_with_the_agent_until_the_outside_answers(calls: Calls) -> None:
    customer, agent, outside = await handed_over(calls, carrier.number(2, 72, seconds=2))
    answered = await calls.ami.wait_for("UserEvent", UserEvent="TransferAnswered", TransferId=outside)
    handed = await calls.ami.wait_for("UserEvent", UserEvent="Transferred", AttemptId=customer)
    met = await calls.ami.wait_for("BridgeEnter", count=2, Uniqueid=customer, BridgeNumChannels="2")
    assert calls.ami.seen("BridgeEnter", Uniqueid=outside)[-1]["BridgeUniqueid"] == met["BridgeUniqueid"]
    assert float(met["Timestamp"]) - float(answered["Timestamp"]) < 0.1
    await calls.ami.wait_for("UserEvent", count=2, UserEvent="AgentFree", AgentLeg=agent)
    await calls.ended(outside)
    await calls.ended(customer)
    assert not calls.ami.seen("Hangup", Uniqueid=agent)
    talked = float(handed["Timestamp"]) - float(calls.ami.seen("BridgeEnter", Uniqueid=customer)[0]["Timestamp"])
    assert calls.recording(customer)[1].stat().st_size / 4 / 8000 == pytest.approx(talked, abs=0.5)


async def test_whoever_hangs_up_first_ends_it_for_both(calls: Calls) -> None:
    customer, _, outside = await handed_over(calls, carrier.number(1, 73, seconds=99))
    await calls.ami.wait_for("BridgeEnter", count=2, Uniqueid=customer, BridgeNumChannels="2")
    await calls.ami.send("Hangup", Channel=customer)
    await calls.ended(outside)


async def test_an_outside_number_that_is_busy_costs_the_agent_nothing(calls: Calls) -> None:
    customer, _, outside = await handed_over(calls, carrier.number(4, 74))
    assert (await calls.ended(outside))["Cause"] == "17"
    assert not calls.ami.seen("BridgeLeave", Uniqueid=customer)


async def test_who_answers_after_the_customer_has_gone_is_let_go(calls: Calls) -> None:
    customer, _, outside = await handed_over(calls, carrier.number(2, 75, seconds=3), customer_seconds=1)
    await calls.ended(customer)
    await calls.ami.wait_for("UserEvent", UserEvent="TransferAnswered", TransferId=outside)
    await asyncio.wait_for(calls.ended(outside), 2)


async def test_a_phone_on_hook_is_let_go_when_its_customer_is_handed_over(calls: Calls) -> None:
    customer, agent, outside = await handed_over(calls, carrier.number(1, 76, seconds=2), DIALER_ON_HOOK="yes")
    await calls.ended(agent)
    assert not calls.ami.seen("Hangup", Uniqueid=customer)
    await calls.ended(outside)


async def test_they_talk_for_longer_than_the_outside_would_have_waited(calls: Calls) -> None:
    customer, _, outside = await handed_over(calls, carrier.number(1, 77, seconds=8))
    met = await calls.ami.wait_for("BridgeEnter", count=2, Uniqueid=customer, BridgeNumChannels="2")
    left = await calls.ami.wait_for("BridgeLeave", count=2, Uniqueid=customer)
    assert float(left["Timestamp"]) - float(met["Timestamp"]) == pytest.approx(8, abs=0.5)
    await calls.ended(customer)
    await calls.ended(outside)
