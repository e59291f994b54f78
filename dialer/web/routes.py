"""Routes as typed functions: what a handler's signature says is what is read, checked, documented and answered.

    @room.route("POST /agent/pause", "Pause, at once or when the work in hand is done", also=("impossible",))
    async def pause(house: House, who: Person, body: Pause) -> OwnView: ...

Parameters are filled by name: `house`, `door`, `who`, `request`, `body` (a model, from JSON), `query` (a model, from
the query string), and those in braces in the path. A `StreamResponse` goes out as it is; all else is validated against
the annotation of the return, so that the document cannot promise what the code does not do.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from re import findall
from typing import Any, ParamSpec, TypeVar, get_type_hints

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from dialer.web.access import TABLE, Access
from dialer.web.guard import DOOR, admit
from dialer.web.house import HOUSE
from dialer.web.problems import Problem, invalid

P = ParamSpec("P")
R = TypeVar("R")

PREFIX = "/api/v1"
_GIVEN = ("house", "door", "who", "request")


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path. `also` are the problems it has besides those that its shape implies."""

    method: str
    path: str  # below PREFIX
    summary: str
    room: str
    access: Access
    status: int
    also: tuple[str, ...]
    handler: Callable[..., Awaitable[Any]]
    given: tuple[str, ...]
    params: Mapping[str, TypeAdapter[Any]]
    query: TypeAdapter[Any] | None
    body: TypeAdapter[Any] | None
    answer: TypeAdapter[Any] | None
    raw: bool  # the handler makes the response itself; `answer` is then for the document only
    description: str
    form: dict[str, Any] | None  # the schema of a multipart form that the handler reads itself

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        house, door = request.app[HOUSE], request.app[DOOR]
        who = await admit(request, house, self.access)
        known = {"house": house, "door": door, "who": who, "request": request}
        arguments = {name: known[name] for name in self.given}
        for name, adapter in self.params.items():
            arguments[name] = _read(partial(adapter.validate_python, request.match_info[name]), "path")
        if self.query is not None:
            arguments["query"] = _read(partial(self.query.validate_python, _once(request)), "query")
        if self.body is not None:
            arguments["body"] = _read(partial(self.body.validate_json, await _body(request)), "body")
        made = await self.handler(**arguments)
        if self.raw or self.answer is None:
            return made  # type: ignore[no-any-return]
        checked = self.answer.validate_python(made, from_attributes=True)
        return web.Response(body=self.answer.dump_json(checked), status=self.status, content_type="application/json")


class Room:
    """One resource's routes; `name` is their tag in the document."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.routes: list[Route] = []

    def route(
        self,
        what: str,
        summary: str,
        *,
        status: int = 200,
        also: tuple[str, ...] = (),
        shows: Any = None,
        form: Any = None,
    ) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
        """Declare a route; `what` is method and path as they stand in `access.TABLE`. `shows` tells the document what a
        response holds that the handler makes itself, `form` what a form holds that it reads itself.
        """

        def declare(handler: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
            self.routes.append(_route(self.name, what, summary, status, also, shows, form, handler))
            return handler

        return declare


def _route(
    room: str,
    what: str,
    summary: str,
    status: int,
    also: tuple[str, ...],
    shows: Any,
    form: Any,
    handler: Callable[..., Awaitable[Any]],
) -> Route:
    method, path = what.split(" ", 1)
    hints = get_type_hints(handler, include_extras=True)
    answer = hints.pop("return")
    in_path = findall(r"\{(\w+)\}", path)
    assert set(hints) <= {*_GIVEN, "query", "body", *in_path}, f"{what}: a parameter that nothing fills"
    raw = inspect.isclass(answer) and issubclass(answer, web.StreamResponse)
    return Route(
        method=method,
        path=path,
        summary=summary,
        room=room,
        access=TABLE[what],
        status=status,
        also=also,
        handler=handler,
        given=tuple(name for name in _GIVEN if name in hints),
        params={name: TypeAdapter(hints[name]) for name in in_path},
        query=TypeAdapter(hints["query"]) if "query" in hints else None,
        body=TypeAdapter(hints["body"]) if "body" in hints else None,
        answer=(TypeAdapter(shows) if shows else None) if raw else TypeAdapter(answer),
        raw=raw,
        description=inspect.getdoc(handler) or "",
        form=form,
    )


def _read(validate: Callable[[], Any], where: str) -> Any:
    try:
        return validate()
    except ValidationError as error:
        raise invalid(error, where) from None


def _once(request: web.Request) -> dict[str, str]:
    for name in request.query:
        if len(request.query.getall(name)) > 1:
            raise Problem("bad_request", f"The query names {name!r} more than once.")
    return dict(request.query)


async def _body(request: web.Request) -> bytes:
    """The JSON of the request; none at all is an empty object, for orders that need no words."""
    raw = await request.read()
    if not raw:
        return b"{}"
    if request.content_type != "application/json":
        raise Problem("media_type", "The body is expected as application/json.")
    return raw
