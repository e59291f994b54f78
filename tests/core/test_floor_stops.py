"""Numbers that may not be called any more, while a call to them is on its way."""

from dataclasses import replace

import pytest

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.core.compliance.consent import Consent
from dialer.core.floor.stops import in_flight
from dialer.core.lead import Done
from dialer.core.outcome import Kind, WhoEnded
from tests.core.makers import (
    NOW,
    Stage,
    make_campaign,
    make_lead,
    make_number,
    make_preview_campaign,
    make_prospect,
    make_refusal,
)

NUMBER = make_prospect().number.number


def ready(**campaign: object) -> Stage:
    stage = Stage(make_campaign(**campaign))
    stage.log_in("ann")
    return stage


def ordered(stage: Stage) -> str:
    """The order is given and nothing is sent yet."""
    stage.supply(make_prospect())
    stage.open_rows()
    return stage.last(cmd.Originate).attempt_id


# --- put on a list ---------------------------------------------------------------------------------------------------

BLOCKED = ev.NumberBlocked(NUMBER, None)


def test_blocked_in_the_hopper_the_lead_goes_back() -> None:
    stage = ready()
    stage.tell(ev.PauseAsked("ann", "lunch"))
    stage.supply(make_prospect(1), make_prospect(2))
    stage.tell(BLOCKED)
    assert stage.last(cmd.ReleaseLead) == cmd.ReleaseLead(1, 1, NOW, "number_blocked")
    assert list(stage.desk().hopper.prospects) == [make_prospect(2)]


def test_blocked_in_preview_the_agent_is_shown_another() -> None:
    stage = Stage(make_preview_campaign())
    stage.log_in("ann")
    stage.supply(make_prospect(1), make_prospect(2))
    stage.tell(BLOCKED)
    assert stage.last(cmd.ReleaseLead).lead_id == 1
    preview = stage.agent().preview
    assert preview is not None
    assert preview.prospect == make_prospect(2)


def test_blocked_while_the_phone_on_hook_rings_the_phone_is_let_go() -> None:
    stage = Stage(make_campaign(on_hook=True))
    stage.log_in("ann", on_hook=True)
    stage.supply(make_prospect())
    leg_id = stage.agent().leg_id or ""
    assert cmd.HangupLeg(leg_id) in stage.tell(BLOCKED)
    assert stage.last(cmd.ReleaseLead).because == "number_blocked"
    assert stage.state() is AgentState.READY


def test_blocked_while_the_row_is_being_written_the_call_is_not_placed() -> None:
    stage = ready()
    stage.supply(make_prospect())
    stage.tell(BLOCKED)
    stage.open_rows()
    assert not stage.given(cmd.Originate)
    assert stage.outcome("call-t1-1-1").disposition == "not_placed"


def test_blocked_while_ringing_the_call_is_hung_up_and_the_lead_is_done() -> None:
    stage = ready()
    attempt = stage.dialing()
    stage.tell(ev.CustomerRang(attempt))
    assert cmd.HangupLeg(attempt) in stage.tell(BLOCKED)
    stage.hung_up(attempt, answered=False)
    outcome = stage.outcome(attempt)
    assert (outcome.disposition, outcome.kind) == ("cancelled", Kind.UNCHARGED)
    assert stage.last(cmd.SaveEnding).ending.who_ended is WhoEnded.SYSTEM
    assert stage.last(cmd.CloseAttempt).lead == Done("refused:DNC_INTERNAL")


def test_blocked_while_talking_the_talk_goes_on() -> None:
    stage = ready()
    stage.talking()
    assert stage.tell(BLOCKED) == []
    assert stage.state() is AgentState.TALKING


@pytest.mark.parametrize(("campaign_id", "back"), [(None, {1, 2}), (1, {1})])
def test_a_campaigns_list_binds_that_campaign_alone(campaign_id: int | None, back: set[int]) -> None:
    stage = Stage(make_preview_campaign(), make_preview_campaign(id=2))
    stage.log_in("ann", campaigns=(1,))
    stage.log_in("bob", campaigns=(2,))
    stage.supply(make_prospect())
    stage.supply(make_prospect(campaign_id=2), campaign_id=2)
    stage.tell(ev.NumberBlocked(NUMBER, campaign_id))
    assert {order.campaign_id for order in stage.given(cmd.ReleaseLead)} == back


def test_another_number_leaves_everything_as_it_is() -> None:
    stage = ready()
    stage.dialing()
    assert stage.tell(ev.NumberBlocked(make_prospect(77).number.number, None)) == []


def test_a_brands_list_binds_its_campaigns_and_no_other() -> None:
    stage = Stage(make_preview_campaign(brand="Winter"), make_preview_campaign(id=2, brand="Summer"))
    stage.log_in("ann", campaigns=(1,))
    stage.log_in("bob", campaigns=(2,))
    stage.supply(make_prospect())
    stage.supply(make_prospect(campaign_id=2), campaign_id=2)
    stage.tell(ev.NumberBlocked(NUMBER, brand="Winter"))
    assert {order.campaign_id for order in stage.given(cmd.ReleaseLead)} == {1}


