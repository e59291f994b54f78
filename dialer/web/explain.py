"""Why a number may, or may not, be called: the gate's answer with every check it asked."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.campaign import Campaign
from dialer.core.compliance import explain as explained
from dialer.core.compliance.gate import Question, explain
from dialer.core.number import Number
from dialer.store import campaigns, do_not_call, prospects
from dialer.store.schema import lead_numbers, leads
from dialer.web.access import Access
from dialer.web.fields import Body, Id, Moment, NumberText
from dialer.web.guard import Person
from dialer.web.house import House
from dialer.web.problems import Problem
from dialer.web.routes import Room

room = Room("explain")


class Asked(Body):
    """A lead's next number, or a number one knows (administrators only). `at` null: now."""

    campaign_id: Id
    lead_id: Id | None = None
    number: NumberText | None = None
    at: Moment | None = None


class RefusalShown(BaseModel):
    rule: str
    sentence: str
    sentence_zh: str
    try_after: datetime | None
    decided_by: str | None
    zone: str | None
    local: str | None


class PackShown(BaseModel):
    id: str
    version: str
    name: str
    status: str
    confidence: str


class ZoneShown(BaseModel):
    zone: str
    local: str


class CheckShown(BaseModel):
    check: str
    passed: bool
    refusal: RefusalShown | None


class ExplanationView(BaseModel):
    """`checks` are in the order asked; the first refusal is the answer."""

    allowed: bool
    number_last3: str
    at: datetime
    refusal: RefusalShown | None
    permit_stale_at: datetime | None
    places: list[str]
    packs: list[PackShown]
    zones: list[ZoneShown]
    checks: list[CheckShown]
    tzdata: str


@room.route("POST /explain", "May this be called, and why", also=("not_found",))
async def ask(house: House, who: Person, body: Asked) -> ExplanationView:
    """Nothing is kept and nothing is placed. A POST, so that no number is in an address."""
    if (body.lead_id is None) == (body.number is None):
        raise Problem("invalid", "Expected either lead_id or number.")
    if body.number is not None and not who.may(Access.ADMINISTRATOR):
        raise Problem("forbidden", "Full numbers are for administrators; name the lead.")
    now = body.at or house.clock()
    async with house.db.read() as c:
        campaign = (await campaigns.get(c, body.campaign_id)).campaign
        known = house.parse(body.number) if body.number else None
        question = await _question(c, campaign, known, body.lead_id, now)
    return ExplanationView.model_validate(explained.as_json(explain(house.rulebook, question, now)))


async def _question(
    c: AsyncConnection, campaign: Campaign, number: Number | None, lead_id: int | None, now: datetime
) -> Question:
    """What the gate would be asked for this lead. A number that is no lead of the campaign is asked as a stranger's."""
    query = select(leads, lead_numbers.c.number).join(lead_numbers, lead_numbers.c.lead_id == leads.c.id)
    query = query.where(leads.c.campaign_id == campaign.id)
    if number is not None:
        query = query.where(lead_numbers.c.number == number.e164)
    else:
        query = query.where(leads.c.id == lead_id).order_by(
            lead_numbers.c.dead, lead_numbers.c.tries, lead_numbers.c.position
        )
    row = (await c.execute(query.limit(1))).one_or_none()
    if row is None and number is None:
        raise Problem("not_found", f"Campaign {campaign.id} has no lead {lead_id}.")
    asked = number or Number(row.number)  # type: ignore[union-attr]
    past = await prospects.history(c, [asked], campaign.id, now)
    hits = await do_not_call.hits(c, [asked], campaign.id)
    return Question(
        number=asked,
        lead_id=row.id if row is not None else 0,
        campaign_id=campaign.id,
        rules=campaign.rules,
        history=past.get(asked, ()),
        hits=hits.get(asked, ()),
        region=row.region if row is not None else None,
        zone=row.zone if row is not None else None,
        consent=row.consent if row is not None else "none",
        mode=campaign.dial_mode.value,
    )
