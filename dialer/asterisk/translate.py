"""From AMI messages to the core's events. No state: what must be put together is put together in the core.

Our channels are known by their ids: `call-…` is a customer's leg and the attempt id, `agent-<tag>-<agent>-<n>` and
`spy-<tag>-<user>-<n>` are legs of agents and supervisors, `transfer-…` of whom a customer is handed over to. Everything
else on the PBX is silent. A message that should mean something and lacks a field is a warning and nothing.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime

from dialer.asterisk.protocol import Message
from dialer.core import events as ev
from dialer.core.outcome import Cause

log = logging.getLogger(__name__)

# Q.850 causes, and Asterisk's own, as chan_pjsip makes them from SIP answers. The trunk's are those that say nothing
# about the number: no route, out of order, a time-out on the way, an answer that makes no sense.
CAUSES: dict[int, Cause] = {
    1: Cause.UNALLOCATED,  # 404, 485, 604
    22: Cause.UNALLOCATED,  # 410: the number has changed
    28: Cause.UNALLOCATED,  # 484: address incomplete
    16: Cause.NORMAL,
    31: Cause.NORMAL,
    17: Cause.BUSY,  # 486, 600
    18: Cause.NO_ANSWER,  # 408: also a silent trunk; the trunk's breaker counts those
    19: Cause.NO_ANSWER,  # 480
    20: Cause.NO_ANSWER,  # subscriber absent: a telephone that is switched off
    21: Cause.REJECTED,  # 401, 403, 603
    34: Cause.CONGESTION,  # 503
    41: Cause.CONGESTION,
    42: Cause.CONGESTION,
    44: Cause.CONGESTION,
    3: Cause.TRUNK_FAILURE,
    27: Cause.TRUNK_FAILURE,
    38: Cause.TRUNK_FAILURE,  # 500
    58: Cause.TRUNK_FAILURE,  # no codec in common
    66: Cause.TRUNK_FAILURE,
    102: Cause.TRUNK_FAILURE,
    111: Cause.TRUNK_FAILURE,
    127: Cause.OTHER,
}

_LEG = re.compile(r"(call|agent|spy|transfer)-[a-z0-9]+-([a-z0-9-]+)-[0-9]+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DOWN, _RINGING, _UP = "0", "5", "6"  # AST_STATE_DOWN, AST_STATE_RINGING, AST_STATE_UP


class _Missing(Exception):
    """A field that should be there is not, or is no such thing."""


def to_event(message: Message) -> ev.Event | None:
    """What the message says about our legs; None where it says nothing about them."""
    translate = _TABLE.get(message.name)
    if translate is None:
        return None
    try:
        return translate(message)
    except _Missing as missing:
        log.warning("AMI's %s has no usable %s", message.name, missing)
        return None


def leg_id(text: str) -> tuple[str, str, str] | None:
    """Its kind, whose it is, and the id itself without a Local channel's `;2`; None: not ours."""
    found = _LEG.fullmatch(text.removesuffix(";2"))
    return (found[1], found[2], found[0]) if found else None


