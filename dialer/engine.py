"""The loop that owns the floor: take an event, ask the floor, have its commands carried out, sleep until its deadline.

Commands run outside the loop's own turn, in order within a lane (an attempt, an agent, the link) and side by side
between lanes. What they find comes back as events.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from dialer.core.agent import ImpossibleTurn
from dialer.core.commands import Command
from dialer.core.events import DrainAsked, Event, Halted
from dialer.core.floor.floor import Floor

log = logging.getLogger(__name__)

Performer = Callable[[Any], Awaitable[Event | None]]
Asked = tuple[Event, asyncio.Future[None] | None]


def utc_now() -> datetime:
    """The one clock of the service: aware, UTC."""
    return datetime.now(UTC)


class Engine:
    """One task runs `run`; everybody else calls `tell` or awaits `ask`."""

    def __init__(
        self,
        floor: Floor,
        perform: Mapping[type, Performer],
        publish: Callable[[set[tuple[str, str]]], None] = lambda changes: None,
        clock: Callable[[], datetime] = utc_now,
        lost: Callable[[Command, Exception], Event | None] = lambda order, error: None,
    ) -> None:
        """`lost` says what a command that failed in a way nobody foresaw means for the floor."""
        self.floor = floor
        self._perform = perform
        self._publish = publish
        self._clock = clock
        self._lost = lost
        self._inbox: asyncio.Queue[Asked] = asyncio.Queue()  # never dropped: it holds what happened
        self._lanes: dict[str, deque[Command]] = {}
        self._idle = asyncio.Event()
        self.failed: BaseException | None = None  # the floor raised: nothing more is dialed

    def tell(self, event: Event) -> None:
        """Put a fact in the inbox. Never blocks."""
        self._inbox.put_nowait((event, None))

    async def ask(self, event: Event) -> None:
        """Put a person's wish in the inbox and wait until the floor has taken it.

        Raises:
            ImpossibleTurn: it cannot be; the text says why.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._inbox.put_nowait((event, done))
        await done

    async def run(self) -> None:
        """Turn after turn, until cancelled."""
        async with asyncio.TaskGroup() as lanes:
            while True:
                asked = await self._next()
                now = self._clock()
                self._turn(asked, now, lanes)

    async def drained(self) -> None:
        """Return when a drain was asked, no call is up and no command is under way."""
        while self.floor.picture.calls or self._lanes or not self._inbox.empty():
            self._idle.clear()
            await self._idle.wait()

    async def _next(self) -> Asked | None:
        deadline = self.floor.next_deadline()
        if deadline is None:
            return await self._inbox.get()
        left = (deadline - self._clock()).total_seconds()
        if left <= 0:
            return None if self._inbox.empty() else self._inbox.get_nowait()
        try:
            async with asyncio.timeout(left):
                return await self._inbox.get()
        except TimeoutError:
            return None

    def _turn(self, asked: Asked | None, now: datetime, lanes: asyncio.TaskGroup) -> None:
        event, done = asked if asked is not None else (None, None)
        orders: list[Command] = []
        answer: Exception | None = None
        try:
            if event is not None:
                orders += self.floor.handle(event, now)
        except ImpossibleTurn as no:
            answer = no
            if done is None:
                log.warning("refused: %s", no)
        except Exception as error:
            answer = error
            orders += self._stop_dialing(error, type(event).__name__, now)
        try:
            orders += self.floor.tick(now)
        except Exception as error:
            orders += self._stop_dialing(error, "a deadline", now)
        if done is not None and not done.done():
            done.set_result(None) if answer is None else done.set_exception(answer)
        for order in orders:
            self._start(order, lanes)
        changes = self.floor.take_changes()
        if changes:
            self._publish(changes)
        self._idle.set()

    def _stop_dialing(self, error: Exception, what: str, now: datetime) -> list[Command]:
        log.error("the floor failed on %s: dialing stops, calls go on", what, exc_info=error)
        self.failed = error
        return self.floor.handle(Halted(f"internal error: {type(error).__name__}"), now)

    def _start(self, order: Command, lanes: asyncio.TaskGroup) -> None:
        lane = self._lanes.get(order.lane)
        if lane is not None:
            lane.append(order)
            return
        self._lanes[order.lane] = deque([order])
        lanes.create_task(self._work(order.lane), name=f"lane {order.lane}")

    async def _work(self, name: str) -> None:
        lane = self._lanes[name]
        try:
            while lane:
                order = lane.popleft()
                try:
                    event = await self._perform[type(order)](order)
                except Exception as error:
                    log.exception("lost: %s in lane %s", type(order).__name__, name)
                    event = self._lost(order, error)
                if event is not None:
                    self.tell(event)
        finally:
            del self._lanes[name]
            self._idle.set()

    async def drain(self) -> None:
        """Stop dialing and wait for what is up to end."""
        self.tell(DrainAsked())
        await self.drained()
