"""Tokens for people's sessions and machines' keys. Only their digests are kept: a stolen table opens no door."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.people import User, find
from dialer.store.schema import tokens


async def issue(c: AsyncConnection, login: str, *, expires_at: datetime, now: datetime, label: str = "") -> str:
    """A new random token of 256 bits; this is the only time it can be read."""
    token = secrets.token_urlsafe(32)
    values = {"digest": _digest(token), "login": login, "label": label, "issued_at": now, "expires_at": expires_at}
    await c.execute(insert(tokens).values(values))
    return token


async def owner(c: AsyncConnection, token: str, now: datetime) -> User | None:
    """Whose token this is; None where it is unknown, expired, revoked, or its owner is not active."""
    query = select(tokens.c.login).where(
        tokens.c.digest == _digest(token), tokens.c.expires_at > now, tokens.c.revoked_at.is_(None)
    )
    login = await c.scalar(query)
    user = None if login is None else await find(c, login)
    return user if user is not None and user.active else None


async def revoke(c: AsyncConnection, token: str, now: datetime) -> None:
    """Log out. An unknown token is not an error."""
    await c.execute(
        update(tokens).where(tokens.c.digest == _digest(token), tokens.c.revoked_at.is_(None)).values(revoked_at=now)
    )


async def revoke_all(c: AsyncConnection, login: str, now: datetime) -> int:
    """Close every session of a user, as after a change of password or role; returns how many were open."""
    done = await c.execute(
        update(tokens)
        .where(tokens.c.login == login, tokens.c.revoked_at.is_(None), tokens.c.expires_at > now)
        .values(revoked_at=now)
    )
    return done.rowcount


def _digest(token: str) -> str:
    # Plain SHA-256 is enough: the token is random, and there is nothing to guess.
    return hashlib.sha256(token.encode()).hexdigest()
