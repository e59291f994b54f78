"""Commands from other programs: read with suspicion, carried out once, always answered."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError

from dialer.publish.topics import Command, Reply, encoded, level_of, topic

logger = logging.getLogger(__name__)

LARGEST = 64 * 1024  # bytes of one command
REMEMBERED = 1000  # replies
WINDOW = 600.0  # seconds for which the same id is the same command


class CommandRefused(Exception):
    """What `accept` raises to say no; the message is a sentence for whoever asked."""


Accept = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]


class Commands:
    """Answers commands one after the other. `malformed` counts what could not be understood."""

    def __init__(self, node: str, accept: Accept, limit: float) -> None:
        """`limit`: seconds a command may take; after that its outcome is unknown, and the reply says so."""
        self.malformed = 0
        self._node = node
        self._accept = accept
        self._limit = limit
        self._answered: OrderedDict[str, tuple[float, str, Reply]] = OrderedDict()

    async def answer(self, name: str, content: bytes, retained: bool) -> tuple[str, Reply]:
        """Carry out what came in under the topic `name`; gives the topic to reply to and the reply."""
        command = level_of(self._node, "command", name)
        understood = self._understood(command, content, retained)
        if isinstance(understood, Reply):
            self.malformed += 1
            logger.warning("a command was not understood: %s", understood.sentence)
            return topic(self._node, "reply", understood.id or "malformed"), understood
        assert command is not None
        return self._reply_topic(understood), await self._once(command, understood, content)

    def busy(self, name: str, content: bytes) -> tuple[str, Reply]:
        """The reply to a command for which there is no room."""
        given = _id_in(content)
        command = level_of(self._node, "command", name) or ""
        reply = Reply(id=given, command=command, ok=False, error="busy", sentence="too many commands are waiting")
        return topic(self._node, "reply", given or "malformed"), reply

    def _understood(self, command: str | None, content: bytes, retained: bool) -> Command | Reply:
        def malformed(sentence: str) -> Reply:
            return Reply(id=_id_in(content), command=command or "", ok=False, error="malformed", sentence=sentence)

        if retained:  # it would be carried out again at every reconnect
            return malformed("a command must not be retained")
        if command is None:
            return malformed("no such command topic")
        if len(content) > LARGEST:
            return malformed(f"more than {LARGEST} bytes")
        try:
            found = Command.model_validate_json(content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            return malformed(f"{'.'.join(map(str, first['loc'])) or 'payload'}: {first['msg']}")
        if found.reply_to is not None and level_of(self._node, "reply", found.reply_to) is None:
            return malformed("reply_to: not a topic below this node's reply/")
        return found

    def _reply_topic(self, command: Command) -> str:
        return command.reply_to or topic(self._node, "reply", command.id)

    async def _once(self, name: str, command: Command, content: bytes) -> Reply:
        now = asyncio.get_running_loop().time()
        while self._answered and next(iter(self._answered.values()))[0] < now - WINDOW:
            self._answered.popitem(last=False)
        asked = hashlib.sha256(name.encode() + b"\0" + json.dumps(command.body, sort_keys=True).encode()).hexdigest()
        if command.id in self._answered:
            _, before, reply = self._answered[command.id]
            if before == asked:
                return reply
            sentence = "this id was used for another command"
            return Reply(id=command.id, command=name, ok=False, error="id_reused", sentence=sentence)
        reply = await self._carried_out(name, command)
        self._answered[command.id] = (now, asked, reply)
        if len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)
        return reply

    async def _carried_out(self, name: str, command: Command) -> Reply:
        try:
            async with asyncio.timeout(self._limit):
                result = await self._accept(name, command.body)
            reply = Reply(id=command.id, command=name, ok=True, result=result)
            encoded(reply)  # a result that is no JSON is a failure of the command, not of whoever sends it
            return reply
        except CommandRefused as refused:
            return Reply(id=command.id, command=name, ok=False, error="refused", sentence=str(refused))
        except TimeoutError:
            sentence = "no answer in time; whether it was carried out is unknown"
            return Reply(id=command.id, command=name, ok=False, error="timed_out", sentence=sentence)
        except Exception:  # whoever asked must hear of it, and the next command must find us alive
            logger.exception("command %s failed", name)
            return Reply(id=command.id, command=name, ok=False, error="failed", sentence="see the dialer's log")


def _id_in(content: bytes) -> str | None:
    """The id of a command that is otherwise wrong, so that its sender can be told."""
    try:
        return Command.model_validate({"id": json.loads(content[:LARGEST])["id"]}).id
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
