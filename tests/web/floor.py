"""A house for the API: real store, engine and floor; a PBX that obeys at once and tells nothing by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.campaign import Campaign
from dialer.core.commands import Command
from dialer.core.compliance.do_not_call import Screened
from dialer.core.compliance.gate import Permit, Refusal
from dialer.core.lead import Prospect
from dialer.core.number import Number
from dialer.core.outcome import Cause
from dialer.store import (
    agents,
    attempts,
    campaigns,
    closing,
    incidents,
    leads,
    lists,
    manual,
    people,
    supervision,
    tokens,
    transfers,
)
from dialer.store.people import Role, User
from dialer.web.house import House

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # ten in the morning in New York
NUMBER = "+12125550123"
API = "/api/v1"

PEOPLE = (
    User("anna", "Anna", Role.AGENT, "phone-anna"),
    User("ben", "Ben", Role.AGENT, "phone-ben"),
    User("sue", "Sue", Role.SUPERVISOR, "phone-sue"),
    User("adam", "Adam", Role.ADMINISTRATOR),
)


def screened(number: Number) -> Screened:
    """The registries are fresh, and nobody is on them."""
    return Screened(snapshots=(("US-DNC", MONDAY - timedelta(days=1)),))


@dataclass(slots=True)
class Clock:
    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class Place:
    """What a test works with. `performed` are the floor's orders, in order."""

    house: House
    clock: Clock
    performed: list[Command]
    client: TestClient[Any, Any]
    _tokens: dict[str, str] = field(default_factory=dict)

    async def token(self, login: str, *, lasts: timedelta = timedelta(hours=1)) -> str:
        async with self.house.db.begin() as c:
            return await tokens.issue(c, login, expires_at=self.clock() + lasts, now=self.clock())

    async def call(self, login: str | None, what: str, *, headers: dict[str, str] | None = None, **more: Any) -> Answer:
        """One request as this person; `what` is method and path below the API's prefix."""
        method, path = what.split(" ", 1)
        sent = dict(headers or {})
        if login is not None:
            if login not in self._tokens:
                self._tokens[login] = await self.token(login)
            sent["Authorization"] = f"Bearer {self._tokens[login]}"
        async with self.client.request(method, API + path, headers=sent, **more) as response:
            return await Answer.of(response)

    async def campaign(self, *logins: str, numbers: tuple[str, ...] = (NUMBER,), **settings: Any) -> int:
        """A running campaign with one lead for each number, these agents assigned."""
        made = await self.call("adam", "POST /campaigns", json={
            "name": "spring", "dial_mode": "preview", "trunk": "carrier", "caller_ids": ["1000"], **settings
        })  # fmt: skip
        assert made.status == 201, made.text
        campaign_id: int = made.json["campaign_id"]
        if numbers:
            async with self.house.db.begin() as c:
                list_id = await lists.create(c, campaign_id, "list", source="test", by="adam", now=self.clock())
                rows = [lists.NewLead(f"Lead {n}", ((Number(number), "mobile"),)) for n, number in enumerate(numbers)]
                await lists.add(c, campaign_id, list_id, rows, self.clock())
        assert (await self.call("adam", f"PUT /campaigns/{campaign_id}/agents", json={"agents": logins})).status == 200
        started = await self.call("adam", f"POST /campaigns/{campaign_id}/start")
        assert started.status == 200, started.text
        return campaign_id

    async def talk(self, login: str = "anna") -> str:
        """Dial the previewed lead and bridge the call; the attempt's id."""
        dialed = await self.call(login, "POST /agent/dial")
        assert dialed.status == 200, dialed.text
        sent = await self.ordered(cmd.Originate)
        await self.house.ask(ev.CustomerAnswered(sent.attempt_id))
        await self.house.ask(ev.CallBridged(sent.attempt_id))
        return str(sent.attempt_id)

    async def talked(self, attempt_id: str) -> None:
        """The customer hangs up."""
        self.clock.now += timedelta(seconds=60)
        await self.house.ask(ev.CustomerDone(attempt_id, "SUCCESS"))
        await self.house.ask(ev.CustomerLegEnded(attempt_id, Cause.NORMAL, 16, True))

    async def ordered(self, kind: type[Any]) -> Any:
        """The last order of this kind, when all that was ordered so far is done."""
        await self.settled()
        return [order for order in self.performed if isinstance(order, kind)][-1]

    async def settled(self) -> None:
        """Every lane is empty and every event is taken."""
        engine = self.house.engine
        while engine._lanes or not engine._inbox.empty():
            engine._idle.clear()
            await engine._idle.wait()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str
    json: Any
    body: bytes

    @classmethod
    async def of(cls, response: ClientResponse) -> Answer:
        body = await response.read()
        is_json = response.content_type.endswith("json")
        text = body.decode(errors="replace")
        parsed = await response.json(content_type=None) if is_json else None
        return cls(response.status, dict(response.headers), text, parsed, body)

    @property
    def word(self) -> str:
        """Of a problem."""
        return str(self.json["type"]).rpartition(":")[2]


async def add_people(house: House) -> None:
    async with house.db.begin() as c:
        for user in PEOPLE:
            await people.create(c, user, house.clock())


