"""The database goes away in the middle of a conversation and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialer.core.agent import AgentState
from dialer.core.number import Number
from dialer.lab import carrier
from dialer.lab.postgres import Cluster
from dialer.store import lists, schema
from tests.service.inside import inside


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of this test's own, which it may stop."""
    made = Cluster()
    made.start()
    yield made
    made.remove()


@pytest.mark.postgres
async def test_nothing_is_dialed_and_no_outcome_is_lost_while_the_database_is_away(
    tmp_path: Path, cluster: Cluster
) -> None:
    url = cluster.url(await cluster.create()).replace("postgresql:", "postgresql+asyncpg:")
    async with inside(tmp_path, url=url) as it:
        it.log_in()
        attempt = await it.pbx.placed()
        it.pbx.talk(attempt)
        await it.agent(AgentState.TALKING)
        await asyncio.to_thread(cluster.stop)
        it.pbx.hang_up(attempt)
        await it.until(lambda: not it.picture.store_ok)
        assert not it.picture.may_dial
        assert it.pbx.rung("call") == [attempt]
        await asyncio.to_thread(cluster.start)
        await it.until(lambda: it.picture.store_ok, within=20)
        row = await it.closed()
        assert (row.disposition, row.who_ended) == ("no_disposition", "customer")
        assert len(await it.incidents("store_down")) == 1
        async with it.service.db.begin() as c:
            (list_id,) = [row.id for row in await it.rows(schema.lists)]
            more = [lists.NewLead("two", ((Number(carrier.number(1, 2)), ""),))]
            await lists.add(c, it.campaign, list_id, more, row.closed_at)
        await it.until(lambda: len(it.pbx.rung("call")) == 2)
