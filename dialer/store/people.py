"""Users: agents, supervisors and administrators. Whoever left is made inactive, never deleted: calls name them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.schema import campaign_agents, users

LOGIN = re.compile(r"[a-z][a-z0-9]{1,31}")
_ENDPOINT = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class Role(StrEnum):
    """What a user may do; each includes the one before."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


class BadUser(ValueError):
    """A user's detail that cannot be used. `key` names it."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"{key}: {why}")
        self.key = key


class NoSuchUser(LookupError):
    """Nobody has this login."""


@dataclass(frozen=True, slots=True)
class User:
    """`endpoint` is the phone as the PBX names it; `password_hash` is argon2's, None where no password was set."""

    login: str
    name: str
    role: Role
    endpoint: str | None = None
    language: str = "en"
    active: bool = True
    password_hash: str | None = None

    def __post_init__(self) -> None:
        if not LOGIN.fullmatch(self.login):
            raise BadUser("login", "expected 2 to 32 lower case letters and digits, a letter first")
        if not self.name.strip() or len(self.name) > 100 or not self.name.isprintable():
            raise BadUser("name", "expected 1 to 100 visible characters")
        if self.endpoint is not None and not _ENDPOINT.fullmatch(self.endpoint):
            raise BadUser("endpoint", "expected letters, digits, dot, dash and underscore")
        if self.language not in ("en", "zh"):
            raise BadUser("language", "expected en or zh")

    def __repr__(self) -> str:
        return f"User({self.login}, {self.role})"  # the hash stays out of logs


async def create(c: AsyncConnection, user: User, now: datetime) -> None:
    """Raises `BadUser` where the login is taken, also by somebody who left."""
    if await find(c, user.login) is not None:
        raise BadUser("login", "somebody has this login")
    await c.execute(insert(users).values(**_values(user), created_at=now))


async def replace_user(c: AsyncConnection, user: User) -> None:
    """Write all of a user's details anew. Raises `NoSuchUser`."""
    done = await c.execute(update(users).where(users.c.login == user.login).values(_values(user)))
    if done.rowcount == 0:
        raise NoSuchUser(user.login)


async def find(c: AsyncConnection, login: str) -> User | None:
    """Active or not."""
    row = (await c.execute(select(users).where(users.c.login == login))).one_or_none()
    return None if row is None else _user(row)


async def every(c: AsyncConnection, *, role: Role | None = None, active: bool | None = True) -> tuple[User, ...]:
    """By login; `active` None brings those who left, too."""
    query = select(users).order_by(users.c.login)
    if role is not None:
        query = query.where(users.c.role == role)
    if active is not None:
        query = query.where(users.c.active.is_(active))
    return tuple(_user(row) for row in await c.execute(query))


async def campaigns_of(c: AsyncConnection, login: str) -> tuple[int, ...]:
    """Ids of the campaigns this agent works on."""
    query = select(campaign_agents.c.campaign_id).where(campaign_agents.c.login == login)
    return tuple(await c.scalars(query.order_by(campaign_agents.c.campaign_id)))


def _values(user: User) -> dict[str, Any]:
    return {key: getattr(user, key) for key in User.__slots__}


def _user(row: Row[Any]) -> User:
    values = {key: getattr(row, key) for key in User.__slots__}
    return User(**values | {"role": Role(row.role)})