def performers(
    get_house: Callable[[], House], performed: list[Command]
) -> dict[type, Callable[[Any], Awaitable[ev.Event | None]]]:
    """The store is real; phones are picked up at once."""

    async def claim(order: cmd.ClaimLeads) -> ev.Event:
        house = get_house()
        now = house.clock()
        async with house.db.begin() as c:
            campaign = (await campaigns.get(c, order.campaign_id)).campaign
            until = now + timedelta(minutes=10)
            got = await leads.claim(c, campaign, order.count, until=until, now=now, node="test", screen=house.screen)
        return ev.LeadsClaimed(order.campaign_id, got.prospects, got.next_at, got.left)

    async def open_row(order: cmd.OpenAttemptRow) -> ev.Event:
        house = get_house()
        async with house.db.begin() as c:
            campaign: Campaign = (await campaigns.get(c, order.campaign_id)).campaign
            verdict = await attempts.open(c, order, house.rulebook, campaign, house.clock(), house.screen)
        if isinstance(verdict, Permit):
            return ev.AttemptOpened(order.attempt_id, verdict)
        return ev.AttemptRefused(order.attempt_id, verdict)

    async def claim_one(order: cmd.ClaimLead) -> ev.Event:
        house = get_house()
        async with house.db.begin() as c:
            campaign = (await campaigns.get(c, order.campaign_id)).campaign
            now, rules, screen = house.clock(), house.rulebook, house.screen
            got = await manual.claim_one(c, order, campaign, rules, now=now, node="test", screen=screen)
        if isinstance(got, Prospect):
            return ev.LeadClaimed(order.agent_id, order.asked_at, got)
        reason, refusal = ("refused", got) if isinstance(got, Refusal) else (got, None)
        return ev.LeadNotClaimed(order.agent_id, order.asked_at, reason, refusal)

    async def open_transfer(order: cmd.OpenTransferRow) -> ev.Event:
        house = get_house()
        async with house.db.begin() as c:
            campaign = (await campaigns.get(c, order.campaign_id)).campaign
            verdict = await transfers.open(c, order, house.rulebook, campaign, house.clock(), "test", house.screen)
        if isinstance(verdict, Permit):
            return ev.TransferOpened(order.transfer_id, verdict)
        return ev.TransferNotOpened(order.transfer_id, verdict)

    async def ring(order: cmd.RingAgent) -> ev.Event:
        return ev.AgentLegUp(order.agent_id, order.leg_id)

    async def ring_supervisor(order: cmd.RingSupervisor) -> ev.Event:
        return ev.SpyLegUp(order.supervisor_id, order.leg_id)

    async def spy_on(order: cmd.SpyOn) -> ev.Event:
        if order.agent_leg is None:
            return ev.SpyStopped(order.supervisor_id, order.leg_id)
        return ev.SpyStarted(order.supervisor_id, order.leg_id)

    async def originate(order: cmd.Originate) -> ev.Event:
        return ev.OriginateSent(order.attempt_id)

    async def nothing(_: Command) -> None:
        return None

    def saving(write: Callable[[Any, Any, House], Awaitable[Any]]) -> Callable[[Any], Awaitable[None]]:
        async def save(order: Any) -> None:
            house = get_house()
            async with house.db.begin() as c:
                await write(c, order, house)

        return save

    table: dict[type, Callable[[Any], Awaitable[ev.Event | None]]] = {
        cmd.ClaimLeads: claim,
        cmd.ClaimLead: claim_one,
        cmd.OpenTransferRow: open_transfer,
        cmd.OriginateTransfer: nothing,
        cmd.SaveTransfer: saving(lambda c, o, h: transfers.save(c, o)),
        cmd.ReleaseLead: saving(lambda c, o, h: leads.release(c, o, h.clock())),
        cmd.RefuseLead: saving(lambda c, o, h: leads.refuse(c, o, h.clock())),
        cmd.OpenAttemptRow: open_row,
        cmd.Originate: originate,
        cmd.OfferAgent: nothing,
        cmd.SaveBridge: saving(lambda c, o, h: attempts.save_bridge(c, o)),
        cmd.SaveEnding: saving(lambda c, o, h: attempts.save_ending(c, o.ending)),
        cmd.CloseAttempt: saving(lambda c, o, h: closing.close(c, o, h.clock())),
        cmd.FinishRecording: nothing,
        cmd.AskWitness: nothing,
        cmd.RingAgent: ring,
        cmd.HangupLeg: nothing,
        cmd.RingSupervisor: ring_supervisor,
        cmd.SpyOn: spy_on,
        cmd.SaveAgent: saving(lambda c, o, h: agents.save_state(c, o)),
        cmd.SaveSupervision: saving(lambda c, o, h: supervision.save(c, o)),
        cmd.RaiseIncident: saving(lambda c, o, h: incidents.raise_one(c, o)),
        cmd.Resync: nothing,
    }

    def noted(perform: Callable[[Any], Awaitable[ev.Event | None]]) -> Callable[[Any], Awaitable[ev.Event | None]]:
        async def note(order: Any) -> ev.Event | None:
            performed.append(order)
            return await perform(order)

        return note

    return {kind: noted(perform) for kind, perform in table.items()}
