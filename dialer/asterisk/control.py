"""The orders to Asterisk. An order is sent once; what became of it is said honestly, also when nobody knows.

Legs are named by their channel's `Uniqueid`, which we gave it (`ChannelId`); Asterisk takes it wherever it takes a
channel's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dialer.asterisk import action
from dialer.asterisk.connection import Ami
from dialer.asterisk.protocol import AmiDisconnected, AmiError, AmiNotConnected, AmiTimeout, Message, Reply
from dialer.core.commands import (
    HangupLeg,
    OfferAgent,
    Originate,
    OriginateTransfer,
    RingAgent,
    RingSupervisor,
    SpyOn,
    ThankCustomer,
)
from dialer.core.events import (
    OriginateNotSent,
    OriginateSent,
    OriginateUnknown,
    TransferNotSent,
    TransferUnknown,
)
from dialer.core.remembered import LiveLeg

_UP = "6"  # AST_STATE_UP


class OrderRefused(AmiError):
    """Asterisk took the action and said no; the text is Asterisk's."""


@dataclass(frozen=True, slots=True)
class ControlSettings:
    """What every order shares. Times as named."""

    recording_dir: str  # absolute, as Asterisk sees it
    message: str = ""  # the house's, for a person without an agent; a campaign may have another, and another key
    opt_out_key: str = ""
    thanks: str = ""  # said once the key has been obeyed
    agent_ring_seconds: int = 20
    originate_seconds: float = 3.0  # for the reply to an Originate; the call itself takes `ring_seconds`


async def originate(
    ami: Ami, command: Originate, settings: ControlSettings, now: datetime
) -> OriginateSent | OriginateNotSent | OriginateUnknown:
    """Place the permitted call. `OriginateNotSent` is certain; `OriginateUnknown` means that there may be a call."""
    attempt_id = command.attempt_id
    if now >= command.permit.stale_at:
        return OriginateNotSent(attempt_id, "the permit had gone stale")
    try:
        order = originate_action(command, settings)
        reply = await ami.ask(order, seconds=settings.originate_seconds)
    except (action.BadValue, AmiNotConnected) as error:
        return OriginateNotSent(attempt_id, str(error))
    except (AmiTimeout, AmiDisconnected) as error:
        return OriginateUnknown(attempt_id, str(error))
    if not reply.success:
        return OriginateNotSent(attempt_id, f"Asterisk refused it: {reply.text}")
    return OriginateSent(attempt_id)


