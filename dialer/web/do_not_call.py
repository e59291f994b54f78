"""Do not call: an agent's opt-out button, and the lists. An added number is durable before anybody is told it was."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core import events as ev
from dialer.core.number import Number
from dialer.store import campaigns, do_not_call
from dialer.store.do_not_call import Listing
from dialer.web import listing
from dialer.web.fields import AttemptId, Body, Id, Line, Moment, NumberText, ends
from dialer.web.guard import Person
from dialer.web.house import House
from dialer.web.listing import EntryView
from dialer.web.problems import Problem
from dialer.web.routes import Room

room = Room("do-not-call")


class OptOut(Body):
    """`attempt_id` null: the lead in preview or on the call now. Scope campaign: this campaign alone leaves them be."""

    attempt_id: AttemptId | None = None
    scope: Literal["company", "campaign"] = "company"


class Blocked(BaseModel):
    """Durable. `added` false: the number was on the list already. `campaign_id` null: for the whole company."""

    number_ends: str
    campaign_id: int | None
    added: bool
    at: datetime


class ListCounts(BaseModel):
    class ListCount(BaseModel):
        scope: str
        campaign_id: int | None
        source: str
        numbers: int

    lists: list[ListCount]


class OneNumber(Body):
    number: NumberText


class NewEntry(OneNumber):
    """`asked_by`: the callee's name, or who entered it. `proof`: a letter's reference. `expires` null: for good."""

    campaign_id: Id | None = None
    asked_by: Line = ""
    proof: Line = ""
    expires: Moment | None = None


class Removal(OneNumber):
    campaign_id: Id | None = None
    because: Annotated[Line, Field(min_length=3)]


class Removed(BaseModel):
    number_ends: str
    removed: bool


class Entries(BaseModel):
    number_ends: str
    entries: list[EntryView]


@room.route("POST /agent/opt-out", "The callee wants no more calls", also=("impossible", "not_found"))
async def opt_out(house: House, who: Person, body: OptOut) -> Blocked:
    """Of the present lead, or of one of the agent's own attempts. A conversation under way goes on; all else stops."""
    if body.attempt_id is None:
        number, campaign_id, proof = _present(house, who)
    else:
        number, campaign_id, proof = await _own_attempt(house, who, body.attempt_id)
    now = house.clock()
    listed = Listing("agent", who.login, now, proof, campaign_id if body.scope == "campaign" else None)
    return await _block(house, number, listed, now)


@room.route("GET /do-not-call", "How many numbers are on which list")
async def counts(house: House) -> ListCounts:
    async with house.db.read() as c:
        found = await do_not_call.counts(c, house.clock())
    return ListCounts.model_validate({"lists": found}, from_attributes=True)


@room.route("POST /do-not-call", "Put a number on a list", status=201, also=("not_found",))
async def add(house: House, who: Person, body: NewEntry) -> Blocked:
    now = house.clock()
    number = house.parse(body.number)
    listed = Listing("web", body.asked_by or who.login, now, body.proof, body.campaign_id, body.expires)
    return await _block(house, number, listed, now)


@room.route("POST /do-not-call/search", "Every line about a number one knows, removed ones too")
async def search(house: House, body: OneNumber) -> Entries:
    """A POST, because addresses end up in the logs of proxies and numbers must not."""
    number = house.parse(body.number)
    async with house.db.read() as c:
        return Entries(number_ends=ends(number), entries=await listing.entries(c, number))


@room.route("POST /do-not-call/remove", "Take a number off a list, with the reason", also=("not_found",))
async def remove(house: House, who: Person, body: Removal) -> Removed:
    number = house.parse(body.number)
    async with house.db.begin() as c:
        await _known_campaign(c, body.campaign_id)
        gone = await do_not_call.remove(
            c, number, body.campaign_id, by=who.login, because=body.because, now=house.clock()
        )
    return Removed(number_ends=ends(number), removed=gone)


async def _block(house: House, number: Number, listed: Listing, now: datetime) -> Blocked:
    async with house.db.begin() as c:
        await _known_campaign(c, listed.campaign_id)
        added = await do_not_call.add(c, number, listed, now)
    house.engine.tell(ev.NumberBlocked(number, listed.campaign_id))
    return Blocked(number_ends=ends(number), campaign_id=listed.campaign_id, added=added, at=now)


async def _known_campaign(c: AsyncConnection, campaign_id: int | None) -> None:
    if campaign_id is not None:
        await campaigns.get(c, campaign_id)


def _present(house: House, who: Person) -> tuple[Number, int, str]:
    agent = house.picture.agents.get(who.login)
    call = house.picture.call_of(agent) if agent is not None else None
    if call is not None:
        return call.prospect.number.number, call.campaign_id, call.attempt_id
    if agent is not None and agent.preview is not None:
        lead = agent.preview.prospect.lead
        return agent.preview.prospect.number.number, lead.campaign_id, f"preview of lead {lead.id}"
    raise Problem("impossible", "There is no lead on your desk; name the attempt.")


async def _own_attempt(house: House, who: Person, attempt_id: str) -> tuple[Number, int, str]:
    async with house.db.read() as c:
        found = await listing.attempt(c, attempt_id)
    if found is None or found[0].agent_id != who.login:
        raise Problem("not_found", f"You have made no attempt {attempt_id}.")
    return found[1], found[0].campaign_id, attempt_id
