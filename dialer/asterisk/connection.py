"""The one connection to Asterisk's manager: kept up, checked, and read through a single ordered queue.

Nothing is ever sent twice. What was written when the line broke has an unknown outcome (`AmiDisconnected`), what was
asked while it was down was never sent (`AmiNotConnected`), and after a reconnect the caller resynchronises.
"""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from panoramisk.manager import Manager

from dialer.asterisk import fitness
from dialer.asterisk.action import plain
from dialer.asterisk.protocol import AmiDisconnected, AmiError, AmiNotConnected, AmiProtocol, Fields, Message, Reply
from dialer.core.events import LinkDown, LinkUp

log = logging.getLogger(__name__)

Item = Message | LinkUp | LinkDown


class AmiAuthError(AmiError):
    """Wrong user or secret."""


@dataclass(frozen=True, slots=True)
class AmiSettings:
    """Where AMI is and who we are there. Times in seconds.

    Raises:
        BadValue: a control character in user or secret, which would write a header of its own.
    """

    host: str
    port: int
    user: str
    secret: str = field(repr=False)
    tls: ssl.SSLContext | None = None
    ping_every: float = 1.0
    ping_deadline: float = 2.0  # with `ping_every`: a dead peer is noticed within 3 s
    connect_seconds: float = 5.0  # for the connection, the banner and the login, each
    boot_seconds: float = 30.0  # a large PBX takes its time to load
    action_seconds: float = 5.0
    refused_retry: float = (
        30.0  # after a wrong secret or missing rights: a person has to act, and a PBX may lock us out
    )
    queue_limit: int = 10_000

    def __post_init__(self) -> None:
        plain("user", self.user)
        plain("secret", self.secret)


def backoff(failures: int) -> float:
    """Seconds until the next try: doubling to 2 s, with jitter so that nodes do not come back in step."""
    return min(2.0, 0.1 * 2.0 ** min(failures, 10)) * random.uniform(0.5, 1.0)


class _Line(Manager):  # type: ignore[misc]  # panoramisk has no types
    """What is sound in panoramisk's `Manager`, for one line: configuration, wiring, login, the rhythm of pings."""

    def login(self, future: asyncio.Future[Reply]) -> bool:
        if future.exception() is not None:
            return False
        self.ping_delay = self.ping_interval = self.config["ping_every"]  # its constructor would cut them to integers
        return bool(super().login(future))

    def ping(self) -> None:
        if not self.protocol.closed:
            super().ping()

    def connection_lost(self, exc: BaseException | None) -> None:
        # Not panoramisk's: it would connect again by itself, also after close().
        self.pinger.cancel()


