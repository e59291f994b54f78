"""The floor's abandons, block by block, and the customer's key."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.core.campaign import DialMode, RecycleRule
from dialer.core.compliance.abandonment import HOLD, Limit, Tally
from dialer.core.floor.views import view
from dialer.core.lead import Again, Done
from dialer.core.number import Number
from dialer.core.outcome import Cause, Kind
from tests.core.makers import (
    NOW,
    Stage,
    leg,
    make_campaign,
    make_ending,
    make_lead,
    make_number,
    make_open_attempt,
    make_prospect,
    make_session,
)

DAY = timedelta(days=1)
START = NOW - 10 * DAY


def ready(*agents: str, **changes: object) -> Stage:
    stage = Stage(make_campaign(**changes))
    stage.log_in(*(agents or ("ann",)))
    return stage


def counted(stage: Stage, abandoned: int, answered: int) -> None:
    """What the database has counted; a rule with a limit of three percent holds."""
    tally = Tally("campaign_30_days", START, START + 30 * DAY, abandoned, answered)
    stage.desk().abandons.meet({"campaign_30_days": Limit(3.0, "US")})
    stage.tell(ev.AbandonsCounted(1, "UTC", START, (tally,), stage.now - timedelta(minutes=1) if abandoned else None))


def abandoned(stage: Stage) -> str:
    attempt = stage.dialing()
    stage.tell(ev.CustomerAnswered(attempt))
    stage.tell(ev.BridgeFailed(attempt, "NONEXISTENT"))
    stage.wait(1.5)
    stage.tell(ev.CustomerAbandoned(attempt))
    return attempt


# --- counting and the brake -----------------------------------------------------------------------------------------


def test_the_first_call_under_a_pack_brings_the_packs_limit() -> None:
    stage = ready()
    prospect = make_prospect(lead=make_lead(numbers=(make_number(1, "+12125550123"),)))
    fresh = (("US-DNC", stage.now - timedelta(days=1)),)
    stage.supply(replace(prospect, question=replace(prospect.question, snapshots=fresh)))
    order = stage.last(cmd.OpenAttemptRow)
    assert (order.permit.number, order.permit.lead_id) == (prospect.number.number, prospect.lead.id)
    stage.tell(ev.AttemptOpened(order.attempt_id, order.permit))
    assert [one.limit for one in stage.desk().standing] == [Limit(3.0, "US")]


def test_a_count_of_a_campaign_that_the_floor_does_not_know_changes_nothing() -> None:
    stage = ready()
    assert stage.tell(ev.AbandonsCounted(99, "UTC", START, (), None)) == []


def test_the_same_count_told_twice_is_no_news() -> None:
    stage = ready()
    counted(stage, 1, 1000)
    before = stage.picture.repace
    counted(stage, 1, 1000)
    assert stage.picture.repace is before


def test_what_the_database_counted_is_where_a_restart_goes_on() -> None:
    stage = ready()
    counted(stage, 30, 1000)
    stage.supply(make_prospect())
    assert not stage.given(cmd.OpenAttemptRow)
    assert stage.desk().pace.because == "the abandonment brake is on: one abandon more could pass 3 % (US)"
    stage.wait(600)
    assert stage.given(cmd.OpenAttemptRow)


def test_the_brake_leaves_room_for_calls_that_may_all_go_wrong() -> None:
    stage = ready("ann", "bob", "cat", "dan")
    counted(stage, 28, 1000)  # three more would pass three percent: two may be on their way
    stage.supply(*(make_prospect(n) for n in range(1, 5)))
    assert len(stage.given(cmd.OpenAttemptRow)) == 2


def test_over_the_limit_progressive_dialing_stops_and_preview_goes_on() -> None:
    stage = ready()
    counted(stage, 31, 1000)
    stage.supply(make_prospect())
    assert not stage.given(cmd.OpenAttemptRow)
    stage.tell(ev.CampaignSet(make_campaign(dial_mode=DialMode.PREVIEW), running=True))
    assert stage.agent().preview is not None


def test_a_talk_and_an_abandon_are_added_to_the_count() -> None:
    stage = ready()
    counted(stage, 0, 1000)
    stage.wrapping_up()
    tally = stage.desk().abandons.tally("campaign_30_days", stage.now)
    assert (tally.abandoned, tally.answered) == (0, 1001)
    shown = view(stage.picture, "campaign", "1")
    assert shown is not None
    assert shown["abandonment"] == [
        {
            "period": "campaign_30_days",
            "start": START.isoformat(),
            "end": (START + 30 * DAY).isoformat(),
            "abandoned": 0,
            "answered": 1001,
            "percent": 0.0,
            "limit_percent": 3.0,
            "by": "US",
            "more": 31,
            "forecast_percent": 0.0,
        }
    ]
    assert shown["brake"] == {"on": False, "room": None, "because": "an agent is named for each call", "until": None}


def test_an_agent_who_came_late_is_an_abandon_though_they_talked() -> None:
    stage = ready(amd=True)
    attempt = stage.dialing()
    stage.tell(ev.CustomerAnswered(attempt, stage.now))
    stage.wait(2.5)
    stage.tell(ev.MachineChecked(attempt, "HUMAN", "HUMAN-600-600", stage.now, quiet_ms=600))
    stage.tell(ev.CallBridged(attempt, stage.now))
    stage.wait(20)
    stage.hung_up(attempt)
    ending = stage.last(cmd.SaveEnding).ending
    assert (ending.waited_ms, ending.greeting_ms, ending.abandoned) == (2500, 1900, False)
    abandons = stage.desk().abandons
    found = [abandons.tally(period, stage.now).abandoned for period in ("campaign_30_days", "calendar_month")]
    assert found == [0, 1]


def test_the_gate_is_told_the_counts() -> None:
    stage = ready()
    counted(stage, 0, 1000)
    stage.dialing()
    asked = stage.last(cmd.OpenAttemptRow).permit.basis.question.abandons
    assert {one.period: (one.abandoned, one.answered) for one in asked}["campaign_30_days"] == (0, 1000)


def test_the_hold_is_told_to_the_dialplan_and_kept_by_the_floor() -> None:
    stage = ready("ann", "bob")
    attempt = stage.dialing()
    order = stage.last(cmd.Originate)
    assert order.hold == HOLD
    stage.tell(ev.CustomerAnswered(attempt))
    stage.wait(1.8)  # machine detection has taken its time
    stage.tell(ev.BridgeFailed(attempt, "NONEXISTENT"))
    assert not stage.given(cmd.OfferAgent)


# --- the key --------------------------------------------------------------------------------------------------------


def test_the_key_in_conversation_is_written_shown_and_the_talk_goes_on() -> None:
    stage = ready()
    attempt = stage.talking()
    assert stage.tell(ev.OptOutPressed(attempt, "9", stage.now)) == [cmd.BlockNumber(attempt, "key", stage.now)]
    assert view(stage.picture, "agent", "ann")["talking_with"]["opt_out"] == "asked"  # type: ignore[index]
    orders = stage.tell(ev.OptOutKept(attempt, make_prospect().number.number))
    assert not [order for order in orders if isinstance(order, cmd.HangupLeg | cmd.ThankCustomer)]
    assert view(stage.picture, "agent", "ann")["talking_with"]["opt_out"] == "kept"  # type: ignore[index]
    assert stage.state() is AgentState.TALKING


def test_a_second_press_is_no_second_wish() -> None:
    stage = ready()
    attempt = stage.talking()
    stage.tell(ev.OptOutPressed(attempt, "9"))
    stage.tell(ev.OptOutPressed(attempt, "9"))
    assert len(stage.given(cmd.BlockNumber)) == 1


def test_the_key_in_the_message_is_thanked_for_once_the_number_is_on_the_list() -> None:
    stage = ready(recycle={Kind.ABANDONED: RecycleRule(DAY, 5)})
    attempt = abandoned(stage)
    stage.tell(ev.OptOutPressed(attempt, "9"))
    assert not stage.given(cmd.ThankCustomer)
    kept = ev.OptOutKept(attempt, make_prospect().number.number)
    stage.tell(kept)
    stage.tell(kept)
    assert stage.given(cmd.ThankCustomer) == [cmd.ThankCustomer(attempt)]
    stage.hung_up(attempt)
    outcome = stage.outcome(attempt)
    assert (outcome.disposition, outcome.opted_out) == ("abandoned", True)
    assert stage.last(cmd.CloseAttempt).lead == Done("do_not_call")


def test_who_pressed_the_key_is_not_offered_another_agent() -> None:
    stage = ready("ann", "bob")
    attempt = stage.dialing()
    stage.tell(ev.CustomerAnswered(attempt))
    stage.tell(ev.OptOutPressed(attempt, "9"))
    stage.tell(ev.BridgeFailed(attempt, "NONEXISTENT"))
    assert not stage.given(cmd.OfferAgent)


@pytest.mark.parametrize("word", ["callback", "machine"])
def test_whatever_the_agent_says_the_lead_is_not_called_again(word: str) -> None:
    stage = ready()
    attempt = stage.wrapping_up()
    stage.picture.calls[attempt].opted_out_at = stage.now
    stage.tell(ev.DispositionGiven("ann", attempt, word, callback_at=stage.now + DAY))
    assert not isinstance(stage.last(cmd.CloseAttempt).lead, Again)
    assert stage.outcome(attempt).opted_out


def test_a_kept_wish_stops_every_call_to_the_number() -> None:
    same = Number("+9991000009")
    stage = Stage(make_campaign(), make_campaign(id=2, name="other"))
    stage.log_in("ann")
    other = make_prospect(2)
    stage.dialing(other)
    ringing = stage.last(cmd.Originate).attempt_id
    stage.tell(ev.CustomerRang(ringing))
    stage.tell(ev.OptOutKept("call-t1-99-1", same))
    assert not stage.given(cmd.HangupLeg)
    stage.tell(ev.OptOutKept("call-t1-99-1", other.number.number))
    assert stage.given(cmd.HangupLeg) == [cmd.HangupLeg(ringing)]


def test_the_call_records_are_asked_for_the_key_of_a_call_that_nobody_watched() -> None:
    stage = ready()
    attempt = stage.talking()
    stage.tell(ev.LinkDown("reset"))
    stage.tell(ev.LinkUp())
    stage.tell(ev.Resynced((leg(attempt, bridged=True), leg(stage.agent().leg_id or ""))))
    assert not stage.given(cmd.AskWitness)
    stage.hung_up(attempt)
    assert stage.given(cmd.AskWitness) == [cmd.AskWitness(attempt)]
    stage.tell(ev.OptOutKept(attempt, make_prospect().number.number))
    stage.tell(ev.Witnessed(attempt, stage.now, stage.now, stage.now, Cause.NORMAL, opted_out=True))
    stage.wait(60)
    assert stage.outcome(attempt).opted_out


def test_a_call_that_was_watched_needs_no_witness() -> None:
    stage = ready()
    stage.wrapping_up()
    assert not stage.given(cmd.AskWitness)


@pytest.mark.parametrize("over", [True, False])
def test_a_call_found_at_the_start_is_asked_about(over: bool) -> None:
    stage = Stage(make_campaign(), linked=False)
    talked = {"answered_at": NOW - timedelta(minutes=2), "bridged_at": NOW - timedelta(minutes=2)}
    attempt = make_open_attempt(**talked, ending=make_ending(**talked) if over else None)
    stage.tell(ev.Adopted((make_session(state="talking"),), (attempt,)))
    stage.tell(ev.LinkUp())
    if not over:
        stage.tell(ev.Resynced((leg(attempt.attempt_id, bridged=True), leg("agent-t1-ann-7"))))
        stage.hung_up(attempt.attempt_id)
    assert stage.given(cmd.AskWitness) == [cmd.AskWitness(attempt.attempt_id)]
