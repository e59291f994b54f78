"""The agent's own desk: log in, take calls, say what came of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from dialer.core import events as ev
from dialer.core.campaign import DialMode
from dialer.core.floor.picture import Picture
from dialer.core.floor.views import view
from dialer.core.outcome import Kind
from dialer.store import campaigns, people
from dialer.store.campaigns import CampaignStatus
from dialer.web import listing
from dialer.web.fields import AttemptId, Body, Id, Limit, Line, Moment, NumberText, Page, Text, Word
from dialer.web.guard import Person
from dialer.web.house import House
from dialer.web.listing import AttemptView
from dialer.web.problems import FieldError, Problem
from dialer.web.routes import Room
from dialer.web.shapes import AgentView, CallView, CampaignView

room = Room("agent")

_MAY_FAIL = ("impossible", "unavailable")


class OwnView(BaseModel):
    """An agent's part of the live picture; `agent` null: never logged in since the service started."""

    agent: AgentView | None
    call: CallView | None
    campaigns: list[CampaignView]


class OwnCampaign(BaseModel):
    """A campaign the agent is assigned to, with the words for a call's end and what each means."""

    campaign_id: int
    name: str
    status: CampaignStatus
    dial_mode: DialMode
    on_hook: bool
    manual: bool  # numbers may be typed, for calls and transfers
    transfer_numbers: list[str]  # to these a customer may be transferred in any case
    wrap_up_seconds: int
    dispositions: dict[str, Kind]


class OwnCampaigns(BaseModel):
    campaigns: list[OwnCampaign]


class LogIn(Body):
    """`campaigns` null: all that are assigned. `on_hook`: the phone is rung for each call instead of held on line."""

    on_hook: bool = False
    campaigns: Annotated[list[Id], Field(min_length=1, max_length=1000)] | None = None


class ManualCall(Body):
    """A lead of one of the agent's campaigns, or a number, which becomes a lead of the campaign if it is none yet."""

    campaign_id: Id
    lead_id: Id | None = None
    number: NumberText | None = None


class Transfer(Body):
    number: NumberText


class PauseCode(Body):
    code: Word


class Skip(Body):
    reason: Annotated[Line, Field(min_length=1)]


class Disposition(Body):
    """`callback_at` is needed where the disposition is a callback; `personal`: it is for this agent alone."""

    attempt_id: AttemptId
    disposition: Word
    note: Text = ""
    callback_at: Moment | None = None
    personal: bool = False


class OlderThan(Body):
    cursor: str | None = Field(None, max_length=200)
    limit: Limit = 50


class Attempts(Page):
    attempts: list[AttemptView]


def own(picture: Picture, login: str) -> OwnView:
    """What the agent sees after every order."""
    agent = picture.agents.get(login)
    if agent is None:
        return OwnView(agent=None, call=None, campaigns=[])
    shown = view(picture, "call", agent.attempt_id) if agent.attempt_id else None
    desks = (view(picture, "campaign", str(key)) for key in agent.campaigns)
    return OwnView.model_validate(
        {"agent": view(picture, "agent", login), "call": shown, "campaigns": [desk for desk in desks if desk]}
    )


async def _order(house: House, wish: ev.AgentEvent) -> OwnView:
    await house.ask(wish)
    return own(house.picture, wish.agent_id)


@room.route("GET /agent", "The agent's own state, call and campaigns")
async def see(house: House, who: Person) -> OwnView:
    return own(house.picture, who.login)


@room.route("GET /agent/campaigns", "The campaigns the agent is assigned to, closed ones left out")
async def assigned(house: House, who: Person) -> OwnCampaigns:
    async with house.db.read() as c:
        mine = await people.campaigns_of(c, who.login)
        records = [record for record in await campaigns.every(c) if record.campaign.id in mine]
    return OwnCampaigns(
        campaigns=[
            OwnCampaign(
                campaign_id=record.campaign.id,
                name=record.campaign.name,
                status=record.status,
                dial_mode=record.campaign.dial_mode,
                on_hook=record.campaign.on_hook,
                manual=record.campaign.manual,
                transfer_numbers=list(record.campaign.transfer_numbers),
                wrap_up_seconds=record.campaign.wrap_up_seconds,
                dispositions=record.campaign.dispositions,
            )
            for record in records
            if record.status is not CampaignStatus.CLOSED
        ]
    )


