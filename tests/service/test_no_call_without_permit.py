"""There is no way around the gate: on the wire, in the types, in the code and in the dialplan.

Every order that would ring a customer is looked at in the instant before its bytes are written: the ledger, read over a
connection of its own, must hold a permit of this attempt for this very number, and the permit must still be good.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.core.compliance.consent import Given
from dialer.core.compliance.gate import Permit, Refusal, check
from dialer.core.floor.picture import Link
from dialer.core.number import Number
from dialer.lab import carrier
from dialer.store import campaigns, consents, do_not_call, lists, people, questions, schema, suspensions
from dialer.store.consents import Evidence
from dialer.store.do_not_call import Listing
from dialer.store.people import Role, User
from tests.service.inside import NUMBER, Inside, inside
from tests.support.running import eventually

PERMIT_LASTS = timedelta(seconds=5)
EXPERT = Number(carrier.number(1, 8))
QUIET = {"Login", "Ping", "ListCommands", "CoreSettings", "CoreShowChannels", "Hangup", "Setvar", "Redirect", "Filter"}
"""What else is said to Asterisk. None of it can ring anybody: see the contexts below."""

PHONES = {"PJSIP/phone1", "PJSIP/phone-bea", "PJSIP/phone-cid", "PJSIP/phone-dan"}


@dataclass
class Sent:
    """An order to ring somebody over a trunk, and what the ledger held at that moment."""

    leg: str
    number: str
    at: datetime
    kept: list[tuple[str, str, datetime]]  # verdict, number, when


@dataclass
class Witness:
    """Stands between the service and the line to Asterisk, and reads the database file for itself."""

    it: Inside
    sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._file = sqlite3.connect(str(self.it.service.db.url.database))
        self._ask = self.it.service.ami.ask
        self.it.service.ami.ask = self.ask  # type: ignore[method-assign]

    async def ask(self, action: Any, **more: Any) -> Any:
        channel = str(action.get("Channel", ""))
        if action["Action"] == "Originate" and "@" in channel:
            leg = str(action["ActionID"])
            rows = self._file.execute(
                "SELECT verdict, number, at FROM decisions WHERE attempt_id = ?", (leg,)
            ).fetchall()
            kept = [(verdict, number, _utc(at)) for verdict, number, at in rows]
            number = "+" + channel.removeprefix("PJSIP/").partition("@")[0]
            self.sent.append(Sent(leg, number, datetime.now(UTC), kept))
        return await self._ask(action, **more)

    def vouches(self) -> None:
        """Each call had its one permit, and nothing reached Asterisk that was not seen here."""
        self._file.close()
        assert self.sent
        for one in self.sent:
            [(verdict, number, decided)] = one.kept
            assert (verdict, number) == ("permit", one.number)
            assert decided <= one.at < decided + PERMIT_LASTS
        assert len({one.leg for one in self.sent}) == len(self.sent)
        wire = [
            block for visit in self.it.pbx.fake.visits for block in bytes(visit.received).split(b"\r\n\r\n") if block
        ]
        # A probe rings an extension that nobody has: the line's own proof that failures are told.
        probes = [block for block in wire if b"\r\nActionID: probe-" in block]
        assert {_value(block, b"Channel") for block in probes} == {"Local/probe@dialer-nowhere"}
        wire = [block for block in wire if block not in probes]
        orders = [block for block in wire if b"Originate" in block]
        outward = [block for block in orders if b"@" in block]
        assert sorted(_value(block, b"ActionID") for block in outward) == sorted(one.leg for one in self.sent)
        assert {_value(block, b"Channel") for block in orders if block not in outward} <= PHONES
        assert {_value(block, b"Action") for block in wire if block not in orders} <= QUIET
        assert all(_value(block, b"Context").startswith("dialer-") for block in wire if b"\r\nContext: " in block)


def _utc(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _value(block: bytes, name: bytes) -> str:
    [value] = [line.partition(b": ")[2] for line in block.split(b"\r\n") if line.startswith(name + b": ")]
    return value.decode()


# --- the paths ------------------------------------------------------------------------------------------------------------


async def automatic(it: Inside) -> None:
    it.log_in()
    await it.pbx.placed()


async def preview(it: Inside) -> None:
    it.log_in()
    await it.agent(AgentState.RESERVED)
    assert it.pbx.rung("call") == []
    it.service.engine.tell(ev.DialAsked("ann"))
    await it.pbx.placed()


async def callback(it: Inside) -> None:
    """The customer is talked to, asks to be called again, and is."""
    attempt = await manual(it)
    it.pbx.talk(attempt)
    await it.agent(AgentState.TALKING)
    it.pbx.hang_up(attempt)
    await it.agent(AgentState.WRAP_UP)
    again = datetime.now(UTC) + timedelta(seconds=1)
    await it.service.engine.ask(ev.DispositionGiven("ann", attempt, "callback", callback_at=again))
    it.service.engine.tell(ev.ReadyAsked("ann"))
    await it.until(lambda: len(it.pbx.rung("call")) == 2)


async def manual(it: Inside) -> str:
    await it.until(lambda: it.picture.link is Link.UP)
    it.log_in()
    it.service.engine.tell(ev.PauseAsked("ann", "admin"))
    await it.agent(AgentState.PAUSED)
    await it.until(lambda: it.picture.agents["ann"].leg_up)
    await it.service.engine.ask(ev.ManualAsked("ann", it.campaign, Number(NUMBER)))
    return await it.pbx.placed()


async def transfer(it: Inside) -> None:
    attempt = await manual(it)
    it.pbx.talk(attempt)
    await it.agent(AgentState.TALKING)
    await it.service.engine.ask(ev.TransferAsked("ann", EXPERT))
    await it.until(lambda: bool(it.pbx.rung("transfer")))


async def redial_after_resync(it: Inside) -> None:
    """The line breaks while it rings; the call record says busy, and the lead is called anew under a new permit."""
    it.log_in()
    attempt = await it.pbx.placed()
    await it.pbx.fake.stop()
    now = datetime.now(UTC).timestamp()
    it.call_records.write_text(f'"{attempt}","1","BUSY","{now - 1}","","{now}","0","PJSIP/x",""\n')
    await it.pbx.fake.start()
    await it.until(lambda: len(it.pbx.rung("call")) == 2, 60)


BUSY_AGAIN_AT_ONCE = {"recycle": {"busy": {"delay": 1, "limit": 4}}}


@pytest.mark.parametrize(
    ("path", "campaign", "calls"),
    [
        (automatic, {}, 1),
        (preview, {"dial_mode": "preview", "preview_seconds": 600}, 1),
        (callback, {"manual": True, "wrap_up_seconds": 600}, 2),
        (manual, {"manual": True}, 1),
        (transfer, {"manual": True, "transfer_numbers": [EXPERT.e164]}, 2),
        (redial_after_resync, BUSY_AGAIN_AT_ONCE, 2),
    ],
)
async def test_whatever_rings_somebody_has_its_permit_in_the_ledger_before_the_bytes(
    tmp_path: Path, path: Callable[[Inside], Awaitable[Any]], campaign: dict[str, Any], calls: int
) -> None:
    async with inside(tmp_path, **campaign) as it:
        witness = Witness(it)
        await path(it)
        assert len(witness.sent) == calls
        witness.vouches()


# --- changes while it dials -----------------------------------------------------------------------------------------------

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

    def busy(visit: Any, action: Any) -> bytes:
        leg = action["ActionID"][0]
        if leg.startswith("call-"):
            it.pbx.say("Newchannel", leg, ChannelState="0")
            it.pbx.hang_up(leg, cause=17, state="0")
        return answer(visit, action)  # type: ignore[operator, no-any-return]

    it.pbx.fake.answers["Originate"] = busy


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_order_leaves_that_the_gate_refuses_at_that_instant(tmp_path: Path, seed: int) -> None:
    """Whom somebody blocks, who withdraws consent, whose area is suspended: none of them is rung ten milliseconds later."""
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
