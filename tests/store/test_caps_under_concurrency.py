"""Many nodes open attempts to one number at the same moment: never more than the cap are permitted.

Each node has connections of its own; each campaign its own lead of the number and its own caller id. On PostgreSQL they
are truly side by side.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from dialer.core.campaign import Campaign
from dialer.core.commands import OpenAttemptRow
from dialer.core.compliance.do_not_call import unscreened
from dialer.core.compliance.gate import Permit, Refusal
from dialer.core.compliance.limits import Cap
from dialer.core.compliance.packs import Rulebook
from dialer.store import attempts, do_not_call
from dialer.store import schema as t
from dialer.store.do_not_call import Listing
from dialer.store.session import Database
from tests.store.makers import NOW, RULEBOOK, a_campaign, a_number, an_order, claimed, some_leads

NODES = 8
NUMBER = a_number(1)


@dataclass(frozen=True)
class Node:
    db: Database
    order: OpenAttemptRow
    campaign: Campaign

    async def open(self, rulebook: Rulebook) -> Permit | Refusal:
        async with self.db.begin() as c:
            return await attempts.open(c, self.order, rulebook, self.campaign, NOW, unscreened)


def capped(*caps: Cap) -> Rulebook:
    (pack,) = RULEBOOK.packs["LAB"]
    return replace(RULEBOOK, packs={"LAB": (replace(pack, caps=caps),)})


@asynccontextmanager
async def nodes(database: Database, *, shared: bool = True) -> AsyncIterator[list[Node]]:
    """Each has claimed its campaign's lead before any opens an attempt. `shared`: besides the number they have in
    common each lead has one of its own, and they stand in different orders.
    """
    made = []
    for n in range(NODES):
        db = Database(database.url.render_as_string(hide_password=False))
        async with db.begin() as c:
            campaign = await a_campaign(c, name=f"campaign {n}", caller_ids=[str(1000 + n)])
            own = 100 + n
            await some_leads(c, campaign, (1, own) if n % 2 and shared else (own, 1) if shared else 1)
            (prospect,) = await claimed(c, campaign, node=f"node-{n}")
            number = next(one for one in prospect.lead.numbers if one.number == NUMBER)
            order = an_order(replace(prospect, number=number), campaign)
            made.append(Node(db, replace(order, caller_id=str(1000 + n)), campaign))
    yield made
    for node in made:
        await node.db.close()


async def opened(database: Database) -> int:
    async with database.read() as c:
        return (
            await c.scalar(select(func.count()).select_from(t.attempts).where(t.attempts.c.number == NUMBER.e164)) or 0
        )


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("cap", [1, 3])
async def test_no_more_attempts_are_permitted_than_the_cap_whoever_makes_them(
    database: Database, cap: int, shared: bool
) -> None:
    rulebook = capped(Cap("rolling", cap, timedelta(days=7)))
    async with nodes(database, shared=shared) as many:
        answers = await asyncio.gather(*(node.open(rulebook) for node in many))
    assert sum(isinstance(answer, Permit) for answer in answers) == cap
    assert {answer.rule for answer in answers if isinstance(answer, Refusal)} == {"ATTEMPT_CAP"}
    assert await opened(database) == cap


async def test_a_pause_between_attempts_is_kept_among_those_who_try_at_once(database: Database) -> None:
    rulebook = capped(Cap("cooldown", 0, timedelta(minutes=5)))
    async with nodes(database) as many:
        answers = await asyncio.gather(*(node.open(rulebook) for node in many))
    assert sum(isinstance(answer, Permit) for answer in answers) == 1


async def test_a_number_blocked_while_all_open_attempts_is_called_only_by_those_who_came_before(
    database: Database,
) -> None:
    """Whoever is permitted has a row that was there when the list took the number."""
    before = []

    async def block() -> None:
        other = Database(database.url.render_as_string(hide_password=False))
        async with other.begin() as c:
            await do_not_call.add(c, NUMBER, Listing("web", "callee", NOW), NOW)
            before.append(await c.scalar(select(func.count()).select_from(t.attempts)))
        await other.close()

    async with nodes(database) as many:
        half = len(many) // 2
        opening = [node.open(RULEBOOK) for node in many]
        answers = await asyncio.gather(*opening[:half], block(), *opening[half:])
    permitted = [answer for answer in answers if isinstance(answer, Permit)]
    assert {answer.rule for answer in answers if isinstance(answer, Refusal)} <= {"DNC_INTERNAL"}
    assert len(permitted) == before[0] == await opened(database)
