"""Numbers are put on the list by another process while the service dials."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.core.number import Number
from dialer.lab import carrier
from dialer.store import campaigns, lists, people, schema
from dialer.store.people import Role, User
from tests.service.inside import Inside, inside
from tests.support.postgres import shared_cluster

AGENTS = ("ann", "bea", "cid", "dan")
LEADS = 400
CALLS = 120
LATEST = 0.010  # no INVITE to a number from so many seconds after it was blocked
FAST = {"trunks": [{"name": "carrier", "lines": 30, "calls_per_second": 200}]}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'dialer.db'}"
        return
    cluster = shared_cluster(request.config)
    name = await cluster.create()
    yield cluster.url(name).replace("postgresql:", "postgresql+asyncpg:")
    await cluster.drop(name)


class Blocker:
    """Another process. `block` returns the moment of the commit, as that process saw it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.blocked: dict[str, float] = {}

    async def block(self, number: str) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{number}\n".encode())
        said, at = (await self._process.stdout.readline()).split()
        assert said.decode() == number
        self.blocked[number] = float(at)
        return float(at)


@asynccontextmanager
async def another_process(url: str) -> AsyncIterator[Blocker]:
    pipe = asyncio.subprocess.PIPE
    program = Path(__file__).with_name("block_numbers.py")
    process = await asyncio.create_subprocess_exec(sys.executable, str(program), url, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == b"ready\n"
        yield Blocker(process)
    finally:
        process.stdin.close()
        await process.wait()


def lead(n: int) -> str:
    return carrier.number(1, 1000 + n)


async def staged(it: Inside) -> None:
    """Four agents, many leads, and customers who are all busy."""
    now = datetime.now(UTC)
    async with it.service.db.begin() as c:
        for login in AGENTS[1:]:
            await people.create(c, User(login, login.title(), Role.AGENT, f"phone-{login}"), now)
        await campaigns.assign(c, it.campaign, AGENTS)
        list_id = await lists.create(c, it.campaign, "many", source="test", by="boss", now=now)
        rows = [lists.NewLead(f"lead {n}", ((Number(lead(n)), ""),)) for n in range(LEADS)]
        await lists.add(c, it.campaign, list_id, rows, now)

    answer = it.pbx.fake.answers["Originate"]

    def busy(visit: Any, action: Any) -> bytes:
        leg = action["ActionID"][0]
        if leg.startswith("call-"):
            it.pbx.say("Newchannel", leg, ChannelState="0")
            it.pbx.hang_up(leg, cause=17, state="0")
        return answer(visit, action)  # type: ignore[operator, no-any-return]

    it.pbx.fake.answers["Originate"] = busy


def sent_at(it: Inside) -> dict[str, float]:
    """By number, the moment in which the order to call it was handed to the line to Asterisk; filled as it is."""
    moments: dict[str, float] = {}
    ask = it.service.ami.ask

    async def noting(action: Any, **more: Any) -> Any:
        channel = str(action.get("Channel", ""))
        if action["Action"] == "Originate" and "@" in channel:
            moments["+" + channel.removeprefix("PJSIP/").partition("@")[0]] = time.time()
        return await ask(action, **more)

    it.service.ami.ask = noting  # type: ignore[method-assign]
    return moments


async def test_no_call_leaves_for_a_number_from_ten_milliseconds_after_it_was_blocked(tmp_path: Path, url: str) -> None:
    chosen = random.Random(7)
    async with inside(tmp_path, url=url, config=FAST) as it, another_process(url) as other:
        await staged(it)
        sent = sent_at(it)
        for login in AGENTS:
            it.service.engine.tell(ev.AgentLoggedIn(login, f"phone-{login}", (it.campaign,)))
        began = asyncio.get_running_loop().time()
        while len(sent) < CALLS:
            assert asyncio.get_running_loop().time() < began + 120, f"{len(sent)} calls in two minutes"
            at_hand = [n for n in range(LEADS) if lead(n) not in sent and lead(n) not in other.blocked][:6]
            if len(other.blocked) < CALLS and at_hand:
                await other.block(lead(chosen.choice(at_hand)))  # those that are claimed, or just being called
            await asyncio.sleep(chosen.random() * 0.05)
        late = {
            number: sent[number] - at for number, at in other.blocked.items() if sent.get(number, 0.0) > at + LATEST
        }
        assert late == {}
        placed = {action["Channel"][0] for action in it.pbx.fake.named("Originate") if "@" in action["Channel"][0]}
        assert len(placed) >= len(sent) - len(AGENTS)
        refused = [row for row in await it.rows(schema.decisions) if row.rule == "DNC_INTERNAL"]
        assert refused  # the list was met, and it is kept that it was


async def test_a_number_blocked_after_its_row_was_written_is_not_called_and_the_refusal_is_kept(
    tmp_path: Path, url: str
) -> None:
    async with inside(tmp_path, url=url) as it, another_process(url) as other:
        look = it.service.orders.last_look
        asked = look.stands

        async def after_it_was_blocked(number: Number, *rest: Any) -> Any:
            if number.e164 not in other.blocked:
                await other.block(number.e164)
            return await asked(number, *rest)

        look.stands = after_it_was_blocked  # type: ignore[method-assign]
        it.log_in()
        row = await it.closed()
        assert (row.disposition, row.who_ended) == ("not_placed", "system")
        assert it.pbx.rung("call") == []
        (lead_row,) = await it.rows(schema.leads)
        assert (lead_row.status, lead_row.because) == ("done", "refused:DNC_INTERNAL")
        decided = [(one.verdict, one.rule, one.attempt_id) for one in await it.rows(schema.decisions)]
        assert decided == [("permit", None, row.id), ("refusal", "DNC_INTERNAL", row.id)]
        await it.agent(AgentState.READY)


async def test_what_another_process_blocks_is_off_the_agents_desk_at_once(tmp_path: Path, url: str) -> None:
    """Far below the second in which the tables are looked into again; what is measured is in the documentation."""
    delays = []
    async with inside(tmp_path, url=url, config=FAST, dial_mode="preview", preview_seconds=600) as it:
        await staged(it)
        told: dict[Number, float] = {}
        tell = it.service.engine.tell

        def noting(event: ev.Event) -> None:
            tell(event)
            if isinstance(event, ev.NumberBlocked):
                told.setdefault(event.number, time.time())

        it.service.engine.tell = noting  # type: ignore[method-assign]
        it.log_in()
        await it.agent(AgentState.RESERVED)
        async with another_process(url) as other:
            for _ in range(15):
                number = it.picture.agents["ann"].preview.prospect.number.number
                at = await other.block(number.e164)
                await it.until(lambda number=number: number in told)  # type: ignore[misc]
                delays.append(told[number] - at)
                await it.until(lambda number=number: _shown(it) not in (None, number))  # type: ignore[misc]
    print("told after, ms:", [round(delay * 1000, 1) for delay in delays])
    assert median(delays) < 0.1


def _shown(it: Inside) -> Number | None:
    preview = it.picture.agents["ann"].preview
    return None if preview is None else preview.prospect.number.number
