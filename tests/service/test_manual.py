"""Calls by hand and transfers, through the whole service: what is asked, written, and said on the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.core.floor.picture import Link
from dialer.core.number import Number
from dialer.lab import carrier
from dialer.store import do_not_call, schema
from dialer.store.do_not_call import Listing
from tests.service.inside import NUMBER, Inside, inside
from tests.support.fake_ami import Block, block
from tests.support.running import eventually

TYPED, EXPERT = Number(carrier.number(1, 7)), Number(carrier.number(1, 8))


async def paused(it: Inside) -> None:
    """An agent in a pause: the campaign's own leads leave them alone."""
    await it.until(lambda: it.picture.link is Link.UP)
    it.log_in()
    it.service.engine.tell(ev.PauseAsked("ann", "admin"))
    await it.agent(AgentState.PAUSED)
    await it.until(lambda: it.picture.agents["ann"].leg_up)


async def talking(it: Inside) -> str:
    await paused(it)
    await it.service.engine.ask(ev.ManualAsked("ann", it.campaign, Number(NUMBER)))
    attempt = await it.pbx.placed()
    it.pbx.talk(attempt)
    await it.agent(AgentState.TALKING)
    return attempt


def order(it: Inside, kind: str) -> Block:
    [found] = [one for one in it.pbx.fake.named("Originate") if one["ActionID"][0].startswith(f"{kind}-")]
    return found


async def ended(it: Inside) -> Any:
    """The transfer, once its end is written."""

    async def there() -> Any:
        return next((row for row in await it.rows(schema.transfers) if row.ended_at is not None), None)

    return await eventually(there, 10, "the end of the transfer was not written")


async def listed(it: Inside, number: Number) -> None:
    now = datetime.now(UTC)
    async with it.service.db.begin() as c:
        await do_not_call.add(c, number, Listing(source="agent", asked_by="ann", since=now, proof="said so"), now)


async def test_a_typed_number_is_called_with_a_kept_permit_and_ends_like_every_other(tmp_path: Path) -> None:
    async with inside(tmp_path, manual=True) as it:
        await paused(it)
        await it.service.engine.ask(ev.ManualAsked("ann", it.campaign, TYPED))
        attempt = await it.pbx.placed()
        it.pbx.talk(attempt)
        await it.agent(AgentState.TALKING)
        it.pbx.hang_up(attempt)
        row = await it.closed()
        assert (row.number, row.disposition) == (TYPED.e164, "no_disposition")
        assert order(it, "call")["Channel"] == [f"PJSIP/{TYPED.digits}@carrier"]
        kept = [one for one in await it.rows(schema.decisions) if one.attempt_id == attempt]
        assert [(one.verdict, one.number) for one in kept] == [("permit", TYPED.e164)]
        await it.agent(AgentState.PAUSED)


async def test_a_typed_number_on_the_list_is_refused_with_its_reason_and_nobody_is_called(tmp_path: Path) -> None:
    async with inside(tmp_path, manual=True) as it:
        await listed(it, TYPED)
        await paused(it)
        await it.service.engine.ask(ev.ManualAsked("ann", it.campaign, TYPED))
        await it.until(lambda: it.picture.agents["ann"].unplaced is not None)
        assert it.picture.agents["ann"].unplaced.refusal.rule == "DNC_INTERNAL"
        await it.agent(AgentState.PAUSED)
        assert it.pbx.rung("call") == []
        assert len(await it.rows(schema.leads)) == 1


async def test_a_customer_is_handed_over_to_a_permitted_number(tmp_path: Path) -> None:
    async with inside(tmp_path, transfer_numbers=[EXPERT.e164], manual=True) as it:
        attempt = await talking(it)
        await it.service.engine.ask(ev.TransferAsked("ann", EXPERT))
        await it.until(lambda: bool(it.pbx.rung("transfer")))
        [transfer] = it.pbx.rung("transfer")
        assert order(it, "transfer")["Channel"] == [f"PJSIP/{EXPERT.digits}@carrier"]
        kept = [one for one in await it.rows(schema.decisions) if one.attempt_id == transfer]
        assert [(one.verdict, one.number) for one in kept] == [("permit", EXPERT.e164)]
        it.pbx.live[transfer] = "bridge"
        it.pbx.say("UserEvent", transfer, UserEvent="TransferAnswered", TransferId=transfer)
        it.pbx.say("UserEvent", attempt, UserEvent="Transferred", AttemptId=attempt)
        row = await it.closed()
        assert (row.who_ended, row.talked) == ("agent", True)
        it.pbx.hang_up(transfer)
        it.pbx.hang_up(attempt)
        await it.until(lambda: it.picture.trunks["carrier"].in_use == 0)
        over = await ended(it)
        assert (over.attempt_id, over.number, over.joined_at) == (attempt, EXPERT.e164, row.ended_at)


async def test_a_number_on_the_list_is_not_transferred_to_and_the_talk_goes_on(tmp_path: Path) -> None:
    async with inside(tmp_path, manual=True) as it:
        await talking(it)
        await listed(it, EXPERT)
        await it.service.engine.ask(ev.TransferAsked("ann", EXPERT))
        await it.until(lambda: it.picture.agents["ann"].unplaced is not None)
        assert it.picture.agents["ann"].unplaced.refusal.rule == "DNC_INTERNAL"
        assert it.pbx.rung("transfer") == []
        assert it.picture.agents["ann"].state is AgentState.TALKING


async def test_a_customers_leg_that_asterisk_does_not_know_is_not_transferred(tmp_path: Path) -> None:
    async with inside(tmp_path, manual=True) as it:
        await talking(it)
        it.pbx.fake.answers["Setvar"] = block("Response: Error", "Message: No such channel")
        await it.service.engine.ask(ev.TransferAsked("ann", EXPERT))
        await it.until(lambda: it.picture.agents["ann"].unplaced is not None)
        assert it.picture.agents["ann"].unplaced.reason == "not_placed"
        row = await ended(it)
        assert (row.because, row.sent_at) == ("not_placed", None)
