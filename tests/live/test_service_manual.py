"""Calls by hand and transfers on a real Asterisk: what the agent asks for, what the carrier receives, what is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from dialer.core.number import Number
from dialer.lab.state import LabState
from dialer.store import do_not_call, schema
from dialer.store.do_not_call import Listing
from tests.live.house import House, house, number
from tests.support.running import Person, eventually

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(lab: LabState, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(lab, tmp_path_factory.mktemp("manual")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def centre(shared: House) -> AsyncIterator[House]:
    """The module's house, empty: nobody is logged in and no call is up."""
    yield shared
    await shared.close_for_the_day()


async def paused(centre: House, login: str = "agent01", *, on_hook: bool = False) -> Person:
    """An agent whose phone is on line and whom the campaigns leave alone."""
    agent = await centre.log_in(login, on_hook=on_hook)
    await agent.post("/agent/pause", code="admin")
    await centre.agent(login, "paused")
    return agent


async def unplaced(centre: House, login: str = "agent01") -> dict[str, Any]:
    """Why the agent's last call or transfer was not placed, once it is said."""

    async def there() -> dict[str, Any] | None:
        return (await centre.floor())["agent"][login]["unplaced"]

    return await eventually(there, 20, centre.running.log)


async def permitted(centre: House, leg_id: str) -> list[str]:
    """The numbers of the permits that were kept for this leg."""
    return [row.number for row in await centre.rows(schema.decisions, attempt_id=leg_id, verdict="permit")]


async def transfer_over(centre: House, attempt: str) -> Any:
    """The row of this customer's transfer, once its end is written."""

    async def there() -> Any:
        rows = await centre.rows(schema.transfers, attempt_id=attempt)
        return next((row for row in rows if row.ended_at is not None), None)

    return await eventually(there, 20, centre.running.log)


async def lines_in_use(centre: House, count: int) -> None:
    async def there() -> bool:
        return bool((await centre.floor())["trunk"]["carrier"]["in_use"] == count)

    await eventually(there, 20, centre.running.log)


async def talking(centre: House, customer: str, agent: Person, campaign: int) -> str:
    await agent.post("/agent/call", campaign_id=campaign, number=customer)
    attempt: str = (await centre.agent(agent.login, "talking"))["attempt_id"]
    return attempt


async def test_a_typed_number_is_called_recorded_and_disposed_of(centre: House) -> None:
    typed = number(1, 2)
    campaign = await centre.campaign([], ["agent01"], manual=True, wrap_up_seconds=60)
    agent = await paused(centre)
    attempt = await talking(centre, typed, agent, campaign)
    await centre.agent("agent01", "wrap_up")
    await agent.post("/agent/disposition", attempt_id=attempt, disposition="sale")
    row = (await centre.closed(campaign, 1))[typed]
    assert (row.id, row.disposition, row.talked) == (attempt, "sale", True)
    assert await permitted(centre, attempt) == [typed]
    assert len(centre.invites(typed)) == 1
    assert await centre.row(schema.recordings, attempt_id=attempt)
    assert (await centre.agent("agent01", "paused"))["code"] == "admin"


async def test_a_lead_is_called_by_its_id_with_the_phone_on_hook(centre: House) -> None:
    known = number(1, 2)
    campaign = await centre.campaign([], ["agent02"], on_hook=True)
    agent = await paused(centre, "agent02", on_hook=True)
    await centre.more_leads(campaign, [known])
    lead = await centre.lead(campaign)
    await agent.post("/agent/call", campaign_id=campaign, lead_id=lead.id)
    assert (await centre.closed(campaign, 1))[known].talked
    assert len(centre.invites(known)) == 1


async def test_a_typed_number_on_the_list_is_refused_and_the_carrier_hears_nothing(centre: House) -> None:
    listed = number(1, 2)
    now = datetime.now(UTC)
    async with centre.db.begin() as c:
        said = Listing(source="agent", asked_by="agent01", since=now, proof="said so")
        await do_not_call.add(c, Number(listed), said, now)
    campaign = await centre.campaign([], ["agent01"], manual=True)
    agent = await paused(centre)
    await agent.post("/agent/call", campaign_id=campaign, number=listed)
    assert (await unplaced(centre))["verdict"]["rule"] == "DNC_INTERNAL"
    await centre.agent("agent01", "paused")
    assert centre.invites(listed) == []
    assert await centre.attempts(campaign) == []


