"""Every way a request can fail, as `application/problem+json` (RFC 9457), by table."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ValidationError

from dialer.core.agent import ImpossibleTurn
from dialer.core.compliance.areas import UnknownArea
from dialer.core.number import BadNumber
from dialer.store.campaign_settings import BadSetting
from dialer.store.campaigns import NoSuchCampaign, StatusRefused
from dialer.store.erasure import UnderWay
from dialer.store.people import BadUser, NoSuchUser
from dialer.store.person import TooManyLeads
from dialer.store.questions import NoSuchLead
from dialer.store.session import DatabaseUnreachable
from dialer.store.suspensions import BadSpan, NoSuchSuspension

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

# The word is the end of `type` and never changes; clients go by it.
PROBLEMS: dict[str, tuple[int, str]] = {
    "bad_request": (400, "The request cannot be read"),
    "signed_out": (401, "Sign in first"),
    "wrong_password": (401, "Login or password is wrong"),
    "forbidden": (403, "Not for this role"),
    "cross_site": (403, "The request comes from another site"),
    "not_found": (404, "There is no such thing"),
    "method": (405, "Not with this method"),
    "impossible": (409, "Not possible now"),
    "too_large": (413, "Too large"),
    "media_type": (415, "Not in this format"),
    "invalid": (422, "Something in the request is wrong"),
    "too_many": (429, "Too many tries"),
    "internal": (500, "The dialer failed"),
    "unavailable": (503, "Not available at the moment"),
}
_BY_STATUS = {400: "bad_request", 401: "signed_out", 403: "forbidden", 404: "not_found", 405: "method",
              413: "too_large", 415: "media_type", 429: "too_many", 503: "unavailable"}  # fmt: skip


class FieldError(BaseModel):
    """What is wrong with one part of a request; `field` is its path, such as `body.campaigns.0`."""

    field: str
    message: str


class ProblemView(BaseModel):
    """Why a request was not done."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] = []


class Problem(Exception):
    """An answer that is no success. `detail` is a sentence for people and holds no number."""

    def __init__(
        self, word: str, detail: str = "", errors: Iterable[FieldError] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.word, self.detail, self.errors, self.headers = word, detail, list(errors), dict(headers or {})

    def response(self) -> web.Response:
        status, title = PROBLEMS[self.word]
        body = ProblemView(
            type=f"urn:dialer:problem:{self.word}",
            title=title,
            status=status,
            detail=self.detail or title + ".",
            errors=self.errors,
        )
        return web.Response(text=body.model_dump_json(), status=status, content_type=MEDIA_TYPE, headers=self.headers)


def invalid(error: ValidationError, where: str) -> Problem:
    """What pydantic found. Values are left out: they may be passwords or numbers."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    if any(one["type"] == "json_invalid" for one in found):
        return Problem("bad_request", "The body is not JSON.")
    return Problem("invalid", errors=[_field(".".join((where, *map(str, one["loc"]))), one["msg"]) for one in found])


def _field(field: str, message: str) -> FieldError:
    return FieldError(field=field, message=message)


def _keyed(error: Any) -> Problem:
    why = str(error).removeprefix(f"{error.key}: ")
    return Problem("invalid", str(error), [_field(f"body.{error.key}", why)])


def _number(error: BadNumber) -> Problem:
    return Problem("invalid", str(error), [_field("body.number", str(error))])


# What the rooms below raise, and what a client is told.
_KNOWN: dict[type[Exception], Callable[[Any], Problem]] = {
    ImpossibleTurn: lambda e: Problem("impossible", _sentence(e)),
    StatusRefused: lambda e: Problem("impossible", _sentence(e)),
    NoSuchCampaign: lambda e: Problem("not_found", _sentence(e)),
    NoSuchLead: lambda e: Problem("not_found", _sentence(e)),
    NoSuchUser: lambda e: Problem("not_found", f"Nobody has the login {e}."),
    BadSetting: _keyed,
    BadUser: _keyed,
    BadNumber: _number,
    UnknownArea: lambda e: Problem("invalid", _sentence(e), [_field("body.area", str(e))]),
    BadSpan: lambda e: Problem("invalid", _sentence(e), [_field("body.ends_at", str(e))]),
    UnderWay: lambda e: Problem("impossible", _sentence(e)),
    TooManyLeads: lambda e: Problem("impossible", _sentence(e)),
    NoSuchSuspension: lambda e: Problem("not_found", _sentence(e)),
    DatabaseUnreachable: lambda e: Problem(
        "unavailable", "The database does not answer.", headers={"Retry-After": "5"}
    ),
}


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:] + "."


def _http(error: web.HTTPException) -> Problem:
    kept = {name: value for name, value in error.headers.items() if name in ("Allow", "Retry-After", "Content-Range")}
    return Problem(_BY_STATUS.get(error.status, "bad_request"), headers=kept)


def problem_of(error: Exception) -> Problem | None:
    """The answer to an exception that is somebody's fault but ours; None for our own mistakes."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, web.HTTPException):
        return _http(error)
    translate = next((_KNOWN[kind] for kind in type(error).__mro__ if kind in _KNOWN), None)
    return translate(error) if translate else None


@web.middleware
async def answer_with_problems(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """The outermost layer: nothing leaves it but an answer or a problem."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _http(error).response()
    except Exception as error:
        problem = problem_of(error)
        if problem is None:
            log.exception("%s %s failed", request.method, _route(request))
            problem = Problem("internal", "The dialer could not do this; its log says why.")
        return problem.response()


def _route(request: web.Request) -> str:
    """The route's pattern: a path may hold what no log should."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "an unknown path"
