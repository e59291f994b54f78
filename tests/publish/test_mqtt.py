import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from aiomqtt import Client

from dialer.core.agent import AgentState
from dialer.core.call import CallState
from dialer.publish import mqtt
from dialer.publish.mqtt import backoff
from tests.publish import keep_a_node_up
from tests.publish.makers import (
    Outbox,
    agent,
    call,
    campaign,
    listening,
    publisher,
    running,
    settings,
    until,
)
from tests.support.mosquitto import HOST, Broker

pytestmark = pytest.mark.mosquitto


async def test_a_node_is_online_while_it_runs_and_offline_after_it_said_goodbye(broker: Broker) -> None:
    async with listening(broker) as (heard, _):
        async with running(publisher(settings(broker))):
            await until(lambda: len(heard.of("dialer/n1/status")) == 1)
        await until(lambda: len(heard.of("dialer/n1/status")) == 2)
    online, offline = heard.of("dialer/n1/status")
    assert (online["state"], offline["state"]) == ("online", "offline")
    assert online["started_at"] == "2026-11-23T09:30:00Z"


async def test_a_node_that_is_killed_is_lost_by_its_last_will(broker: Broker) -> None:
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    async with listening(broker) as (heard, _):
        command = [sys.executable, keep_a_node_up.__file__, str(broker.port)]
        node = await asyncio.create_subprocess_exec(*command, env=env)
        try:
            await until(lambda: len(heard.of("dialer/n1/status")) == 1)
        finally:
            node.kill()
            await node.wait()
        await until(lambda: len(heard.of("dialer/n1/status")) == 2)
    assert [status["state"] for status in heard.of("dialer/n1/status")] == ["online", "lost"]
    async with listening(broker) as (late, _):
        await until(lambda: bool(late))
    assert late.of("dialer/n1/status")[0]["state"] == "lost"


async def test_a_late_subscriber_gets_the_newest_state_of_everything(broker: Broker) -> None:
    async with running(publisher(settings(broker))) as made:
        made.show(agent("ann", AgentState.READY))
        made.show(agent("ann", AgentState.TALKING))
        made.show(agent("bob", AgentState.PAUSED))
        made.show(call("a1", CallState.TALKING))
        made.show(campaign(7, "Spring"))
        await until(lambda: not made.board.unsent)
        async with listening(broker) as (heard, _):
            await until(lambda: len(heard) == 5)
    assert all(message.retain for message in heard)
    assert heard.of("dialer/n1/agent/ann")[0]["state"] == "talking"
    assert heard.of("dialer/n1/agent/bob")[0]["state"] == "paused"
    assert heard.of("dialer/n1/call/a1")[0]["number_end"] == "123"
    assert heard.of("dialer/n1/campaign/7")[0]["name"] == "Spring"


async def test_a_call_that_ended_is_gone_for_late_subscribers(broker: Broker) -> None:
    async with listening(broker) as (heard, _), running(publisher(settings(broker))) as made:
        made.show(call("a1"))
        await until(lambda: bool(heard.of("dialer/n1/call/a1")))
        made.call_ended("a1")
        await until(lambda: heard.of("dialer/n1/call/a1")[-1] is None)
        made.show(agent("last"))
        await until(lambda: bool(heard.of("dialer/n1/agent/last")))
        async with listening(broker) as (late, _):
            await until(lambda: bool(late.of("dialer/n1/agent/last")))
        assert late.of("dialer/n1/call/a1") == []
        assert len(made.board) == 1


async def test_calls_that_a_crash_left_at_the_broker_are_cleared_and_live_ones_stay(broker: Broker) -> None:
    async with Client(HOST, broker.port) as crashed:
        for attempt_id in ("old", "a1"):
            await crashed.publish(f"dialer/n1/call/{attempt_id}", b"{}", qos=1, retain=True)
    async with listening(broker) as (heard, _):
        made = publisher(settings(broker))
        made.show(call("a1"))
        async with running(made):
            await until(lambda: None in heard.of("dialer/n1/call/old"))
            async with listening(broker) as (late, _):
                await until(lambda: bool(late.of("dialer/n1/call/a1")))
            assert late.of("dialer/n1/call/old") == []
            assert late.of("dialer/n1/call/a1")[0]["lead_id"] == 7


