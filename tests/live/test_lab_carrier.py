"""Every row of the carrier's table, dialled through the PBX as the service dials."""

import csv
import time
from dataclasses import dataclass

import pytest

from dialer.lab import carrier
from tests.live.calls import Calls

pytestmark = pytest.mark.live


@dataclass(frozen=True)
class Row:
    """`seconds` is dialled as TT; after `patience` ms the call is given up; `lasts` is from dialling to the end."""

    code: int
    rings: bool
    answers: bool
    lasts: tuple[float, float]
    seconds: int = 1
    patience: int = 5_000


ROWS = (
    Row(1, rings=True, answers=True, lasts=(0.9, 1.5)),
    Row(2, rings=True, answers=True, lasts=(3.9, 4.9)),
    Row(3, rings=True, answers=False, lasts=(1.4, 2.2), patience=1_500),
    Row(4, rings=False, answers=False, lasts=(0, 0.5)),
    Row(5, rings=True, answers=False, lasts=(0.9, 1.5)),
    Row(6, rings=False, answers=False, lasts=(0, 0.5)),
    Row(7, rings=False, answers=False, lasts=(0, 0.5)),
    Row(8, rings=False, answers=False, lasts=(1.4, 2.2), patience=1_500),
    Row(9, rings=False, answers=False, lasts=(4, 5.2), patience=10_000),
    Row(10, rings=True, answers=True, lasts=(6, 7.5)),
    Row(11, rings=False, answers=True, lasts=(0, 0.5)),
    Row(12, rings=False, answers=True, lasts=(0.9, 1.5)),
    Row(13, rings=True, answers=True, lasts=(0.9, 1.5)),
    Row(14, rings=True, answers=True, lasts=(11, 32)),
)

assert [row.code for row in ROWS] == [scenario.code for scenario in carrier.SCENARIOS]


@pytest.mark.parametrize(
    ("row", "scenario"), list(zip(ROWS, carrier.SCENARIOS, strict=True)), ids=[s.name for s in carrier.SCENARIOS]
)
async def test_a_number_does_what_the_table_says(calls: Calls, row: Row, scenario: carrier.Scenario) -> None:
    agent = await calls.agent()
    placed = time.monotonic()
    leg = await calls.customer(carrier.number(row.code, 1, row.seconds), row.patience, DIALER_AGENT=agent)
    ended = await calls.ended(leg)

    states = {e["ChannelStateDesc"] for e in calls.ami.seen("Newstate", Uniqueid=leg)}
    assert ("Ringing" in states, "Up" in states) == (row.rings, row.answers)
    assert ("CustomerAnswered" in calls.said(leg)) is row.answers
    if scenario.cause is not None:
        assert int(ended["Cause"]) == scenario.cause
    assert row.lasts[0] <= float(ended["at"]) - placed <= row.lasts[1]


async def test_a_trunk_that_says_nothing_at_all_leaves_the_call_to_its_time_out(calls: Calls) -> None:
    leg = await calls.customer(carrier.number(1, 2), timeout_ms=1_000, trunk="silent")
    await calls.ended(leg)
    assert calls.ami.seen("Newstate", Uniqueid=leg) == []


async def test_a_trunk_known_to_be_down_refuses_without_a_channel(calls: Calls) -> None:
    leg = await calls.customer(carrier.number(1, 3), trunk="unreachable")
    refused = await calls.ami.wait_for("OriginateResponse", Uniqueid=leg)
    assert (refused["Response"], refused["Reason"]) == ("Failure", "0")
    assert calls.ami.seen("Newchannel", Uniqueid=leg) == []
    calls.legs.remove(leg)  # there will be no Hangup


async def test_the_carrier_notes_each_invite_when_it_comes(calls: Calls) -> None:
    number = carrier.number(4, 77)
    before = time.time()
    for _ in range(2):
        await calls.ended(await calls.customer(number))
    with calls.lab.carrier_log.open() as log:
        rows = [row for row in csv.reader(log) if row[1] == number[1:]]
    assert [(caller, scenario) for _, _, caller, scenario in rows] == [("+99900000000", "busy")] * 2
    assert all(before <= float(at) <= time.time() for at, *_ in rows)


async def test_a_machine_is_told_from_a_person(calls: Calls) -> None:
    machine = await calls.customer(carrier.number(10, 1), DIALER_AMD="yes", DIALER_MACHINE="hangup")
    person = await calls.customer(carrier.number(1, 1, seconds=8), DIALER_AMD="yes", DIALER_HOLD_MS="0")
    checked = {
        leg: await calls.ami.wait_for("UserEvent", AttemptId=leg, UserEvent="MachineChecked")
        for leg in (machine, person)
    }
    assert checked[machine]["Status"] == "MACHINE"
    assert checked[person]["Status"] == "HUMAN"
    await calls.ended(machine)
    assert calls.said(machine) == ["CustomerAnswered", "MachineChecked"]


async def test_a_machine_gets_the_message_after_its_beep(calls: Calls) -> None:
    placed = time.monotonic()
    leg = await calls.customer(carrier.number(10, 2, seconds=20), DIALER_AMD="yes", DIALER_MACHINE="message")
    ended = await calls.ended(leg, within=20)
    greeting, silence, message = 5.4, 1.5, 3.1
    assert greeting + silence + message - 0.5 < float(ended["at"]) - placed < greeting + silence + message + 1.5
