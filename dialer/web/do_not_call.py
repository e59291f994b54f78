"""Do not call: an agent's opt-out button, and the lists. An added number is durable before anybody is told it was."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from dialer.core import events as ev
from dialer.core.compliance.do_not_call import CHANNEL, OwnScope
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
    """`attempt_id` null: the lead in preview or on the call now. `scope` says who leaves them be: the whole company,
    all campaigns of this one's brand, or this campaign alone.
    """

    attempt_id: AttemptId | None = None
    scope: Literal["company", "brand", "campaign"] = "company"


class OneList(Body):
    """Which list: of a campaign, of a brand, of a way of reaching people; without: the whole company's."""

    campaign_id: Id | None = None
    brand: Annotated[Line, Field(min_length=1)] | None = None
    channel: Literal["phone", "sms", "email", "post"] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        do_not_call.scope_of(self.campaign_id, self.brand, self.channel)
        return self


class Blocked(BaseModel):
    """Durable. `added` false: the number was on the list already. Lists of other channels than phone stop no calls."""

    number_ends: str
    scope: OwnScope
    campaign_id: int | None
    brand: str | None
    channel: str | None
    added: bool
    at: datetime


class ListCounts(BaseModel):
    class ListCount(BaseModel):
        scope: OwnScope
        campaign_id: int | None
        brand: str | None
        channel: str | None
        source: str
        numbers: int

    lists: list[ListCount]


class OneNumber(Body):
    number: NumberText


class NewEntry(OneNumber, OneList):
    """`asked_by`: the callee's name, or who entered it. `proof`: a letter's reference. `expires` null: for good."""

    asked_by: Line = ""
    proof: Line = ""
    expires: Moment | None = None


class Removal(OneNumber, OneList):
    because: Annotated[Line, Field(min_length=3)]


class Removed(BaseModel):
    number_ends: str
    removed: bool


class Entries(BaseModel):
    number_ends: str
    entries: list[EntryView]


@room.route("POST /agent/opt-out", "The callee wants no more calls", also=("impossible", "not_found"))
async def opt_out(house: House, who: Person, body: OptOut) -> Blocked:
    """Of the present lead, or of one of the agent's own attempts. A conversation under way goes on; all else stops, and
    who wants no calls of the company has withdrawn every consent.
    """
    if body.attempt_id is None:
        number, campaign_id, proof = present(house, who)
    else:
        number, campaign_id, proof = await own_attempt(house, who, body.attempt_id)
    brand = await _brand_of(house, campaign_id) if body.scope == "brand" else None
    now = house.clock()
    listed = Listing(
        "agent", who.login, now, proof, campaign_id=campaign_id if body.scope == "campaign" else None, brand=brand
    )
    return await _block(house, number, listed, now)


@room.route("GET /do-not-call", "How many numbers are on which list")
async def counts(house: House) -> ListCounts:
    async with house.db.read() as c:
        found = await do_not_call.counts(c, house.clock())
    return ListCounts.model_validate({"lists": found}, from_attributes=True)


@room.route("POST /do-not-call", "Put a number on a list", status=201, also=("not_found",))
async def add(house: House, who: Person, body: NewEntry) -> Blocked:
    """Answered once it is durable. No call to the number is placed from 10 ms after that, on any node."""
    now = house.clock()
    number = house.parse(body.number)
    listed = Listing(
        "web", body.asked_by or who.login, now, body.proof,
        campaign_id=body.campaign_id, expires=body.expires, brand=body.brand, channel=body.channel,
    )  # fmt: skip
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
        await do_not_call.known(c, body.campaign_id, None)  # a brand may be gone, and its list still there
        gone = await do_not_call.remove(
            c, number, body.campaign_id, by=who.login, because=body.because, now=house.clock(), brand=body.brand,
            channel=body.channel,
        )  # fmt: skip
    return Removed(number_ends=ends(number), removed=gone)


async def _block(house: House, number: Number, listed: Listing, now: datetime) -> Blocked:
    async with house.db.begin() as c:
        await do_not_call.known(c, listed.campaign_id, listed.brand)
        added = await do_not_call.add(c, number, listed, now)
    if listed.channel in (None, CHANNEL):
        house.engine.tell(ev.NumberBlocked(number, listed.campaign_id, listed.brand))
    return Blocked(
        number_ends=ends(number), scope=listed.scope, campaign_id=listed.campaign_id, brand=listed.brand,
        channel=listed.channel, added=added, at=now,
    )  # fmt: skip


async def _brand_of(house: House, campaign_id: int) -> str:
    async with house.db.read() as c:
        brand = (await campaigns.get(c, campaign_id)).campaign.brand
    if not brand:
        raise Problem("impossible", "The campaign has no brand; choose the company or the campaign.")
    return brand


def present(house: House, who: Person) -> tuple[Number, int, str]:
    """The number, campaign and proof of the lead on an agent's desk. Raises `Problem`."""
    agent = house.picture.agents.get(who.login)
    call = house.picture.call_of(agent) if agent is not None else None
    if call is not None:
        return call.prospect.number.number, call.campaign_id, call.attempt_id
    if agent is not None and agent.preview is not None:
        lead = agent.preview.prospect.lead
        return agent.preview.prospect.number.number, lead.campaign_id, f"preview of lead {lead.id}"
    raise Problem("impossible", "There is no lead on your desk; name the attempt.")


async def own_attempt(house: House, who: Person, attempt_id: str) -> tuple[Number, int, str]:
    """The same of an attempt that this agent made. Raises `Problem`."""
    async with house.db.read() as c:
        found = await listing.attempt(c, attempt_id)
    if found is None or found[0].agent_id != who.login:
        raise Problem("not_found", f"You have made no attempt {attempt_id}.")
    if found[1] is None:
        raise Problem("impossible", "The number was erased at the person's wish.")
    return found[1], found[0].campaign_id, attempt_id
