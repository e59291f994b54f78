"""A talk that is transferred: what the tests of transfers begin with."""

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.core.call import CallState
from dialer.core.campaign import Campaign
from dialer.core.compliance.gate import Permit, Question, check
from dialer.core.number import Number
from tests.core.makers import Stage, make_campaign, make_prospect, rulebook

EXPERT = Number("+9995550001")
CALL = "call-t1-1-1"


def make(**changes: object) -> Campaign:
    return make_campaign(**{"transfer_numbers": (EXPERT.e164,), "wrap_up_seconds": 30} | changes)


def talking(*, on_hook: bool = False, lines: int = 10, calls_per_second: int = 10, **campaign: object) -> Stage:
    stage = Stage(make(on_hook=on_hook, **campaign), lines=lines, calls_per_second=calls_per_second)
    stage.log_in("ann", on_hook=on_hook)
    if on_hook:
        stage.supply(make_prospect())
        stage.phone_up()
        stage.open_rows()
        stage.tell(ev.CallBridged(CALL))
        stage.wait(4)
    else:
        stage.talking()
    return stage


def ask(stage: Stage, number: Number = EXPERT) -> str:
    stage.tell(ev.TransferAsked("ann", number))
    return stage.last(cmd.OpenTransferRow).transfer_id


def permit(stage: Stage, number: Number = EXPERT) -> Permit:
    """As the database asks for it."""
    found = check(rulebook(), Question(number, 0, 1, mode="manual"), stage.now)
    assert isinstance(found, Permit)
    return found


def calling(stage: Stage) -> str:
    transfer_id = ask(stage)
    stage.tell(ev.TransferOpened(transfer_id, permit(stage)))
    return transfer_id


def handed_over(stage: Stage) -> str:
    transfer_id = calling(stage)
    stage.wait(5)
    stage.tell(ev.TransferAnswered(transfer_id))
    stage.tell(ev.CustomerTransferred(CALL))
    return transfer_id


def reason(stage: Stage) -> str | None:
    unplaced = stage.agent().unplaced
    return unplaced.reason if unplaced is not None else None


def lines(stage: Stage) -> int:
    return stage.picture.trunks["carrier"].in_use


def keeps_the_customer(stage: Stage, why: str) -> None:
    assert reason(stage) == why
    assert stage.state() is AgentState.TALKING
    assert stage.picture.calls[CALL].state is CallState.TALKING
    assert not stage.picture.transfers
    assert lines(stage) == 1
