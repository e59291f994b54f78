"""What other programs see of a running service, through a real Mosquitto."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dialer.core.agent import AgentState
from dialer.publish.topics import AgentStatus, CallStatus, CampaignStatus, NodeStatus, OutcomeNews, Reply
from tests.publish.makers import listening
from tests.service.inside import inside
from tests.support.mosquitto import HOST, Broker

pytestmark = pytest.mark.mosquitto


async def test_states_are_retained_and_each_attempt_has_its_outcome(tmp_path: Path, broker: Broker) -> None:
    async with inside(tmp_path, mqtt={"host": HOST, "port": broker.port}) as it, listening(broker) as (heard, _):
        it.log_in()
        attempt = await it.pbx.placed()
        it.pbx.talk(attempt)
        await it.agent(AgentState.TALKING)
        await it.until(lambda: any(one["state"] == "talking" for one in heard.of("dialer/n1/agent/ann")))
        async with listening(broker) as (late, _):
            await it.until(lambda: len(late) >= 4)
            assert all(message.retain for message in late)
            (node,), (agent,), (call,), (campaign,) = (
                late.of(f"dialer/n1/{topic}") for topic in ("status", "agent/ann", f"call/{attempt}", "campaign/1")
            )
        assert NodeStatus.model_validate(node).state == "online"
        assert AgentStatus.model_validate(agent).attempt_id == attempt
        assert CallStatus.model_validate(call).agent_id == "ann"
        assert CampaignStatus.model_validate(campaign).agents_talking == 1
        it.pbx.hang_up(attempt)
        await it.closed()
        await it.until(lambda: bool(heard.of("dialer/n1/outcome")))
        outcome = OutcomeNews.model_validate(heard.of("dialer/n1/outcome")[0])
        assert (outcome.attempt_id, outcome.disposition, outcome.number_end) == (attempt, "no_disposition", "001")
        sent = [message for message in heard if str(message.topic) == "dialer/n1/outcome"]
        assert [(message.qos, message.retain) for message in sent] == [(1, False)]
        await it.until(lambda: any(str(m.topic) == f"dialer/n1/call/{attempt}" and not m.payload for m in heard))


async def test_a_pause_asked_for_by_another_program_is_carried_out_and_answered(tmp_path: Path, broker: Broker) -> None:
    async with inside(tmp_path, mqtt={"host": HOST, "port": broker.port}) as it, listening(broker) as (heard, client):
        await it.until(lambda: bool(heard.of("dialer/n1/status")))  # from now on commands are heard
        it.log_in()
        attempt = await it.pbx.placed()
        order = {"id": "c1", "body": {"agent_id": "ann", "code": "lunch"}}
        await client.publish("dialer/n1/command/agent-pause", json.dumps(order), qos=1)
        await it.until(lambda: bool(heard.of("dialer/n1/reply/c1")))
        reply = Reply.model_validate(heard.of("dialer/n1/reply/c1")[0])
        assert (reply.ok, reply.command) == (True, "agent-pause")
        assert it.picture.agents["ann"].kept.code == "lunch"  # there is a call: after it
        it.pbx.say("Newchannel", attempt, ChannelState="0")
        it.pbx.hang_up(attempt, cause=17, state="0")
        await it.agent(AgentState.PAUSED)
        await it.until(lambda: any(one["pause_code"] == "lunch" for one in heard.of("dialer/n1/agent/ann")))


async def test_a_command_for_nobody_is_refused_with_a_sentence(tmp_path: Path, broker: Broker) -> None:
    async with inside(tmp_path, mqtt={"host": HOST, "port": broker.port}) as it, listening(broker) as (heard, client):
        await it.until(lambda: bool(heard.of("dialer/n1/status")))
        order = {"id": "c2", "body": {"agent_id": "nobody", "code": "lunch"}}
        await client.publish("dialer/n1/command/agent-pause", json.dumps(order), qos=1)
        await it.until(lambda: bool(heard.of("dialer/n1/reply/c2")))
        reply = Reply.model_validate(heard.of("dialer/n1/reply/c2")[0])
        assert (reply.ok, reply.error) == (False, "refused")
        assert "nobody is not logged in" in reply.sentence


async def test_an_incident_is_news_too(tmp_path: Path, broker: Broker) -> None:
    async with inside(tmp_path, mqtt={"host": HOST, "port": broker.port}) as it, listening(broker) as (heard, _):
        it.log_in()
        await it.pbx.placed()
        it.pbx.fake.visit.reset()
        await it.until(lambda: bool(heard.of("dialer/n1/incident")))
        (told,) = heard.of("dialer/n1/incident")
        assert told["kind"] == "ami_down"