@pytest.mark.parametrize("on_hook", [False, True])
async def test_a_customer_is_handed_over_and_the_agent_is_free_while_they_talk(centre: House, on_hook: bool) -> None:
    customer, expert = number(1, 99), number(2, 2)
    campaign = await centre.campaign(
        [], ["agent01"], manual=True, transfer_numbers=[expert], wrap_up_seconds=60, on_hook=on_hook
    )
    agent = await paused(centre, on_hook=on_hook)
    attempt = await talking(centre, customer, agent, campaign)
    shown = (await agent.post("/agent/transfer", number=expert))["call"]["transfer"]
    assert shown["number_ends"] == expert[-3:]
    await centre.agent("agent01", "wrap_up")
    await agent.post("/agent/disposition", attempt_id=attempt, disposition="sale")
    await centre.agent("agent01", "paused")
    row = await centre.row(schema.transfers, attempt_id=attempt)
    assert await permitted(centre, row.id) == [expert]
    assert len(centre.invites(expert)) == 1
    ended = (await centre.closed(campaign, 1))[customer]
    assert (ended.who_ended, ended.disposition) == ("agent", "sale")
    kept = await centre.row(schema.recordings, attempt_id=attempt)
    assert kept.seconds == pytest.approx((ended.ended_at - ended.bridged_at).total_seconds(), abs=0.5)
    await lines_in_use(centre, 0)  # the expert stays for three seconds, and their end is the customer's
    over = await transfer_over(centre, attempt)
    assert (over.cause, over.because, over.joined_at) == ("normal", None, ended.ended_at)
    assert (over.ended_at - over.joined_at).total_seconds() == pytest.approx(3, abs=1)


@pytest.mark.parametrize(("scenario", "why"), [(4, "busy"), (3, "no_answer"), (6, "unallocated")])
async def test_an_outside_that_does_not_answer_leaves_the_customer_with_the_agent(
    centre: House, scenario: int, why: str
) -> None:
    customer, outside = number(1, 99), number(scenario)
    campaign = await centre.campaign([], ["agent01"], manual=True, ring_seconds=5)
    agent = await paused(centre)
    attempt = await talking(centre, customer, agent, campaign)
    await agent.post("/agent/transfer", number=outside)
    told = await unplaced(centre)
    assert (told["what"], told["reason"]) == ("transfer", why)
    view = await centre.agent("agent01", "talking")
    assert view["attempt_id"] == attempt
    await agent.post("/agent/hang-up")
    assert (await centre.closed(campaign, 1))[customer].who_ended == "agent"


async def test_a_cancelled_transfer_hangs_the_outside_up(centre: House) -> None:
    customer, outside = number(1, 99), number(3)
    campaign = await centre.campaign([], ["agent01"], manual=True, ring_seconds=60)
    agent = await paused(centre)
    attempt = await talking(centre, customer, agent, campaign)
    await agent.post("/agent/transfer", number=outside)

    async def rings() -> bool:
        return bool(centre.invites(outside))

    await eventually(rings, 10, centre.running.log)
    await agent.post("/agent/transfer/cancel")
    assert (await unplaced(centre))["reason"] == "cancelled"
    await lines_in_use(centre, 1)
    await agent.post("/agent/hang-up")
    row = await transfer_over(centre, attempt)
    assert (row.answered_at, row.because) == (None, "cancelled")


async def test_two_who_talk_on_outlive_the_service_and_are_found_again(centre: House) -> None:
    customer, expert = number(1, 99), number(1, 99)
    campaign = await centre.campaign([], ["agent01"], manual=True, wrap_up_seconds=1)
    agent = await paused(centre)
    attempt = await talking(centre, customer, agent, campaign)
    await agent.post("/agent/transfer", number=expert)
    await centre.closed(campaign, 1)
    transfer = await centre.row(schema.transfers, attempt_id=attempt)
    centre.running.kill()
    await centre.running.start()
    await centre.link_up()
    await lines_in_use(centre, 2)
    async with centre.pbx() as ami:
        assert (await ami.send("Hangup", Channel=attempt))["Response"] == "Success"
        await ami.wait_for("Hangup", Uniqueid=transfer.id)
    await lines_in_use(centre, 0)
    assert (await transfer_over(centre, attempt)).id == transfer.id
