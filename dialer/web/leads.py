"""Leads: the lists they came in, where each stands, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from dialer.store import campaigns, decisions, reports
from dialer.web import listing
from dialer.web.fields import Body, Id, Limit, Page
from dialer.web.house import House
from dialer.web.listing import LeadView
from dialer.web.problems import Problem
from dialer.web.routes import Room
from dialer.web.shapes import ContactView

room = Room("leads")


class Wanted(Body):
    status: Literal["new", "calling", "done"] | None = None
    list_id: Id | None = None
    cursor: str | None = Field(None, max_length=200)
    limit: Limit = 100


class Leads(Page):
    leads: list[LeadView]


class DecisionView(BaseModel):
    """One answer of the gate. Of a permit `rule` and `sentence` are null. `clocks` are what each zone's clocks showed,
    `inputs` all that the gate was told (null: from before they were kept); see docs/ledger.md.
    """

    id: int
    at: datetime
    verdict: Literal["permit", "refusal"]
    attempt_id: str | None
    rule: str | None
    sentence: str | None
    try_after: datetime | None
    decided_by: str | None
    packs: list[str]
    zones: list[str]
    clocks: list[str] | None
    inputs: dict[str, Any] | None
    tzdata: str


class OneLead(BaseModel):
    """`contacts` are the last ten attempts, `decisions` the gate's last hundred answers, the newest first."""

    lead: LeadView
    contacts: list[ContactView]
    decisions: list[DecisionView]


@room.route("GET /campaigns/{campaign_id}/leads", "A campaign's leads, as they came in", also=("not_found",))
async def every(house: House, campaign_id: Id, query: Wanted) -> Leads:
    async with house.db.read() as c:
        await campaigns.get(c, campaign_id)
        found, more = await listing.leads_page(
            c, campaign_id, limit=query.limit, cursor=query.cursor, status=query.status, list_id=query.list_id
        )
    return Leads(leads=found, next=more)


@room.route("GET /leads/{lead_id}", "One lead, its contacts and the gate's answers", also=("not_found",))
async def one(house: House, lead_id: Id) -> OneLead:
    async with house.db.read() as c:
        lead = await listing.lead(c, lead_id)
        contacts = await reports.recent_contacts(c, lead_id)
        answers = await decisions.of_lead(c, lead_id)
    if lead is None:
        raise Problem("not_found", f"There is no lead {lead_id}.")
    return OneLead(
        lead=lead,
        contacts=[ContactView.model_validate(contact, from_attributes=True) for contact in contacts],
        decisions=[DecisionView.model_validate(answer, from_attributes=True) for answer in answers],
    )