async def test_state_goes_on_after_the_look_at_old_calls(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "_SWEEP_SECONDS", 0.0)
    async with listening(broker) as (heard, _), running(publisher(settings(broker))) as made:
        for number in range(20):
            made.show(call(f"a{number}"))
            await until(lambda number=number: bool(heard.of(f"dialer/n1/call/a{number}")))
        assert made.connected


async def test_outcomes_leave_the_outbox_in_order_and_are_marked(broker: Broker) -> None:
    outbox = Outbox()
    for number in range(250):
        outbox.add(number)
    async with listening(broker) as (heard, _), running(publisher(settings(broker), outbox)):
        await until(lambda: not outbox.unsent)
        await until(lambda: len(heard.of("dialer/n1/outcome")) == 250)
    sent = heard.of("dialer/n1/outcome")
    assert [event["event_id"] for event in sent] == [str(number) for number in range(250)]
    assert sent[7]["attempt_id"] == "a7"
    assert sent[7]["talk_seconds"] == 61.5
    assert not any(message.retain for message in heard if str(message.topic) == "dialer/n1/outcome")


async def test_an_incident_goes_out_under_its_own_topic(broker: Broker) -> None:
    outbox = Outbox()
    incident = {"kind": "recording_short", "sentence": "…", "at": "2026-11-23T09:30:00Z", "attempt_id": "a1"}
    outbox.add(9, incident, "incident")
    async with listening(broker) as (heard, _), running(publisher(settings(broker), outbox)):
        await until(lambda: bool(heard.of("dialer/n1/incident")))
    assert heard.of("dialer/n1/incident")[0]["event_id"] == "9"


async def test_nobody_waits_for_the_poll_when_the_outbox_says_that_it_grew(broker: Broker) -> None:
    outbox = Outbox()
    async with listening(broker) as (heard, _), running(publisher(settings(broker, poll=3600), outbox)) as made:
        await until(lambda: outbox.asked > 0)
        outbox.add(1)
        made.outbox_grew()
        await until(lambda: len(heard.of("dialer/n1/outcome")) == 1)


async def test_a_row_that_is_no_outcome_is_counted_and_does_not_stop_the_others(broker: Broker) -> None:
    outbox = Outbox()
    outbox.add(1, {"attempt_id": "a1", "number": "+13125551234"})
    outbox.add(2, key="gossip")
    outbox.add(3)
    async with listening(broker) as (heard, _), running(publisher(settings(broker), outbox)) as made:
        await until(lambda: not outbox.unsent)
        await until(lambda: bool(heard.of("dialer/n1/outcome")))
        assert made.unsendable == 2
    assert [event["event_id"] for event in heard.of("dialer/n1/outcome")] == ["3"]


async def test_the_rest_goes_on_while_the_outbox_cannot_be_read_and_it_is_sent_afterwards(broker: Broker) -> None:
    outbox = Outbox()
    outbox.add(1)
    outbox.broken = True
    async with listening(broker) as (heard, _), running(publisher(settings(broker), outbox)) as made:
        await until(lambda: outbox.asked >= 2)
        made.show(agent())
        await until(lambda: bool(heard.of("dialer/n1/agent/ann")))
        outbox.broken = False
        await until(lambda: bool(heard.of("dialer/n1/outcome")))


