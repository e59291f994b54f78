"""The call's table, and the facts a single call joins."""

from datetime import timedelta
from itertools import product

import pytest

from dialer.core import events as ev
from dialer.core.call import LATE, SETTLE, TABLE, Call, CallState, ImpossibleEvent
from dialer.core.outcome import Cause, WhoEnded
from tests.core.makers import NOW, make_call, make_permit

ID = "call-t1-1-1"
EVENTS: tuple[ev.CustomerEvent | ev.OriginateEvent, ...] = (
    ev.OriginateSent(ID),
    ev.OriginateUnknown(ID, "no reply"),
    ev.OriginateNotSent(ID, "refused"),
    ev.CustomerRang(ID),
    ev.CustomerAnswered(ID),
    ev.MachineChecked(ID, "HUMAN", ""),
    ev.BridgeFailed(ID, "NONEXISTENT"),
    ev.CustomerAbandoned(ID),
    ev.OptOutPressed(ID, "9"),
    ev.CallBridged(ID),
    ev.CustomerDone(ID, "SUCCESS"),
    ev.CustomerTransferred(ID),
    ev.CustomerLegEnded(ID, Cause.NORMAL, 16, True),
    ev.Witnessed(ID, None, None, None, None),
)
ORDER = list(CallState)


def told(*events: ev.CustomerEvent | ev.OriginateEvent, **changes: object) -> Call:
    call = make_call(**changes)
    for event in events:
        call.handle(event, NOW)
    return call


def test_every_event_of_a_call_is_in_the_table() -> None:
    assert {type(event) for event in EVENTS} == {event for _, event in TABLE}


PAIRS = [
    pytest.param(state, event, id=f"{state}-{type(event).__name__}") for state, event in product(CallState, EVENTS)
]


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_every_pair_moves_is_late_but_normal_or_raises(
    state: CallState, event: ev.CustomerEvent | ev.OriginateEvent
) -> None:
    call = make_call(state=state)
    pair = (state, type(event))
    if pair not in TABLE:
        with pytest.raises(ImpossibleEvent, match=type(event).__name__):
            call.handle(event, NOW)
        assert call.state is state
    else:
        assert call.handle(event, NOW) is (pair not in LATE)
        assert call.state is TABLE[pair]


def test_no_move_leads_back() -> None:
    assert all(ORDER.index(after) >= ORDER.index(before) for (before, _), after in TABLE.items())


def test_an_order_that_was_certainly_not_sent_cannot_follow_news_of_the_call() -> None:
    impossible = {state for state in CallState if (state, ev.OriginateNotSent) not in TABLE}
    assert impossible == {CallState.RINGING, CallState.ANSWERED, CallState.TALKING}


def test_what_the_store_says_is_no_event_of_the_call_itself() -> None:
    with pytest.raises(ImpossibleEvent):
        make_call().handle(ev.AttemptOpened(ID, make_permit()), NOW)


def test_the_earliest_word_of_an_answer_is_kept_whatever_comes_first() -> None:
    early, late = NOW - timedelta(seconds=2), NOW - timedelta(seconds=1)
    answered, checked = ev.CustomerAnswered(ID, early), ev.MachineChecked(ID, "NOTSURE", "", late)
    assert told(answered, checked).answered_at == told(checked, answered).answered_at == early


def test_without_a_moment_of_its_own_a_fact_happened_now() -> None:
    assert told(ev.CustomerRang(ID)).rang_at == NOW


def test_a_bridge_that_was_only_guessed_gives_way_to_the_one_that_was_seen() -> None:
    answered, bridged = NOW - timedelta(seconds=90), NOW - timedelta(seconds=80)
    call = told(ev.CustomerAnswered(ID, answered), ev.CustomerDone(ID, "SUCCESS"))
    assert (call.bridged_at, call.unseen) == (answered, True)
    call.handle(ev.CallBridged(ID, bridged), NOW)
    assert (call.bridged_at, call.unseen) == (bridged, False)


def test_a_bridge_that_never_was_is_not_guessed() -> None:
    assert told(ev.CustomerDone(ID, "FAILURE")).bridged_at is None


def test_an_ending_with_its_evidence_is_settled_at_once() -> None:
    call = told(ev.CustomerAnswered(ID), ev.CallBridged(ID), ev.CustomerLegEnded(ID, Cause.NORMAL, 16, True))
    assert call.settled
    assert call.deadline is None


