"""Several queries in one trip give the rows that each would give alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from dialer.store import suspensions
from dialer.store.schema import attempts, leads
from dialer.store.session import Database
from dialer.store.together import Together, among
from tests.store.makers import NOW, a_campaign, a_number, closed, opened, some_leads

TIMES = select(attempts.c.id, attempts.c.opened_at, attempts.c.ended_at, attempts.c.abandoned, attempts.c.note)
MINE = TIMES.where(among(attempts.c.number, "numbers")).order_by(attempts.c.id)
NAMES = select(leads.c.id, leads.c.name).where(among(leads.c.id, "ids")).order_by(leads.c.id.desc())
BOTH = Together(mine=MINE, names=NAMES)


async def test_rows_come_back_as_the_columns_types_say(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1, 2, name='"A" \\ 张三')
        await opened(c, campaign)
        bound = {"numbers": [a_number(1).e164], "ids": [1, 2]}
        found = await BOTH.ask(c, bound)
        alone = (await c.execute(MINE, bound)).all()
    assert [tuple(vars(row).values()) for row in found["mine"]] == [tuple(row) for row in alone]
    (row,) = found["mine"]
    assert (row.opened_at, row.ended_at, row.abandoned) == (NOW, None, False)
    assert [(row.id, row.name) for row in found["names"]] == [(2, '"A" \\ 张三'), (1, '"A" \\ 张三')]


@pytest.mark.parametrize("numbers", [[], ["+999000009"]])
async def test_nothing_found_is_an_empty_list(database: Database, numbers: list[str]) -> None:
    async with database.read() as c:
        assert await BOTH.ask(c, {"numbers": numbers, "ids": []}) == {"mine": [], "names": []}


async def test_all_of_it_is_one_statement_whose_text_does_not_change(database: Database) -> None:
    seen: list[str] = []
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, *range(1, 6))
        await closed(c, campaign, "busy")
        event.listen(c.sync_connection, "before_cursor_execute", lambda *a: seen.append(a[2]))
        for count in (1, 5):
            await BOTH.ask(c, {"numbers": [a_number(n).e164 for n in range(count)], "ids": list(range(count))})
    assert len(seen) == 2
    assert seen[0] == seen[1]


async def test_a_moment_can_be_bound(database: Database) -> None:
    running = Together(areas=suspensions.RUNNING)
    async with database.read() as c:
        assert await running.ask(c, {"now": NOW + timedelta(days=1)}) == {"areas": []}
