"""Users: who may sign in, as what, and with which phone. Nobody is deleted; who leaves is made inactive."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.store import people, tokens
from dialer.store.people import NoSuchUser, Role, User
from dialer.web.fields import Body, Login
from dialer.web.guard import Door
from dialer.web.house import House
from dialer.web.passwords import LEAST, MOST, Busy, generate
from dialer.web.problems import Problem
from dialer.web.routes import Room

room = Room("users")

Password = Annotated[SecretStr, Field(min_length=LEAST, max_length=MOST)]


class UserView(BaseModel):
    """`has_password` false: cannot sign in by password."""

    login: str
    name: str
    role: Role
    endpoint: str | None
    language: str
    active: bool
    has_password: bool
    campaigns: list[int]


class Users(BaseModel):
    users: list[UserView]


class Wanted(Body):
    """`left` brings those who left, too."""

    role: Role | None = None
    left: bool = False


class NewUser(Body):
    """`password` null: one is made, and shown in this answer and never again."""

    login: Login
    name: str
    role: Role
    endpoint: str | None = None
    language: str = "en"
    password: Password | None = None


class UserChange(Body):
    """What is left out stays; `endpoint` null takes the phone away."""

    name: str | None = None
    role: Role | None = None
    endpoint: str | None = None
    language: str | None = None
    active: bool | None = None


class SetPassword(Body):
    """`password` null: one is made."""

    password: Password | None = None


class WithPassword(BaseModel):
    """`password`: the one that was made, to be handed over; null where it was given."""

    user: UserView
    password: str | None


@room.route("GET /users", "Users, by login")
async def every(house: House, query: Wanted) -> Users:
    async with house.db.read() as c:
        found = await people.every(c, role=query.role, active=None if query.left else True)
        return Users(users=[await _shown(c, user) for user in found])


@room.route("GET /users/{login}", "One user", also=("not_found",))
async def one(house: House, login: Login) -> UserView:
    async with house.db.read() as c:
        return await _shown(c, await _known(c, login))


@room.route("POST /users", "Add a user", status=201)
async def create(house: House, door: Door, body: NewUser) -> WithPassword:
    made = None if body.password else generate()
    hashed = await _hash(door, made or _plain(body.password))
    user = User(body.login, body.name, body.role, body.endpoint, body.language, True, hashed)
    async with house.db.begin() as c:
        await people.create(c, user, house.clock())
        return WithPassword(user=await _shown(c, user), password=made)


@room.route("PATCH /users/{login}", "Change a user", also=("not_found", "impossible"))
async def change(house: House, login: Login, body: UserChange) -> UserView:
    """A new role, or an end, signs the user out everywhere; who leaves is logged out of the floor."""
    named = {key: value for key, value in body.model_dump(exclude_unset=True).items()
             if value is not None or key == "endpoint"}  # fmt: skip
    async with house.db.begin() as c:
        before = await _known(c, login)
        after = replace(before, **named)
        if before.role is Role.ADMINISTRATOR and before.active and not (after.active and after.role is before.role):
            await _not_the_last(c, login)
        await people.replace_user(c, after)
        out = after.role is not before.role or not after.active
        if out:
            await tokens.revoke_all(c, login, house.clock())
        shown = await _shown(c, after)
    if out:
        house.live.drop(login)
    agent = house.picture.agents.get(login)
    if not after.active and agent is not None and agent.state is not AgentState.LOGGED_OUT:
        house.engine.tell(ev.LogoutAsked(login, by="administrator"))
    return shown


@room.route("POST /users/{login}/password", "Give a user a new password", also=("not_found",))
async def password(house: House, door: Door, login: Login, body: SetPassword) -> WithPassword:
    """Ends every sign-in of that user."""
    made = None if body.password else generate()
    hashed = await _hash(door, made or _plain(body.password))
    async with house.db.begin() as c:
        user = replace(await _known(c, login), password_hash=hashed)
        await people.replace_user(c, user)
        await tokens.revoke_all(c, login, house.clock())
        shown = await _shown(c, user)
    house.live.drop(login)
    return WithPassword(user=shown, password=made)


async def _known(c: AsyncConnection, login: str) -> User:
    user = await people.find(c, login)
    if user is None:
        raise NoSuchUser(login)
    return user


async def _not_the_last(c: AsyncConnection, login: str) -> None:
    others = [user for user in await people.every(c, role=Role.ADMINISTRATOR) if user.login != login]
    if not others:
        raise Problem("impossible", "This is the last administrator.")


async def _shown(c: AsyncConnection, user: User) -> UserView:
    return UserView(
        login=user.login,
        name=user.name,
        role=user.role,
        endpoint=user.endpoint,
        language=user.language,
        active=user.active,
        has_password=user.password_hash is not None,
        campaigns=list(await people.campaigns_of(c, user.login)),
    )


async def _hash(door: Door, plain: str) -> str:
    try:
        return await door.hasher.hash(plain)
    except Busy:
        raise Problem("unavailable", "Too many passwords at once.", headers={"Retry-After": "5"}) from None


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