async def test_a_broker_that_restarts_in_mid_run_costs_no_outcome(broker: Broker) -> None:
    """From the outbox to a subscriber whose session the broker keeps: each at least once, always the same event."""
    outbox = Outbox()
    total = 3000
    arrived: list[dict[str, Any]] = []
    made = publisher(settings(broker), outbox)
    async with running(made):
        async with listening(broker, "dialer/n1/outcome", session="collector") as (heard, _):
            for number in range(1000):
                outbox.add(number)
            made.outbox_grew()
            await until(lambda: len(heard) == 1000 and not outbox.unsent)
            broker.pause()
            for number in range(1000, total):
                outbox.add(number)
            asked = outbox.asked
            made.outbox_grew()
            await until(lambda: outbox.asked > asked)
            broker.stop()  # with a batch on its way that it never read
            await until(lambda: not made.connected)
        arrived += heard.of("dialer/n1/outcome")
        assert outbox.unsent
        assert len(arrived) < total
        broker.start()
        async with listening(broker, "dialer/n1/outcome", session="collector") as (heard, _):
            await until(lambda: not outbox.unsent)
            # One last, known to come behind all the others.
            outbox.add(total)
            await until(lambda: any(event["event_id"] == str(total) for event in heard.of("dialer/n1/outcome")))
        arrived += heard.of("dialer/n1/outcome")
    assert {event["event_id"] for event in arrived} == {str(number) for number in range(total + 1)}
    assert all(event["attempt_id"] == f"a{event['event_id']}" for event in arrived)


