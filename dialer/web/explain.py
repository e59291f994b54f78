"""Why a number may, or may not, be called: the gate's answer with every check it asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pydantic import BaseModel

from dialer.core.compliance import explain as explained
from dialer.core.compliance.gate import explain
from dialer.counting import book
from dialer.store import abandonment, campaigns, questions
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
        campaign = house.under_rules((await campaigns.get(c, body.campaign_id)).campaign)
        asked = house.parse(body.number) if body.number else body.lead_id
        assert asked is not None
        question = await questions.about(c, campaign, asked, house.screen, now)
        counts = await abandonment.counts(c, campaign.id, book(house.settings), now)
        question = replace(question, abandons=counts)
    return ExplanationView.model_validate(explained.as_json(explain(house.rulebook, question, now)))
