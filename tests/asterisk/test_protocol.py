"""Bytes to messages, whatever the network and the PBX do to them."""

from __future__ import annotations

import asyncio
import random
import tracemalloc

import pytest

from dialer.asterisk.protocol import (
    MAX_HEADERS,
    MAX_MESSAGE,
    AmiDisconnected,
    AmiNotConnected,
    AmiProtocol,
    AmiTimeout,
    Message,
)
from tests.asterisk.wire import BANNER, WANTED, Ear, Wire
from tests.support.fake_ami import block, event

HANGUP = event("Hangup", Uniqueid="call-a-1-1", CallerIDName="王小明", Cause="16")
NEWSTATE = event("Newstate", Uniqueid="call-a-1-1", ChannelState="5")
STORM = b"".join(
    (
        event("VarSet", Variable="X", Value="1"),
        HANGUP,
        event("RTCPSent", SSRC="1"),
        event("Newexten", AppData=""),
        NEWSTATE,
    )
)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 61, 1460, 65536])
async def test_packet_sizes_do_not_matter(size: int) -> None:
    whole = Ear().hear(STORM * 3)
    assert Ear().hear(STORM * 3, size) == whole
    assert [m.name for m in whole] == ["Hangup", "Newstate"] * 3


async def test_random_cuts_do_not_matter() -> None:
    chance = random.Random(20261123)
    whole = Ear().hear(STORM * 20)
    for _ in range(50):
        cuts = sorted(chance.sample(range(len(STORM) * 20), 40))
        data = STORM * 20
        pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
        assert Ear().hear_pieces(pieces) == whole


async def test_a_chinese_character_cut_in_two_by_the_network_is_whole() -> None:
    cut = HANGUP.index("王".encode()) + 1
    (told,) = Ear().hear_pieces([HANGUP[:cut], HANGUP[cut:]])
    assert told.get("CallerIDName") == "王小明"


async def test_unwanted_events_are_not_told() -> None:
    assert Ear().hear(event("VarSet", Variable="X") * 100) == []


async def test_a_peer_that_ends_lines_with_bare_lf_is_understood() -> None:
    ear = Ear(BANNER.replace(b"\r\n", b"\n"))
    assert ear.hear(STORM.replace(b"\r\n", b"\n"), 5) == Ear().hear(STORM)


async def test_a_bare_lf_inside_a_value_makes_no_header() -> None:
    (told,) = Ear().hear(b"Event: Hangup\r\nUniqueid: call-a-1-1\r\nCallerIDName: x\nUniqueid: call-a-9-9\r\n\r\n")
    assert told.get("Uniqueid") == "call-a-1-1"


async def test_a_header_that_comes_twice_is_a_list() -> None:
    (told,) = Ear().hear(block(("Event", "Hangup"), ("Cause", "16"), ("Cause", "17"), ("Cause", "18")))
    assert told.headers["Cause"] == ["16", "17", "18"]
    assert told.get("Cause") == "16"


async def test_a_doubled_event_or_message_header_does_not_cost_the_line() -> None:
    ear = Ear()
    ear.hear(block(("Event", "Hangup"), ("Event", "Hangup"), ("Message", "a"), ("Message", "b")) + NEWSTATE)
    assert [m.name for m in ear.told] == ["Hangup", "Newstate"]
    assert not ear.wire.aborted


async def test_headers_may_stand_in_any_order_and_be_empty() -> None:
    (told,) = Ear().hear(b"Privilege: call,all\r\nAccountCode: \r\nExten:\r\nEvent: Hangup\r\nCause: 17\r\n\r\n")
    assert told.name == "Hangup"
    assert (told.get("AccountCode"), told.get("Exten"), told.get("Cause")) == ("", "", "17")


async def test_blank_lines_too_many_are_skipped() -> None:
    assert [m.name for m in Ear().hear(b"\r\n\r\n\r\n" + HANGUP + b"\r\n" + NEWSTATE + b"\r\n\r\n")] == [
        "Hangup",
        "Newstate",
    ]


async def test_nul_and_binary_in_a_value_survive() -> None:
    data = b"Event: Hangup\r\nCause: 16\r\nCallerIDName: a\x00\x01\xff\xfe\x80b\r\n\r\n"
    (told,) = Ear().hear(data + event("VarSet", Value="x"))
    assert told.get("Cause") == "16"
    assert told.get("CallerIDName") == "a\x00\x01\ufffd\ufffd\ufffdb"


