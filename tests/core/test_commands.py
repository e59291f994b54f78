"""Which commands stay in order among themselves."""

from typing import get_args

import pytest

from dialer.core import commands as cmd
from dialer.core.campaign import MachinePolicy
from dialer.core.events import SpyMode
from dialer.core.lead import Done
from dialer.core.outcome import Kind
from tests.core.makers import NOW, make_ending, make_outcome, make_permit, make_prospect, make_refusal

CALL, AGENT, SPY, TRANSFER = "call-t1-1-1", "agent-t1-ann-7", "spy-t1-boss-7", "transfer-t1-1-1-7"
LANES: dict[str, tuple[cmd.Command, ...]] = {
    CALL: (
        cmd.OpenAttemptRow(CALL, 1, make_prospect(), make_permit(), "ann", "carrier", ""),
        cmd.Originate(CALL, make_permit(), "carrier", "", AGENT, 25, False, MachinePolicy.HANGUP, ""),
        cmd.OfferAgent(CALL, "ann", AGENT),
        cmd.BlockNumber(CALL, "key", NOW),
        cmd.ThankCustomer(CALL),
        cmd.SaveBridge(CALL, "ann", NOW, NOW),
        cmd.SaveEnding(make_ending()),
        cmd.CloseAttempt(make_outcome(Kind.TALKED), Done("sale"), 1),
        cmd.AskWitness(CALL),
        cmd.HangupLeg(CALL),
    ),
    f"recording:{CALL}": (cmd.FinishRecording(CALL, 9.0, NOW), cmd.DropRecording(CALL, NOW)),
    "lead:1": (cmd.ReleaseLead(1, 1, NOW, "draining"), cmd.RefuseLead(1, 1, make_refusal(), NOW)),
    "campaign:1": (cmd.ClaimLeads(1, 2),),
    "claim:ann": (cmd.ClaimLead("ann", NOW, 1, 7),),
    TRANSFER: (
        cmd.OpenTransferRow(TRANSFER, CALL, 1, make_prospect().number.number, "ann", "carrier", ""),
        cmd.OriginateTransfer(TRANSFER, CALL, make_permit(), "carrier", "", 25),
        cmd.SaveTransfer(TRANSFER, None, None, None, None, None, None),
        cmd.HangupLeg(TRANSFER),
    ),
    "agent:ann": (
        cmd.RingAgent("ann", AGENT, "phone-ann", False),
        cmd.SaveAgent("ann", "ready", None, "", None, (1,), "phone-ann", False, AGENT, 7, NOW),
    ),
    AGENT: (cmd.HangupLeg(AGENT),),
    "spy:boss": (
        cmd.RingSupervisor("boss", SPY, "phone-boss"),
        cmd.SpyOn("boss", SPY, AGENT, SpyMode.LISTEN),
        cmd.SaveSupervision("boss", "ann", None, SpyMode.LISTEN, NOW, NOW),
    ),
    "incidents": (cmd.RaiseIncident("orphan_leg", "a leg had no owner", NOW),),
    "link": (cmd.Resync(),),
}


@pytest.mark.parametrize(("lane", "order"), [(lane, order) for lane, orders in LANES.items() for order in orders])
def test_a_command_has_its_lane(lane: str, order: cmd.Command) -> None:
    assert order.lane == lane


def test_every_command_is_in_the_table_above() -> None:
    assert {type(order) for orders in LANES.values() for order in orders} == set(get_args(cmd.Command))


def test_the_order_to_hang_up_never_overtakes_the_order_to_call() -> None:
    originate = next(order for order in LANES[CALL] if isinstance(order, cmd.Originate))
    assert cmd.HangupLeg(originate.attempt_id).lane == originate.lane
