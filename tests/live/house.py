"""A call centre in small: one node on a lab, its campaigns, people at their desks, and what was written down."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import Row, select

from dialer.core.number import Number
from dialer.lab import carrier, service_config
from dialer.lab.state import LabState
from dialer.store import campaigns, lists, people, schema, tokens
from dialer.store.campaigns import CampaignStatus
from dialer.store.people import Role, User
from dialer.store.session import Database
from tests.support.raw_ami import RawAmi
from tests.support.running import Person, Running, eventually

_serials = itertools.count(1)
_names = itertools.count(1)

View = dict[str, Any]


def number(scenario: int, seconds: int = 0) -> str:
    """A number of the carrier's that no other test of this run calls."""
    return carrier.number(scenario, next(_serials), seconds)


class House:
    """`running` is the service's process; people and rows are reached through it."""

    def __init__(self, lab: LabState, home: Path, db: Database, session: aiohttp.ClientSession, config: Path) -> None:
        self.lab, self.home, self.db = lab, home, db
        self.running = Running(home, config, lab.directory)
        self._session = session
        self._people: dict[str, Person] = {}

    @property
    def boss(self) -> Person:
        return self._people["boss"]

    def person(self, login: str) -> Person:
        return self._people[login]

    # --- what exists before a call ------------------------------------------------------------------------------

    async def enrol(self) -> None:
        """A user for each phone, and an administrator; tokens instead of passwords, which take their time."""
        now = datetime.now(UTC)
        who = [User(phone, phone, Role.AGENT, phone) for phone in self.lab.phones if phone.startswith("agent")]
        who += [User(p, p, Role.SUPERVISOR, p) for p in self.lab.phones if p.startswith("supervisor")]
        who.append(User("boss", "boss", Role.ADMINISTRATOR))
        async with self.db.begin() as c:
            for user in who:
                await people.create(c, user, now)
                token = await tokens.issue(c, user.login, expires_at=now + timedelta(hours=1), now=now)
                self._people[user.login] = Person(self._session, self.running, user.login, token)

    async def campaign(self, numbers: Sequence[str], agents: Sequence[str] = (), **settings: Any) -> int:
        """A running campaign with one lead a number, in this order."""
        now = datetime.now(UTC)
        values = {
            "name": f"campaign {next(_names)}",
            "dial_mode": "progressive",
            "trunk": "carrier",
            "caller_ids": ["4008001001"],
            "ring_seconds": 6,
            "wrap_up_seconds": 1,
        }
        async with self.db.begin() as c:
            made = await campaigns.create(c, values | settings, now)
            await campaigns.assign(c, made.id, agents)
        await self.more_leads(made.id, numbers)
        await self.boss.post(f"/campaigns/{made.id}/start")
        return made.id

    async def more_leads(self, campaign_id: int, numbers: Sequence[str]) -> None:
        now = datetime.now(UTC)
        async with self.db.begin() as c:
            list_id = await lists.create(c, campaign_id, "more", source="test", by="boss", now=now)
            rows = [lists.NewLead(name=f"more {n}", numbers=((Number(one), ""),)) for n, one in enumerate(numbers)]
            await lists.add(c, campaign_id, list_id, rows, now)

    # --- people -------------------------------------------------------------------------------------------------

    async def log_in(self, login: str, *, on_hook: bool = False, state: str = "ready") -> Person:
        """An agent begins the shift for all their campaigns and is waited for, in `state` or at work already."""
        person = self._people[login]
        await person.post("/agent/log-in", on_hook=on_hook)
        await self.agent(login, state, "reserved", "talking", "wrap_up")
        return person

    async def close_for_the_day(self) -> None:
        """Campaigns are closed, agents logged out, calls over: the next test finds nothing of this one."""
        now = datetime.now(UTC)
        async with self.db.begin() as c:
            for record in await campaigns.every(c, CampaignStatus.RUNNING):
                await campaigns.set_status(c, record.campaign.id, CampaignStatus.PAUSED, now)

        async def empty() -> bool:
            floor = await self.floor()
            busy = [login for login, view in floor["agent"].items() if view["state"] != "logged_out"]
            for login in busy:
                if not floor["agent"][login]["kept"]:
                    await self.boss.post(f"/agents/{login}/log-out")
            async with self.pbx() as ami:
                for attempt_id in floor["call"]:
                    await ami.send("Hangup", Channel=attempt_id)
            return not busy and not floor["call"]

        await eventually(empty, 10, self.running.log)

    # --- the PBX, as its owner may touch it -----------------------------------------------------------------------

    def pbx(self) -> AbstractAsyncContextManager[RawAmi]:
        """A second connection to the dialer's account."""
        return RawAmi.connected(self.lab.ami_port, self.lab.ami_user, self.lab.ami_secret)

    async def hang_up_everything(self) -> None:
        """Legs outlive their service: the next house must not find them."""
        async with self.pbx() as ami:
            await ami.send("CoreShowChannels")
            await ami.wait_for("CoreShowChannelsComplete")
            legs = [one["Uniqueid"] for one in ami.seen("CoreShowChannel")]
            for leg in legs:
                await ami.send("Hangup", Channel=leg)
            for leg in legs:
                await ami.wait_for("Hangup", Uniqueid=leg)

    async def lose_agent_leg(self, attempt_id: str) -> None:
        """When the customer answers, the reserved agent's leg is gone for the PBX, and nobody knew."""
        async with self.pbx() as ami:
            gone = {"Channel": attempt_id, "Variable": "DIALER_AGENT", "Value": "agent-gone-agent00-1"}
            assert (await ami.send("Setvar", **gone))["Response"] == "Success"

    async def abandoned(self, called: str, **settings: Any) -> int:
        """A call to a number that rings a while; its agent's phone is gone at the answer. The campaign's id."""
        campaign = await self.campaign([called], ["agent01"], **settings)
        await self.log_in("agent01")
        ringing = await self.call(campaign, "ringing")
        await self.lose_agent_leg(ringing["attempt_id"])
        return campaign

    # --- what is live -------------------------------------------------------------------------------------------

    async def floor(self) -> dict[str, dict[str, View]]:
        return await self.boss.get("/floor")

    async def agent(self, login: str, *states: str, within: float = 30) -> View:
        """The agent's view once it is in one of these states."""
        seen: View = {}

        async def there() -> View | None:
            view = (await self.floor())["agent"].get(login)
            seen.update(view or {})
            return view if view is not None and view["state"] in states else None

        return await eventually(there, within, lambda: f"{login} {states}; it is {seen}\n{self.running.log()[-3000:]}")

    async def call(self, campaign_id: int, state: str, within: float = 30) -> View:
        """The first call of a campaign that is in this state."""

        async def there() -> View | None:
            calls = (await self.floor())["call"].values()
            return next((v for v in calls if v["campaign_id"] == campaign_id and v["state"] == state), None)

        return await eventually(there, within, lambda: f"a call that is {state}\n{self.running.log()[-3000:]}")

    async def link_up(self, within: float = 30) -> None:
        async def there() -> bool:
            return bool((await self.floor())["node"][""]["link"] == "up")

        await eventually(there, within, self.running.log)

    # --- what was written down ----------------------------------------------------------------------------------

    async def attempts(self, campaign_id: int) -> list[Row[Any]]:
        """All attempts, the first one first."""
        table = schema.attempts
        query = select(table).where(table.c.campaign_id == campaign_id).order_by(table.c.opened_at)
        async with self.db.read() as c:
            return list(await c.execute(query))

    async def closed(self, campaign_id: int, count: int, within: float = 60) -> dict[str, Row[Any]]:
        """Attempts by number, once so many have their outcome."""

        async def there() -> list[Row[Any]] | None:
            rows = await self.attempts(campaign_id)
            return rows if sum(row.closed_at is not None for row in rows) >= count else None

        rows = await eventually(there, within, lambda: f"{count} outcomes\n{self.running.log()[-3000:]}")
        return {row.number: row for row in rows}

    async def rows(self, table: Any, **fields: Any) -> list[Row[Any]]:
        query = select(table)
        for name, value in fields.items():
            query = query.where(table.c[name] == value)
        async with self.db.read() as c:
            return list(await c.execute(query))

    async def row(self, table: Any, within: float = 10, **fields: Any) -> Row[Any]:
        """The first such row, once it is there."""

        async def there() -> Row[Any] | None:
            found = await self.rows(table, **fields)
            return found[0] if found else None

        return await eventually(there, within, lambda: f"a row {fields} in {table}\n{self.running.log()[-3000:]}")

    async def lead(self, campaign_id: int) -> Row[Any]:
        """The only lead of a campaign."""
        found = await self.rows(schema.leads, campaign_id=campaign_id)
        assert len(found) == 1
        return found[0]

    def heard(self, called: str) -> dict[str, float]:
        """When a listening customer (scenario 14) did and noticed what, by the carrier's clock, the first time."""
        found: dict[str, float] = {}
        for line in self.lab.heard_log.read_text().splitlines() if self.lab.heard_log.exists() else []:
            at, who, what = line.split(",")
            if "+" + who == called:
                found.setdefault(what, float(at))
        return found

    def invites(self, *numbers: str) -> list[tuple[float, str]]:
        """When the carrier received an INVITE to which of these numbers."""
        wanted = {one.removeprefix("+") for one in numbers}
        if not self.lab.carrier_log.exists():
            return []
        rows = (line.split(",") for line in self.lab.carrier_log.read_text().splitlines())
        return [(float(row[0]), "+" + row[1]) for row in rows if row[1] in wanted]


@asynccontextmanager
async def house(lab: LabState, home: Path) -> AsyncIterator[House]:
    """A node in the folder `home`, with an empty database and a user for each phone of the lab; its service is up."""
    path = service_config.write(lab, home)
    db = Database(f"sqlite+aiosqlite:///{home / 'data' / 'dialer.db'}")
    await db.migrate()
    async with aiohttp.ClientSession() as session:
        made = House(lab, home, db, session, path)
        await made.enrol()
        try:
            await made.running.start()
            await made.link_up()
            yield made
        finally:
            if made.running.process is not None:
                made.running.kill()
            await made.hang_up_everything()
            await db.close()
