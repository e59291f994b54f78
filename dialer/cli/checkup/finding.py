"""What a check found, and how checks are kept from waiting."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

T = TypeVar("T")

SECONDS = 8.0  # for each neighbourhood; all are looked at at once, and doctor as a whole takes at most ten
RESOLVE_SECONDS = 3.0


class Level(StrEnum):
    """`skipped` was not looked at, because something it needs has failed."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """`found` is a sentence; `to_do` what cures it, empty where nothing has to be done."""

    check: str
    level: Level
    found: str
    to_do: str = ""


def ok(check: str, found: str) -> Finding:
    return Finding(check, Level.OK, found)


def warning(check: str, found: str, to_do: str) -> Finding:
    return Finding(check, Level.WARNING, found, to_do)


def failed(check: str, found: str, to_do: str) -> Finding:
    return Finding(check, Level.FAILED, found, to_do)


def skipped(checks: Iterable[str], because: str) -> list[Finding]:
    return [Finding(check, Level.SKIPPED, f"not looked at: {because}") for check in checks]


async def in_time(check: str, look: Awaitable[list[Finding]], seconds: float = SECONDS) -> list[Finding]:
    """The findings, or that there were none in time. A check that breaks is a finding too, and the others go on."""
    try:
        async with asyncio.timeout(seconds):
            return await look
    except TimeoutError:
        return [failed(check, f"no answer in {seconds:g} s", "Find out what hangs: a network, a disk, a server.")]
    except Exception as error:
        found = f"the check itself broke: {type(error).__name__}: {error}"
        return [failed(check, found, "This is a mistake of ours: please report it.")]


async def apart(work: Callable[[], T]) -> T:
    """Blocking work in a thread that nobody waits for at the end: a disk that is gone may hold it for ever."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: Exception | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(value)  # type: ignore[arg-type]

    def run() -> None:
        try:
            value, error = work(), None
        except Exception as raised:
            value, error = None, raised
        try:
            loop.call_soon_threadsafe(settle, value, error)
        except RuntimeError:
            return  # the loop has ended without us

    threading.Thread(target=run, daemon=True).start()
    return await future


async def address_of(host: str, port: int) -> str:
    """A numeric address, so that no library waits for a name server longer than we do.

    Raises:
        OSError: the name is not known, or no name server answers.
    """
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await apart(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except TimeoutError:
        raise OSError(f"no name server knows {host} within {RESOLVE_SECONDS:g} s") from None
    return str(found[0][4][0])
