"""The orders: what leaves on the wire, and what is said about the outcome."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dialer.asterisk import control
from dialer.asterisk.action import BadValue
from dialer.asterisk.connection import Ami
from dialer.asterisk.protocol import AmiNotConnected
from dialer.asterisk.translate import WANTED
from dialer.core.campaign import MachinePolicy
from dialer.core.commands import HangupLeg, OfferAgent, RingSupervisor, SpyOn, ThankCustomer
from dialer.core.events import (
    OriginateNotSent,
    OriginateSent,
    OriginateUnknown,
    SpyMode,
    TransferNotSent,
    TransferUnknown,
)
from dialer.core.remembered import LiveLeg
from tests.asterisk.line import QUICK, line_to
from tests.asterisk.orders import (
    AGENT,
    CALL,
    NOW,
    OTHER_AGENT,
    SETTINGS,
    SPY,
    TRANSFER,
    originate,
    permit,
    ring_agent,
    transfer,
)
from tests.asterisk.test_action import EVIL
from tests.support.fake_ami import Block, Visit, block, event, fake_ami, headers_of


async def test_an_originate_says_all_that_the_dialplan_needs() -> None:
    command = originate(amd=True, machine_policy=MachinePolicy.MESSAGE, notice="custom/recorded")
    settings = replace(SETTINGS, message="house/nobody-free", opt_out_key="9", thanks="house/thanks")
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        assert await control.originate(line.ami, command, settings, NOW) == OriginateSent(CALL)
        (sent,) = fake.named("Originate")
        assert sent == {
            "Action": ["Originate"],
            "ActionID": [CALL],
            "ChannelId": [CALL],
            "Channel": ["PJSIP/999010500001@carrier"],
            "CallerID": ["999200100"],
            "Context": ["dialer-customer"],
            "Exten": ["s"],
            "Priority": ["1"],
            "Timeout": ["25000"],
            "Async": ["true"],
            "Variable": [
                f"DIALER_AGENT={AGENT}",
                f"DIALER_RECORDING=/lab/recordings/{CALL}",
                "DIALER_AMD=yes",
                "DIALER_MACHINE=message",
                "DIALER_NOTICE=custom/recorded",
                "DIALER_HOLD_MS=1500",
                "DIALER_MESSAGE=house/nobody-free",
                "DIALER_KEY=9",
                "DIALER_THANKS=house/thanks",
            ],
        }


async def test_a_campaigns_own_message_and_key_go_before_the_houses() -> None:
    settings = replace(SETTINGS, message="house/nobody-free", opt_out_key="9")
    own = control.originate_action(originate(message="custom/sorry", opt_out_key="*"), settings)
    assert {"DIALER_MESSAGE=custom/sorry", "DIALER_KEY=*"} <= set(own["Variable"])
    neither = control.originate_action(originate(), SETTINGS)
    assert {"DIALER_MESSAGE=", "DIALER_KEY=", "DIALER_THANKS="} <= set(neither["Variable"])


async def test_a_customer_who_pressed_the_key_is_sent_on_to_the_thanks() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        await control.thank(line.ami, ThankCustomer(CALL))
        (sent,) = fake.named("Redirect")
        where = {key: sent[key] for key in ("Channel", "Context", "Exten", "Priority")}
        assert where == {"Channel": [CALL], "Context": ["dialer-customer"], "Exten": ["thanks"], "Priority": ["1"]}


async def test_a_stale_permit_is_not_dialed() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        told = await control.originate(line.ami, originate(permit=permit(stale_at=NOW)), SETTINGS, NOW)
        assert told == OriginateNotSent(CALL, "the permit had gone stale")
        earlier = NOW - timedelta(microseconds=1)
        assert await control.originate(line.ami, originate(permit=permit(stale_at=NOW)), SETTINGS, earlier)
        assert len(await fake.saw("Originate")) == 1


async def test_an_error_reply_means_that_no_call_was_placed() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        fake.answers["Originate"] = block("Response: Error", "Message: Extension does not exist.")
        told = await control.originate(line.ami, originate(), SETTINGS, NOW)
        assert told == OriginateNotSent(CALL, "Asterisk refused it: Extension does not exist.")


async def test_no_reply_in_time_is_unknown() -> None:
    settings = control.ControlSettings(recording_dir="/r", originate_seconds=0.05)
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        fake.answers["Originate"] = None
        told = await control.originate(line.ami, originate(), settings, NOW)
        assert told == OriginateUnknown(CALL, "Originate was not answered in 0.05 s")


async def test_a_line_that_breaks_before_the_reply_is_unknown() -> None:
    def die(visit: Visit, action: Block) -> None:
        visit.reset()

    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        fake.answers["Originate"] = die
        told = await control.originate(line.ami, originate(), SETTINGS, NOW)
        assert isinstance(told, OriginateUnknown)


async def test_without_a_line_nothing_was_sent() -> None:
    told = await control.originate(Ami(QUICK, WANTED), originate(), SETTINGS, NOW)
    assert told == OriginateNotSent(CALL, "the line to AMI is down")


async def test_a_number_with_a_hidden_character_was_never_sent() -> None:
    told = await control.originate(Ami(QUICK, WANTED), originate(caller_id="999\r\nX: y"), SETTINGS, NOW)
    assert told == OriginateNotSent(CALL, "CallerID has a control character or a line separator in it")


async def test_a_transfer_calls_the_permits_number_once_the_customers_leg_knows_of_it() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        assert await control.transfer(line.ami, transfer(), SETTINGS, NOW) is None
        [named], [order] = fake.named("Setvar"), fake.named("Originate")
        assert (named["Channel"], named["Variable"], named["Value"]) == ([CALL], ["DIALER_TRANSFER"], [TRANSFER])
        assert order["Channel"] == [f"PJSIP/{transfer().permit.number.digits}@carrier"]
        assert (order["ChannelId"], order["Context"]) == ([TRANSFER], ["dialer-transfer"])
        assert order["Variable"] == [f"DIALER_CUSTOMER={CALL}"]


async def test_a_transfer_whose_customer_has_gone_is_not_sent() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        fake.answers["Setvar"] = block("Response: Error", "Message: No such channel")
        told = await control.transfer(line.ami, transfer(), SETTINGS, NOW)
        assert told == TransferNotSent(TRANSFER, "No such channel")
        assert fake.named("Originate") == []


async def test_a_transfer_is_said_to_be_what_it_is() -> None:
    stale = NOW + timedelta(seconds=5)
    assert await control.transfer(Ami(QUICK, WANTED), transfer(), SETTINGS, stale) == TransferNotSent(
        TRANSFER, "the permit had gone stale"
    )
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        fake.answers["Originate"] = block("Response: Error", "Message: Extension does not exist.")
        told = await control.transfer(line.ami, transfer(), SETTINGS, NOW)
        assert told == TransferNotSent(TRANSFER, "Asterisk refused it: Extension does not exist.")
        fake.answers["Originate"] = None
        settings = replace(SETTINGS, originate_seconds=0.05)
        told = await control.transfer(line.ami, transfer(), settings, NOW)
        assert isinstance(told, TransferUnknown)


async def test_phones_of_agents_and_supervisors_are_rung_into_their_contexts() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        await control.ring_agent(line.ami, ring_agent(on_hook=True), SETTINGS)
        await control.ring_supervisor(line.ami, RingSupervisor("susan", SPY, "supervisor01"), SETTINGS)
        agent, supervisor = fake.named("Originate")
        assert (agent["Channel"], agent["Context"], agent["ChannelId"]) == (
            ["PJSIP/agent01"],
            ["dialer-agent"],
            [AGENT],
        )
        assert agent["Variable"] == ["DIALER_AGENT_ID=anna", "DIALER_ON_HOOK=yes"]
        assert (supervisor["Context"], supervisor["Exten"]) == (["dialer-supervisor"], ["idle"])
        assert "CallerID" not in agent


async def test_another_agent_is_offered_by_variable_and_then_redirect() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        await control.offer_agent(line.ami, OfferAgent(CALL, "ben", OTHER_AGENT))
        setvar, redirect = (a for a in fake.actions if a["Action"][0] in ("Setvar", "Redirect"))
        assert (setvar["Channel"], setvar["Variable"], setvar["Value"]) == ([CALL], ["DIALER_AGENT"], [OTHER_AGENT])
        assert (redirect["Channel"], redirect["Exten"]) == ([CALL], ["rebridge"])


@pytest.mark.parametrize("mode", SpyMode)
async def test_a_supervisor_is_put_to_exactly_one_leg(mode: SpyMode) -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        await control.spy_on(line.ami, SpyOn("susan", SPY, AGENT, mode))
        (setvar,), (redirect,) = fake.named("Setvar"), fake.named("Redirect")
        assert (setvar["Variable"], setvar["Value"]) == (["DIALER_SPY"], [AGENT])
        assert (redirect["Context"], redirect["Exten"]) == (["dialer-supervisor"], [mode.value])


async def test_a_supervisor_who_stops_waits_quietly() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        await control.spy_on(line.ami, SpyOn("susan", SPY, None, None))
        assert [a["Exten"] for a in fake.named("Redirect")] == [["idle"]]
        assert fake.named("Setvar") == []


async def test_hanging_up_a_leg_that_is_gone_is_no_error() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        fake.answers["Hangup"] = block("Response: Error", "Message: No such channel")
        await control.hangup(line.ami, HangupLeg(CALL))
        fake.answers["Hangup"] = block("Response: Error", "Message: Permission denied")
        with pytest.raises(control.OrderRefused, match="Permission denied"):
            await control.hangup(line.ami, HangupLeg(CALL))


async def test_a_refused_order_is_not_followed_by_its_second_half() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        fake.answers["Setvar"] = block("Response: Error", "Message: No such channel")
        with pytest.raises(control.OrderRefused):
            await control.offer_agent(line.ami, OfferAgent(CALL, "ben", OTHER_AGENT))
        assert fake.named("Redirect") == []


async def test_live_legs_are_ours_with_their_state() -> None:
    channels = [
        {"Uniqueid": CALL, "ChannelState": "6", "BridgeId": "b1", "Duration": "00:01:05"},
        {"Uniqueid": AGENT, "ChannelState": "6", "BridgeId": "b1", "Duration": "01:00:00"},
        {"Uniqueid": OTHER_AGENT, "ChannelState": "6", "BridgeId": "waiting", "Duration": "00:00:01"},
        {"Uniqueid": "call-lab1-18-1", "ChannelState": "5", "BridgeId": "", "Duration": ""},
        {"Uniqueid": "1763872345.17", "ChannelState": "6", "BridgeId": "b1", "Duration": "00:00:01"},
    ]

    def show(visit: Visit, action: Block) -> bytes:
        (identity,) = action["ActionID"]
        visit.send(block("Response: Success", ("ActionID", identity), "EventList: start"))
        for channel in channels:
            visit.send(event("CoreShowChannel", ActionID=identity, **channel))
        return b"Event: CoreShowChannelsComplete\r\nEventList: Complete\r\nListItems: 5\r\n\r\n"

    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        fake.answers["CoreShowChannels"] = show
        assert await control.live_legs(line.ami) == (
            LiveLeg(CALL, answered=True, bridged=True, seconds=65.0),
            LiveLeg(AGENT, answered=True, bridged=True, seconds=3600.0),
            LiveLeg(OTHER_AGENT, answered=True, bridged=False, seconds=1.0),
            LiveLeg("call-lab1-18-1", answered=False, bridged=False, seconds=0.0),
        )
        fake.answers["CoreShowChannels"] = block("Response: Success", "EventList: start")
        with pytest.raises(control.AmiTimeout):
            await control.live_legs(line.ami)


# --- the wire: every byte that leaves, for every order, with every poison in every field ------------------------------

# One line of the allow-list per header that may ever leave; written here a second time on purpose.
WIRE = {
    "Action": r"Originate|Hangup|Redirect|Setvar|CoreShowChannels",
    "ActionID": r"(call|agent|spy|transfer)-[a-z0-9-]+|action/[0-9a-f-]{36}/\d+/\d+",
    "ChannelId": r"(call|agent|spy|transfer)-[a-z0-9-]+",
    "Channel": r"PJSIP/[0-9]{3,18}@[A-Za-z0-9_-]+|PJSIP/[A-Za-z0-9_-]+|(call|agent|spy|transfer)-[a-z0-9-]+",
    "CallerID": r"\+?[0-9]{3,18}",
    "Context": r"dialer-(customer|agent|supervisor|transfer)",
    "Exten": r"s|idle|listen|whisper|barge|rebridge",
    "Priority": r"1",
    "Timeout": r"[0-9]{3,6}",
    "Async": r"true",
    "Value": r"(call|agent|spy|transfer)-[a-z0-9-]+",
    "Variable": r"[A-Z_]+(=[A-Za-z0-9/_.-]*)?",
}

Order = Callable[[Ami, str], Awaitable[object]]
ORDERS: dict[str, Order] = (
    {
        f"originate {field}": lambda ami, evil, field=field: control.originate(  # type: ignore[misc]
            ami, originate(**{field: evil}), SETTINGS, NOW
        )
        for field in ("attempt_id", "trunk", "caller_id", "agent_leg", "notice", "message", "opt_out_key")
    }
    | {
        f"ring_agent {field}": lambda ami, evil, field=field: control.ring_agent(  # type: ignore[misc]
            ami, ring_agent(**{field: evil}), SETTINGS
        )
        for field in ("agent_id", "leg_id", "endpoint")
    }
    | {
        "originate recording_dir": lambda ami, evil: control.originate(
            ami, originate(), control.ControlSettings(recording_dir=evil), NOW
        ),
        "transfer trunk": lambda ami, evil: control.transfer(ami, transfer(trunk=evil), SETTINGS, NOW),
        "transfer caller": lambda ami, evil: control.transfer(ami, transfer(caller_id=evil), SETTINGS, NOW),
        "transfer leg": lambda ami, evil: control.transfer(ami, transfer(transfer_id=evil), SETTINGS, NOW),
        "transfer customer": lambda ami, evil: control.transfer(ami, transfer(attempt_id=evil), SETTINGS, NOW),
        "supervisor leg": lambda ami, evil: control.ring_supervisor(ami, RingSupervisor("s", evil, "phone"), SETTINGS),
        "supervisor endpoint": lambda ami, evil: control.ring_supervisor(ami, RingSupervisor("s", SPY, evil), SETTINGS),
        "hangup": lambda ami, evil: control.hangup(ami, HangupLeg(evil)),
        "thank": lambda ami, evil: control.thank(ami, ThankCustomer(evil)),
        "offer attempt": lambda ami, evil: control.offer_agent(ami, OfferAgent(evil, "ben", OTHER_AGENT)),
        "offer leg": lambda ami, evil: control.offer_agent(ami, OfferAgent(CALL, "ben", evil)),
        "spy leg": lambda ami, evil: control.spy_on(ami, SpyOn("s", evil, AGENT, SpyMode.LISTEN)),
        "spy idle": lambda ami, evil: control.spy_on(ami, SpyOn("s", evil, None, None)),
        "spy target": lambda ami, evil: control.spy_on(ami, SpyOn("s", SPY, evil, SpyMode.LISTEN)),
    }
)


def check_wire(wire: bytes) -> int:
    """How many actions there are, every header of each in the allow-list and every byte visible ASCII."""
    assert re.fullmatch(rb"(?:[\x20-\x7e]+\r\n|\r\n)*", wire)
    actions = headers_of(wire)
    for action in actions:
        assert sum(1 for name, _ in action if name == "Action") == 1
        for name, value in action:
            assert re.fullmatch(WIRE[name], value, re.ASCII), name
            assert ".." not in value
    return len(actions)


async def test_only_what_the_grammar_allows_ever_leaves() -> None:
    async with fake_ami() as fake, line_to(fake, ping_every=60.0) as line:
        await line.up()
        before = len(fake.visit.received)
        for name, order in ORDERS.items():
            for evil in EVIL:
                told: Any = None
                try:
                    told = await order(line.ami, evil)
                except BadValue as refused:
                    told = refused
                assert isinstance(told, OriginateNotSent | TransferNotSent | BadValue), (name, evil)
                assert evil not in (str(told) if isinstance(told, BadValue) else told.reason)
        assert len(fake.visit.received) == before  # nothing, not even the harmless first half of an order
        await control.originate(line.ami, originate(notice="custom/beep"), SETTINGS, NOW)
        await control.ring_agent(line.ami, ring_agent(), SETTINGS)
        await control.ring_supervisor(line.ami, RingSupervisor("susan", SPY, "supervisor01"), SETTINGS)
        await control.hangup(line.ami, HangupLeg(CALL))
        await control.offer_agent(line.ami, OfferAgent(CALL, "ben", OTHER_AGENT))
        await control.spy_on(line.ami, SpyOn("susan", SPY, AGENT, SpyMode.BARGE))
        await control.live_legs(line.ami)
        assert check_wire(bytes(fake.visit.received[before:])) == 9


async def test_an_order_without_a_line_raises() -> None:
    with pytest.raises(AmiNotConnected):
        await control.hangup(Ami(QUICK, WANTED), HangupLeg(CALL))
