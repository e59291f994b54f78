"""Previews: one lead shown to one agent, dialed, skipped, refused or timed out."""

from datetime import timedelta

import pytest

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState, ImpossibleTurn
from dialer.core.campaign import PreviewPolicy
from dialer.core.compliance.gate import CampaignRules
from dialer.core.compliance.week import parse_week
from tests.core.makers import NOW, Stage, make_preview_campaign, make_prospect

CLOSES_SOON = CampaignRules(windows=parse_week({"daily": ["08:00-15:01"]}))  # NOW is 15:00


def previewing(*agents: str, lines: int = 10, **campaign: object) -> Stage:
    stage = Stage(make_preview_campaign(**campaign), lines=lines)
    stage.log_in(*(agents or ("ann",)))
    stage.supply(*(make_prospect(n + 1) for n in range(len(agents) or 1)))
    return stage


def test_a_ready_agent_is_shown_one_lead() -> None:
    stage = previewing(preview_seconds=30)
    preview = stage.agent().preview
    assert stage.state() is AgentState.RESERVED
    assert preview is not None
    assert preview.prospect == make_prospect()
    assert preview.deadline == NOW + timedelta(seconds=30)
    assert not stage.given(cmd.OpenAttemptRow)


def test_two_agents_are_shown_two_leads() -> None:
    stage = previewing("ann", "bob")
    shown = [stage.agent(a).preview for a in ("ann", "bob")]
    assert [p.prospect.lead.id for p in shown if p is not None] == [1, 2]


def test_without_a_lead_an_agent_stays_ready() -> None:
    stage = Stage(make_preview_campaign())
    stage.log_in("ann")
    stage.supply()
    assert stage.state() is AgentState.READY


def test_dialing_a_preview() -> None:
    stage = previewing()
    stage.tell(ev.DialAsked("ann"))
    stage.open_rows()
    assert stage.last(cmd.Originate).permit.number == make_prospect().number.number
    assert stage.agent().preview is None
    stage.wait(60)
    assert not stage.given(cmd.ReleaseLead)


def test_skipping_a_preview_puts_the_lead_off_for_an_hour() -> None:
    stage = previewing()
    stage.tell(ev.SkipAsked("ann", "not_now"))
    release = stage.last(cmd.ReleaseLead)
    assert (release.at, release.because) == (NOW + timedelta(hours=1), "skipped: not_now")
    assert stage.state() is AgentState.READY


def test_who_has_no_preview_can_neither_dial_nor_skip() -> None:
    stage = previewing()
    stage.tell(ev.SkipAsked("ann", "not_now"))
    for ask in (ev.DialAsked("ann"), ev.SkipAsked("ann", "not_now")):
        with pytest.raises(ImpossibleTurn, match="no lead in preview"):
            stage.tell(ask)


def test_a_preview_that_runs_out_is_dialed_where_the_campaign_says_so() -> None:
    stage = previewing(preview_policy=PreviewPolicy.DIAL, preview_seconds=30)
    stage.wait(29)
    assert not stage.given(cmd.OpenAttemptRow)
    stage.wait(1)
    assert stage.given(cmd.OpenAttemptRow)


def test_a_preview_that_runs_out_is_skipped_where_the_campaign_says_so() -> None:
    stage = previewing(preview_policy=PreviewPolicy.SKIP, preview_seconds=30)
    stage.wait(30)
    assert stage.last(cmd.ReleaseLead).because == "skipped: time_out"
    assert stage.state() is AgentState.READY


def test_a_preview_that_runs_out_pauses_the_agent_where_the_campaign_says_so() -> None:
    stage = previewing(preview_policy=PreviewPolicy.PAUSE, preview_seconds=30)
    stage.wait(30)
    assert (stage.state(), stage.agent().code) == (AgentState.PAUSED, "preview_timeout")
    assert stage.last(cmd.ReleaseLead).at == stage.now


@pytest.mark.parametrize("trouble", ["no line", "no database", "no link"])
def test_a_preview_that_runs_out_and_cannot_be_dialed_is_skipped(trouble: str) -> None:
    stage = previewing(preview_policy=PreviewPolicy.DIAL, lines=0 if trouble == "no line" else 1)
    match trouble:
        case "no database":
            stage.tell(ev.StoreDown("disk full"))
        case "no link":
            stage.tell(ev.LinkDown("reset"))
    stage.wait(30)
    assert stage.last(cmd.ReleaseLead).because == "skipped: time_out"
    assert not stage.given(cmd.OpenAttemptRow)


def test_a_preview_is_dialed_only_if_the_gate_still_says_so() -> None:
    stage = previewing(rules=CLOSES_SOON, preview_seconds=600)
    stage.wait(60)
    stage.tell(ev.DialAsked("ann"))
    refusal = stage.last(cmd.RefuseLead)
    assert refusal.refusal.rule == "OUTSIDE_WINDOW"
    assert refusal.at == NOW.replace(hour=8) + timedelta(days=1)
    assert not stage.given(cmd.OpenAttemptRow)
    assert stage.state() is AgentState.READY


def test_when_all_lines_are_busy_the_agent_is_told_and_keeps_the_lead() -> None:
    stage = previewing("ann", "bob", lines=1)
    stage.tell(ev.DialAsked("ann"))
    with pytest.raises(ImpossibleTurn, match="all lines"):
        stage.tell(ev.DialAsked("bob"))
    assert stage.agent("bob").preview is not None
    stage.open_rows()
    stage.tell(ev.OriginateNotSent("call-t1-1-1", "refused"))
    stage.tell(ev.DialAsked("bob"))
    assert len(stage.given(cmd.OpenAttemptRow)) == 2


@pytest.mark.parametrize("trouble", [ev.StoreDown("disk full"), ev.LinkDown("reset")])
def test_when_nothing_may_be_dialed_the_agent_is_told_and_keeps_the_lead(trouble: ev.Event) -> None:
    stage = previewing()
    stage.tell(trouble)
    with pytest.raises(ImpossibleTurn, match="nothing can be dialed"):
        stage.tell(ev.DialAsked("ann"))
    assert stage.agent().preview is not None
    assert not stage.given(cmd.OpenAttemptRow)


def test_a_preview_ends_with_the_lease_of_its_lead() -> None:
    stage = Stage(make_preview_campaign(preview_seconds=600))
    stage.log_in("ann")
    stage.supply(make_prospect(lease_until=NOW + timedelta(seconds=90)))
    stage.wait(90)
    assert stage.last(cmd.ReleaseLead).because == "skipped: time_out"


def test_a_pause_asked_during_a_preview_is_applied_when_it_ends() -> None:
    stage = previewing()
    stage.tell(ev.PauseAsked("ann", "lunch"))
    assert stage.state() is AgentState.RESERVED
    stage.tell(ev.SkipAsked("ann", "no"))
    assert (stage.state(), stage.agent().code) == (AgentState.PAUSED, "lunch")


def test_a_phone_lost_during_a_preview_gives_the_lead_back_and_is_rung_again() -> None:
    stage = previewing()
    stage.phone_lost()
    assert stage.last(cmd.ReleaseLead) == cmd.ReleaseLead(1, 1, NOW, "agent_phone")
    assert stage.state() is AgentState.CONNECTING
    stage.phone_up()
    assert stage.state() is AgentState.READY