def originate_action(command: Originate, settings: ControlSettings) -> action.Action:
    """The customer's leg. The number is the permit's, and no other is looked at."""
    return _originate(
        leg_id=command.attempt_id,
        channel=f"PJSIP/{command.permit.number.digits}@{command.trunk}",
        context="dialer-customer",
        exten="s",
        ring_seconds=command.ring_seconds,
        caller_id=command.caller_id,
        variables={
            "DIALER_AGENT": command.agent_leg,
            "DIALER_RECORDING": f"{settings.recording_dir}/{command.attempt_id}",
            "DIALER_AMD": "yes" if command.amd else "no",
            "DIALER_MACHINE": command.machine_policy.value,
            "DIALER_NOTICE": command.notice,
            "DIALER_HOLD_MS": str(command.hold // timedelta(milliseconds=1)),
            "DIALER_MESSAGE": command.message or settings.message,
            "DIALER_KEY": command.opt_out_key or settings.opt_out_key,
            "DIALER_THANKS": settings.thanks,
        },
    )


async def transfer(
    ami: Ami, command: OriginateTransfer, settings: ControlSettings, now: datetime
) -> TransferNotSent | TransferUnknown | None:
    """Call the permitted number and have it fetch the customer when it answers; None: Asterisk took the order.

    The customer's leg is told first whom it will be bridged to, so that the dialplan needs nobody at that moment.
    """
    identity = command.transfer_id
    if now >= command.permit.stale_at:
        return TransferNotSent(identity, "the permit had gone stale")
    try:
        order = transfer_action(command)
        await _order(ami, action.set_variable(command.attempt_id, "DIALER_TRANSFER", identity))
    except (action.BadValue, AmiError) as error:
        return TransferNotSent(identity, str(error))
    try:
        reply = await ami.ask(order, seconds=settings.originate_seconds)
    except AmiNotConnected as error:
        return TransferNotSent(identity, str(error))
    except (AmiTimeout, AmiDisconnected) as error:
        return TransferUnknown(identity, str(error))
    return None if reply.success else TransferNotSent(identity, f"Asterisk refused it: {reply.text}")


def transfer_action(command: OriginateTransfer) -> action.Action:
    """The leg of whom the customer is handed over to. The number is the permit's, and no other is looked at."""
    return _originate(
        leg_id=command.transfer_id,
        channel=f"PJSIP/{command.permit.number.digits}@{command.trunk}",
        context="dialer-transfer",
        exten="s",
        ring_seconds=command.ring_seconds,
        caller_id=command.caller_id,
        variables={"DIALER_CUSTOMER": command.attempt_id},
    )


async def ring_agent(ami: Ami, command: RingAgent, settings: ControlSettings) -> None:
    """Ring an agent's phone; once it answers it is held on line.

    Raises:
        AmiError, BadValue: as every order here but `originate`: it was not taken, or nobody knows.
    """
    order = _originate(
        leg_id=command.leg_id,
        channel=_phone(command.endpoint),
        context="dialer-agent",
        exten="s",
        ring_seconds=settings.agent_ring_seconds,
        variables={"DIALER_AGENT_ID": command.agent_id, "DIALER_ON_HOOK": "yes" if command.on_hook else "no"},
    )
    await _order(ami, order)


async def ring_supervisor(ami: Ami, command: RingSupervisor, settings: ControlSettings) -> None:
    """Ring a supervisor's phone; once it answers it waits in silence for `spy_on`."""
    order = _originate(
        leg_id=command.leg_id,
        channel=_phone(command.endpoint),
        context="dialer-supervisor",
        exten="idle",
        ring_seconds=settings.agent_ring_seconds,
    )
    await _order(ami, order)


async def hangup(ami: Ami, command: HangupLeg) -> None:
    """End a leg. A leg that is gone already is no error: the wish is fulfilled."""
    reply = await ami.ask(action.build("Hangup", {"Channel": command.leg_id}))
    if not reply.success and "No such channel" not in reply.text:
        raise OrderRefused(reply.text)


async def offer_agent(ami: Ami, command: OfferAgent) -> None:
    """Bridge an answered customer to another agent's leg."""
    await _order(ami, action.set_variable(command.attempt_id, "DIALER_AGENT", command.agent_leg))
    await _redirect(ami, command.attempt_id, "dialer-customer", "rebridge")


async def thank(ami: Ami, command: ThankCustomer) -> None:
    """Tell a customer who pressed the key during the message that it is done, and hang up."""
    await _redirect(ami, command.attempt_id, "dialer-customer", "thanks")


async def spy_on(ami: Ami, command: SpyOn) -> None:
    """Put the supervisor's leg to an agent's, in this mode, or back to its quiet wait."""
    if command.agent_leg is None or command.mode is None:
        await _redirect(ami, command.leg_id, "dialer-supervisor", "idle")
        return
    await _order(ami, action.set_variable(command.leg_id, "DIALER_SPY", command.agent_leg))
    await _redirect(ami, command.leg_id, "dialer-supervisor", command.mode.value)


async def live_legs(ami: Ami) -> tuple[LiveLeg, ...]:
    """Our channels that are alive now. Raises `AmiError` rather than give a list that may be short."""
    reply = await ami.ask(action.build("CoreShowChannels", {}))
    if not reply.success:
        raise OrderRefused(reply.text)
    return legs(reply.events)


def legs(channels: tuple[Message, ...]) -> tuple[LiveLeg, ...]:
    """Our legs among `CoreShowChannel` events; bridged means in one bridge with a customer.

    Agents who wait are in a bridge too, all in the same holding one.
    """
    ours = [c for c in channels if c.get("Uniqueid").startswith(("call-", "agent-", "spy-", "transfer-"))]
    talking = {c.get("BridgeId") for c in ours if c.get("Uniqueid").startswith("call-")} - {""}
    return tuple(
        LiveLeg(
            leg_id=c.get("Uniqueid").removesuffix(";2"),
            answered=c.get("ChannelState") == _UP,
            bridged=c.get("BridgeId") in talking,
            seconds=_seconds(c.get("Duration")),
        )
        for c in ours
    )


def _seconds(clock: str) -> float:
    """Seconds of `HH:MM:SS`; 0 where it is something else."""
    parts = clock.split(":")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        return 0.0
    hours, minutes, seconds = map(int, parts)
    return float(hours * 3600 + minutes * 60 + seconds)


def _phone(endpoint: str) -> str:
    """A phone of ours. With an @ it would be a number on a trunk, and that takes a permit."""
    if "@" in endpoint:
        raise action.BadValue("Channel", "is no phone of ours")
    return f"PJSIP/{endpoint}"


def _originate(
    *,
    leg_id: str,
    channel: str,
    context: str,
    exten: str,
    ring_seconds: int,
    caller_id: str = "",
    variables: dict[str, str] | None = None,
) -> action.Action:
    fields = {
        "ActionID": leg_id,
        "ChannelId": leg_id,
        "Channel": channel,
        "Context": context,
        "Exten": exten,
        "Priority": "1",
        "Timeout": str(ring_seconds * 1000),
        "Async": "true",
    }
    return action.build("Originate", fields | ({"CallerID": caller_id} if caller_id else {}), variables)


async def _redirect(ami: Ami, leg_id: str, context: str, exten: str) -> None:
    fields = {"Channel": leg_id, "Context": context, "Exten": exten, "Priority": "1"}
    await _order(ami, action.build("Redirect", fields))


async def _order(ami: Ami, order: action.Action) -> Reply:
    reply = await ami.ask(order)
    if not reply.success:
        raise OrderRefused(reply.text)
    return reply
