"""The gate on the floor: asked at the claim, when the row is written and before sending."""

from datetime import timedelta

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.core.compliance.do_not_call import ListHit
from dialer.core.compliance.gate import CampaignRules
from dialer.core.compliance.week import parse_week
from dialer.core.pacing.trunk import Trunk
from tests.core.makers import NOW, Stage, make_campaign, make_preview_campaign, make_prospect, make_refusal

CLOSES_SOON = CampaignRules(windows=parse_week({"daily": ["08:00-15:01"]}))  # NOW is 15:00
OPENS = NOW.replace(hour=8) + timedelta(days=1)
NUMBER = make_prospect().number.number


def ready(**campaign: object) -> Stage:
    stage = Stage(make_campaign(**campaign))
    stage.log_in("ann")
    return stage


# --- asked at the claim ---------------------------------------------------------------------------------------------


def test_a_listed_number_is_refused_at_the_claim_for_good() -> None:
    stage = ready()
    hit = ListHit("house", "company", "import", NOW)
    stage.supply(make_prospect(1, hits=(hit,)), make_prospect(2))
    refused = stage.last(cmd.RefuseLead)
    assert (refused.lead_id, refused.refusal.rule, refused.refusal.try_after) == (1, "DNC_INTERNAL", None)
    assert stage.last(cmd.OpenAttemptRow).prospect == make_prospect(2)
    assert stage.desk().refusals == {"DNC_INTERNAL": 1}
    assert stage.desk().reasons == {refused.refusal.rule: refused.refusal}


def test_a_lead_outside_its_hours_is_refused_until_they_begin() -> None:
    stage = ready(rules=CLOSES_SOON)
    stage.wait(60)
    stage.supply(make_prospect())
    assert stage.last(cmd.RefuseLead).at == OPENS
    assert not len(stage.desk().hopper)


def test_the_houses_purposes_and_the_trunks_overlays_bind_every_campaign() -> None:
    stage = Stage(make_campaign(rules=CampaignRules(overlays=("A",))), trunks=(Trunk("carrier", 9, 9, ("B", "A")),))
    stage.picture.purposes = ("debt",)
    stage.tell(ev.CampaignSet(make_campaign(rules=CampaignRules(overlays=("A",), purposes=("debt",))), running=True))
    rules = stage.desk().campaign.rules
    assert (rules.overlays, rules.purposes) == (("A", "B"), ("debt",))


# --- asked again ----------------------------------------------------------------------------------------------------


def test_a_window_that_closes_while_a_lead_waits_in_the_hopper_refuses_it() -> None:
    stage = ready(rules=CLOSES_SOON)
    stage.tell(ev.PauseAsked("ann", "lunch"))
    stage.supply(make_prospect())
    assert len(stage.desk().hopper) == 1
    stage.wait(60)
    stage.tell(ev.ReadyAsked("ann"))
    assert stage.last(cmd.RefuseLead).refusal.rule == "OUTSIDE_WINDOW"
    assert not stage.given(cmd.OpenAttemptRow)


def test_the_gate_in_the_opening_transaction_has_the_last_word_on_the_lead() -> None:
    stage = ready()
    stage.supply(make_prospect())
    refusal = make_refusal()
    stage.tell(ev.AttemptRefused("call-t1-1-1", refusal))
    assert stage.last(cmd.RefuseLead).refusal == refusal
    assert not stage.given(cmd.Originate)
    assert not stage.given(cmd.CloseAttempt)
    assert stage.state() is AgentState.READY
    assert stage.picture.trunks["carrier"].in_use == 0


def waiting_for_the_trunk(**campaign: object) -> Stage:
    """Bob's row is durable, and the trunk has just taken Ann's call."""
    stage = Stage(make_preview_campaign(**campaign), calls_per_second=1)
    stage.log_in("ann", "bob")
    stage.supply(make_prospect(1), make_prospect(2))
    stage.wait(59.5)
    stage.tell(ev.DialAsked("ann"))
    stage.tell(ev.DialAsked("bob"))
    stage.open_rows()
    return stage


def test_a_permit_that_went_stale_is_asked_for_again_before_sending() -> None:
    stage = waiting_for_the_trunk(preview_seconds=120)
    stale = stage.picture.calls["call-t1-2-1"].permit
    assert stale is not None
    stage.now = stale.stale_at
    stage.wait(0)
    order = stage.last(cmd.Originate)
    assert order.attempt_id == "call-t1-2-1"
    assert order.permit.basis.at == stage.now


def test_a_window_that_closes_between_the_row_and_the_order_stops_the_order() -> None:
    stage = waiting_for_the_trunk(preview_seconds=120, rules=CLOSES_SOON)
    stage.wait(2)
    assert [o.attempt_id for o in stage.given(cmd.Originate)] == ["call-t1-1-1"]
    assert stage.outcome("call-t1-2-1").disposition == "not_placed"
    closed = stage.last(cmd.CloseAttempt)
    assert closed.refusal is not None
    assert closed.refusal.rule == "OUTSIDE_WINDOW"
    assert stage.desk().refusals["OUTSIDE_WINDOW"] == 1
    assert stage.state("bob") is AgentState.READY


def test_a_window_that_closes_while_the_phone_on_hook_rings_refuses_the_lead() -> None:
    stage = Stage(make_campaign(on_hook=True, rules=CLOSES_SOON))
    stage.log_in("ann", on_hook=True)
    stage.wait(50)
    stage.supply(make_prospect())
    stage.wait(10)
    leg_id = stage.agent().leg_id or ""
    assert cmd.HangupLeg(leg_id) in stage.phone_up()
    assert stage.last(cmd.RefuseLead).refusal.rule == "OUTSIDE_WINDOW"
    assert stage.state() is AgentState.READY
