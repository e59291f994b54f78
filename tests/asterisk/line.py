"""A running `Ami` and what came through its queue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeVar

from dialer.asterisk.connection import Ami, AmiSettings, Item
from dialer.asterisk.protocol import Message
from dialer.asterisk.translate import WANTED
from dialer.core.events import LinkDown, LinkUp
from tests.support.fake_ami import DEADLINE, SECRET, USER, FakeAmi

T = TypeVar("T")


class Line:
    """An `Ami` that runs, with a reader that keeps everything."""

    def __init__(self, ami: Ami) -> None:
        self.ami = ami
        self.items: list[Item] = []
        self.reads = asyncio.Event()  # cleared: the reader is busy with something else
        self.reads.set()
        self._more = asyncio.Condition()

    async def read(self) -> None:
        async for item in self.ami.messages():
            self.items.append(item)
            async with self._more:
                self._more.notify_all()
            await self.reads.wait()

    async def until(self, fact: Callable[[Line], bool]) -> None:
        """Wait until the fact holds; it is looked at whenever an item has come."""
        async with asyncio.timeout(DEADLINE), self._more:
            await self._more.wait_for(lambda: fact(self))

    async def up(self, times: int = 1) -> None:
        await self.until(lambda line: len(line.kinds(LinkUp)) >= times)

    async def down(self, times: int = 1) -> str:
        """The reason, once the link has gone down so many times."""
        await self.until(lambda line: len(line.kinds(LinkDown)) >= times)
        return self.kinds(LinkDown)[times - 1].reason

    async def heard(self, times: int) -> list[Message]:
        """Messages other than FullyBooted, once so many have come."""
        await self.until(lambda line: len(line.messages) >= times)
        return self.messages

    @property
    def messages(self) -> list[Message]:
        return [m for m in self.kinds(Message) if m.name != "FullyBooted"]

    def kinds(self, kind: type[T]) -> list[T]:
        return [item for item in self.items if isinstance(item, kind)]


QUICK = AmiSettings(
    host="127.0.0.1",
    port=0,
    user=USER,
    secret=SECRET,
    ping_every=0.05,
    ping_deadline=0.2,
    connect_seconds=0.5,
    boot_seconds=0.3,
    action_seconds=0.5,
    refused_retry=30.0,
)


@asynccontextmanager
async def line_to(fake: FakeAmi, **changes: object) -> AsyncIterator[Line]:
    """An `Ami` to the fake, running until the end of the block; it tries again without delay."""
    ami = Ami(replace(QUICK, port=fake.port, **changes), WANTED, delay=lambda failures: 0.02)  # type: ignore[arg-type]
    line = Line(ami)
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        tasks.create_task(ami.run())
        tasks.create_task(line.read())
        yield line
        ami.close()
