"""Consent on file: what people agreed to, with what proof, and its end.

What is withdrawn is durable before anybody is told it was, and stops the calls that rested on it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from dialer.core import events as ev
from dialer.core.compliance.consent import Consent, Given
from dialer.core.number import Number
from dialer.store import consents
from dialer.store.consents import BadConsent, Entry, Evidence, checked
from dialer.web.do_not_call import own_attempt, present
from dialer.web.fields import AttemptId, Body, Line, Moment, NumberText, Word, ends
from dialer.web.guard import Person
from dialer.web.house import House
from dialer.web.problems import Problem
from dialer.web.routes import Room

room = Room("consents")


class OneNumber(Body):
    number: NumberText


class NewConsent(OneNumber):
    """`purpose` null: for whatever the company sells. It holds in `[since, expires)`; `since` null: from now, `expires`
    null: until it is withdrawn. An appointment is the span that was agreed, and needs both.
    """

    kind: Consent
    proof: Annotated[Line, Field(min_length=1)]
    purpose: Word | None = None
    since: Moment | None = None
    expires: Moment | None = None


class Withdrawal(OneNumber):
    """`kind` and `purpose` null: all of it."""

    because: Annotated[Line, Field(min_length=3)]
    kind: Consent | None = None
    purpose: Word | None = None


class GivenInCall(Body):
    """What the callee said; the attempt is the proof. `attempt_id` null: the call that is up, or just ended."""

    kind: Literal["express", "appointment", "night"]
    attempt_id: AttemptId | None = None
    purpose: Word | None = None
    since: Moment | None = None
    expires: Moment | None = None


class WithdrawnInCall(Body):
    """`attempt_id` null: the lead in preview or on the call now. `kind` null: all of it."""

    attempt_id: AttemptId | None = None
    kind: Consent | None = None


class ConsentView(BaseModel):
    """`withdrawn_at` null: in force in `[since, expires)`."""

    kind: Consent
    purpose: str | None
    since: datetime
    expires: datetime | None
    source: str
    proof: str
    by: str
    added_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    withdrawn_because: str | None


class ConsentsView(BaseModel):
    number_ends: str
    consents: list[ConsentView]


class Withdrawn(BaseModel):
    """Durable. `withdrawn` is how many entries that ended."""

    number_ends: str
    withdrawn: int
    at: datetime


@room.route("POST /consents", "Record what somebody agreed to", status=201)
async def add(house: House, who: Person, body: NewConsent) -> ConsentsView:
    """Needs its proof: a form, a contract, a recording, by a name under which it can be found."""
    now = house.clock()
    given = Given(body.kind, body.since or now, body.purpose, body.expires)
    return await _add(house, house.parse(body.number), given, Evidence("web", body.proof, who.login), now)


@room.route("POST /consents/search", "Everything on file about a number one knows, withdrawn too")
async def search(house: House, body: OneNumber) -> ConsentsView:
    """A POST, because addresses end up in the logs of proxies and numbers must not."""
    number = house.parse(body.number)
    async with house.db.read() as c:
        return _view(number, await consents.entries(c, number))


@room.route("POST /consents/withdraw", "End what somebody agreed to")
async def withdraw(house: House, who: Person, body: Withdrawal) -> Withdrawn:
    """Calls that may be placed only because of it stop, on every node; conversations go on."""
    return await _withdraw(house, house.parse(body.number), who, body.because, body.kind, body.purpose)


@room.route("POST /agent/consent", "The callee agreed to be called", status=201, also=("impossible", "not_found"))
async def given_in_call(house: House, who: Person, body: GivenInCall) -> ConsentsView:
    """Of the present call, or of one of the agent's own attempts; there must have been a conversation."""
    if body.attempt_id is None:
        number, _, attempt_id = present(house, who)
        if attempt_id not in house.picture.calls:
            raise Problem("impossible", "There is no call yet in which anything could be agreed to.")
    else:
        number, _, attempt_id = await own_attempt(house, who, body.attempt_id)
    now = house.clock()
    given = Given(body.kind, body.since or now, body.purpose, body.expires)
    return await _add(house, number, given, Evidence("agent", attempt_id, who.login), now)


@room.route("POST /agent/consent/withdraw", "The callee agrees no more", also=("impossible", "not_found"))
async def withdrawn_in_call(house: House, who: Person, body: WithdrawnInCall) -> Withdrawn:
    """Of the present lead, or of one of the agent's own attempts. Who wants no calls at all opts out."""
    if body.attempt_id is None:
        number, _, proof = present(house, who)
    else:
        number, _, proof = await own_attempt(house, who, body.attempt_id)
    return await _withdraw(house, number, who, f"said to the agent: {proof}", body.kind, None)


async def _add(house: House, number: Number, given: Given, evidence: Evidence, now: datetime) -> ConsentsView:
    try:
        checked(given, evidence.proof)
    except BadConsent as error:
        raise Problem("invalid", f"{error}.".capitalize()) from None
    async with house.db.begin() as c:
        await consents.add(c, [(number, given)], evidence, now)
        return _view(number, await consents.entries(c, number))


async def _withdraw(
    house: House, number: Number, who: Person, because: str, kind: Consent | None, purpose: str | None
) -> Withdrawn:
    now = house.clock()
    async with house.db.begin() as c:
        ended = await consents.withdraw(c, number, by=who.login, because=because, now=now, kind=kind, purpose=purpose)
    house.engine.tell(ev.ConsentWithdrawn(number))
    return Withdrawn(number_ends=ends(number), withdrawn=ended, at=now)


def _view(number: Number, entries: tuple[Entry, ...]) -> ConsentsView:
    return ConsentsView(
        number_ends=ends(number),
        consents=[
            ConsentView(
                kind=entry.given.kind,
                purpose=entry.given.purpose,
                since=entry.given.since,
                expires=entry.given.expires,
                source=entry.evidence.source,
                proof=entry.evidence.proof,
                by=entry.evidence.by,
                added_at=entry.added_at,
                withdrawn_at=entry.given.withdrawn_at,
                withdrawn_by=entry.withdrawn_by,
                withdrawn_because=entry.withdrawn_because,
            )
            for entry in entries
        ],
    )
