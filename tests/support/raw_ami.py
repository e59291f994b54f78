"""A small AMI client for tests: it keeps every event it has seen, so that a test can ask for one that came early."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Self

Message = dict[str, str]

_numbers = itertools.count(1)


class RawAmi:
    """One logged-in connection. Each event carries the extra key `at`: time.monotonic() when it was read."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.events: list[Message] = []
        self._reader, self._writer = reader, writer
        self._answers: dict[str, asyncio.Future[Message]] = {}
        self._changed = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def connected(cls, port: int, user: str, secret: str, host: str = "127.0.0.1") -> AsyncIterator[Self]:
        reader, writer = await asyncio.open_connection(host, port)
        await reader.readline()
        ami = cls(reader, writer)
        reading = asyncio.create_task(ami._read())
        try:
            answer = await ami.send("Login", Username=user, Secret=secret)
            assert answer["Response"] == "Success", answer
            yield ami
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def send(self, action: str, variables: Message | None = None, **headers: str | int) -> Message:
        """The response to one action; its events, if it has any, come later."""
        action_id = f"raw-{next(_numbers)}"
        lines = [f"Action: {action}", f"ActionID: {action_id}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Variable: {name}={value}" for name, value in (variables or {}).items()]
        answer = self._answers[action_id] = asyncio.get_running_loop().create_future()
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return await asyncio.wait_for(answer, 5)

    def seen(self, event: str, **fields: str) -> list[Message]:
        """Events so far, oldest first, with these fields."""
        wanted = {"Event": event, **fields}
        return [message for message in self.events if wanted.items() <= message.items()]

    async def wait_for(self, event: str, within: float = 10, count: int = 1, **fields: str) -> Message:
        """The `count`th such event, which may have come already. Fails with what did come when it stays away."""

        def there() -> Message | None:
            found = self.seen(event, **fields)
            return found[count - 1] if len(found) >= count else None

        return await self.until(there, within, f"{event} {fields}")

    async def until(self, there: Callable[[], Message | None], within: float, what: str) -> Message:
        deadline = time.monotonic() + within
        while (found := there()) is None:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), deadline - time.monotonic())
            except TimeoutError:
                names = [f"{e['Event']}:{e.get('UserEvent', '')}:{e.get('Uniqueid', '')}" for e in self.events[-40:]]
                raise AssertionError(f"no {what} within {within} s; came: {names}") from None
        return found

    async def _read(self) -> None:
        while True:
            try:
                text = (await self._reader.readuntil(b"\r\n\r\n")).decode()
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            pairs = (line.partition(": ") for line in text.split("\r\n") if line)
            message = {key: value for key, _, value in pairs}
            answer = self._answers.get(message.get("ActionID", ""))
            if "Response" in message and answer is not None and not answer.done():
                answer.set_result(message)
            elif "Event" in message:
                self.events.append({**message, "at": str(time.monotonic())})
                self._changed.set()
