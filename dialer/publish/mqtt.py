"""The one task that speaks MQTT: connects, keeps the broker's picture right, sends the outbox, takes commands."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from aiomqtt import Client, Message, MqttError, TLSParameters, Will
from pydantic import ValidationError

from dialer.publish.board import Board
from dialer.publish.commands import Accept, Commands
from dialer.publish.topics import (
    TOPICS,
    AgentStatus,
    CallStatus,
    CampaignStatus,
    NodeStatus,
    Reply,
    encoded,
    level_of,
    topic,
    topics_below,
)

logger = logging.getLogger(__name__)

_BATCH = 100  # publishes under way at once; 200 at once were measured at more than twice the rate of one by one
_COMMANDS_WAITING = 100
_SWEEP_SECONDS = 5.0
_ANSWER_SECONDS = 10.0  # a broker that confirms nothing for so long is given up, although the connection stands
_FAREWELL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the broker is and who we are; times in seconds."""

    node: str
    host: str = "127.0.0.1"
    port: int = 1883
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    ca_file: str | None = None  # None: the system's authorities
    keepalive: int = 15  # after one and a half times this of silence the broker sends our last will
    poll: float = 1.0  # how often the outbox is asked where nobody says that it grew
    command_limit: float = 10.0
    longest_backoff: float = 30.0


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One event to send. `id` becomes its `event_id`; `payload` is the rest of it."""

    id: int
    topic_key: Literal["outcome", "incident"]
    payload: dict[str, Any]


NextBatch = Callable[[int], Awaitable[Sequence[OutboxRow]]]
MarkSent = Callable[[Sequence[int]], Awaitable[None]]


def backoff(failures: int, longest: float, chance: float) -> float:
    """Seconds to wait after `failures` in a row: doubling from half a second. `chance` (0 to 1) spreads nodes out."""
    return min(longest, 0.5 * 2.0 ** min(failures - 1, 16)) * (0.5 + chance / 2)


class Publisher:
    """Show it state, tell it when the outbox grew, and let `run` do the rest. Made and used inside the event loop."""

    def __init__(
        self,
        settings: Settings,
        *,
        started_at: datetime,
        version: str,
        next_batch: NextBatch,
        mark_sent: MarkSent,
        accept: Accept,
    ) -> None:
        """Sources from the service.

        `next_batch(limit)` gives the oldest unsent rows, the same ones again until `mark_sent(ids)`.
        `accept(command, body)` carries out a command and gives the reply's result, or raises CommandRefused.

        Raises:
            ValueError: a bad node's name.
        """
        self.connected = False
        self.unsendable = 0  # outbox rows that are no valid payload
        self.commands = Commands(settings.node, accept, settings.command_limit)
        self.board = Board()
        self._settings = settings
        self._status_topic = topic(settings.node, "status")
        self._started_at = started_at
        self._version = version
        self._next_batch = next_batch
        self._mark_sent = mark_sent
        self._grew = asyncio.Event()

    def show(self, status: AgentStatus | CallStatus | CampaignStatus) -> None:
        """The newest state of an agent, a call or a campaign. Never blocks, also while the broker is down."""
        match status:
            case AgentStatus():
                name = topic(self._settings.node, "agent", status.agent_id)
            case CallStatus():
                name = topic(self._settings.node, "call", status.attempt_id)
            case CampaignStatus():
                name = topic(self._settings.node, "campaign", status.campaign_id)
        self.board.show(name, encoded(status))

    def call_ended(self, attempt_id: str) -> None:
        """The call is over: its topic is cleared. The outcome says the rest."""
        self.board.show(topic(self._settings.node, "call", attempt_id), None)

    def outbox_grew(self) -> None:
        """There is something to send; saves waiting for the next poll."""
        self._grew.set()

    async def run(self) -> None:
        """Until cancelled: connect, work, and after a failure connect again. Ends with the status `offline`."""
        failures = 0
        while True:
            try:
                await self._session()
            except* MqttError as lost:
                failures = 1 if self.connected else failures + 1
                logger.warning("broker %s: %s", self._settings.host, _cause(lost))
            self.connected = False
            await asyncio.sleep(backoff(failures, self._settings.longest_backoff, random.random()))

    async def _session(self) -> None:
        async with self._client() as client:
            client.pending_calls_threshold = 2 * _BATCH + _COMMANDS_WAITING
            waiting: asyncio.Queue[Message] = asyncio.Queue(_COMMANDS_WAITING)
            try:
                await client.subscribe(topics_below(self._settings.node, "command"), qos=1)
                await client.publish(self._status_topic, self._status("online"), qos=1, retain=True)
                self.connected = True
                self.board.all_again()
                logger.info("broker %s: connected", self._settings.host)
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._receive(client, waiting), name="mqtt in")
                    group.create_task(self._state(client), name="mqtt state")
                    group.create_task(self._outbox(client), name="mqtt outbox")
                    group.create_task(self._answer(client, waiting), name="mqtt commands")
                    group.create_task(self._sweep(client), name="mqtt sweep")
            finally:
                with suppress(MqttError):
                    farewell = self._status("offline")
                    await client.publish(self._status_topic, farewell, qos=1, retain=True, timeout=_FAREWELL_SECONDS)

    def _client(self) -> Client:
        # A new one for each connection: a used one would send what it had not got through before, and so would the
        # outbox. A clean session, so that a command sent while we were away is not carried out hours later.
        settings = self._settings
        return Client(
            settings.host,
            settings.port,
            username=settings.user,
            password=settings.password,
            identifier=f"dialer-{settings.node}",
            will=Will(self._status_topic, self._status("lost"), qos=1, retain=True),
            clean_session=True,
            keepalive=settings.keepalive,
            tls_params=TLSParameters(ca_certs=settings.ca_file) if settings.tls else None,
            max_inflight_messages=_BATCH,
            timeout=_ANSWER_SECONDS,
        )

    def _status(self, state: Literal["online", "offline", "lost"]) -> bytes:
        node = self._settings.node
        return encoded(NodeStatus(node=node, state=state, started_at=self._started_at, version=self._version))

    async def _state(self, client: Client) -> None:
        while True:
            changed = await self.board.take(_BATCH)
            await _publish(client, [(name, payload or b"") for name, payload in changed.items()], retain=True)
            self.board.confirmed(changed)

    async def _outbox(self, client: Client) -> None:
        failures = 0
        while True:
            self._grew.clear()
            try:
                rows = await self._next_batch(_BATCH)
                events = [event for row in rows if (event := self._event(row))]
                await _publish(client, events, retain=False)
                if rows:
                    await self._mark_sent([row.id for row in rows])
                failures = 0
            except* MqttError:
                raise
            except* Exception:  # the database is the service's worry; what is in the outbox stays there
                failures += 1
                logger.exception("the outbox could not be read or marked; its events wait")
            if failures:
                await asyncio.sleep(backoff(failures, self._settings.longest_backoff, random.random()))
            elif not rows:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._grew.wait(), self._settings.poll)

    def _event(self, row: OutboxRow) -> tuple[str, bytes] | None:
        try:
            payload = TOPICS[row.topic_key].payload.model_validate({**row.payload, "event_id": str(row.id)})
        except (KeyError, ValidationError) as error:
            # Sent or not, it would stop every event behind it for ever. The row itself stays in the database.
            self.unsendable += 1
            what = error.errors(include_url=False, include_input=False) if isinstance(error, ValidationError) else error
            logger.error("outbox row %d is no %s and is passed over: %s", row.id, row.topic_key, what)
            return None
        return topic(self._settings.node, row.topic_key), encoded(payload)

    async def _receive(self, client: Client, waiting: asyncio.Queue[Message]) -> None:
        """Also what notices a lost connection: the iterator raises."""
        async for message in client.messages:
            name = message.topic.value
            if level_of(self._settings.node, "call", name) is not None:
                if message.retain and message.payload and name not in self.board:
                    self.board.show(name, None)
                continue
            try:
                waiting.put_nowait(message)
            except asyncio.QueueFull:
                await _reply(client, *self.commands.busy(name, _content(message)))

    async def _answer(self, client: Client, waiting: asyncio.Queue[Message]) -> None:
        while True:
            message = await waiting.get()
            answer = await self.commands.answer(message.topic.value, _content(message), message.retain)
            await _reply(client, *answer)

    async def _sweep(self, client: Client) -> None:
        """Calls that a crash left on the broker: look at what it holds for a moment, `_receive` clears the unknown."""
        calls = topics_below(self._settings.node, "call")
        await client.subscribe(calls, qos=1)
        await asyncio.sleep(_SWEEP_SECONDS)
        await client.unsubscribe(calls)


async def _publish(client: Client, messages: Sequence[tuple[str, bytes]], *, retain: bool) -> None:
    """All at once, in order, until the broker has confirmed each; the first failure stops waiting for the others."""
    async with asyncio.TaskGroup() as group:
        for name, payload in messages:
            group.create_task(client.publish(name, payload, qos=1, retain=retain))


async def _reply(client: Client, name: str, reply: Reply) -> None:
    await client.publish(name, encoded(reply), qos=1)


def _cause(group: BaseExceptionGroup[Exception]) -> BaseException:
    """The first of all; the others are what fell with it."""
    first = group.exceptions[0]
    return _cause(first) if isinstance(first, BaseExceptionGroup) else first


def _content(message: Message) -> bytes:
    return message.payload if isinstance(message.payload, bytes) else str(message.payload or "").encode()
