"""People block numbers, withdraw consent and suspend areas while the service dials: none of them is rung afterwards."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dialer.core import events as ev
from dialer.core.compliance.consent import Given
from dialer.core.compliance.gate import Permit, Refusal, check
from dialer.core.number import Number
from dialer.store import campaigns, consents, do_not_call, lists, people, questions, schema, suspensions
from dialer.store.consents import Evidence
from dialer.store.do_not_call import Listing
from dialer.store.people import Role, User
from tests.service.inside import Inside, inside
from tests.service.witness import Witness
from tests.support.fake_ami import Block, Visit
from tests.support.running import eventually

LATEST = 0.010
"""Seconds from a change in the database to the last order that it does not stop."""

PACK = """
version = "test"

[[pack]]
id = "XO"
name = "always open, to those who agreed"
prefixes = ["99955"]
zones = ["Etc/UTC"]
windows = { daily = ["00:00-24:00"] }
opt_in = true
status = "synthetic"
confidence = "n/a"
"""
FAST = {"trunks": [{"name": "carrier", "lines": 30, "calls_per_second": 200}]}
GROUPS, EACH = 12, 40
CHANGES = 100
AGENTS = ("ann", "bea", "cid", "dan")


@dataclass
class Changes:
    """What people do to the database while the service dials, and since when the gate has refused whom."""

    it: Inside
    chosen: random.Random
    refused: dict[str, float] = field(default_factory=dict)  # for good: blocked, or consent withdrawn
    suspended: dict[str, tuple[int, float]] = field(default_factory=dict)  # area: its row, since when

    def since(self, number: str) -> float | None:
        """Since when the gate refuses this number, as far as these changes go."""
        found = [since for area, (_, since) in self.suspended.items() if number.startswith(area)]
        return min([*found, *([self.refused[number]] if number in self.refused else [])], default=None)

    async def known(self, number: str) -> float | None:
        return self.since(number)

    async def one(self, candidates: list[str]) -> None:
        change = self.chosen.choice([self.block, self.block, self.withdraw, self.withdraw, self.suspend, self.pause])
        await change(self.chosen.choice(candidates))

    async def block(self, number: str) -> None:
        now = datetime.now(UTC)
        async with self.it.service.db.begin() as c:
            await do_not_call.add(c, Number(number), Listing("test", "callee", now), now)
        self.refused.setdefault(number, time.time())

    async def withdraw(self, number: str) -> None:
        async with self.it.service.db.begin() as c:
            await consents.withdraw(c, Number(number), by="callee", because="said so", now=datetime.now(UTC))
        self.refused.setdefault(number, time.time())

    async def suspend(self, number: str) -> None:
        """Half of the time a suspension that runs is lifted instead."""
        area, now = number[:8], datetime.now(UTC)
        running = self.suspended.get(area)
        async with self.it.service.db.begin() as c:
            if running is None:
                row = await suspensions.add(c, area, because="flood", by="boss", now=now)
            else:
                await suspensions.lift(c, running[0], by="boss", because="over", now=now)
        if running is None:
            self.suspended[area] = (row.id, time.time())
        else:
            del self.suspended[area]

    async def pause(self, number: str) -> None:
        agent = self.chosen.choice(AGENTS)
        self.it.service.engine.tell(ev.PauseAsked(agent, "admin"))
        self.it.service.engine.tell(ev.ReadyAsked(agent))


def lead_number(n: int) -> str:
    return f"+99955{n % GROUPS:02}{n:05}"


async def staged(it: Inside) -> None:
    """Four agents, many leads who all agreed, and customers who are all busy."""
    now = datetime.now(UTC)
    numbers = [lead_number(n) for n in range(GROUPS * EACH)]
    async with it.service.db.begin() as c:
        for login in AGENTS[1:]:
            await people.create(c, User(login, login.title(), Role.AGENT, f"phone-{login}"), now)
        await campaigns.assign(c, it.campaign, AGENTS)
        given = Given("express", now - timedelta(days=1))
        await consents.add(
            c, [(Number(number), given) for number in numbers], Evidence("import", "form 7", "boss"), now
        )
        list_id = await lists.create(c, it.campaign, "many", source="test", by="boss", now=now)
        await lists.add(c, it.campaign, list_id, [lists.NewLead(n, ((Number(n), ""),)) for n in numbers], now)
    answer = it.pbx.fake.answers["Originate"]

    def busy(visit: Visit, action: Block) -> bytes | None:
        leg = action["ActionID"][0]
        if leg.startswith("call-"):
            it.pbx.say("Newchannel", leg, ChannelState="0")
            it.pbx.hang_up(leg, cause=17, state="0")
        assert callable(answer)
        return answer(visit, action)

    it.pbx.fake.answers["Originate"] = busy


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_order_leaves_that_the_gate_refuses_at_that_instant(tmp_path: Path, seed: int) -> None:
    """Who is blocked, who withdraws consent, whose area is suspended: none of them is rung ten milliseconds later."""
    pack = tmp_path / "opt_in.toml"
    pack.write_text(PACK)
    config = FAST | {"rules": {"packs": [str(pack)]}}
    async with inside(tmp_path, config=config) as it:
        await staged(it)
        changes, late, verdicts = Changes(it, random.Random(seed)), [], []
        witness = Witness(it)
        ask = it.service.ami.ask

        async def checked(action: Any, **more: Any) -> Any:
            """Send it, and ask the gate about this number with what the database says."""
            at, before = time.time(), len(witness.sent)
            number = "+" + str(action.get("Channel", ""))[6:].partition("@")[0]
            since = changes.since(number)
            reply = await ask(action, **more)
            if len(witness.sent) > before:
                verdicts.append(await gate_says(it, number))
                if isinstance(verdicts[-1], Refusal):
                    since = await eventually(
                        partial(changes.known, number), 5, "the gate refuses, and nobody knows why"
                    )
                if since is not None and at > since + LATEST:
                    late.append((number[-3:], round(at - since, 4)))
            return reply

        it.service.ami.ask = checked  # type: ignore[method-assign]
        it.service.engine.tell(ev.AgentLoggedIn("ann", "phone1", (it.campaign,)))
        for login in AGENTS[1:]:
            it.service.engine.tell(ev.AgentLoggedIn(login, f"phone-{login}", (it.campaign,)))
        await it.pbx.placed()
        for _ in range(CHANGES):
            sent = {one.number for one in witness.sent}
            free = [lead_number(n) for n in range(GROUPS * EACH) if changes.since(lead_number(n)) is None]
            await changes.one([number for number in free if number not in sent][:8] or [lead_number(0)])
            await asyncio.sleep(changes.chosen.random() * 0.03)
        assert late == []
        assert len(verdicts) > 30
        assert changes.refused
        rules = {row.rule for row in await it.rows(schema.decisions)}
        assert rules >= {"DNC_INTERNAL", "CONSENT_REQUIRED", "EMERGENCY_SUSPENSION"}
        witness.vouches()


async def gate_says(it: Inside, number: str) -> Permit | Refusal:
    now, campaign = datetime.now(UTC), it.picture.desks[it.campaign].campaign
    async with it.service.db.read() as c:
        question = await questions.about(c, campaign, Number(number), it.service.orders.screen, now)
    return check(it.picture.rulebook, question, now)
