"""The door: who asks, whether they may, and whether a browser was tricked into asking.

A token comes as `Authorization: Bearer` or in a cookie. Only a cookie is sent by a browser on its own, so only there is
another site a danger: besides `SameSite=Strict` such a request must name its origin as ours and carry a header that no
form can send.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from aiohttp import web

from dialer.config import Settings
from dialer.store import tokens
from dialer.store.people import User
from dialer.web.access import HELD, Access
from dialer.web.house import House
from dialer.web.passwords import Hasher
from dialer.web.problems import Problem
from dialer.web.throttle import Throttle

COOKIE = "dialer_token"
HEADER = "X-Requested-By"  # any value, on requests that change something and bring the cookie
_SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Door:
    """What sign-ins share."""

    hasher: Hasher = field(default_factory=Hasher)
    # A person mistypes a few times; a whole shop behind one address signs in at nine and mistypes more.
    logins: Throttle = field(default_factory=lambda: Throttle(tries=10, seconds_each=30))
    addresses: Throttle = field(default_factory=lambda: Throttle(tries=100, seconds_each=3))


DOOR = web.AppKey("door", Door)


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in. `session` is the digest of the token and names the sign-in."""

    user: User
    token: str
    session: str

    @property
    def login(self) -> str:
        return self.user.login

    def may(self, access: Access) -> bool:
        return HELD[self.user.role] >= access

    def __repr__(self) -> str:
        return f"Person({self.login})"  # the token stays out of logs


async def admit(request: web.Request, house: House, access: Access) -> Person | None:
    """Who asks; None on public routes.

    Raises:
        Problem: signed out, not allowed, or from another site.
    """
    if access is Access.PUBLIC:
        check_origin(request, house.settings)
        return None
    token, by_cookie = _token(request)
    if by_cookie:
        check_origin(request, house.settings)
        if request.method not in _SAFE and not request.headers.get(HEADER):
            raise Problem("cross_site", f"The header {HEADER} is expected with a cookie.")
    person = await whose(house, token) if token else None
    if person is None:
        raise Problem("signed_out", headers={"WWW-Authenticate": "Bearer"})
    if not person.may(access):
        raise Problem("forbidden", f"This is for the role {access.name.lower()}.")
    return person


async def whose(house: House, token: str) -> Person | None:
    """The owner of a token that is good at this moment."""
    async with house.db.read() as c:
        user = await tokens.owner(c, token, house.clock())
    return None if user is None else Person(user, token, hashlib.sha256(token.encode()).hexdigest())


def _token(request: web.Request) -> tuple[str, bool]:
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer:
        return bearer.strip()[:200], False
    cookie = request.cookies.get(COOKIE, "")[:200]
    return cookie, bool(cookie)


def check_origin(request: web.Request, settings: Settings) -> None:
    """Refuse what a browser sends for another site. Programs send neither header and are not meant.

    Raises:
        Problem: from another site.
    """
    origin = request.headers.get("Origin")
    if origin is not None and origin in settings.http.origins:
        return
    # The host alone is compared: the proxy that speaks TLS for us changes the scheme.
    ours = origin is None or urlsplit(origin).netloc == request.host
    if not ours or request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise Problem("cross_site", "Requests from this origin are not allowed.")
