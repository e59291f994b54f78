"""One line to AMI: bytes to messages, actions to replies.

Asterisk does not repeat an event, so nothing here may lose the line over one strange message. Bytes are cut at blank
lines first, the event's name is looked at in the bytes, and only what is wanted is decoded and parsed: the unwanted
nine tenths of a storm cost a search and a set look-up each.

Of panoramisk's protocol the wiring is kept; its decoder, its pending table and its resending of actions are replaced.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol

log = logging.getLogger(__name__)

Fields = Mapping[str, str | Sequence[str]]

BANNER = b"Asterisk Call Manager/"
MAX_BANNER = 200
MAX_MESSAGE = 64 * 1024  # bytes kept of one message; the longest real ones (ListCommands) have about 14 kB
MAX_HEADERS = 128  # of one event; Asterisk's own limit for an action
MAX_LIST = 50_000  # events of one list reply
ALWAYS_TOLD = frozenset({"OriginateResponse", "UserEvent", "FullyBooted"})  # facts, even where they name an action


class AmiError(Exception):
    """Something between us and AMI; the text is fit for people."""


class AmiNotConnected(AmiError):
    """Certain: nothing was written."""


class AmiDisconnected(AmiError):
    """The action was written and the line was lost before the answer: its outcome is unknown."""


class AmiTimeout(AmiError):
    """The action was written and not answered in time: its outcome is unknown."""


class Message(NamedTuple):
    """An event or a reply as it came. A header that came twice is a list; `get` gives the first."""

    name: str  # the event's name, or "Response"
    headers: Mapping[str, str | list[str]]

    def get(self, header: str) -> str:
        """The header's text; empty where there is none."""
        value = self.headers.get(header, "")
        return value if isinstance(value, str) else value[0]


class Reply(NamedTuple):
    """What an action was answered, with its list's events where it had one."""

    response: Message
    events: tuple[Message, ...] = ()

    @property
    def success(self) -> bool:
        """Asterisk took the action."""
        return self.response.get("Response") in ("Success", "Follows", "Goodbye")

    @property
    def text(self) -> str:
        """Asterisk's own sentence."""
        return self.response.get("Message")


@dataclass(slots=True)
class _Pending:
    """An action that was written and is not answered."""

    future: asyncio.Future[Reply]
    timer: asyncio.TimerHandle
    response: Message | None = None  # a list has begun
    events: list[Message] = field(default_factory=list)


def parse(name: str, block: bytes, eol: str = "\r\n", limit: int = MAX_HEADERS) -> tuple[Message, bool]:
    """A whole message from its bytes; True where headers beyond `limit` were left out.

    A line without a colon is no header and is skipped. UTF-8 is decoded over the whole message, never per packet.
    """
    lines = block.decode("utf-8", "replace").split(eol)
    cut = len(lines) > limit
    if cut:
        del lines[limit:]
    try:
        headers: Mapping[str, str | list[str]] = dict([line.split(": ", 1) for line in lines])
    except ValueError:
        headers = {}
    if len(headers) != len(lines):
        headers = _parse_slowly(lines)
    return Message(name, headers), cut


def _parse_slowly(lines: list[str]) -> dict[str, str | list[str]]:
    headers: dict[str, str | list[str]] = {}
    for line in lines:
        key, colon, value = line.partition(":")
        if not colon:
            continue
        value = value.removeprefix(" ")
        before = headers.get(key)
        if before is None:
            headers[key] = value
        elif isinstance(before, str):
            headers[key] = [before, value]
        else:
            before.append(value)
    return headers


