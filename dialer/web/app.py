"""The application: every room's routes, the document made from them, and what surrounds each request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, Final

from aiohttp import web

from dialer.web import (
    agents,
    attempts,
    campaigns,
    consents,
    do_not_call,
    explain,
    imports,
    incidents,
    leads,
    ledger,
    login,
    node,
    privacy,
    readiness,
    recordings,
    socket,
    supervision,
    suspensions,
    users,
)
from dialer.web.access import TABLE
from dialer.web.guard import DOOR, Door
from dialer.web.house import HOUSE, House
from dialer.web.openapi import document
from dialer.web.problems import answer_with_problems
from dialer.web.routes import PREFIX, Room, Route

ROOMS: Final[tuple[Room, ...]] = (
    login.room,
    agents.room,
    supervision.room,
    incidents.room,
    attempts.room,
    recordings.room,
    campaigns.room,
    leads.room,
    imports.room,
    readiness.room,
    do_not_call.room,
    consents.room,
    suspensions.room,
    privacy.room,
    explain.room,
    ledger.room,
    users.room,
    node.room,
    socket.room,
)
ROUTES: Final[tuple[Route, ...]] = tuple(route for room in ROOMS for route in room.routes)

LARGEST_BODY: Final = 1 << 20  # bytes; imports are streamed and have a limit of their own

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Dialer</title>
<h1>Dialer</h1>
<p>An outbound dialer. This is its HTTP API: <a href="/api/openapi.json">what it can do</a>, as OpenAPI.</p>
</html>
"""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'self'",
    "Cache-Control": "no-store",
}


def build(house: House) -> web.Application:
    """Everything but the listening."""
    assert {f"{route.method} {route.path}" for route in ROUTES} == set(TABLE), "access.TABLE names what is not there"
    app = web.Application(middlewares=[answer_with_problems], client_max_size=LARGEST_BODY)
    app[HOUSE] = house
    app[DOOR] = Door()
    for route in ROUTES:
        app.router.add_route(route.method, PREFIX + route.path, _method(route))
    app.router.add_get("/api/openapi.json", _const(lambda: web.json_response(_described())), allow_head=False)
    app.router.add_get("/healthz", node.healthz, allow_head=False)
    app.router.add_get("/", _const(lambda: web.Response(text=_PAGE, content_type="text/html")), allow_head=False)
    app.on_response_prepare.append(_harden)
    app.on_shutdown.append(_close_sockets)
    return app


@cache
def _described() -> dict[str, Any]:
    """Made when it is first asked for: it takes longer than the whole rest of a start."""
    return document(ROUTES)


def _method(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await route(request)

    return handle


def _const(make: Callable[[], web.Response]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(_: web.Request) -> web.StreamResponse:
        return make()

    return handle


async def _harden(_: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)


async def _close_sockets(app: web.Application) -> None:
    """Before the server waits for its connections to end: an open socket would make it wait out its time."""
    app[HOUSE].live.close()