async def test_what_is_no_message_is_counted() -> None:
    ear = Ear()
    assert [m.name for m in ear.hear(b"what is this\r\n\r\n\x00\xff\r\n\r\n" + HANGUP)] == ["Hangup"]
    assert ear.counts == {"malformed": 2}


@pytest.mark.parametrize("size", [1460, 65536, 4 << 20])
async def test_an_event_of_a_megabyte_keeps_its_beginning_and_is_counted(size: int) -> None:
    ear = Ear()
    huge = event("Hangup", Uniqueid="call-a-1-1", Cause="17", Junk="x" * (1 << 20))
    ear.hear(NEWSTATE + huge + NEWSTATE, size)
    assert [m.name for m in ear.told] == ["Newstate", "Hangup", "Newstate"]
    assert (ear.told[1].get("Uniqueid"), ear.told[1].get("Cause")) == ("call-a-1-1", "17")
    assert ear.counts == {"oversized": 1}


async def test_a_message_without_end_takes_bounded_memory() -> None:
    ear = Ear()
    packet = b"x" * 4096
    ear.hear(b"Event: Hangup\r\nCause: 16\r\nJunk: ")
    tracemalloc.start()
    for _ in range(20_000):  # 80 MB
        ear.protocol.data_received(packet)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * MAX_MESSAGE
    assert ear.hear(b"\r\n\r\n" + NEWSTATE)[-1].name == "Newstate"


@pytest.mark.parametrize("headers", [MAX_HEADERS + 1, 200, 5000])
async def test_an_event_with_too_many_headers_keeps_the_first_and_is_counted(headers: int) -> None:
    ear = Ear()
    many = block(("Event", "Hangup"), ("Cause", "17"), *((f"ChanVariable{n}", "x") for n in range(headers)))
    assert [m.name for m in ear.hear(many + NEWSTATE)] == ["Hangup", "Newstate"]
    assert len(ear.told[0].headers) == MAX_HEADERS
    assert ear.told[0].get("Cause") == "17"
    assert ear.counts["headers"] == 1


async def test_an_error_over_one_message_costs_that_message_only() -> None:
    told: list[str] = []

    def deliver(message: Message) -> None:
        if message.name == "Hangup":
            raise KeyError("async")
        told.append(message.name)

    ear = Ear()
    protocol = AmiProtocol(WANTED, deliver, ear.counts)
    protocol.connection_made(Wire())
    protocol.data_received(BANNER + HANGUP + NEWSTATE)
    assert told == ["Newstate"]
    assert ear.counts == {"failed": 1}


@pytest.mark.parametrize(
    "greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x03\x01", b"Asterisk Call Manager/" + b"9" * 300]
)
async def test_a_peer_that_is_no_manager_is_left_before_the_secret_is_told(greeting: bytes) -> None:
    ear = Ear(greeting)
    assert ear.wire.aborted
    assert ear.wire.written == b""
    assert not ear.protocol.banner.done()


async def test_a_banner_in_single_bytes_is_read() -> None:
    ear = Ear(b"")
    ear.hear(BANNER, 1)
    assert ear.protocol.banner.result() == "11.0.0"


def answer(ear: Ear, *headers: tuple[str, str] | str, action_id: str = "call-a-1-1") -> None:
    ear.hear(block(headers[0], ("ActionID", action_id), *headers[1:]))


async def test_an_originate_ends_at_its_response_and_its_events_are_told() -> None:
    ear = Ear()
    future = ear.protocol.send({"Action": "Originate", "ActionID": "call-a-1-1", "Async": "true"})
    answer(ear, "Event: OriginateResponse", "Response: Failure", "Reason: 0")  # may well come first
    answer(ear, "Event: UserEvent", "UserEvent: CustomerAnswered")
    assert not future.done()
    answer(ear, "Response: Success", "Message: Originate successfully queued")
    assert (await future).success
    answer(ear, "Event: OriginateResponse", "Response: Failure", "Reason: 0")
    assert [m.name for m in ear.told] == ["OriginateResponse", "UserEvent", "OriginateResponse"]
    await asyncio.sleep(0)
    assert ear.protocol.responses == {}


async def test_a_queued_reply_to_an_action_without_async_header_is_a_reply() -> None:
    ear = Ear()
    future = ear.protocol.send({"Action": "Originate", "ActionID": "call-a-1-1"})
    answer(ear, "Response: Success", "Message: Originate successfully queued")
    assert (await future).text == "Originate successfully queued"


