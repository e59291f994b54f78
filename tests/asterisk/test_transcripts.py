"""Whole stories as a real Asterisk told them: the events expected of each, in order.

`python -m tests.asterisk.record` makes the transcripts anew.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from dialer.asterisk.listen import Listener
from dialer.asterisk.translate import WANTED
from dialer.core import events as ev
from dialer.core.outcome import Cause
from tests.asterisk.wire import Ear

TRANSCRIPTS = Path(__file__).parent / "transcripts"
CALL, ANNA, BEN, SUSAN = "call-lab1-17-1", "agent-lab1-anna-1", "agent-lab1-ben-1", "spy-lab1-susan-1"

RANG, ANSWERED, BRIDGED = ev.CustomerRang(CALL), ev.CustomerAnswered(CALL), ev.CallBridged(CALL)
PRESSED = ev.OptOutPressed(CALL, "9")
NO_BRIDGE = ev.BridgeFailed(CALL, "NONEXISTENT")
ANNA_UP, ANNA_GONE = ev.AgentLegUp("anna", ANNA), ev.AgentLegEnded("anna", ANNA, Cause.NORMAL)
SPY_UP, SPY_ON, SPY_OFF = ev.SpyLegUp("susan", SUSAN), ev.SpyStarted("susan", SUSAN), ev.SpyStopped("susan", SUSAN)
TALKED = ev.CustomerLegEnded(CALL, Cause.NORMAL, 16, answered=True)


def failed(cause: Cause, code: int | None) -> ev.CustomerLegEnded:
    return ev.CustomerLegEnded(CALL, cause, code, answered=False)


STORIES: dict[str, list[ev.Event]] = {
    # The customer hangs up: the dialplan ends with them and says nothing more. The agent is free before the Hangup.
    "bridged": [ANNA_UP, RANG, ANSWERED, BRIDGED, ANNA_UP, TALKED, ANNA_GONE],
    "agent_hangs_up": [ANNA_UP, RANG, ANSWERED, BRIDGED, ev.CustomerDone(CALL, "SUCCESS"), TALKED, ANNA_GONE],
    "abandoned": [RANG, ANSWERED, NO_BRIDGE, ev.CustomerAbandoned(CALL), TALKED],
    "key_in_the_message": [RANG, ANSWERED, NO_BRIDGE, ev.CustomerAbandoned(CALL), PRESSED, TALKED],
    "key_in_conversation": [ANNA_UP, RANG, ANSWERED, BRIDGED, PRESSED, ANNA_UP, TALKED, ANNA_GONE],
    "second_agent": [
        ev.AgentLegUp("ben", BEN),
        RANG,
        ANSWERED,
        NO_BRIDGE,
        BRIDGED,
        ev.AgentLegUp("ben", BEN),
        TALKED,
        ev.AgentLegEnded("ben", BEN, Cause.NORMAL),
    ],
    "answered_and_gone": [ANSWERED, NO_BRIDGE, TALKED],
    "machine": [
        ANNA_UP,
        RANG,
        ANSWERED,
        ev.MachineChecked(CALL, "MACHINE", "LONGGREETING-1500-1500"),
        TALKED,
        ANNA_GONE,
    ],
    "person_checked": [
        ANNA_UP,
        RANG,
        ANSWERED,
        ev.MachineChecked(CALL, "HUMAN", "HUMAN-600-600", quiet_ms=600),
        BRIDGED,
        ANNA_UP,
        TALKED,
        ANNA_GONE,
    ],
    "busy": [failed(Cause.BUSY, 17)],
    "rejected": [RANG, failed(Cause.REJECTED, 21)],
    "unallocated": [failed(Cause.UNALLOCATED, 1)],
    "congestion": [failed(Cause.CONGESTION, 34)],
    "no_answer": [RANG, failed(Cause.NO_ANSWER, 19)],
    "announcement": [failed(Cause.NO_ANSWER, 19)],
    "stuck": [failed(Cause.NO_ANSWER, 19)],
    "we_hang_up_while_it_rings": [RANG, failed(Cause.OTHER, 0)],
    # We gave up before SIP did: nothing tells this from a telephone that only took its time.
    "silent_trunk": [failed(Cause.NO_ANSWER, 19)],
    # SIP gave up, after 32 s: no answer of any kind came.
    "silent_trunk_for_long": [failed(Cause.TRUNK_FAILURE, 18)],
    "no_such_trunk": [failed(Cause.TRUNK_FAILURE, None)],
    "phone_refuses": [ev.AgentLegEnded("anna", ANNA, Cause.BUSY)],
    "phone_does_not_answer": [ev.AgentLegEnded("anna", ANNA, Cause.NO_ANSWER)],
    "phone_unknown": [ev.AgentLegEnded("anna", ANNA, Cause.TRUNK_FAILURE)],
    "phone_on_hook": [ANNA_UP, RANG, ANSWERED, BRIDGED, TALKED, ANNA_GONE],
    # Listen, whisper, barge, quiet, listen again; then the agent's leg ends and the supervisor is back in the quiet.
    "supervisor": [
        ANNA_UP,
        SPY_UP,
        *(SPY_ON, SPY_OFF) * 3,
        SPY_UP,
        SPY_ON,
        SPY_OFF,
        ANNA_GONE,
        SPY_UP,
        ev.SpyLegEnded("susan", SUSAN),
    ],
}


def timeless(event: ev.Event) -> ev.Event:
    """The event without its moment, which is of the recording's day."""
    changes: dict[str, Any] = {"at": None} if hasattr(event, "at") else {}
    return dataclasses.replace(event, **changes)


def tell(story: str, size: int) -> list[ev.Event]:
    """The story's events, heard in packets of this size."""
    heading, _, text = (TRANSCRIPTS / f"{story}.txt").read_bytes().partition(b"\r\n\r\n")
    assert re.fullmatch(rb"# Asterisk \d+\.\d+\.\d+", heading)
    ear = Ear(wanted=WANTED)
    listener = Listener()
    events = [event for message in ear.hear(text, size) if (event := listener.event(message)) is not None]
    assert ear.counts == {}
    return events


@pytest.mark.parametrize("size", [1, 1460, 65536])
@pytest.mark.parametrize("story", STORIES)
async def test_a_recorded_story_is_told_in_these_events(story: str, size: int) -> None:
    assert [timeless(event) for event in tell(story, size)] == STORIES[story]


@pytest.mark.parametrize("story", STORIES)
async def test_a_leg_ends_exactly_once(story: str) -> None:
    ends = [e for e in tell(story, 65536) if isinstance(e, ev.CustomerLegEnded | ev.AgentLegEnded | ev.SpyLegEnded)]
    assert len({getattr(e, "attempt_id", None) or getattr(e, "leg_id", None) for e in ends}) == len(ends) >= 1


async def test_a_customer_is_bridged_within_milliseconds_of_the_answer() -> None:
    told = tell("bridged", 65536)
    moments = {type(e): e.at for e in told if isinstance(e, ev.CustomerAnswered | ev.CallBridged)}
    answered, met = moments[ev.CustomerAnswered], moments[ev.CallBridged]
    assert answered is not None
    assert met is not None
    assert 0 <= (met - answered).total_seconds() < 0.02


def test_every_transcript_has_its_expectation() -> None:
    assert {path.stem for path in TRANSCRIPTS.glob("*.txt")} == set(STORIES)
