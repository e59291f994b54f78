"""Payloads with defaults, an outbox in memory and a listener at the broker."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from aiomqtt import Client, Message, MqttError

from dialer.core.agent import AgentState
from dialer.core.call import CallState
from dialer.core.campaign import DialMode
from dialer.publish.mqtt import OutboxRow, Publisher, Settings
from dialer.publish.topics import AgentStatus, CallStatus, CampaignStatus
from tests.support.mosquitto import HOST, Broker

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def agent(agent_id: str = "ann", state: AgentState = AgentState.READY) -> AgentStatus:
    return AgentStatus(agent_id=agent_id, state=state, since=NOW)


def call(attempt_id: str = "a1", state: CallState = CallState.RINGING) -> CallStatus:
    return CallStatus(attempt_id=attempt_id, campaign_id=1, lead_id=7, state=state, since=NOW, number_end="123")


def campaign(campaign_id: int = 1, name: str = "Spring") -> CampaignStatus:
    return CampaignStatus(
        campaign_id=campaign_id, name=name, phase="running", dial_mode=DialMode.PROGRESSIVE, at=NOW, agents_ready=3
    )


def outcome(attempt_id: str = "a1") -> dict[str, Any]:
    return {
        "attempt_id": attempt_id,
        "campaign_id": 1,
        "lead_id": 7,
        "agent_id": "ann",
        "disposition": "sale",
        "kind": "talked",
        "decided_by": "agent",
        "who_ended": "customer",
        "talk_seconds": 61.5,
        "ended_at": NOW,
    }


class Outbox:
    """What the store promises: rows in order, the same ones again until they are marked."""

    def __init__(self) -> None:
        self.unsent: dict[int, OutboxRow] = {}
        self.broken = False
        self.asked = 0

    def add(self, row_id: int, payload: dict[str, Any] | None = None, key: Any = "outcome") -> None:
        self.unsent[row_id] = OutboxRow(row_id, key, outcome(f"a{row_id}") if payload is None else payload)

    async def next_batch(self, limit: int) -> Sequence[OutboxRow]:
        self.asked += 1
        if self.broken:
            raise ConnectionError("the database is away")
        return list(self.unsent.values())[:limit]

    async def mark_sent(self, ids: Sequence[int]) -> None:
        for row_id in ids:
            del self.unsent[row_id]


async def echo(command: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"did": command, **body}


def settings(broker: Broker, **changes: Any) -> Settings:
    return Settings(
        **({"node": "n1", "host": HOST, "port": broker.port, "longest_backoff": 0.1, "poll": 0.05} | changes)
    )


def publisher(at: Settings, outbox: Outbox | None = None, accept: Any = echo) -> Publisher:
    outbox = outbox or Outbox()
    return Publisher(
        at, started_at=NOW, version="0.1.0", next_batch=outbox.next_batch, mark_sent=outbox.mark_sent, accept=accept
    )


@asynccontextmanager
async def running(made: Publisher) -> AsyncIterator[Publisher]:
    """The publisher at work and connected; what it raises fails the test."""
    task = asyncio.create_task(made.run())
    try:
        await until(lambda: made.connected or task.done())
        yield made
    finally:
        task.cancel()
        results = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(results[0], asyncio.CancelledError), results


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 (what is waited for is a list that another task fills)
            await asyncio.sleep(0.005)


class Listener(list[Message]):
    """Every message under `dialer/#`, as another program would see them."""

    def of(self, topic: str) -> list[Any]:
        """The payloads under one topic, in order; None for a cleared one."""
        return [
            json.loads(bytes(found.payload)) if found.payload else None for found in self if str(found.topic) == topic
        ]


@asynccontextmanager
async def listening(
    broker: Broker, topic: str = "dialer/#", session: str | None = None
) -> AsyncIterator[tuple[Listener, Client]]:
    """Hears everything under `topic` until the end, or until the broker goes; a named session outlives both."""
    heard = Listener()

    async def listen(client: Client) -> None:
        with suppress(MqttError):
            async for message in client.messages:
                heard.append(message)
        while len(client.messages):  # confirmed to the broker already
            heard.append(client._queue.get_nowait())

    async with Client(HOST, broker.port, identifier=session, clean_session=session is None) as client:
        await client.subscribe(topic, qos=1)
        task = asyncio.create_task(listen(client))
        try:
            yield heard, client
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
