"""Campaigns: made, changed, started, paused, closed, and who works on them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field, JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core import events as ev
from dialer.core.campaign import DialMode
from dialer.operation.readiness.start import first_look
from dialer.rules.message import missing
from dialer.store import campaign_settings, campaigns, leads, reports
from dialer.store.campaigns import CampaignRecord, CampaignStatus
from dialer.web.fields import Body, Id, Login
from dialer.web.house import House
from dialer.web.problems import FieldError, Problem
from dialer.web.readiness import CountedView
from dialer.web.routes import Room

room = Room("campaigns")


class CampaignChange(Body):
    """What is left out stays. Durations in seconds or ISO 8601; `rules.windows` as `{"mon-fri": ["09:00-20:00"], ...}`
    with every day named once. The words of `core/campaign.py`; a value it does not take is named in `errors`.
    """

    name: str | None = None
    dial_mode: DialMode | None = None
    trunk: str | None = None
    caller_ids: list[str] | None = None
    rules: dict[str, JsonValue] | None = None
    priority: int | None = None
    ring_seconds: int | None = None
    wrap_up_seconds: int | None = None
    preview_seconds: int | None = None
    preview_policy: str | None = None
    amd: bool | None = None
    machine_policy: str | None = None
    on_hook: bool | None = None
    notice: str | None = None
    abandon_message: str | None = None
    opt_out_key: str | None = None
    default_disposition: str | None = None
    dispositions: dict[str, str] | None = None
    recycle: dict[str, JsonValue] | None = None
    max_attempts: int | None = None
    callback_grace: JsonValue = None
    manual: bool | None = None
    transfer_numbers: list[str] | None = None
    brand: str | None = None
    subject: str | None = None

    def said(self) -> dict[str, Any]:
        """The settings that were named. Null is no value for any of them."""
        named = self.model_dump(exclude_unset=True, mode="json")
        for key, value in named.items():
            if value is None:
                raise Problem("invalid", errors=[FieldError(field=f"body.{key}", message="expected a value, not null")])
        return named


class NewCampaign(CampaignChange):
    """A campaign starts as a draft. What is left out gets its default."""

    name: str
    dial_mode: DialMode
    trunk: str
    caller_ids: list[str] = Field(default_factory=list)
    rules: dict[str, JsonValue] = Field(default_factory=dict)

    def said(self) -> dict[str, Any]:
        return super().said() | {"caller_ids": self.caller_ids, "rules": self.rules}


class CampaignBrief(BaseModel):
    campaign_id: int
    name: str
    status: CampaignStatus
    dial_mode: DialMode
    trunk: str
    priority: int
    created_at: datetime
    changed_at: datetime


class CampaignBriefs(BaseModel):
    campaigns: list[CampaignBrief]


class CampaignRead(CampaignBrief):
    """`settings` is everything that `PATCH` takes; `leads` counts them by where they stand and adds up to `total`."""

    settings: dict[str, JsonValue]
    agents: list[str]
    leads: dict[str, int]


class CampaignStarted(CampaignRead):
    """`first_look`: what the gate said of the first thousand waiting leads; `note` in a sentence, null: all is well."""

    first_look: CountedView
    note: str | None


class Millis(BaseModel):
    p50: float | None
    p99: float | None


class Summary(BaseModel):
    """What came of a campaign so far."""

    name: str
    dial_mode: DialMode
    leads: int
    attempts: int
    dispositions: dict[str, int]
    refusals: dict[str, int]
    talked: int
    recordings: int
    abandons: int
    answer_to_bridge_ms: Millis
    occupancy: float | None


class Agents(Body):
    """Exactly these."""

    agents: list[Login] = Field(max_length=10_000)


@room.route("GET /campaigns", "All campaigns, the most urgent first")
async def every(house: House) -> CampaignBriefs:
    async with house.db.read() as c:
        records = await campaigns.every(c)
    return CampaignBriefs(campaigns=[CampaignBrief.model_validate(_brief(record)) for record in records])


@room.route("GET /campaigns/{campaign_id}", "One campaign with its settings", also=("not_found",))
async def one(house: House, campaign_id: Id) -> CampaignRead:
    async with house.db.read() as c:
        return await _read(c, house, campaign_id)


@room.route("GET /campaigns/{campaign_id}/summary", "What came of it so far", also=("not_found",))
async def summary(house: House, campaign_id: Id) -> Summary:
    async with house.db.read() as c:
        return Summary.model_validate(await reports.campaign_summary(c, campaign_id))


@room.route("POST /campaigns", "Make a campaign, in draft", status=201)
async def create(house: House, body: NewCampaign) -> CampaignRead:
    async with house.db.begin() as c:
        made = await campaigns.create(c, body.said(), house.clock())
        return await _read(c, house, made.id)


@room.route("PATCH /campaigns/{campaign_id}", "Change settings, also while it runs", also=("not_found",))
async def change(house: House, campaign_id: Id, body: CampaignChange) -> CampaignRead:
    async with house.db.begin() as c:
        await campaigns.change(c, campaign_id, body.said(), house.clock())
        record = await campaigns.get(c, campaign_id)
        shown = await _read(c, house, campaign_id)
    _tell(house, record)
    return shown


_MAY_FAIL = ("not_found", "impossible")


@room.route("POST /campaigns/{campaign_id}/start", "Start, or go on", also=_MAY_FAIL)
async def start(house: House, campaign_id: Id) -> CampaignStarted:
    """The gate is asked about the first leads. Refused where none of all its leads can ever be called, or where its
    caller ids or its ring time break a rule of the places it calls.
    """
    async with house.db.read() as c:
        campaign = house.under_rules((await campaigns.get(c, campaign_id)).campaign)
    look = await first_look(house.db, house.rulebook, campaign, house.screen, house.clock())
    objection = look.objection()
    if objection is not None:
        raise Problem("impossible", objection)
    shown = await _set(house, campaign_id, CampaignStatus.RUNNING)
    counted = CountedView.model_validate(look.counted, from_attributes=True)
    return CampaignStarted(**shown.model_dump(), first_look=counted, note=look.summary())


@room.route("POST /campaigns/{campaign_id}/pause", "Place no more calls; those that are up go on", also=_MAY_FAIL)
async def pause(house: House, campaign_id: Id) -> CampaignRead:
    return await _set(house, campaign_id, CampaignStatus.PAUSED)


@room.route("POST /campaigns/{campaign_id}/close", "Stop for good", also=_MAY_FAIL)
async def close(house: House, campaign_id: Id) -> CampaignRead:
    return await _set(house, campaign_id, CampaignStatus.CLOSED)


@room.route("PUT /campaigns/{campaign_id}/agents", "Say who works on it", also=("not_found",))
async def assign(house: House, campaign_id: Id, body: Agents) -> CampaignRead:
    """Who is logged in and no longer among them gets no more calls of this campaign; who is new logs in again."""
    async with house.db.begin() as c:
        await campaigns.assign(c, campaign_id, body.agents)
        shown = await _read(c, house, campaign_id)
    for agent in list(house.picture.agents.values()):
        if campaign_id in agent.campaigns and agent.id not in body.agents:
            rest = tuple(other for other in agent.campaigns if other != campaign_id)
            house.engine.tell(ev.AgentLoggedIn(agent.id, agent.endpoint, rest, agent.on_hook))
    return shown


async def _set(house: House, campaign_id: int, status: CampaignStatus) -> CampaignRead:
    async with house.db.begin() as c:
        record = await campaigns.get(c, campaign_id)
        if status is CampaignStatus.RUNNING and record.campaign.trunk not in house.picture.trunks:
            raise Problem("impossible", f"The configuration has no trunk {record.campaign.trunk!r}.")
        if status is CampaignStatus.RUNNING:
            sentence = missing(house.settings, house.rulebook, record.campaign, house.clock())
            if sentence is not None:
                raise Problem("impossible", sentence)
        await campaigns.set_status(c, campaign_id, status, house.clock())
        record = await campaigns.get(c, campaign_id)
        shown = await _read(c, house, campaign_id)
    _tell(house, record)
    return shown


def _tell(house: House, record: CampaignRecord) -> None:
    """The floor knows campaigns from their first start on. Told after the commit, so that it never knows more."""
    if record.status is not CampaignStatus.DRAFT:
        house.engine.tell(ev.CampaignSet(record.campaign, record.status is CampaignStatus.RUNNING))


def _brief(record: CampaignRecord) -> dict[str, Any]:
    campaign = record.campaign
    return {
        "campaign_id": campaign.id,
        "name": campaign.name,
        "status": record.status,
        "dial_mode": campaign.dial_mode,
        "trunk": campaign.trunk,
        "priority": campaign.priority,
        "created_at": record.created_at,
        "changed_at": record.changed_at,
    }


async def _read(c: AsyncConnection, house: House, campaign_id: int) -> CampaignRead:
    record = await campaigns.get(c, campaign_id)
    settings = campaign_settings.write(record.campaign)
    del settings["id"]
    more = {
        "settings": settings,
        "agents": list(await campaigns.agents_of(c, campaign_id)),
        "leads": await leads.counts(c, campaign_id, house.clock()),
    }
    return CampaignRead.model_validate(_brief(record) | more)