class AmiProtocol(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """One connection, from banner to loss. `deliver` is called with each wanted event, in order, and must not block."""

    def __init__(
        self,
        wanted: frozenset[str],
        deliver: Callable[[Message], None],
        counts: Counter[str],
        *,
        action_seconds: float = 5.0,
        ping_deadline: float = 2.0,
    ) -> None:
        self._wanted = {name.encode(): name for name in wanted | ALWAYS_TOLD}
        self._deliver = deliver
        self._counts = counts
        self._action_seconds = action_seconds
        self._ping_deadline = ping_deadline
        self._buffer = bytearray()
        self._head: bytes | None = None  # the beginning of a message that is too long, while its end is awaited
        self._eol = b"\r\n"
        self._lists = 0
        self._stalled = False
        self._reason = ""
        loop = asyncio.get_running_loop()
        self.banner: asyncio.Future[str] = loop.create_future()
        self.booted: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[str] = loop.create_future()  # why, once the line is gone
        self.probes: dict[str, asyncio.Future[None]] = {}  # ActionID -> its OriginateResponse came

    # --- out ---------------------------------------------------------------------------------------------------------

    def send(self, data: Fields, as_list: bool | None = None, *, seconds: float | None = None) -> asyncio.Future[Reply]:
        """Write an action once; the future holds its `Reply`, `AmiTimeout` or `AmiDisconnected`.

        `as_list` is panoramisk's and means nothing here: the reply itself says whether a list follows.

        Raises:
            AmiNotConnected: the line is lost, or the peer takes nothing more.
            ValueError: an action with this id is waiting already; sending it twice is our own mistake.
        """
        action = data if isinstance(data, Action) else Action(data)
        ping = action["action"] == "Ping"
        if self.closed or self.transport.is_closing():
            raise AmiNotConnected("the line to AMI is down")
        if self._stalled and not ping:
            raise AmiNotConnected("AMI does not take what we write")
        if action.id in self.responses:
            raise ValueError(f"action {action.id} is still waiting for its answer")
        seconds = seconds or (self._ping_deadline if ping else self._action_seconds)
        timer = asyncio.get_running_loop().call_later(seconds, self._expire, action.id, str(action["action"]), seconds)
        future: asyncio.Future[Reply] = action.future
        self.responses[action.id] = _Pending(future, timer)
        future.add_done_callback(lambda done: self._forget(action.id, done))
        self.transport.write(str(action).encode())
        return future

    def _expire(self, action_id: str, name: str, seconds: float) -> None:
        pending = self.responses.get(action_id)
        if pending is None or pending.future.done():
            return
        pending.future.set_exception(AmiTimeout(f"{name} was not answered in {seconds:g} s"))
        self._counts["timeout"] += 1
        if name == "Ping":
            self.drop(f"no answer to a ping in {seconds:g} s")

    def _forget(self, action_id: str, future: asyncio.Future[Reply]) -> None:
        pending: _Pending = self.responses.pop(action_id)
        pending.timer.cancel()
        if pending.response is not None:
            self._lists -= 1
        if not future.cancelled():
            future.exception()  # looked at: nobody awaits a ping's

    # --- in ----------------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        seen = max(0, len(buffer) - 3)
        buffer += data
        if not self.banner.done():
            if not self._take_banner():
                return
            seen = 0
        blank = self._eol + self._eol
        if buffer.find(blank, seen) >= 0:
            *blocks, rest = bytes(buffer).split(blank)
            if self._head is not None:
                blocks[0], self._head = self._head, None
            self._buffer = bytearray(rest)
            self._take(blocks)
        if len(self._buffer) > MAX_MESSAGE:
            self._head = self._head or bytes(self._buffer[: MAX_MESSAGE + 1])
            del self._buffer[:-3]  # enough to know a blank line by

    def _take_banner(self) -> bool:
        end = self._buffer.find(b"\n")
        start = bytes(self._buffer[: len(BANNER)])
        if not BANNER.startswith(start) or (end < 0 and len(self._buffer) > MAX_BANNER):
            self.drop("what answers there is no Asterisk manager")
            return False
        if end < 0:
            return False
        line = bytes(self._buffer[:end])
        self._eol = b"\r\n" if line.endswith(b"\r") else b"\n"
        del self._buffer[: end + 1]
        self.banner.set_result(line[len(BANNER) :].strip().decode("ascii", "replace"))
        return True

    def _take(self, blocks: list[bytes]) -> None:
        wanted, eol = self._wanted, self._eol
        for block in blocks:
            try:
                if block.startswith(b"Event: "):
                    end = block.find(eol)
                    name = wanted.get(block[7:end] if end > 0 else block[7:])
                    if name is not None or (self._lists and b"ActionID: " in block):
                        self._take_event(name or "", block)
                elif block:
                    self._take_other(block)
            except Exception as error:
                # One message must never cost the line. Its text may hold a number and is not logged.
                self._counts["failed"] += 1
                log.error("a message from AMI was lost: %s", type(error).__name__)

    def _take_event(self, name: str, block: bytes) -> None:
        message = self._parse(name, block, MAX_HEADERS)
        if not name:
            message = Message(message.get("Event"), message.headers)
        if message.name not in ALWAYS_TOLD and (action_id := message.get("ActionID")) in self.responses:
            self._add_to_list(self.responses[action_id], message)
            return
        if message.name == "FullyBooted" and not self.booted.done():
            self.booted.set_result(None)
        elif message.name == "OriginateResponse" and (probe := self.probes.get(message.get("ActionID"))):
            if not probe.done():
                probe.set_result(None)
            return
        if name:
            self._deliver(message)

    def _take_other(self, block: bytes) -> None:
        message = self._parse("Response", block.strip(), 1000)  # ListCommands has a header per action
        if name := self._wanted.get(message.get("Event").encode()):
            self._deliver(Message(name, message.headers))
            return
        if "Response" not in message.headers:
            self._counts["malformed"] += 1
            return
        pending: _Pending | None = self.responses.get(message.get("ActionID"))
        if pending is None:
            self._counts["late"] += 1  # expired, cancelled, or never ours
        elif message.get("EventList").lower() == "start":
            if pending.response is None:
                self._lists += 1
            pending.response = message
        elif not pending.future.done():
            pending.future.set_result(Reply(message))

    def _add_to_list(self, pending: _Pending, message: Message) -> None:
        if pending.future.done() or pending.response is None:
            return
        ending = message.get("EventList").lower()
        if ending == "complete":
            pending.future.set_result(Reply(pending.response, tuple(pending.events)))
        elif ending == "cancelled" or len(pending.events) >= MAX_LIST:
            pending.future.set_exception(AmiTimeout("the list was cut off"))
        else:
            pending.events.append(message)

    def _parse(self, name: str, block: bytes, limit: int) -> Message:
        if len(block) > MAX_MESSAGE:
            self._count(name, "oversized")
            block = block[: block.rfind(self._eol, 0, MAX_MESSAGE)]  # -1 where it is one single line
        message, cut = parse(name, block, self._eol.decode(), limit)
        if cut:
            self._count(name, "headers")
        return message

    def _count(self, name: str, what: str) -> None:
        self._counts[what] += 1
        log.warning("AMI sent a %s with too much in it (%s): only its beginning was read", name or "message", what)

    # --- the line ----------------------------------------------------------------------------------------------------

    def drop(self, reason: str) -> None:
        """Give the line up at once; what was not yet taken from us is thrown away with it."""
        self._reason = self._reason or reason
        self.closed = True
        self.transport.abort()
        self._fail_all()

    def close(self) -> None:
        """panoramisk's name for it; its own would keep actions to send them again."""
        self.drop("closed")

    def connection_lost(self, exc: BaseException | None) -> None:
        self._reason = self._reason or (f"the line broke: {exc}" if exc else "Asterisk closed the line")
        self.closed = True
        self._fail_all()
        for waiting in (self.banner, self.booted):
            waiting.cancel()
        if not self.lost.done():
            self.lost.set_result(self._reason)
        if self.factory is not None:
            self.factory.connection_lost(exc)

    def _fail_all(self) -> None:
        for pending in list(self.responses.values()):
            if not pending.future.done():
                pending.future.set_exception(AmiDisconnected(self._reason))

    def pause_writing(self) -> None:
        self._stalled = True

    def resume_writing(self) -> None:
        self._stalled = False
