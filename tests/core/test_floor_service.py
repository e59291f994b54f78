"""What stops the floor: a stopped campaign, a drain, a database or a link that is down; and what lets it go on."""

import pytest

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.core.floor.picture import Link
from dialer.core.remembered import LiveLeg
from tests.core.makers import Stage, leg, make_campaign, make_preview_campaign, make_prospect


def ready(*agents: str, **campaign: object) -> Stage:
    stage = Stage(make_campaign(**campaign))
    stage.log_in(*(agents or ("ann",)))
    return stage


# --- campaigns ------------------------------------------------------------------------------------------------------


def test_a_stopped_campaign_gives_back_what_is_not_yet_a_call() -> None:
    stage = Stage(make_preview_campaign())
    stage.log_in("ann")
    stage.supply(make_prospect(1), make_prospect(2))
    stage.tell(ev.CampaignSet(make_preview_campaign(), running=False))
    assert {(o.lead_id, o.because) for o in stage.given(cmd.ReleaseLead)} == {
        (1, "campaign_stopped"),
        (2, "campaign_stopped"),
    }
    assert stage.state() is AgentState.READY


def test_a_stopped_campaign_lets_its_calls_finish() -> None:
    stage = ready()
    attempt = stage.talking()
    stage.tell(ev.CampaignSet(make_campaign(), running=False))
    assert stage.state() is AgentState.TALKING
    stage.hung_up(attempt)
    stage.tell(ev.DispositionGiven("ann", attempt, "sale"))
    stage.wait(60)
    assert len(stage.given(cmd.OpenAttemptRow)) == 1


def test_a_row_written_after_its_campaign_stopped_is_not_dialed() -> None:
    stage = ready()
    stage.supply(make_prospect())
    stage.tell(ev.CampaignSet(make_campaign(), running=False))
    stage.open_rows()
    assert not stage.given(cmd.Originate)
    assert stage.outcome("call-t1-1-1").disposition == "not_placed"


def test_leads_that_arrive_after_the_stop_go_back() -> None:
    stage = ready()
    stage.tell(ev.CampaignSet(make_campaign(), running=False))
    stage.supply(make_prospect())
    assert stage.last(cmd.ReleaseLead).because == "not_running"


def test_a_stop_leaves_the_leads_of_other_campaigns_alone() -> None:
    stage = Stage(make_preview_campaign(), make_preview_campaign(id=2))
    stage.log_in("ann", campaigns=(2,))
    stage.supply(make_prospect(5, campaign_id=2), campaign_id=2)
    stage.tell(ev.CampaignSet(make_preview_campaign(), running=False))
    assert stage.agent().preview is not None
    assert not stage.given(cmd.ReleaseLead)


def test_a_campaign_on_a_trunk_nobody_configured_does_not_run() -> None:
    stage = Stage(make_campaign(trunk="moon"))
    stage.log_in("ann")
    assert stage.incidents() == ["trunk_missing"]
    assert not stage.desk().running
    assert not stage.given(cmd.ClaimLeads)


def test_a_setting_that_changes_while_running_counts_from_the_next_call() -> None:
    stage = ready(ring_seconds=25)
    stage.tell(ev.CampaignSet(make_campaign(ring_seconds=15), running=True))
    stage.dialing()
    assert stage.last(cmd.Originate).ring_seconds == 15


# --- drain ----------------------------------------------------------------------------------------------------------


def test_a_drain_gives_leads_back_and_lets_calls_finish() -> None:
    stage = ready("ann", "bob", "cat")
    attempt = stage.talking(make_prospect(1))
    stage.supply(make_prospect(2))
    stage.tell(ev.PauseAsked("cat", "lunch"))
    stage.supply(make_prospect(3))
    stage.tell(ev.DrainAsked())
    assert stage.last(cmd.ReleaseLead) == cmd.ReleaseLead(1, 3, stage.now, "draining")
    stage.open_rows()
    assert stage.outcome("call-t1-2-1").disposition == "not_placed"
    assert stage.state("ann") is AgentState.TALKING
    stage.hung_up(attempt)
    stage.tell(ev.DispositionGiven("ann", attempt, "sale"))
    assert not stage.picture.calls
    stage.supply(make_prospect(4))
    assert stage.last(cmd.ReleaseLead).because == "not_running"


# --- the database ---------------------------------------------------------------------------------------------------