async def test_a_list_ends_with_its_complete_and_not_before() -> None:
    ear = Ear()
    future = ear.protocol.send({"Action": "CoreShowChannels", "ActionID": "1"})
    answer(ear, "Response: Success", "EventList: start", "Message: will follow", action_id="1")
    answer(ear, "Event: CoreShowChannel", "Uniqueid: call-a-1-1", action_id="1")
    ear.hear(HANGUP)
    answer(ear, "Event: CoreShowChannel", "Uniqueid: call-a-2-1", action_id="1")
    assert not future.done()
    answer(ear, "Event: CoreShowChannelsComplete", "EventList: Complete", "ListItems: 2", action_id="1")
    assert [m.get("Uniqueid") for m in (await future).events] == ["call-a-1-1", "call-a-2-1"]
    assert [m.name for m in ear.told] == ["Hangup"]


async def test_two_lists_at_once_do_not_mix() -> None:
    ear = Ear()
    futures = [ear.protocol.send({"Action": "CoreShowChannels", "ActionID": n}) for n in "12"]
    for n in "12":
        answer(ear, "Response: Success", "EventList: start", action_id=n)
    for n in "2121":
        answer(ear, "Event: CoreShowChannel", f"Uniqueid: call-{n}", action_id=n)
    for n in "21":
        answer(ear, "Event: CoreShowChannelsComplete", "EventList: Complete", action_id=n)
    for n, future in zip("12", futures, strict=True):
        assert [m.get("Uniqueid") for m in (await future).events] == [f"call-{n}"] * 2


async def test_a_cancelled_list_is_no_answer() -> None:
    ear = Ear()
    future = ear.protocol.send({"Action": "CoreShowChannels", "ActionID": "1"})
    answer(ear, "Response: Success", "EventList: start", action_id="1")
    answer(ear, "Event: CoreShowChannelsComplete", "EventList: cancelled", action_id="1")
    with pytest.raises(AmiTimeout):
        await future


async def test_queue_add_whose_reply_sounds_like_a_list_ends_at_its_reply() -> None:
    ear = Ear()
    future = ear.protocol.send({"Action": "QueueAdd", "ActionID": "1"})
    answer(ear, "Response: Success", "Message: Added interface to queue", action_id="1")
    assert (await future).success


async def test_an_unanswered_action_times_out_and_leaves_nothing_behind() -> None:
    ear = Ear()
    futures = [ear.protocol.send({"Action": "Setvar", "ActionID": str(n)}, seconds=0.01) for n in range(100)]
    for future in futures:
        with pytest.raises(AmiTimeout):
            await future
    await asyncio.sleep(0)
    assert ear.protocol.responses == {}
    answer(ear, "Response: Success", action_id="7")
    assert ear.counts == {"timeout": 100, "late": 1}


async def test_a_cancelled_wait_leaves_nothing_behind() -> None:
    ear = Ear()
    future = ear.protocol.send({"Action": "Setvar", "ActionID": "1"})
    future.cancel()
    await asyncio.sleep(0)
    assert ear.protocol.responses == {}
    answer(ear, "Response: Success", action_id="1")
    assert ear.counts == {"late": 1}


async def test_a_lost_line_fails_what_waits_also_after_its_first_reply() -> None:
    ear = Ear()
    waiting = [ear.protocol.send({"Action": "CoreShowChannels", "ActionID": n}) for n in "12"]
    answer(ear, "Response: Success", "EventList: start", action_id="1")
    ear.protocol.connection_lost(ConnectionResetError("reset"))
    for future in waiting:
        with pytest.raises(AmiDisconnected):
            await future
    with pytest.raises(AmiNotConnected):
        ear.protocol.send({"Action": "Ping"})


async def test_nothing_is_queued_behind_a_peer_that_does_not_read() -> None:
    ear = Ear()
    ear.protocol.pause_writing()
    with pytest.raises(AmiNotConnected):
        ear.protocol.send({"Action": "Originate"})
    assert ear.wire.written == b""
    ear.protocol.resume_writing()
    ear.protocol.send({"Action": "Originate"}).cancel()
    assert ear.wire.written.startswith(b"Action: Originate\r\n")


async def test_the_same_action_id_twice_is_our_mistake() -> None:
    ear = Ear()
    ear.protocol.send({"Action": "Originate", "ActionID": "call-a-1-1"})
    with pytest.raises(ValueError, match="still waiting"):
        ear.protocol.send({"Action": "Originate", "ActionID": "call-a-1-1"})
    assert ear.wire.written.count(b"Originate") == 1
