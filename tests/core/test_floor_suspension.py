"""An emergency arrives while leads and calls are on their way."""

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.core.floor.floor import Floor
from dialer.core.lead import Again
from dialer.core.outcome import Kind, WhoEnded
from tests.core.makers import (
    NOW,
    Stage,
    leg,
    make_campaign,
    make_lead,
    make_number,
    make_open_attempt,
    make_preview_campaign,
    make_prospect,
)

HERE = "+9991"  # the makers' numbers
ELSEWHERE = "+9992"


def ready(**campaign: object) -> Stage:
    stage = Stage(make_campaign(**campaign))
    stage.log_in("ann")
    return stage


def far(id: int) -> object:
    return make_prospect(id, lead=make_lead(id, numbers=(make_number(id, f"{ELSEWHERE}{id:06}"),)))


def rules(stage: Stage) -> list[tuple[int, str]]:
    return [(order.lead_id, order.refusal.rule) for order in stage.given(cmd.RefuseLead)]


def test_leads_in_the_hopper_are_refused_where_they_lie_in_the_area_and_stay_elsewhere() -> None:
    stage = ready()
    stage.tell(ev.PauseAsked("ann", "lunch"))
    stage.supply(make_prospect(1), far(2), make_prospect(3))
    stage.tell(ev.SuspensionSet((HERE,)))
    assert rules(stage) == [(1, "EMERGENCY_SUSPENSION"), (3, "EMERGENCY_SUSPENSION")]
    assert [one.lead.id for one in stage.desk().hopper.prospects] == [2]


def test_a_lead_in_preview_goes_back_and_the_agent_is_free() -> None:
    stage = Stage(make_preview_campaign())
    stage.log_in("ann")
    stage.supply(make_prospect())
    assert stage.agent().preview is not None
    stage.tell(ev.SuspensionSet((HERE,)))
    assert rules(stage) == [(1, "EMERGENCY_SUSPENSION")]
    assert stage.agent().preview is None
    assert stage.state() is AgentState.READY


def test_a_lead_in_preview_elsewhere_stays() -> None:
    stage = Stage(make_preview_campaign())
    stage.log_in("ann")
    stage.supply(far(1))
    stage.tell(ev.SuspensionSet((HERE,)))
    assert stage.agent().preview is not None


def test_a_lead_kept_while_the_agents_own_phone_rings_goes_back() -> None:
    stage = Stage(make_campaign(on_hook=True))
    stage.log_in("ann", on_hook=True)
    stage.supply(make_prospect())
    assert stage.picture.waiting
    stage.tell(ev.SuspensionSet((HERE,)))
    assert rules(stage) == [(1, "EMERGENCY_SUSPENSION")]
    assert not stage.picture.waiting


def test_an_order_that_waits_for_its_row_is_never_sent() -> None:
    stage = ready()
    stage.supply(make_prospect())
    opened = stage.last(cmd.OpenAttemptRow)
    stage.tell(ev.SuspensionSet((HERE,)))
    stage.tell(ev.AttemptOpened(opened.attempt_id, opened.permit))
    assert not stage.given(cmd.Originate)
    (closed,) = stage.given(cmd.CloseAttempt)
    assert closed.outcome.kind is Kind.UNCHARGED
    assert closed.refusal is not None
    assert closed.refusal.rule == "EMERGENCY_SUSPENSION"


def test_a_ringing_call_is_hung_up_and_its_lead_comes_back() -> None:
    stage = ready()
    attempt = stage.dialing()
    stage.tell(ev.CustomerRang(attempt))
    stage.tell(ev.SuspensionSet((HERE,)))
    assert stage.last(cmd.HangupLeg).leg_id == attempt
    stage.hung_up(attempt, answered=False)
    (closed,) = stage.given(cmd.CloseAttempt)
    assert closed.outcome.disposition == "cancelled"
    assert isinstance(closed.lead, Again)
    assert closed.refusal is not None
    assert stage.last(cmd.SaveEnding).ending.who_ended is WhoEnded.SYSTEM
    assert stage.desk().refusals == {"EMERGENCY_SUSPENSION": 1}


def test_a_ringing_call_elsewhere_goes_on() -> None:
    stage = ready()
    attempt = stage.dialing(far(1))
    stage.tell(ev.SuspensionSet((HERE,)))
    assert stage.picture.calls[attempt].refusal is None
    assert not stage.given(cmd.HangupLeg)


def test_a_conversation_goes_on() -> None:
    stage = ready()
    attempt = stage.talking()
    stage.tell(ev.SuspensionSet((HERE,)))
    assert stage.picture.calls[attempt].refusal is None
    assert stage.state() is AgentState.TALKING


def test_a_call_found_at_the_start_is_judged_by_its_leads_region() -> None:
    lead = make_lead(region="FR-IDF")
    floor = Floor("t1", Stage().floor.picture.rulebook, tuple(Stage().picture.trunks.values()))
    floor.handle(ev.CampaignSet(make_campaign(), running=True), NOW)
    floor.handle(ev.Adopted((), (make_open_attempt(prospect=make_prospect(lead=lead)),)), NOW)
    floor.handle(ev.LinkUp(), NOW)
    floor.handle(ev.Resynced((leg("call-t1-1-1", answered=False),)), NOW)
    orders = floor.handle(ev.SuspensionSet(("FR-IDF",)), NOW)
    assert cmd.HangupLeg("call-t1-1-1") in orders


def test_what_was_claimed_before_the_floor_heard_of_it_is_refused_when_it_arrives() -> None:
    stage = ready()
    stage.tell(ev.SuspensionSet((HERE,)))
    stage.supply(make_prospect())
    assert rules(stage) == [(1, "EMERGENCY_SUSPENSION")]


def test_after_the_end_the_same_place_is_called_again() -> None:
    stage = ready()
    stage.tell(ev.SuspensionSet((HERE,)))
    stage.tell(ev.SuspensionSet(()))
    stage.supply(make_prospect())
    assert stage.given(cmd.OpenAttemptRow)