def _at(message: Message) -> datetime | None:
    stamp = message.get("Timestamp")
    if not stamp:
        return None
    try:
        return datetime.fromtimestamp(float(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        raise _Missing("Timestamp") from None


def _number(message: Message, header: str) -> int:
    text = message.get(header)
    if not (text.isascii() and text.isdecimal()):
        raise _Missing(header)
    return int(text)


def _word(message: Message, header: str) -> str:
    return _UNPRINTABLE.sub("", message.get(header))[:80]


def _named(message: Message, header: str, kind: str) -> tuple[str, str]:
    leg = leg_id(message.get(header))
    if leg is None or leg[0] != kind:
        raise _Missing(header)
    return leg[1], leg[2]


def _newstate(message: Message) -> ev.Event | None:
    leg = leg_id(message.get("Uniqueid"))
    if leg is None or leg[0] != "call" or message.get("ChannelState") != _RINGING:
        return None  # the dialplan says CustomerAnswered itself
    return ev.CustomerRang(leg[2], _at(message))


def _bridge_enter(message: Message) -> ev.Event | None:
    # Bridge() puts the agent in first. A holding bridge has type "base", a conference is not ours.
    leg = leg_id(message.get("Uniqueid"))
    if leg is None or leg[0] != "call" or message.get("BridgeType") != "basic":
        return None
    return ev.CallBridged(leg[2], _at(message)) if _number(message, "BridgeNumChannels") >= 2 else None


def _hangup(message: Message) -> ev.Event | None:
    leg = leg_id(message.get("Uniqueid"))
    if leg is None:
        return None
    code = _number(message, "Cause")
    state = message.get("ChannelState")
    cause = CAUSES.get(code, Cause.OTHER)
    if message.get("TechCause") == "408" and state == _DOWN:
        cause = (
            Cause.TRUNK_FAILURE
        )  # no answer of any kind to the INVITE: it is the trunk that is silent, not the person
    return _ended(leg, cause, code, answered=state == _UP, at=_at(message))


def _originate_response(message: Message) -> ev.Event | None:
    # Only for a leg that never had a channel; `listen.py` knows. Otherwise the Hangup tells, and tells more.
    leg = leg_id(message.get("ActionID"))
    if leg is None or message.get("Response") != "Failure":
        return None
    return _ended(leg, Cause.TRUNK_FAILURE, None, answered=False, at=_at(message))


def _ended(
    leg: tuple[str, str, str], cause: Cause, code: int | None, *, answered: bool, at: datetime | None
) -> ev.Event:
    kind, whose, identity = leg
    if kind == "call":
        return ev.CustomerLegEnded(identity, cause, code, answered, at)
    if kind == "agent":
        return ev.AgentLegEnded(whose, identity, cause)
    if kind == "transfer":
        return ev.TransferLegEnded(identity, cause, answered, at)
    return ev.SpyLegEnded(whose, identity)


def _spying(event: Callable[[str, str], ev.Event]) -> Callable[[Message], ev.Event | None]:
    def translate(message: Message) -> ev.Event | None:
        leg = leg_id(message.get("SpyerUniqueid"))
        return event(leg[1], leg[2]) if leg is not None and leg[0] == "spy" else None

    return translate


def _user_event(message: Message) -> ev.Event | None:
    translate = _USER_EVENTS.get(message.get("UserEvent"))
    return translate(message) if translate else None


def _customer(event: Callable[[Message, str, datetime | None], ev.Event]) -> Callable[[Message], ev.Event]:
    return lambda message: event(message, _named(message, "AttemptId", "call")[1], _at(message))


def _checked(message: Message, attempt: str, at: datetime | None) -> ev.Event:
    status, cause = _word(message, "Status"), _word(message, "Cause")
    # AMDCAUSE of a person is HUMAN-<silence heard>-<silence asked for>, both in milliseconds.
    heard = re.fullmatch(r"HUMAN-([0-9]{1,6})-[0-9]+", cause)
    return ev.MachineChecked(attempt, status, cause, at, int(heard[1]) if heard else None)


def _result(message: Message) -> str:
    result = _word(message, "Result")
    if not result:
        raise _Missing("Result")
    return result


_USER_EVENTS: dict[str, Callable[[Message], ev.Event]] = {
    "CustomerAnswered": _customer(lambda _, attempt, at: ev.CustomerAnswered(attempt, at)),
    "MachineChecked": _customer(_checked),
    "BridgeFailed": _customer(lambda m, attempt, at: ev.BridgeFailed(attempt, _result(m), at)),
    "Abandoned": _customer(lambda _, attempt, at: ev.CustomerAbandoned(attempt, at)),
    "OptOut": _customer(lambda m, attempt, at: ev.OptOutPressed(attempt, _word(m, "Key"), at)),
    "CustomerDone": _customer(lambda m, attempt, at: ev.CustomerDone(attempt, _result(m), at)),
    "Transferred": _customer(lambda _, attempt, at: ev.CustomerTransferred(attempt, at)),
    "TransferAnswered": lambda m: ev.TransferAnswered(_named(m, "TransferId", "transfer")[1], _at(m)),
    "AgentFree": lambda m: ev.AgentLegUp(*_named(m, "AgentLeg", "agent")),
    "SupervisorIdle": lambda m: ev.SpyLegUp(*_named(m, "SpyLeg", "spy")),
}

_TABLE: dict[str, Callable[[Message], ev.Event | None]] = {
    "Newstate": _newstate,
    "BridgeEnter": _bridge_enter,
    "Hangup": _hangup,
    "OriginateResponse": _originate_response,
    "UserEvent": _user_event,
    "ChanSpyStart": _spying(ev.SpyStarted),
    "ChanSpyStop": _spying(ev.SpyStopped),
}

# Newchannel means nothing by itself, but a leg that had one will have a Hangup.
WANTED = frozenset(_TABLE) | {"Newchannel"}
