"""The whole service in this process, with a PBX that is played by the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from dialer.config import Settings
from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.core.number import Number
from dialer.lab import carrier
from dialer.lab.packs.night import lab_packs
from dialer.service import Service, started
from dialer.store import campaigns, lists, people, schema
from dialer.store.campaigns import CampaignStatus
from dialer.store.people import Role, User
from tests.support.fake_ami import SECRET, USER, Block, FakeAmi, Visit, block, event, fake_ami
from tests.support.running import eventually

NUMBER = carrier.number(1, 1)


@dataclass
class Pbx:
    """What the fake does beyond answering: phones are picked up at once, customers do as the test says."""

    fake: FakeAmi
    live: dict[str, str] = field(default_factory=dict)  # legs and their bridge
    picks_up: bool = True

    def __post_init__(self) -> None:
        self.fake.answers["Originate"] = self._originate
        self.fake.answers["CoreShowChannels"] = self._show

    def rung(self, kind: str) -> list[str]:
        """Legs of this kind that were asked for, each time."""
        ids = [action["ActionID"][0] for action in self.fake.named("Originate")]
        return [leg for leg in ids if leg.startswith(f"{kind}-")]

    async def placed(self) -> str:
        """The first attempt that Asterisk was asked for."""

        async def there() -> str | None:
            return next(iter(self.rung("call")), None)

        return await eventually(there, 30, "no call was placed")

    def talk(self, attempt_id: str) -> None:
        """By the PBX's clock they have been talking for some seconds already."""
        at = str(datetime.now(UTC).timestamp() - 3)
        self.live[attempt_id] = "bridge"
        self.say("Newchannel", attempt_id, ChannelState="0")
        self.say("UserEvent", attempt_id, UserEvent="CustomerAnswered", AttemptId=attempt_id, Timestamp=at)
        self.say("BridgeEnter", attempt_id, BridgeType="basic", BridgeNumChannels="2", Timestamp=at)

    def hang_up(self, leg_id: str, cause: int = 16, state: str = "6") -> None:
        self.live.pop(leg_id, None)
        self.say("Hangup", leg_id, Cause=str(cause), ChannelState=state)

    def say(self, name: str, leg_id: str, **fields: str) -> None:
        self.fake.visit.send(event(name, Uniqueid=leg_id, **fields))

    def _originate(self, visit: Visit, action: Block) -> bytes:
        leg = action["ActionID"][0]
        if leg.startswith("agent-") and self.picks_up:
            asyncio.get_running_loop().call_soon(self._pick_up, leg)
        return self.fake.originate(visit, action)

    def _pick_up(self, leg: str) -> None:
        self.live[leg] = "waiting"
        self.say("Newchannel", leg, ChannelState="0")
        self.say("UserEvent", leg, UserEvent="AgentFree", AgentLeg=leg)

    def _show(self, visit: Visit, action: Block) -> bytes:
        listed = b"".join(
            event(
                "CoreShowChannel",
                ActionID=action["ActionID"][0],
                Uniqueid=leg,
                ChannelState="6",
                BridgeId=bridge,
                Duration="00:00:09",
            )
            for leg, bridge in self.live.items()
        )
        ending = event("CoreShowChannelsComplete", ActionID=action["ActionID"][0], EventList="Complete")
        asyncio.get_running_loop().call_soon(visit.send, listed + ending)
        return block("Response: Success", "EventList: start", "Message: Channels will follow")


@dataclass
class Inside:
    """A running service, its PBX, and one campaign with one lead, `NUMBER`, for agent ann."""

    service: Service
    pbx: Pbx
    campaign: int
    call_records: Path

    def log_in(self) -> None:
        self.service.engine.tell(ev.AgentLoggedIn("ann", "phone1", (self.campaign,)))

    async def agent(self, state: AgentState) -> None:
        await self.until(lambda: "ann" in self.picture.agents and self.picture.agents["ann"].state is state)

    @property
    def picture(self) -> Any:
        return self.service.engine.floor.picture

    async def until(self, fact: Callable[[], bool], within: float = 30) -> None:
        async def there() -> bool:
            return fact()

        await eventually(there, within, "the fact")

    async def rows(self, table: Any) -> list[Row[Any]]:
        async with self.service.db.read() as c:
            return list(await c.execute(select(table)))

    async def closed(self) -> Row[Any]:
        """The one attempt, once it has its outcome."""

        async def there() -> list[Row[Any]] | None:
            rows = await self.rows(schema.attempts)
            return rows if rows and all(row.closed_at is not None for row in rows) else None

        (row,) = await eventually(there, 40, "no outcome")
        return row

    async def incidents(self, kind: str) -> list[Row[Any]]:
        """The incidents of this kind, once there is one."""

        async def there() -> list[Row[Any]] | None:
            return [row for row in await self.rows(schema.incidents) if row.kind == kind]

        return await eventually(there, 10, f"no incident {kind}")


@asynccontextmanager
async def inside(
    home: Path,
    *,
    up: bool = True,
    url: str = "",
    secret: str = SECRET,
    mqtt: dict[str, Any] | None = None,
    config: dict[str, Any] | None = None,
    **campaign: Any,
) -> AsyncIterator[Inside]:
    """`up`: AMI is there from the start; else `pbx.fake.start()` is the test's. `config`: sections that differ."""
    async with fake_ami() as fake:
        if not up:
            await fake.stop()
        records = home / "dialer.csv"
        settings = Settings.model_validate(
            {
                "node": {"name": "n1", "data": home},
                "database": {"url": url or f"sqlite+aiosqlite:///{home / 'dialer.db'}"},
                "ami": {"port": fake.port, "username": USER, "secret": secret},
                "asterisk": {"recordings": "/rec", "recordings_here": home, "call_records": records},
                "recordings": {"library": home / "recordings"},
                "trunks": [{"name": "carrier"}],
                "http": {"port": 0},
                "calling": {"drain_seconds": 0},
                "mqtt": mqtt or {},
                **(config or {}),
            }
        )
        pbx = Pbx(fake)
        async with started(settings, extra_packs=tuple(lab_packs(home, datetime.now(UTC)))) as service:
            campaign_id = await _stage(service, campaign)
            running = asyncio.create_task(service.run())
            try:
                yield Inside(service, pbx, campaign_id, records)
            finally:  # a test that failed must not leave a service behind that nobody stops
                service.stop.set()
                await running


async def _stage(service: Service, settings: dict[str, Any]) -> int:
    now = datetime.now(UTC)
    values = {
        "name": "one",
        "dial_mode": "progressive",
        "trunk": "carrier",
        "caller_ids": ["4001"],
        "ring_seconds": 5,
        "wrap_up_seconds": 0,
        **settings,
    }
    async with service.db.begin() as c:
        await people.create(c, User("ann", "Ann", Role.AGENT, "phone1"), now)
        campaign = await campaigns.create(c, values, now)
        await campaigns.assign(c, campaign.id, ["ann"])
        await campaigns.set_status(c, campaign.id, CampaignStatus.RUNNING, now)
        list_id = await lists.create(c, campaign.id, "list", source="test", by="boss", now=now)
        await lists.add(c, campaign.id, list_id, [lists.NewLead("one", ((Number(NUMBER), ""),))], now)
    return campaign.id