def test_a_lead_whose_other_number_is_blocked_stays() -> None:
    lead = make_lead(1, numbers=(make_number(1), make_number(2)))
    stage = ready()
    stage.tell(ev.PauseAsked("ann", "lunch"))
    stage.supply(make_prospect(lead=lead))
    stage.tell(ev.NumberBlocked(make_number(2).number))
    assert len(stage.desk().hopper) == 1


def test_an_order_that_met_the_list_at_the_last_look_was_no_call_and_its_refusal_is_kept() -> None:
    stage = ready()
    attempt = ordered(stage)
    refusal = make_refusal("DNC_INTERNAL")
    stage.tell(ev.OriginateNotSent(attempt, refusal.rule, refusal))
    closed = stage.last(cmd.CloseAttempt)
    assert (closed.outcome.disposition, closed.outcome.kind) == ("not_placed", Kind.UNCHARGED)
    assert (closed.refusal, closed.lead) == (refusal, Done("refused:DNC_INTERNAL"))
    assert stage.desk().refusals["DNC_INTERNAL"] == 1
    assert stage.state() is AgentState.READY


def test_an_order_that_the_gate_refused_for_now_leaves_the_lead_to_be_called_later() -> None:
    stage = ready()
    attempt = ordered(stage)
    refusal = make_refusal("OUTSIDE_WINDOW", try_after=NOW)
    stage.tell(ev.OriginateNotSent(attempt, refusal.rule, refusal))
    assert not isinstance(stage.last(cmd.CloseAttempt).lead, Done)


def test_those_in_flight_are_in_the_hopper_in_preview_and_on_the_line() -> None:
    stage = Stage(make_preview_campaign())
    stage.log_in("ann", "bob")
    stage.supply(make_prospect(1), make_prospect(2), make_prospect(3))
    stage.tell(ev.DialAsked("ann"))
    assert in_flight(stage.picture) == {make_prospect(n).number.number for n in (1, 2, 3)}


# --- consent withdrawn -----------------------------------------------------------------------------------------------

WITHDRAWN = ev.ConsentWithdrawn(NUMBER)
AGREED = frozenset({"express"})


def opt_in(stage: Stage) -> Stage:
    """From now on the lab's rules ask for consent."""
    packs = {
        name: tuple(replace(pack, opt_in=True) for pack in editions) if name == "LAB" else editions
        for name, editions in stage.picture.rulebook.packs.items()
    }
    stage.picture.rulebook = replace(stage.picture.rulebook, packs=packs)
    return stage


def test_consent_withdrawn_in_the_hopper_the_lead_goes_back_where_consent_is_needed() -> None:
    stage = opt_in(ready())
    stage.tell(ev.PauseAsked("ann", "lunch"))
    stage.supply(make_prospect(1, consents=AGREED), make_prospect(2, consents=AGREED))
    stage.tell(WITHDRAWN)
    assert stage.last(cmd.ReleaseLead) == cmd.ReleaseLead(1, 1, NOW, "consent_withdrawn")
    assert [one.lead.id for one in stage.desk().hopper.prospects] == [2]


def test_consent_withdrawn_in_preview_the_agent_is_shown_another() -> None:
    stage = opt_in(Stage(make_preview_campaign()))
    stage.log_in("ann")
    stage.supply(make_prospect(1, consents=AGREED), make_prospect(2, consents=AGREED))
    stage.tell(WITHDRAWN)
    preview = stage.agent().preview
    assert preview is not None
    assert preview.prospect.lead.id == 2


@pytest.mark.parametrize("consents", [AGREED, frozenset()])
def test_where_nobody_asks_for_consent_its_withdrawal_changes_nothing(consents: frozenset[Consent]) -> None:
    stage = ready()
    stage.tell(ev.PauseAsked("ann", "lunch"))
    stage.supply(make_prospect(consents=consents))
    assert stage.tell(WITHDRAWN) == []
    assert len(stage.desk().hopper) == 1


def test_consent_withdrawn_while_ringing_the_call_is_hung_up_and_the_lead_is_not_done() -> None:
    stage = opt_in(ready())
    attempt = stage.dialing(make_prospect(consents=AGREED))
    stage.tell(ev.CustomerRang(attempt))
    assert cmd.HangupLeg(attempt) in stage.tell(WITHDRAWN)
    stage.hung_up(attempt, answered=False)
    assert stage.outcome(attempt).disposition == "cancelled"
    assert not isinstance(stage.last(cmd.CloseAttempt).lead, Done)


def test_consent_withdrawn_while_ringing_where_it_was_not_needed_the_phone_rings_on() -> None:
    stage = ready()
    attempt = stage.dialing(make_prospect(consents=AGREED))
    stage.tell(ev.CustomerRang(attempt))
    assert stage.tell(WITHDRAWN) == []


def test_a_call_found_at_the_start_ends_when_a_consent_is_withdrawn_for_nobody_knows_what_it_rested_on() -> None:
    stage = ready()
    attempt = stage.dialing(make_prospect(consents=AGREED))
    stage.picture.calls[attempt].permit = None
    assert stage.tell(WITHDRAWN) == [cmd.HangupLeg(attempt)]


def test_consent_withdrawn_while_talking_the_talk_goes_on() -> None:
    stage = opt_in(ready())
    stage.talking(make_prospect(consents=AGREED))
    assert stage.tell(WITHDRAWN) == []
