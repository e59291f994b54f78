"""The engine: a real floor, performers that write down what they were given."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, timedelta
from typing import Any, get_args

import pytest

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState, ImpossibleTurn
from dialer.core.floor.floor import Floor
from dialer.core.outcome import Cause
from dialer.engine import Engine, Performer, utc_now
from tests.core.makers import NOW, make_campaign, make_floor, make_permit, make_prospect

LONG = 5.0  # seconds before a condition that does not come fails the test


class Books:
    """Every order in the sequence in which its performing began; answers are given by type, gates hold it back."""

    def __init__(self) -> None:
        self.begun: list[cmd.Command] = []
        self.answers: dict[type, Callable[[Any], Awaitable[ev.Event | None]]] = {}
        self.changed = asyncio.Condition()

    def table(self) -> dict[type, Performer]:
        return dict.fromkeys(get_args(cmd.Command), self._perform)

    async def _perform(self, order: Any) -> ev.Event | None:
        async with self.changed:
            self.begun.append(order)
            self.changed.notify_all()
        answer = self.answers.get(type(order))
        return await answer(order) if answer is not None else None

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(LONG), self.changed:
            await self.changed.wait_for(true)

    def kinds(self) -> list[type]:
        return [type(order) for order in self.begun]


def gate() -> tuple[asyncio.Event, Callable[[Any], Awaitable[None]]]:
    """A performer that finishes when the event is set."""
    opened = asyncio.Event()

    async def perform(order: Any) -> None:
        await opened.wait()

    return opened, perform


def says(event: ev.Event) -> Callable[[Any], Awaitable[ev.Event]]:
    async def perform(order: Any) -> ev.Event:
        return event

    return perform


@asynccontextmanager
async def running(books: Books, floor: Floor | None = None, **parts: Any) -> AsyncIterator[Engine]:
    engine = Engine(floor or make_floor(), books.table(), **parts)
    task = asyncio.create_task(engine.run())
    try:
        yield engine
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def calling(books: Books) -> None:
    """The database and the PBX do what they are asked, up to a call that is ringing."""

    async def open_row(order: cmd.OpenAttemptRow) -> ev.Event:
        return ev.AttemptOpened(order.attempt_id, make_permit(order.prospect, utc_now()))

    async def ring(order: cmd.RingAgent) -> ev.Event:
        return ev.AgentLegUp(order.agent_id, order.leg_id)

    async def originate(order: cmd.Originate) -> ev.Event:
        return ev.OriginateSent(order.attempt_id)

    leads = [make_prospect(lease_until=utc_now() + timedelta(hours=1))]

    async def claim(order: cmd.ClaimLeads) -> ev.Event:
        found, leads[:] = tuple(leads), []
        return ev.LeadsClaimed(order.campaign_id, found, None, 1)

    books.answers |= {
        cmd.Resync: says(ev.Resynced(())),
        cmd.ClaimLeads: claim,
        cmd.RingAgent: ring,
        cmd.OpenAttemptRow: open_row,
        cmd.Originate: originate,
    }


async def a_call(books: Books, engine: Engine) -> str:
    """One call on its way: its attempt id. There is no other lead."""
    calling(books)
    engine.tell(ev.CampaignSet(make_campaign(), running=True))
    engine.tell(ev.LinkUp())
    engine.tell(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
    await books.until(lambda: cmd.Originate in books.kinds())
    await engine.ask(ev.CustomerRang("call-t1-1-1"))
    return "call-t1-1-1"


async def test_a_call_is_placed_by_what_the_performers_answer() -> None:
    books = Books()
    async with running(books) as engine:
        attempt = await a_call(books, engine)
        kinds = books.kinds()
        assert kinds.index(cmd.OpenAttemptRow) < kinds.index(cmd.Originate)
        engine.tell(ev.CustomerLegEnded(attempt, Cause.BUSY, 17, False))
        await books.until(lambda: cmd.CloseAttempt in books.kinds())


async def test_a_lane_keeps_its_order() -> None:
    books = Books()
    opened, books.answers[cmd.SaveEnding] = gate()
    async with running(books) as engine:
        attempt = await a_call(books, engine)
        await engine.ask(ev.CustomerLegEnded(attempt, Cause.BUSY, 17, False))
        await books.until(lambda: cmd.SaveEnding in books.kinds())
        await engine.ask(ev.PauseAsked("ann", "lunch"))  # another lane is not held up
        await books.until(lambda: any(isinstance(o, cmd.SaveAgent) and o.state == "paused" for o in books.begun))
        assert cmd.CloseAttempt not in books.kinds()
        opened.set()
        await books.until(lambda: cmd.CloseAttempt in books.kinds())
    mine = [kind for kind, order in zip(books.kinds(), books.begun, strict=True) if order.lane == attempt]
    assert mine == [cmd.OpenAttemptRow, cmd.Originate, cmd.SaveEnding, cmd.CloseAttempt]


async def test_a_lane_that_has_finished_is_swept_and_begins_anew() -> None:
    books = Books()
    async with running(books) as engine:
        for code in ("lunch", "tea"):
            engine.tell(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
            await engine.ask(ev.PauseAsked("ann", code))
            await engine.drained()
    paused = [o.code for o in books.begun if isinstance(o, cmd.SaveAgent) and o.state == "paused"]
    assert paused == ["lunch", "tea"]


async def test_a_failure_comes_back_as_an_event() -> None:
    books = Books()
    async with running(books) as engine:
        calling(books)
        books.answers[cmd.Originate] = says(ev.OriginateNotSent("call-t1-1-1", "no such trunk"))
        engine.tell(ev.CampaignSet(make_campaign(), running=True))
        engine.tell(ev.LinkUp())
        engine.tell(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
        await books.until(lambda: cmd.CloseAttempt in books.kinds())
    closed = next(order for order in books.begun if isinstance(order, cmd.CloseAttempt))
    assert closed.outcome.disposition == "not_placed"


async def test_a_failure_nobody_foresaw_is_logged_and_answered_and_its_lane_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    books = Books()

    async def breaks(order: Any) -> None:
        raise RuntimeError("out of paper")

    def lost(order: cmd.Command, error: Exception) -> ev.Event | None:
        return ev.StoreDown(str(error)) if isinstance(order, cmd.SaveAgent) else None

    books.answers[cmd.SaveAgent] = breaks
    async with running(books, lost=lost) as engine:
        engine.tell(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
        await books.until(lambda: cmd.RaiseIncident in books.kinds())
        await engine.ask(ev.PauseAsked("ann", "lunch"))
        await books.until(lambda: books.kinds().count(cmd.SaveAgent) == 2)
        assert not engine.floor.picture.store_ok
    assert "lost: SaveAgent in lane agent:ann" in caplog.text


async def test_a_lost_order_means_nothing_unless_somebody_says_what(caplog: pytest.LogCaptureFixture) -> None:
    books = Books()

    async def breaks(order: Any) -> None:
        raise RuntimeError("out of paper")

    books.answers[cmd.SaveAgent] = breaks
    async with running(books) as engine:
        await engine.ask(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
        await engine.drained()
        assert engine.failed is None
    assert "out of paper" in caplog.text


async def test_who_asks_for_what_cannot_be_is_told_why() -> None:
    async with running(Books()) as engine:
        with pytest.raises(ImpossibleTurn, match="ann is not logged in"):
            await engine.ask(ev.PauseAsked("ann", "lunch"))
        await engine.ask(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
        await engine.ask(ev.PauseAsked("ann", "lunch"))
        assert engine.floor.picture.agents["ann"].state is AgentState.PAUSED
        assert engine.failed is None


async def test_an_impossible_wish_that_nobody_waits_for_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with running(Books()) as engine:
        engine.tell(ev.PauseAsked("ann", "lunch"))
        await engine.ask(ev.StoreUp())
    assert "refused: agent ann is not logged in" in caplog.text


async def test_who_stops_waiting_for_an_answer_does_no_harm() -> None:
    async with running(Books()) as engine:
        waiting = asyncio.create_task(engine.ask(ev.PauseAsked("ann", "lunch")))
        await asyncio.wait([waiting], timeout=0)  # it has asked, and has no answer yet
        waiting.cancel()
        await engine.ask(ev.StoreUp())
        assert engine.failed is None


async def test_a_deadline_wakes_the_floor() -> None:
    books = Books()
    floor = make_floor()
    async with running(books, floor) as engine:
        engine.tell(ev.CampaignSet(make_campaign(), running=True))
        engine.tell(ev.LinkUp())
        await books.until(lambda: cmd.Resync in books.kinds())
        await engine.ask(ev.Resynced(()))
        floor.picture.resync_due_at = utc_now() + timedelta(milliseconds=20)
        floor.picture.wake(floor.picture.resync_due_at, "resync", "")
        engine.tell(ev.StoreUp())  # an event, so that the loop looks at its deadlines anew
        await books.until(lambda: books.kinds().count(cmd.Resync) == 2)


async def test_a_deadline_that_has_passed_does_not_wait_and_does_not_starve_the_inbox() -> None:
    books = Books()
    floor = make_floor()
    for _ in range(50):
        floor.picture.wake(NOW, "pace", "")
    async with running(books, floor, clock=lambda: NOW) as engine:
        await engine.ask(ev.StoreDown("disk full"))
    assert cmd.RaiseIncident in books.kinds()
    assert floor.next_deadline() is None


async def test_what_changed_is_published_once() -> None:
    published: list[set[tuple[str, str]]] = []
    async with running(Books(), publish=published.append) as engine:
        await engine.ask(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
        await engine.ask(ev.StoreUp())
    assert published[0] >= {("agent", "ann")}
    assert published[1] == {("node", "")}


async def test_a_floor_that_raises_stops_dialing_and_keeps_the_calls(caplog: pytest.LogCaptureFixture) -> None:
    books = Books()
    async with running(books) as engine:
        attempt = await a_call(books, engine)
        with pytest.raises(KeyError):
            await engine.ask(ev.LeadsClaimed(99, (), None, 0))  # no such campaign: a mistake of ours
        assert isinstance(engine.failed, KeyError)
        assert not engine.floor.picture.may_dial
        assert attempt in engine.floor.picture.calls
        await books.until(lambda: any(isinstance(o, cmd.RaiseIncident) and o.kind == "halted" for o in books.begun))
        await engine.ask(ev.CallBridged(attempt))
        await books.until(lambda: cmd.SaveBridge in books.kinds())
    assert "the floor failed on LeadsClaimed" in caplog.text


async def test_a_deadline_on_which_the_floor_raises_loses_no_order_of_the_same_turn(
    caplog: pytest.LogCaptureFixture,
) -> None:
    books = Books()
    floor = make_floor()
    async with running(books, floor) as engine:
        attempt = await a_call(books, engine)
        floor.picture.wake(utc_now(), "no such subject", "")
        engine.tell(ev.CustomerLegEnded(attempt, Cause.BUSY, 17, False))
        await books.until(lambda: cmd.CloseAttempt in books.kinds())
        assert isinstance(engine.failed, KeyError)
        assert not floor.picture.may_dial
    assert "the floor failed on a deadline" in caplog.text


async def test_a_drain_returns_when_the_last_call_has_ended_and_is_saved() -> None:
    books = Books()
    opened, books.answers[cmd.CloseAttempt] = gate()
    async with running(books) as engine:
        attempt = await a_call(books, engine)
        draining = asyncio.create_task(engine.drain())
        await engine.ask(ev.StoreUp())
        assert not draining.done()
        await engine.ask(ev.CustomerLegEnded(attempt, Cause.BUSY, 17, False))
        await books.until(lambda: cmd.CloseAttempt in books.kinds())
        assert not draining.done()
        opened.set()
        async with asyncio.timeout(LONG):
            await draining
        assert engine.floor.picture.draining


async def test_a_drain_with_nothing_to_do_returns_at_once() -> None:
    async with running(Books()) as engine, asyncio.timeout(LONG):
        await engine.drain()
        assert engine.floor.picture.draining


def test_the_services_clock_is_aware_and_utc() -> None:
    assert utc_now().tzinfo is UTC


@pytest.fixture(autouse=True)
def _hear_the_engine(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="dialer.engine")