async def test_a_lost_broker_is_logged_with_its_cause(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    async with running(publisher(settings(broker))) as made:
        broker.kill()
        await until(lambda: not made.connected)
    assert f"broker {HOST}: Disconnected" in caplog.text


async def test_a_broker_that_lost_everything_is_told_all_state_again(broker: Broker) -> None:
    async with running(publisher(settings(broker))) as made:
        made.show(agent("ann", AgentState.READY))
        made.show(agent("bob", AgentState.READY))
        await until(lambda: not made.board.unsent)
        broker.kill()
        await until(lambda: not made.connected)
        made.show(agent("ann", AgentState.PAUSED))
        made.show(agent("ann", AgentState.LOGGED_OUT))
        broker.start()
        async with listening(broker) as (heard, _):
            await until(lambda: len({str(message.topic) for message in heard}) == 3)
    assert [state["state"] for state in heard.of("dialer/n1/agent/ann")] == ["logged_out"]
    assert [state["state"] for state in heard.of("dialer/n1/agent/bob")] == ["ready"]


async def test_a_connection_that_breaks_in_mid_run_costs_no_outcome(broker: Broker) -> None:
    outbox = Outbox()
    async with listening(broker) as (heard, _):
        made = publisher(settings(broker), outbox)
        async with running(made):
            for number in range(1000):
                outbox.add(number)
            made.outbox_grew()
            await until(lambda: len(heard.of("dialer/n1/outcome")) > 20)
            async with Client(HOST, broker.port, identifier="dialer-n1"):  # takes our place: we are thrown out
                await until(lambda: not made.connected)
            await until(lambda: made.connected and not outbox.unsent)
        await until(lambda: len({event["event_id"] for event in heard.of("dialer/n1/outcome")}) == 1000)


async def test_nothing_blocks_while_the_broker_is_down_and_all_is_sent_when_it_comes(broker: Broker) -> None:
    broker.kill()
    outbox = Outbox()
    made = publisher(settings(broker), outbox)
    task = asyncio.create_task(made.run())
    for number in range(50):
        made.show(agent("ann", AgentState.TALKING if number % 2 else AgentState.READY))
    outbox.add(1)
    assert outbox.asked == 0
    broker.start()
    try:
        async with listening(broker) as (heard, _):
            await until(lambda: made.connected and not outbox.unsent)
            await until(lambda: bool(heard.of("dialer/n1/agent/ann")))
        assert [state["state"] for state in heard.of("dialer/n1/agent/ann")] == ["talking"]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_silent_broker_is_given_up_and_found_again(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "_ANSWER_SECONDS", 0.3)
    outbox = Outbox()
    async with running(publisher(settings(broker), outbox)) as made:
        broker.pause()
        outbox.add(1)
        made.outbox_grew()
        await until(lambda: not made.connected)
        assert outbox.unsent
        broker.resume()
        await until(lambda: made.connected and not outbox.unsent)


async def ask(client: Client, command: str, content: dict[str, Any] | bytes, *, retain: bool = False) -> None:
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    await client.publish(f"dialer/n1/command/{command}", payload, qos=1, retain=retain)


async def test_a_command_is_answered(broker: Broker) -> None:
    async with listening(broker, "dialer/n1/reply/#") as (heard, client), running(publisher(settings(broker))):
        await ask(client, "pause", {"id": "c1", "body": {"agent_id": "ann"}})
        await ask(client, "pause", b"{")
        await until(lambda: len(heard) == 2)
    [reply] = heard.of("dialer/n1/reply/c1")
    assert reply["ok"]
    assert reply["result"] == {"did": "pause", "agent_id": "ann"}
    [refused] = heard.of("dialer/n1/reply/malformed")
    assert refused["error"] == "malformed"


async def test_the_same_command_twice_is_carried_out_once_also_when_they_come_at_once(broker: Broker) -> None:
    took: list[str] = []

    async def accept(command: str, body: dict[str, Any]) -> dict[str, Any]:
        took.append(command)
        await asyncio.sleep(0.01)
        return {}

    made = publisher(settings(broker), accept=accept)
    async with listening(broker, "dialer/n1/reply/#") as (heard, client), running(made):
        await asyncio.gather(*(ask(client, "pause", {"id": "c1"}) for _ in range(5)))
        await until(lambda: len(heard) == 5)
    assert took == ["pause"]
    assert len({bytes(message.payload) for message in heard}) == 1


async def test_a_retained_command_is_not_carried_out_when_the_node_comes_up(broker: Broker) -> None:
    took: list[str] = []

    async def accept(command: str, body: dict[str, Any]) -> dict[str, Any]:
        took.append(command)
        return {}

    async with listening(broker, "dialer/n1/reply/#") as (heard, client):
        await ask(client, "start", {"id": "c1"}, retain=True)
        async with running(publisher(settings(broker), accept=accept)):
            await until(lambda: bool(heard))
    assert heard.of("dialer/n1/reply/c1")[0]["error"] == "malformed"
    assert took == []


async def test_a_flood_of_commands_is_answered_busy_and_the_node_lives(broker: Broker) -> None:
    gate = asyncio.Event()

    async def accept(command: str, body: dict[str, Any]) -> dict[str, Any]:
        await gate.wait()
        return {}

    made = publisher(settings(broker), accept=accept)
    async with listening(broker, "dialer/n1/reply/#") as (heard, client), running(made):
        for number in range(130):
            await ask(client, "pause", {"id": f"c{number}"})
        await until(lambda: len(heard) >= 29)
        gate.set()
        await until(lambda: len(heard) == 130)
    errors = [json.loads(bytes(message.payload))["error"] for message in heard]
    assert errors.count("busy") == 29  # one under way, a hundred waiting
    assert errors.count(None) == 101


def test_the_wait_doubles_up_to_its_limit_and_is_spread() -> None:
    assert [backoff(failures, 30, 1) for failures in (1, 2, 3, 4)] == [0.5, 1, 2, 4]
    assert backoff(1000, 30, 1) == 30
    assert backoff(1000, 30, 0) == 15


async def test_a_bad_name_of_a_node_stops_the_start(broker: Broker) -> None:
    with pytest.raises(ValueError, match="node's name"):
        publisher(settings(broker, node="a/b"))


async def test_the_password_is_in_no_text_about_the_settings(broker: Broker) -> None:
    assert "hidden" not in repr(settings(broker, user="dialer", password="hidden"))