def test_an_answered_call_without_evidence_waits_for_stragglers() -> None:
    call = told(ev.CustomerLegEnded(ID, Cause.NORMAL, 16, True))
    assert (call.settled, call.deadline) == (False, NOW + SETTLE)
    call.handle(ev.CustomerLegEnded(ID, Cause.NORMAL, 16, True), NOW + SETTLE / 2)
    assert (call.settled, call.deadline) == (False, NOW + SETTLE)
    call.handle(ev.MachineChecked(ID, "MACHINE", "TOOLONG"), NOW + SETTLE / 2)
    assert (call.settled, call.ending().machine) == (True, "TOOLONG")


def test_a_settled_call_hears_nothing_more() -> None:
    call = told(ev.CustomerLegEnded(ID, Cause.BUSY, 17, False))
    before = call.ending()
    assert call.handle(ev.CustomerAnswered(ID), NOW + timedelta(seconds=9)) is False
    assert call.ending() == before


def test_an_ended_call_never_asks_for_an_agent_or_rings_again() -> None:
    call = told(ev.CustomerLegEnded(ID, Cause.NORMAL, 16, True), ev.CustomerRang(ID), ev.CallBridged(ID))
    assert call.state is CallState.ENDED
    assert call.settled


CLEARED = ev.CustomerLegEnded(ID, Cause.NORMAL, 16, True)


@pytest.mark.parametrize(
    ("events", "changes", "who"),
    [
        ((ev.CallBridged(ID), CLEARED), {}, WhoEnded.CUSTOMER),
        ((ev.CallBridged(ID), CLEARED), {"ended_by": WhoEnded.AGENT}, WhoEnded.AGENT),
        ((ev.CustomerLegEnded(ID, Cause.BUSY, 17, False),), {}, WhoEnded.NETWORK),
        ((ev.MachineChecked(ID, "MACHINE", ""), CLEARED), {}, WhoEnded.SYSTEM),
        ((ev.CustomerAbandoned(ID), CLEARED), {}, WhoEnded.SYSTEM),
        ((ev.OriginateNotSent(ID, "refused"),), {}, WhoEnded.SYSTEM),
        ((ev.Witnessed(ID, None, None, None, None),), {}, WhoEnded.UNKNOWN),
    ],
)
def test_it_is_said_who_ended_it(
    events: tuple[ev.CustomerEvent, ...], changes: dict[str, object], who: WhoEnded
) -> None:
    assert told(*events, **changes).ending().who_ended is who


@pytest.mark.parametrize(
    ("events", "changes", "abandoned"),
    [
        ((ev.CustomerAbandoned(ID),), {}, True),
        ((ev.BridgeFailed(ID, "NONEXISTENT"),), {}, True),
        ((ev.CustomerAnswered(ID),), {"ended_by": WhoEnded.SYSTEM}, True),
        ((ev.CustomerAnswered(ID),), {"ended_by": WhoEnded.AGENT}, True),
        ((ev.CustomerAnswered(ID),), {}, False),
        ((ev.BridgeFailed(ID, "NONEXISTENT"), ev.CallBridged(ID)), {}, False),
        ((ev.MachineChecked(ID, "MACHINE", ""),), {"ended_by": WhoEnded.SYSTEM}, False),
        ((ev.CustomerRang(ID),), {"ended_by": WhoEnded.AGENT}, False),
    ],
)
def test_a_person_who_answered_and_was_left_alone_by_us_is_an_abandon(
    events: tuple[ev.CustomerEvent, ...], changes: dict[str, object], abandoned: bool
) -> None:
    call = told(*events, **changes)
    call.handle(ev.CustomerLegEnded(ID, Cause.NORMAL, 16, call.answered_at is not None), NOW)
    assert call.ending().abandoned is abandoned


def test_a_witness_fills_what_nobody_saw_and_changes_nothing_that_was_seen() -> None:
    rang, answered, ended = (NOW - timedelta(seconds=s) for s in (50, 40, 5))
    call = told(ev.CustomerRang(ID, rang), ev.Witnessed(ID, ended, answered, answered, Cause.NORMAL))
    assert (call.rang_at, call.answered_at, call.bridged_at, call.ended_at) == (rang, answered, answered, ended)
    assert call.ending().talk_seconds == 35


def test_a_witness_tells_that_the_customer_pressed_the_key_while_nobody_looked() -> None:
    ended = NOW - timedelta(seconds=5)
    call = told(ev.Witnessed(ID, ended, ended, None, Cause.NORMAL, opted_out=True))
    assert call.opted_out_at == ended
