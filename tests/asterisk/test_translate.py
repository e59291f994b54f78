"""AMI text to the core's events: row by row, and whole stories as a real Asterisk told them."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest

from dialer.asterisk.protocol import Message
from dialer.asterisk.translate import CAUSES, leg_id, to_event
from dialer.core import events as ev
from dialer.core.outcome import Cause

AT = datetime(2026, 11, 23, 5, 1, 20, 363167, tzinfo=UTC)
STAMP = "1795410080.363167"
CALL, AGENT, SPY = "call-lab1-17-1", "agent-lab1-anna-1", "spy-lab1-susan-1"
TRANSFER = "transfer-lab1-17-1-1764000000000"


def said(event_name: str, /, **headers: str) -> Message:
    return Message(event_name, {"Event": event_name, "Timestamp": STAMP} | headers)


def user(event_name: str, /, **headers: str) -> Message:
    return said("UserEvent", UserEvent=event_name, **headers)


def hangup(leg: str, cause: str = "16", state: str = "6", **headers: str) -> Message:
    return said("Hangup", Uniqueid=leg, Cause=cause, ChannelState=state, **headers)


ROWS: list[tuple[Message, ev.Event | None]] = [
    (said("Newstate", Uniqueid=CALL, ChannelState="5"), ev.CustomerRang(CALL, AT)),
    (said("Newstate", Uniqueid=CALL, ChannelState="6"), None),
    (said("Newstate", Uniqueid=AGENT, ChannelState="5"), None),
    (user("CustomerAnswered", AttemptId=CALL), ev.CustomerAnswered(CALL, AT)),
    (
        user("MachineChecked", AttemptId=CALL, Status="MACHINE", Cause="LONGGREETING-1500-1500"),
        ev.MachineChecked(CALL, "MACHINE", "LONGGREETING-1500-1500", AT),
    ),
    (
        user("MachineChecked", AttemptId=CALL, Status="HUMAN", Cause="a\x00b\x1b"),
        ev.MachineChecked(CALL, "HUMAN", "ab", AT),
    ),
    (
        user("MachineChecked", AttemptId=CALL, Status="HUMAN", Cause="HUMAN-640-600"),
        ev.MachineChecked(CALL, "HUMAN", "HUMAN-640-600", AT, quiet_ms=640),
    ),
    (user("OptOut", AttemptId=CALL, Key="9"), ev.OptOutPressed(CALL, "9", AT)),
    (said("BridgeEnter", Uniqueid=CALL, BridgeType="basic", BridgeNumChannels="2"), ev.CallBridged(CALL, AT)),
    (said("BridgeEnter", Uniqueid=CALL, BridgeType="basic", BridgeNumChannels="1"), None),
    (said("BridgeEnter", Uniqueid=CALL, BridgeType="base", BridgeNumChannels="2"), None),
    (said("BridgeEnter", Uniqueid=AGENT, BridgeType="basic", BridgeNumChannels="2"), None),
    (user("BridgeFailed", AttemptId=CALL, Result="NONEXISTENT"), ev.BridgeFailed(CALL, "NONEXISTENT", AT)),
    (user("Abandoned", AttemptId=CALL), ev.CustomerAbandoned(CALL, AT)),
    (user("CustomerDone", AttemptId=CALL, Result="SUCCESS"), ev.CustomerDone(CALL, "SUCCESS", AT)),
    (user("Transferred", AttemptId=CALL), ev.CustomerTransferred(CALL, AT)),
    (user("TransferAnswered", TransferId=TRANSFER), ev.TransferAnswered(TRANSFER, AT)),
    (hangup(TRANSFER, "17", "0"), ev.TransferLegEnded(TRANSFER, Cause.BUSY, False, AT)),
    (hangup(CALL), ev.CustomerLegEnded(CALL, Cause.NORMAL, 16, True, AT)),
    (hangup(CALL, "17", "0"), ev.CustomerLegEnded(CALL, Cause.BUSY, 17, False, AT)),
    (hangup(CALL + ";2", "17", "0"), ev.CustomerLegEnded(CALL, Cause.BUSY, 17, False, AT)),
    (hangup(CALL, "18", "5", TechCause="408"), ev.CustomerLegEnded(CALL, Cause.NO_ANSWER, 18, False, AT)),
    (hangup(CALL, "18", "0", TechCause="408"), ev.CustomerLegEnded(CALL, Cause.TRUNK_FAILURE, 18, False, AT)),
    (hangup(CALL, "0", "5"), ev.CustomerLegEnded(CALL, Cause.OTHER, 0, False, AT)),
    (hangup(AGENT), ev.AgentLegEnded("anna", AGENT, Cause.NORMAL)),
    (hangup(SPY), ev.SpyLegEnded("susan", SPY)),
    (
        said("OriginateResponse", ActionID=CALL, Response="Failure", Reason="0", Uniqueid=CALL),
        ev.CustomerLegEnded(CALL, Cause.TRUNK_FAILURE, None, False, AT),
    ),
    (
        said("OriginateResponse", ActionID=AGENT, Response="Failure", Uniqueid="<unknown>"),
        ev.AgentLegEnded("anna", AGENT, Cause.TRUNK_FAILURE),
    ),
    (said("OriginateResponse", ActionID=SPY, Response="Failure"), ev.SpyLegEnded("susan", SPY)),
    (said("OriginateResponse", ActionID=CALL, Response="Success", Reason="4", Uniqueid=CALL), None),
    (user("AgentFree", AgentLeg=AGENT, AgentId="anna"), ev.AgentLegUp("anna", AGENT)),
    (user("SupervisorIdle", SpyLeg=SPY), ev.SpyLegUp("susan", SPY)),
    (said("ChanSpyStart", SpyerUniqueid=SPY, SpyeeUniqueid=AGENT), ev.SpyStarted("susan", SPY)),
    (said("ChanSpyStop", SpyerUniqueid=SPY, SpyeeUniqueid=AGENT), ev.SpyStopped("susan", SPY)),
    (said("Newchannel", Uniqueid=CALL), None),
    (said("FullyBooted"), None),
    (said("VarSet", Uniqueid=CALL), None),
    (user("SomebodyElses", AttemptId=CALL), None),
]


@pytest.mark.parametrize(("message", "event"), ROWS, ids=lambda value: getattr(value, "name", type(value).__name__))
def test_a_message_is_this_event(message: Message, event: ev.Event | None, caplog: pytest.LogCaptureFixture) -> None:
    assert to_event(message) == event
    assert caplog.records == []


@pytest.mark.parametrize(
    "identity", ["", "1795410080.4", "lab-pbx-1795410080.4", "call-", "call-a-1", "CALL-a-1-1", "call-a-1-x"]
)
def test_channels_of_others_are_silent(identity: str, caplog: pytest.LogCaptureFixture) -> None:
    others = (
        hangup(identity),
        said("Newstate", Uniqueid=identity, ChannelState="5"),
        said("BridgeEnter", Uniqueid=identity, BridgeType="basic", BridgeNumChannels="2"),
        said("OriginateResponse", ActionID=identity, Response="Failure"),
        said("ChanSpyStart", SpyerUniqueid=identity),
    )
    assert [to_event(message) for message in others] == [None] * len(others)
    assert caplog.records == []


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (said("Hangup", Uniqueid=CALL), "Cause"),
        (hangup(CALL, "sixteen"), "Cause"),
        (hangup(CALL, "１６"), "Cause"),
        (said("Hangup", Uniqueid=CALL, Cause="16", Timestamp="noon"), "Timestamp"),
        (said("Hangup", Uniqueid=CALL, Cause="16", Timestamp="1e400"), "Timestamp"),
        (said("BridgeEnter", Uniqueid=CALL, BridgeType="basic"), "BridgeNumChannels"),
        (user("CustomerAnswered"), "AttemptId"),
        (user("CustomerAnswered", AttemptId=AGENT), "AttemptId"),
        (user("BridgeFailed", AttemptId=CALL), "Result"),
        (user("AgentFree", AgentId="anna"), "AgentLeg"),
        (user("TransferAnswered", TransferId=CALL), "TransferId"),
    ],
)
def test_a_known_event_without_a_field_is_a_warning_and_nothing(
    message: Message, field: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert to_event(message) is None
    assert [record.getMessage() for record in caplog.records] == [f"AMI's {message.name} has no usable {field}"]


def test_an_event_without_time_stamp_is_told_without_time() -> None:
    message = Message("Newstate", {"Uniqueid": CALL, "ChannelState": "5"})
    assert to_event(message) == ev.CustomerRang(CALL, None)


def test_an_agent_may_have_dashes_in_the_id() -> None:
    assert leg_id("agent-lab1-anna-maria-12") == ("agent", "anna-maria", "agent-lab1-anna-maria-12")


@pytest.mark.parametrize(
    ("cause", "codes"),
    [
        (Cause.BUSY, {17}),
        (Cause.NO_ANSWER, {18, 19, 20}),
        (Cause.REJECTED, {21}),
        (Cause.UNALLOCATED, {1, 22, 28}),
        (Cause.CONGESTION, {34, 41, 42, 44}),
        (Cause.NORMAL, {16, 31}),
    ],
)
def test_causes_have_one_meaning_each(cause: Cause, codes: set[int]) -> None:
    assert {code for code, meaning in CAUSES.items() if meaning is cause} == codes
