"""Signing in and out, and one's own account."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil

from aiohttp import web
from pydantic import BaseModel, Field, SecretStr

from dialer.store import people, tokens
from dialer.store.people import Role, User
from dialer.web.fields import Body, Nothing
from dialer.web.guard import COOKIE, Door, Person
from dialer.web.house import House
from dialer.web.passwords import LEAST, MOST, Busy, outdated
from dialer.web.problems import Problem
from dialer.web.routes import PREFIX, Room

room = Room("sign-in")

_TRIES = ("wrong_password", "too_many", "unavailable")


class SignIn(Body):
    """`cookie` true: the token is set as a cookie that scripts cannot read, and is not in the answer."""

    login: str = Field(max_length=32)
    password: SecretStr = Field(max_length=MOST)
    cookie: bool = False


class Me(BaseModel):
    login: str
    name: str
    role: Role
    endpoint: str | None
    language: str


class SignedIn(BaseModel):
    """`token` goes into `Authorization: Bearer ...`; null where it was set as a cookie."""

    token: str | None
    expires_at: datetime
    user: Me


class NewPassword(Body):
    old: SecretStr = Field(max_length=MOST)
    new: SecretStr = Field(min_length=LEAST, max_length=MOST)
    cookie: bool = False


@room.route("POST /sign-in", "Sign in by login and password", also=_TRIES, shows=SignedIn)
async def sign_in(house: House, door: Door, request: web.Request, body: SignIn) -> web.Response:
    """The answer is a `SignedIn`. An unknown login and a wrong password get the same answer after the same time."""
    names = _names(request, body.login)
    _refuse_throttled(house, door, names)
    async with house.db.read() as c:
        user = await people.find(c, body.login)
    known = user.password_hash if user is not None and user.active else None
    password = body.password.get_secret_value()
    if not await _verify(house, door, names, password, known) or user is None:
        raise Problem("wrong_password")
    if known is not None and outdated(known):
        user = replace(user, password_hash=await door.hasher.hash(password))
        async with house.db.begin() as c:
            await people.replace_user(c, user)
    return await _signed_in(house, request, user, cookie=body.cookie)


@room.route("POST /sign-out", "Sign out: the token is good for nothing any more", shows=Nothing)
async def sign_out(house: House, who: Person, request: web.Request) -> web.Response:
    async with house.db.begin() as c:
        await tokens.revoke(c, who.token, house.clock())
    house.live.drop(who.login, who.session)
    response = web.json_response(Nothing().model_dump())
    if COOKIE in request.cookies:
        response.del_cookie(COOKIE, path=PREFIX)
    return response


@room.route("GET /me", "Who is signed in")
async def me(who: Person) -> Me:
    return Me.model_validate(who.user, from_attributes=True)


@room.route("POST /me/password", "Change one's own password", also=_TRIES, shows=SignedIn)
async def password(house: House, door: Door, who: Person, request: web.Request, body: NewPassword) -> web.Response:
    """Every sign-in of this user ends; the answer is a new `SignedIn`."""
    names = _names(request, who.login)
    _refuse_throttled(house, door, names)
    if not await _verify(house, door, names, body.old.get_secret_value(), who.user.password_hash):
        raise Problem("wrong_password", "The old password is wrong.")
    user = replace(who.user, password_hash=await door.hasher.hash(body.new.get_secret_value()))
    async with house.db.begin() as c:
        await people.replace_user(c, user)
        await tokens.revoke_all(c, who.login, house.clock())
    house.live.drop(who.login)
    return await _signed_in(house, request, user, cookie=body.cookie)


async def _signed_in(house: House, request: web.Request, user: User, *, cookie: bool) -> web.Response:
    now = house.clock()
    lasts = timedelta(hours=house.settings.http.token_hours)
    label = "browser" if cookie else "token"
    async with house.db.begin() as c:
        token = await tokens.issue(c, user.login, expires_at=now + lasts, now=now, label=label)
    me = Me.model_validate(user, from_attributes=True)
    answer = SignedIn(token=None if cookie else token, expires_at=now + lasts, user=me)
    response = web.Response(text=answer.model_dump_json(), content_type="application/json")
    if cookie:
        # Believing the header can only make the cookie stricter.
        secure = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
        response.set_cookie(
            COOKIE,
            token,
            max_age=int(lasts.total_seconds()),
            path=PREFIX,
            httponly=True,
            samesite="Strict",
            secure=secure,
        )
    return response


async def _verify(house: House, door: Door, names: tuple[str, str], password: str, known: str | None) -> bool:
    login, address = names
    try:
        right = await door.hasher.verify(password, known)
    except Busy:
        raise Problem("unavailable", "Too many sign-ins at once.", headers={"Retry-After": "5"}) from None
    _refuse_throttled(house, door, names)  # a guess among many sent at once counts, even where it was right
    if right:
        door.logins.forgive(login)
        return True
    now = house.clock()
    door.logins.failed(login, now)
    door.addresses.failed(address, now)
    return False


def _refuse_throttled(house: House, door: Door, names: tuple[str, str]) -> None:
    login, address = names
    now = house.clock()
    wait = max(door.logins.wait(login, now), door.addresses.wait(address, now))
    if wait:
        seconds = ceil(wait.total_seconds())
        raise Problem("too_many", f"Try again in {seconds} s.", headers={"Retry-After": str(seconds)})


def _names(request: web.Request, login: str) -> tuple[str, str]:
    return login, request.remote or ""
