"""Passwords: argon2id with the library's parameters (RFC 9106, low memory), off the event loop, a few at a time."""

from __future__ import annotations

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

LEAST = 12
MOST = 200  # a longer one is no password but a way to keep us busy

# Each hash takes 64 MiB and some fifty milliseconds of a core.
AT_ONCE = 2
WAITING = 200

_ARGON2 = PasswordHasher()


class Busy(Exception):
    """Too many sign-ins wait for their turn."""


def hash_of(password: str) -> str:
    """Blocking; for the command line. Elsewhere use `Hasher.hash`.

    Raises:
        ValueError: too short or too long.
    """
    if not LEAST <= len(password) <= MOST:
        raise ValueError(f"expected a password of {LEAST} to {MOST} characters")
    return _ARGON2.hash(password)


def generate() -> str:
    """A password to be shown once: 120 random bits, easy to copy."""
    return secrets.token_urlsafe(15)


class Hasher:
    """Checks passwords. An unknown login costs the same time as a wrong password."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """Raises `ValueError` and `Busy`."""
        async with self:
            return await asyncio.to_thread(hash_of, password)

    async def verify(self, password: str, known: str | None) -> bool:
        """Whether the password made this hash; `known` None (nobody, or no password set) takes as long to be wrong.

        Raises:
            Busy:
        """
        async with self:
            if self._nobodys is None:
                self._nobodys = await asyncio.to_thread(_ARGON2.hash, secrets.token_hex(16))
            right = await asyncio.to_thread(_verify, known or self._nobodys, password)
        return right and known is not None

    async def __aenter__(self) -> None:
        if self._waiting >= WAITING:
            raise Busy
        self._waiting += 1
        try:
            await self._turn.acquire()
        except BaseException:
            self._waiting -= 1
            raise

    async def __aexit__(self, *_: object) -> None:
        self._waiting -= 1
        self._turn.release()


def outdated(known: str) -> bool:
    """Made with weaker parameters than today's: to be made anew while the password is at hand."""
    return _ARGON2.check_needs_rehash(known)


def _verify(known: str, password: str) -> bool:
    try:
        return _ARGON2.verify(known, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
