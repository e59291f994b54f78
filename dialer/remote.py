"""What other programs may ask for over MQTT: a table of commands, each checked, carried out and answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from dialer.core import events as ev
from dialer.core.agent import ImpossibleTurn
from dialer.core.campaign import Campaign
from dialer.core.compliance.areas import UnknownArea, area_named
from dialer.core.compliance.consent import Consent
from dialer.core.compliance.do_not_call import CHANNEL
from dialer.core.floor.views import snapshot
from dialer.core.number import BadNumber, parse
from dialer.engine import Engine
from dialer.publish.commands import CommandRefused
from dialer.store import campaigns, consents, do_not_call, suspensions
from dialer.store.campaigns import CampaignStatus, NoSuchCampaign, StatusRefused
from dialer.store.do_not_call import Listing
from dialer.store.session import Database
from dialer.store.suspensions import BadSpan, NoSuchSuspension

BY = "mqtt"

_REFUSED = (ImpossibleTurn, StatusRefused, NoSuchCampaign, BadNumber, UnknownArea, BadSpan, NoSuchSuspension)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PauseAgent(_Body):
    """`code` is shown on the floor and kept in the agent's history."""

    agent_id: str
    code: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,31}$")]


class LogOutAgent(_Body):
    agent_id: str


class OneCampaign(_Body):
    campaign_id: int


class BlockNumber(_Body):
    """Which list: of a campaign, of a brand, of a way of reaching people; without: the whole company's."""

    number: str
    campaign_id: int | None = None
    brand: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    channel: Literal["phone", "sms", "email", "post"] | None = None
    proof: Annotated[str, Field(max_length=500)] = ""
    asked_by: Annotated[str, Field(max_length=100)] = BY

    @model_validator(mode="after")
    def _one_list(self) -> Self:
        do_not_call.scope_of(self.campaign_id, self.brand, self.channel)
        return self


class WithdrawConsent(_Body):
    """`kind` or `purpose` null: every one."""

    number: str
    kind: Consent | None = None
    purpose: Annotated[str, Field(max_length=100)] | None = None
    because: Annotated[str, Field(min_length=3, max_length=500)]


class Suspend(_Body):
    """`area`: FR, US-NY, a rule pack, or leading digits. `starts_at` null: now; `ends_at` null: until it is lifted."""

    area: Annotated[str, Field(min_length=1, max_length=40)]
    because: Annotated[str, Field(min_length=3, max_length=500)]
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None


class LiftSuspension(_Body):
    suspension_id: int
    because: Annotated[str, Field(min_length=3, max_length=500)]


class Nothing(_Body):
    pass


class Remote:
    """`accept` is what the publisher calls."""

    def __init__(
        self,
        engine: Engine,
        db: Database,
        clock: Callable[[], datetime],
        region: str,
        hindrance: Callable[[Campaign], str | None] = lambda campaign: None,
    ) -> None:
        """`hindrance` says why a campaign may not start."""
        self._engine = engine
        self._db = db
        self._clock = clock
        self._region = region
        self._hindrance = hindrance
        self._table: dict[str, tuple[type[_Body], Callable[[Any], Awaitable[dict[str, Any]]]]] = {
            "agent-pause": (PauseAgent, self._pause),
            "agent-log-out": (LogOutAgent, self._log_out),
            "campaign-start": (OneCampaign, self._start),
            "campaign-pause": (OneCampaign, self._stop),
            "do-not-call-add": (BlockNumber, self._block),
            "consent-withdraw": (WithdrawConsent, self._withdraw),
            "suspend": (Suspend, self._suspend),
            "suspension-lift": (LiftSuspension, self._lift),
            "floor": (Nothing, self._floor),
        }

    async def accept(self, command: str, body: dict[str, Any]) -> dict[str, Any]:
        """Carry out one command.

        Raises:
            CommandRefused: unknown, malformed or impossible; the text says what was expected.
        """
        entry = self._table.get(command)
        if entry is None:
            raise CommandRefused(f"unknown command; expected one of: {', '.join(sorted(self._table))}")
        model, carry_out = entry
        try:
            return await carry_out(model.model_validate(body))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise CommandRefused(f"{'.'.join(map(str, first['loc'])) or 'body'}: {first['msg']}") from None
        except _REFUSED as error:
            raise CommandRefused(str(error)) from None

    async def _pause(self, body: PauseAgent) -> dict[str, Any]:
        await self._engine.ask(ev.PauseAsked(body.agent_id, body.code, by=BY))
        return {}

    async def _log_out(self, body: LogOutAgent) -> dict[str, Any]:
        await self._engine.ask(ev.LogoutAsked(body.agent_id, by=BY))
        return {}

    async def _start(self, body: OneCampaign) -> dict[str, Any]:
        return await self._set_status(body.campaign_id, CampaignStatus.RUNNING)

    async def _stop(self, body: OneCampaign) -> dict[str, Any]:
        return await self._set_status(body.campaign_id, CampaignStatus.PAUSED)

    async def _set_status(self, campaign_id: int, status: CampaignStatus) -> dict[str, Any]:
        async with self._db.begin() as c:
            if status is CampaignStatus.RUNNING:
                sentence = self._hindrance((await campaigns.get(c, campaign_id)).campaign)
                if sentence is not None:
                    raise CommandRefused(sentence)
            await campaigns.set_status(c, campaign_id, status, self._clock())
            record = await campaigns.get(c, campaign_id)
        await self._engine.ask(ev.CampaignSet(record.campaign, status is CampaignStatus.RUNNING))
        return {"status": status.value}

    async def _block(self, body: BlockNumber) -> dict[str, Any]:
        number = parse(body.number, self._region, lab=True)
        now = self._clock()
        listing = Listing(
            BY, body.asked_by, now, body.proof, campaign_id=body.campaign_id, brand=body.brand, channel=body.channel
        )
        async with self._db.begin() as c:  # durable before it is confirmed
            await do_not_call.known(c, body.campaign_id, body.brand)
            added = await do_not_call.add(c, number, listing, now)
        if body.channel in (None, CHANNEL):
            await self._engine.ask(ev.NumberBlocked(number, body.campaign_id, body.brand))
        return {"added": added}

    async def _withdraw(self, body: WithdrawConsent) -> dict[str, Any]:
        number = parse(body.number, self._region, lab=True)
        async with self._db.begin() as c:
            ended = await consents.withdraw(
                c, number, by=BY, because=body.because, now=self._clock(), kind=body.kind, purpose=body.purpose
            )
        await self._engine.ask(ev.ConsentWithdrawn(number))
        return {"withdrawn": ended}

    async def _suspend(self, body: Suspend) -> dict[str, Any]:
        area, now = area_named(self._engine.floor.picture.rulebook, body.area), self._clock()
        async with self._db.begin() as c:
            made = await suspensions.add(
                c, area, because=body.because, by=BY, now=now, starts_at=body.starts_at, ends_at=body.ends_at
            )
            areas = await suspensions.areas(c, now)
        await self._engine.ask(ev.SuspensionSet(areas))
        return {"suspension_id": made.id, "area": area}

    async def _lift(self, body: LiftSuspension) -> dict[str, Any]:
        now = self._clock()
        async with self._db.begin() as c:
            lifted = await suspensions.lift(c, body.suspension_id, by=BY, because=body.because, now=now)
            areas = await suspensions.areas(c, now)
        await self._engine.ask(ev.SuspensionSet(areas))
        return {"area": lifted.area}

    async def _floor(self, body: Nothing) -> dict[str, Any]:
        return snapshot(self._engine.floor.picture)
