"""What other programs may ask for over MQTT: a table of commands, each checked, carried out and answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dialer.core import events as ev
from dialer.core.agent import ImpossibleTurn
from dialer.core.floor.views import snapshot
from dialer.core.number import BadNumber, parse
from dialer.engine import Engine
from dialer.publish.commands import CommandRefused
from dialer.store import campaigns, do_not_call
from dialer.store.campaigns import CampaignStatus, NoSuchCampaign, StatusRefused
from dialer.store.do_not_call import Listing
from dialer.store.session import Database

BY = "mqtt"


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
    """`campaign_id` null: for all campaigns."""

    number: str
    campaign_id: int | None = None
    proof: Annotated[str, Field(max_length=500)] = ""
    asked_by: Annotated[str, Field(max_length=100)] = BY


class Nothing(_Body):
    pass


class Remote:
    """`accept` is what the publisher calls."""

    def __init__(self, engine: Engine, db: Database, clock: Callable[[], datetime], region: str) -> None:
        self._engine = engine
        self._db = db
        self._clock = clock
        self._region = region
        self._table: dict[str, tuple[type[_Body], Callable[[Any], Awaitable[dict[str, Any]]]]] = {
            "agent-pause": (PauseAgent, self._pause),
            "agent-log-out": (LogOutAgent, self._log_out),
            "campaign-start": (OneCampaign, self._start),
            "campaign-pause": (OneCampaign, self._stop),
            "do-not-call-add": (BlockNumber, self._block),
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
        except (ImpossibleTurn, StatusRefused, NoSuchCampaign, BadNumber) as error:
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
            await campaigns.set_status(c, campaign_id, status, self._clock())
            record = await campaigns.get(c, campaign_id)
        await self._engine.ask(ev.CampaignSet(record.campaign, status is CampaignStatus.RUNNING))
        return {"status": status.value}

    async def _block(self, body: BlockNumber) -> dict[str, Any]:
        number = parse(body.number, self._region, lab=True)
        now = self._clock()
        listing = Listing(source=BY, asked_by=body.asked_by, since=now, proof=body.proof, campaign_id=body.campaign_id)
        async with self._db.begin() as c:  # durable before it is confirmed
            added = await do_not_call.add(c, number, listing, now)
        await self._engine.ask(ev.NumberBlocked(number, body.campaign_id))
        return {"added": added}

    async def _floor(self, body: Nothing) -> dict[str, Any]:
        return snapshot(self._engine.floor.picture)
