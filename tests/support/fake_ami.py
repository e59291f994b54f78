"""An Asterisk manager that does what the test says: right, wrong, late, in pieces, or nothing at all."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress

Block = dict[str, list[str]]
Answer = bytes | None | Callable[["Visit", Block], bytes | None]

USER, SECRET = "dialer", "s3cret"
DEADLINE = 5.0


def block(*headers: tuple[str, str] | str, eol: str = "\r\n") -> bytes:
    """A message from header lines."""
    lines = [h if isinstance(h, str) else f"{h[0]}: {h[1]}" for h in headers]
    return (eol.join(lines) + eol + eol).encode()


def event(name: str, **headers: str) -> bytes:
    """An event; underscores in a header's name become dashes."""
    return block(("Event", name), *((key.replace("_", "-"), value) for key, value in headers.items()))


class Visit:
    """One connection of a client."""

    def __init__(self, fake: FakeAmi, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.fake, self.reader, self.writer = fake, reader, writer
        self.received = bytearray()
        self.gone = asyncio.Event()

    def send(self, data: bytes) -> None:
        self.writer.write(data.replace(b"\r\n", b"\n") if self.fake.bare_lf else data)

    async def send_in_pieces(self, data: bytes, sizes: Iterable[int]) -> None:
        """Each piece is a packet of its own, as far as a loopback can promise it."""
        at = 0
        for size in sizes:
            self.writer.write(data[at : at + size])
            await self.writer.drain()
            await asyncio.sleep(0)
            at += size
            if at >= len(data):
                return

    def reset(self) -> None:
        self.writer.transport.abort()

    async def serve(self) -> None:
        self.send(self.fake.banner)
        text = b""
        while data := await self.reader.read(65536):
            self.received += data
            text += data
            *blocks, text = text.split(b"\r\n\r\n")
            for one in blocks:
                self.take(one)
            await self.fake.reading.wait()

    def take(self, one: bytes) -> None:
        action: Block = {}
        for line in one.decode().split("\r\n"):
            key, _, value = line.partition(": ")
            action.setdefault(key, []).append(value)
        self.fake.note(self, action)
        if self.fake.mute:
            return
        answer = self.fake.answers.get(action["Action"][0], self.fake.default)
        data = answer(self, action) if callable(answer) else answer
        if data is not None:
            # An answer names its action, as its first header after the kind of message.
            self.send(data.replace(b"\r\n", b"\r\nActionID: %s\r\n" % action["ActionID"][0].encode(), 1))


class FakeAmi:
    """A server on a free port. `answers` maps an action to bytes, a function, or None for silence."""

    def __init__(self) -> None:
        self.banner = b"Asterisk Call Manager/11.0.0\r\n"
        self.bare_lf = False
        self.mute = False
        self.reading = asyncio.Event()
        self.reading.set()
        self.boots = True
        self.rights = {"Originate", "Hangup", "Redirect", "Setvar", "CoreShowChannels", "CoreSettings"}
        self.reports_calls = True
        self.default: Answer = block("Response: Success", "Message: done")
        self.answers: dict[str, Answer] = {
            "Login": self._login,
            "Ping": block("Response: Success", "Ping: Pong"),
            "ListCommands": self._list_commands,
            "CoreSettings": block("Response: Success", "AsteriskVersion: 22.10.1"),
            "Originate": self.originate,
            "CoreShowChannels": self._no_channels,
        }
        self.visits: list[Visit] = []
        self.actions: list[Block] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._noted = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def visit(self) -> Visit:
        """The newest connection."""
        return self.visits[-1]

    def named(self, action: str) -> list[Block]:
        """The actions of this name so far, probes left out."""
        return [a for a in self.actions if a["Action"] == [action] and not a["ActionID"][0].startswith("probe-")]

    async def saw(self, action: str, times: int = 1) -> list[Block]:
        """Wait until this action has come so many times."""
        async with asyncio.timeout(DEADLINE), self._noted:
            await self._noted.wait_for(lambda: len(self.named(action)) >= times)
        return self.named(action)

    async def visited(self, times: int) -> Visit:
        """Wait for the so-manyth connection."""
        async with asyncio.timeout(DEADLINE), self._noted:
            await self._noted.wait_for(lambda: len(self.visits) >= times)
        return self.visits[times - 1]

    def note(self, visit: Visit, action: Block) -> None:
        self.actions.append(action)
        self._wake()

    def _wake(self) -> None:
        async def notify() -> None:
            async with self._noted:
                self._noted.notify_all()

        task = asyncio.create_task(notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _login(self, visit: Visit, action: Block) -> bytes:
        if action["Username"] != [USER] or action["Secret"] != [SECRET]:
            return block("Response: Error", "Message: Authentication failed")
        if self.boots:
            asyncio.get_running_loop().call_soon(visit.send, event("FullyBooted", Privilege="system,all", Uptime="9"))
        return block("Response: Success", "Message: Authentication accepted")

    def _list_commands(self, visit: Visit, action: Block) -> bytes:
        return block("Response: Success", *((right, f"Does it. (Priv: {right})") for right in sorted(self.rights)))

    def originate(self, visit: Visit, action: Block) -> bytes:
        identity = action["ActionID"][0]
        if identity.startswith("probe-") and self.reports_calls:
            failed = event("OriginateResponse", ActionID=identity, Response="Failure", Reason="0", Uniqueid="<null>")
            asyncio.get_running_loop().call_soon(visit.send, failed)
        return block("Response: Success", "Message: Originate successfully queued")

    def _no_channels(self, visit: Visit, action: Block) -> bytes:
        ending = event("CoreShowChannelsComplete", ActionID=action["ActionID"][0], EventList="Complete", ListItems="0")
        asyncio.get_running_loop().call_soon(visit.send, ending)
        return block("Response: Success", "EventList: start", "Message: Channels will follow")

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._visit, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Take no more connections and reset those that are there."""
        assert self._server is not None
        self._server.close()
        for visit in self.visits:
            visit.reset()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DEADLINE)

    def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = Visit(self, reader, writer)
        self.visits.append(visit)
        self._wake()

        async def serve() -> None:
            with suppress(ConnectionError):
                await visit.serve()
            writer.close()
            visit.gone.set()

        task = asyncio.create_task(serve())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@asynccontextmanager
async def fake_ami() -> AsyncIterator[FakeAmi]:
    """A fake that is listening."""
    fake = FakeAmi()
    await fake.start()
    try:
        yield fake
    finally:
        fake.reading.set()
        await fake.stop()


def headers_of(wire: bytes) -> list[list[tuple[str, str]]]:
    """Every block on the wire as its (name, value) pairs, cut as Asterisk cuts: at LF as well as CRLF."""
    blocks = re.split(r"\r?\n\r?\n", wire.decode())
    return [
        [(key, value) for key, _, value in (line.partition(": ") for line in re.split(r"\r?\n", one))]
        for one in blocks
        if one
    ]