def test_while_outcomes_cannot_be_saved_nothing_is_dialed() -> None:
    stage = ready()
    stage.tell(ev.StoreDown("disk full"))
    stage.supply(make_prospect())
    stage.wait(30)
    assert not stage.given(cmd.OpenAttemptRow)
    stage.tell(ev.StoreUp())
    assert len(stage.given(cmd.OpenAttemptRow)) == 1


def test_a_database_that_stays_down_is_one_incident() -> None:
    stage = ready()
    stage.tell(ev.StoreDown("disk full"))
    stage.tell(ev.StoreDown("disk full"))
    assert stage.incidents() == ["store_down"]


def test_a_row_that_was_written_just_before_the_database_failed_is_not_dialed() -> None:
    stage = ready()
    stage.supply(make_prospect())
    stage.tell(ev.StoreDown("disk full"))
    stage.open_rows()
    assert not stage.given(cmd.Originate)


# --- a mistake of our own -------------------------------------------------------------------------------------------


def test_after_a_mistake_of_our_own_nothing_is_dialed_whatever_comes_back() -> None:
    stage = ready("ann", "bob")
    attempt = stage.talking()
    stage.tell(ev.Halted("KeyError"))
    stage.tell(ev.StoreUp())
    stage.supply(make_prospect(2))
    assert len(stage.given(cmd.OpenAttemptRow)) == 1
    assert stage.incidents() == ["halted"]
    assert stage.state("ann") is AgentState.TALKING
    assert stage.hung_up(attempt)


# --- the link -------------------------------------------------------------------------------------------------------


def test_nothing_is_dialed_before_it_is_known_which_calls_live() -> None:
    stage = Stage(linked=False)
    stage.tell(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
    stage.tell(ev.LinkUp())
    assert stage.given(cmd.Resync) == [cmd.Resync()]
    assert not stage.given(cmd.ClaimLeads)
    stage.tell(ev.Resynced(()))
    assert stage.picture.link is Link.UP
    assert stage.given(cmd.ClaimLeads)


def test_a_link_that_stays_down_is_one_incident() -> None:
    stage = ready()
    stage.tell(ev.LinkDown("reset"))
    stage.tell(ev.LinkDown("refused"))
    assert stage.incidents() == ["ami_down"]
    assert stage.picture.link_reason == "refused"


def test_a_talk_goes_on_while_the_link_is_down() -> None:
    stage = ready()
    stage.talking()
    stage.tell(ev.LinkDown("reset"))
    stage.wait(600)
    assert stage.state() is AgentState.TALKING
    assert not stage.given(cmd.HangupLeg)


def test_while_the_link_is_down_nobody_asks_what_lives() -> None:
    stage = ready()
    stage.dialing()
    stage.tell(ev.LinkDown("reset"))
    stage.orders.clear()
    stage.wait(600)
    assert not stage.given(cmd.Resync)


def test_a_row_that_became_durable_while_the_link_is_down_is_not_dialed_later() -> None:
    stage = ready()
    stage.supply(make_prospect())
    stage.tell(ev.LinkDown("reset"))
    stage.open_rows()
    assert stage.outcome("call-t1-1-1").disposition == "not_placed"


@pytest.mark.parametrize("again", [ev.ResyncFailed("time-out"), None])
def test_a_resync_that_failed_is_asked_again_and_one_that_runs_is_not(again: ev.Event | None) -> None:
    stage = ready()
    stage.wait(5)
    assert stage.orders[-1] == cmd.Resync()
    stage.orders.clear()
    if again is not None:
        stage.tell(again)
    stage.wait(60)
    assert len(stage.given(cmd.Resync)) == (1 if again is not None else 0)


def test_while_all_is_well_the_pbx_is_asked_every_five_seconds_what_lives() -> None:
    stage = ready()
    leg_id = stage.agent().leg_id or ""
    stage.orders.clear()
    for _ in range(6):
        stage.wait(5)
        stage.tell(ev.Resynced((LiveLeg(leg_id, True, False, 60),)))
    assert len(stage.given(cmd.Resync)) == 6
    assert stage.state() is AgentState.READY


def test_a_question_out_of_turn_makes_no_more_routine_ones() -> None:
    stage = ready()
    attempt = stage.dialing()
    legs = (leg(stage.agent().leg_id or ""), leg(attempt, answered=False))
    for _ in range(10):
        stage.wait(0.3)
        stage.tell(ev.OriginateUnknown(attempt, "no reply"))
        stage.tell(ev.Resynced(legs))
    stage.orders.clear()
    for _ in range(4):
        stage.wait(5)
        stage.tell(ev.Resynced(legs))
    assert len(stage.given(cmd.Resync)) == 4