class Ami:
    """`run()` keeps the line up, `messages()` is what came, `ask()` sends an action."""

    def __init__(self, settings: AmiSettings, wanted: frozenset[str], delay: Callable[[int], float] = backoff) -> None:
        self._settings = settings
        self._wanted = wanted
        self._delay = delay
        self._queue: asyncio.Queue[Item | None] = asyncio.Queue()
        self._protocol: AmiProtocol | None = None
        self._up = False
        self._down_reason: str | None = None
        self._closing = asyncio.Event()
        self.counts: Counter[str] = Counter()  # oddities by kind, for metrics
        self.version = ""  # of AMI, from the banner
        self.asterisk = ""  # Asterisk's version

    @property
    def connected(self) -> bool:
        """Logged in, checked and alive as far as the last ping knows."""
        return self._up

    async def ask(self, action: Fields, *, seconds: float | None = None) -> Reply:
        """Send one action and wait for its answer, with the events of its list.

        Raises:
            AmiNotConnected: nothing was written.
            AmiTimeout, AmiDisconnected: it was written, and what became of it is unknown.
        """
        if self._protocol is None or not self._up:
            raise AmiNotConnected("the line to AMI is down")
        return await self._protocol.send(action, seconds=seconds)

    async def messages(self) -> AsyncIterator[Item]:
        """Events and changes of the link in the order they came; ends after `close()`. For one reader."""
        while (item := await self._queue.get()) is not None:
            yield item
        self._queue.put_nowait(None)  # whoever asks later is told as well

    def close(self) -> None:
        """End for good: no reconnect, pending actions fail, `run()` and `messages()` return."""
        self._closing.set()
        if self._protocol is not None:
            self._protocol.drop("closed")

    async def run(self) -> None:
        """Connect, check, watch, and begin again; returns after `close()`."""
        failures = 0
        try:
            while not self._closing.is_set():
                try:
                    await self._keep_line()
                except (AmiAuthError, fitness.Unfit) as error:
                    wait = self._settings.refused_retry
                    self._tell_down(str(error), logging.ERROR)
                except (OSError, AmiError) as error:
                    if self._closing.is_set():
                        break
                    failures = 0 if self._up else failures + 1
                    wait = self._delay(failures)
                    self._tell_down(str(error) or "AMI did not answer in time", logging.WARNING)
                await self._pause(wait)
        finally:
            self._up = False
            if self._protocol is not None:
                self._protocol.drop("closed")
            self._queue.put_nowait(None)

    async def _keep_line(self) -> None:
        """One line from connect to loss; always ends by raising."""
        settings, loop = self._settings, asyncio.get_running_loop()
        line = _Line(
            username=settings.user,
            secret=settings.secret,
            ping_delay=3600,  # not before the login is through
            ping_every=settings.ping_every,
        )
        line.loop = loop
        async with asyncio.timeout(settings.connect_seconds):
            transport, protocol = await loop.create_connection(
                self._new_protocol, settings.host, settings.port, ssl=settings.tls
            )
        self._protocol = protocol
        try:
            self.version = await self._within(protocol, protocol.banner, "AMI sent no banner")
            made: asyncio.Future[tuple[asyncio.Transport, AmiProtocol]] = loop.create_future()
            made.set_result((transport, protocol))
            line.connection_made(made)
            answer: Reply = await line.authenticated_future
            if not answer.success:
                raise AmiAuthError(f"AMI refused the login: {answer.text or 'no reason given'}")
            self.asterisk = await fitness.check(protocol, settings.boot_seconds)
            self._up, self._down_reason = True, None
            log.info("AMI is up: Asterisk %s", self.asterisk)
            self._queue.put_nowait(LinkUp())
            raise AmiDisconnected(await protocol.lost)
        finally:
            protocol.drop("closed")

    def _new_protocol(self) -> AmiProtocol:
        settings = self._settings
        return AmiProtocol(
            self._wanted,
            self._deliver,
            self.counts,
            action_seconds=settings.action_seconds,
            ping_deadline=settings.ping_deadline,
        )

    async def _within(self, protocol: AmiProtocol, future: asyncio.Future[str], otherwise: str) -> str:
        done, _ = await asyncio.wait(
            [future, protocol.lost], timeout=self._settings.connect_seconds, return_when=asyncio.FIRST_COMPLETED
        )
        if future in done and not future.cancelled():
            return future.result()
        raise AmiDisconnected(protocol.lost.result() if protocol.lost.done() else otherwise)

    def _deliver(self, message: Message) -> None:
        if self._queue.qsize() < self._settings.queue_limit:
            self._queue.put_nowait(message)
            return
        # Never a silent gap: without its events the picture is wrong, and a resync is the only cure.
        self.counts["overflow"] += 1
        if self._protocol is not None and not self._protocol.closed:
            self._protocol.drop(f"more than {self._settings.queue_limit} events were waiting to be read")

    def _tell_down(self, reason: str, level: int) -> None:
        if reason != self._down_reason or self._up:
            log.log(level, "AMI is down: %s", reason)
            self._queue.put_nowait(LinkDown(reason))
        self._up, self._down_reason, self._protocol = False, reason, None

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            pass