@room.route("GET /agent/history", "The agent's own attempts, the newest first")
async def history(house: House, who: Person, query: OlderThan) -> Attempts:
    async with house.db.read() as c:
        rows, more = await listing.attempts_page(c, limit=query.limit, cursor=query.cursor, agent_id=who.login)
    return Attempts(attempts=rows, next=more)


@room.route("POST /agent/log-in", "Begin a shift: the phone rings, or waits on hook", also=_MAY_FAIL)
async def log_in(house: House, who: Person, body: LogIn) -> OwnView:
    """Again while logged in: the campaigns change, the state does not."""
    if who.user.endpoint is None:
        raise Problem("impossible", "This user has no phone; an administrator sets its endpoint.")
    async with house.db.read() as c:
        mine = await people.campaigns_of(c, who.login)
    wanted = tuple(dict.fromkeys(body.campaigns)) if body.campaigns is not None else mine
    for place, campaign_id in enumerate(wanted):
        if campaign_id not in mine:
            no = FieldError(field=f"body.campaigns.{place}", message="not assigned to this campaign")
            raise Problem("invalid", errors=[no])
    if not wanted:
        raise Problem("impossible", "This agent is not assigned to any campaign.")
    return await _order(house, ev.AgentLoggedIn(who.login, who.user.endpoint, wanted, body.on_hook))


@room.route("POST /agent/ready", "Take calls; takes back a pause or log-out that waits", also=_MAY_FAIL)
async def ready(house: House, who: Person) -> OwnView:
    return await _order(house, ev.ReadyAsked(who.login))


@room.route("POST /agent/pause", "Pause, at once or when the work in hand is done", also=_MAY_FAIL)
async def pause(house: House, who: Person, body: PauseCode) -> OwnView:
    return await _order(house, ev.PauseAsked(who.login, body.code))


@room.route("POST /agent/log-out", "End the shift, at once or when the work in hand is done", also=_MAY_FAIL)
async def log_out(house: House, who: Person) -> OwnView:
    return await _order(house, ev.LogoutAsked(who.login))


@room.route("POST /agent/dial", "Call the lead in preview", also=_MAY_FAIL)
async def dial(house: House, who: Person) -> OwnView:
    """The gate is asked again. Where it refuses, the answer's `preview` is null and no call was placed."""
    return await _order(house, ev.DialAsked(who.login))


@room.route("POST /agent/call", "Call one lead, or a number, from a pause too", also=_MAY_FAIL)
async def call(house: House, who: Person, body: ManualCall) -> OwnView:
    """The gate is asked. Where it refuses, or the lead cannot be had, no call is placed, the agent is back where they
    were, and their view's `unplaced` says why. After the call an agent who was paused is paused again.
    """
    if body.number is not None and body.lead_id is not None:
        raise Problem("invalid", "Expected either lead_id or number.")
    wanted = house.parse(body.number) if body.number is not None else body.lead_id
    if wanted is None:
        raise Problem("invalid", "Expected either lead_id or number.")
    return await _order(house, ev.ManualAsked(who.login, body.campaign_id, wanted))


@room.route("POST /agent/transfer", "Hand the customer over to an outside number once it answers", also=_MAY_FAIL)
async def transfer(house: House, who: Person, body: Transfer) -> OwnView:
    """The gate is asked about this number too. The agent keeps the customer until it answers: then the attempt and its
    recording end, and wrap-up begins. Where it comes to nothing, the agent's view's `unplaced` says why.
    """
    return await _order(house, ev.TransferAsked(who.login, house.parse(body.number)))


@room.route("POST /agent/transfer/cancel", "Keep the customer after all", also=_MAY_FAIL)
async def cancel_transfer(house: House, who: Person) -> OwnView:
    return await _order(house, ev.TransferCancelAsked(who.login))


@room.route("POST /agent/skip", "Give the lead in preview back", also=_MAY_FAIL)
async def skip(house: House, who: Person, body: Skip) -> OwnView:
    return await _order(house, ev.SkipAsked(who.login, body.reason))


@room.route("POST /agent/hang-up", "End the call", also=_MAY_FAIL)
async def hang_up(house: House, who: Person) -> OwnView:
    return await _order(house, ev.HangupAsked(who.login))


@room.route("POST /agent/disposition", "Say what came of the call, which ends wrap-up", also=_MAY_FAIL)
async def disposition(house: House, who: Person, body: Disposition) -> OwnView:
    said = ev.DispositionGiven(who.login, body.attempt_id, body.disposition, body.note, body.callback_at, body.personal)
    return await _order(house, said)
