"""What one message cannot say alone, and the order of it all."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from dialer.asterisk.connection import Ami
from dialer.asterisk.listen import REMEMBERED, Listener
from dialer.asterisk.protocol import Message
from dialer.asterisk.translate import WANTED
from dialer.core.events import CustomerLegEnded, CustomerRang, Event, LinkDown, LinkUp
from dialer.core.outcome import Cause
from dialer.core.remembered import LiveLeg
from tests.asterisk.line import QUICK, line_to
from tests.support.fake_ami import event, fake_ami

CALL = "call-a-1-1"
NEW = Message("Newchannel", {"Uniqueid": CALL})
FAILED = Message("OriginateResponse", {"ActionID": CALL, "Response": "Failure", "Uniqueid": CALL})
HANGUP = Message("Hangup", {"Uniqueid": CALL, "Cause": "17", "ChannelState": "0"})
BUSY = CustomerLegEnded(CALL, Cause.BUSY, 17, answered=False)


def heard(*messages: Message) -> list[Event]:
    listener = Listener()
    return [told for message in messages if (told := listener.event(message)) is not None]


def test_a_failed_originate_with_a_channel_ends_with_its_hangup_whichever_comes_first() -> None:
    assert heard(NEW, FAILED, HANGUP) == heard(NEW, HANGUP, FAILED) == heard(HANGUP, FAILED) == [BUSY]


def test_a_failed_originate_without_a_channel_ends_with_its_response() -> None:
    assert heard(FAILED) == [CustomerLegEnded(CALL, Cause.TRUNK_FAILURE, None, answered=False)]


def test_a_leg_found_by_a_resync_ends_with_its_hangup() -> None:
    listener = Listener()
    listener.know([LiveLeg(CALL, answered=False, bridged=False, seconds=1.0)])
    assert listener.event(FAILED) is None
    assert listener.event(HANGUP) == BUSY


def test_the_memory_is_bounded_and_forgets_the_oldest() -> None:
    listener = Listener()
    for n in range(REMEMBERED + 1):
        listener.event(Message("Newchannel", {"Uniqueid": f"call-a-{n}-1"}))
    assert listener.event(Message("OriginateResponse", FAILED.headers | {"ActionID": "call-a-0-1"})) is not None
    assert listener.event(Message("OriginateResponse", FAILED.headers | {"ActionID": "call-a-1-1"})) is None


async def test_link_and_legs_come_in_one_order() -> None:
    async with fake_ami() as fake:
        async with line_to(fake) as line:
            await line.up()
            fake.visit.send(event("Newstate", Uniqueid=CALL, ChannelState="5"))
            await line.heard(1)
            fake.visit.reset()
            await line.up(2)
        listener = Listener()
        told = [e for item in line.items if (e := listener.event(item)) is not None]
        assert [type(e) for e in told] == [LinkUp, CustomerRang, LinkDown, LinkUp]


async def test_the_stream_tells_events_until_the_connection_is_closed() -> None:
    async with fake_ami() as fake:
        ami = Ami(replace(QUICK, port=fake.port), WANTED)
        told: list[Event] = []
        async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
            tasks.create_task(ami.run())
            async for heard_event in Listener().events(ami):
                told.append(heard_event)
                if isinstance(heard_event, LinkUp):
                    fake.visit.send(event("Newstate", Uniqueid=CALL, ChannelState="5"))
                else:
                    ami.close()
        assert told == [LinkUp(), CustomerRang(CALL)]
