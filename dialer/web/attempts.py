"""Attempts: every try at a number, with its outcome."""

from __future__ import annotations

from pydantic import BaseModel, Field

from dialer.core.outcome import Kind
from dialer.store import supervision
from dialer.web import listing
from dialer.web.agents import Attempts
from dialer.web.fields import AttemptId, Body, Id, Limit, Login, Moment, Word
from dialer.web.house import House
from dialer.web.listing import AttemptView
from dialer.web.problems import Problem
from dialer.web.routes import Room
from dialer.web.supervision import SpyStretch

room = Room("attempts")


class Wanted(Body):
    """Attempts opened in `[start, end)`; what is left out does not matter."""

    campaign_id: Id | None = None
    lead_id: Id | None = None
    agent_id: Login | None = None
    disposition: Word | None = None
    kind: Kind | None = None
    start: Moment | None = None
    end: Moment | None = None
    cursor: str | None = Field(None, max_length=200)
    limit: Limit = 50


class OneAttempt(BaseModel):
    """`supervision`: who listened to it, and how."""

    attempt: AttemptView
    supervision: list[SpyStretch]


@room.route("GET /attempts", "Attempts, the newest first")
async def every(house: House, query: Wanted) -> Attempts:
    only = query.model_dump(exclude_none=True)
    limit, cursor = only.pop("limit"), only.pop("cursor", None)
    async with house.db.read() as c:
        rows, more = await listing.attempts_page(c, limit=limit, cursor=cursor, **only)
    return Attempts(attempts=rows, next=more)


@room.route("GET /attempts/{attempt_id}", "One attempt", also=("not_found",))
async def one(house: House, attempt_id: AttemptId) -> OneAttempt:
    async with house.db.read() as c:
        found = await listing.attempt(c, attempt_id)
        heard = await supervision.of_attempt(c, attempt_id)
    if found is None:
        raise Problem("not_found", f"There is no attempt {attempt_id}.")
    stretches = [SpyStretch.model_validate(stretch, from_attributes=True) for stretch in heard]
    return OneAttempt(attempt=found[0], supervision=stretches)
