"""Progressive dialing: one call for each ready agent, inside every limit; claims and caller ids."""

from datetime import timedelta

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.core.campaign import DialMode
from dialer.core.floor.dialing import ASK_AGAIN
from dialer.core.lead import Prospect
from dialer.core.outcome import Cause
from dialer.core.pacing.abandon import BRAKE_TIME
from dialer.core.pacing.trunk import WINDOW, Trunk
from tests.core.makers import NOW, Stage, make_campaign, make_preview_campaign, make_prospect

RATE = WINDOW.total_seconds()


def leads(count: int, campaign_id: int = 1) -> list[Prospect]:
    return [make_prospect(n + 1 + 1000 * (campaign_id - 1), campaign_id=campaign_id) for n in range(count)]


def crowd(count: int, **stage: int) -> Stage:
    made = Stage(**stage)  # type: ignore[arg-type]
    made.log_in(*(f"agent{n}" for n in range(count)))
    return made


def test_each_ready_agent_gets_one_call() -> None:
    stage = crowd(3)
    stage.supply(*leads(5))
    assert [o.agent_id for o in stage.given(cmd.OpenAttemptRow)] == ["agent0", "agent1", "agent2"]
    assert len(stage.desk().hopper) == 2


def test_the_longest_idle_is_first() -> None:
    stage = crowd(3)
    stage.tell(ev.PauseAsked("agent0", "lunch"))
    stage.wait(1)
    stage.tell(ev.ReadyAsked("agent0"))
    stage.supply(*leads(1))
    assert stage.last(cmd.OpenAttemptRow).agent_id == "agent1"
    stage.supply(*leads(3)[1:])
    assert [o.agent_id for o in stage.given(cmd.OpenAttemptRow)] == ["agent1", "agent2", "agent0"]


def test_no_more_calls_than_lines() -> None:
    stage = crowd(3, lines=2)
    stage.supply(*leads(5))
    assert len(stage.given(cmd.OpenAttemptRow)) == 2
    assert stage.desk().pace.because == "fewer lines than agents"
    stage.open_rows()
    stage.hung_up("call-t1-1-1", Cause.BUSY, answered=False)
    assert len(stage.given(cmd.OpenAttemptRow)) == 3


def test_no_more_calls_a_second_than_the_trunk_takes() -> None:
    stage = crowd(5, calls_per_second=2)
    stage.supply(*leads(5))
    stage.open_rows()
    assert len(stage.given(cmd.Originate)) == 2
    for sent in (4, 5):
        stage.wait(RATE)
        stage.open_rows()
        assert len(stage.given(cmd.Originate)) == sent


def test_rows_not_sent_yet_count_for_the_rate() -> None:
    stage = crowd(5, calls_per_second=2)
    stage.supply(*leads(5))
    stage.wait(RATE * 3)
    assert len(stage.given(cmd.OpenAttemptRow)) == 2


def two_on_a_slow_trunk() -> Stage:
    """Both agents have dialed; the trunk has taken the first call and not yet the second."""
    slow, other = make_preview_campaign(trunk="slow"), make_campaign(id=2)
    stage = Stage(slow, other, trunks=(Trunk("slow", 10, 1), Trunk("carrier", 10, 10)))
    stage.log_in("ann", "bob")
    stage.supply(*leads(2))
    for agent_id in ("ann", "bob"):
        stage.tell(ev.DialAsked(agent_id))
    stage.open_rows()
    return stage


def test_a_durable_row_waits_for_the_trunks_turn() -> None:
    stage = two_on_a_slow_trunk()
    assert len(stage.given(cmd.Originate)) == 1
    stage.wait(RATE - 0.001)
    assert len(stage.given(cmd.Originate)) == 1
    stage.wait(0.001)
    assert len(stage.given(cmd.Originate)) == 2


def test_a_full_trunk_does_not_hold_up_a_campaign_on_another() -> None:
    stage = two_on_a_slow_trunk()
    stage.log_in("cat", campaigns=(2,))
    stage.supply(*leads(1, 2), campaign_id=2)
    assert stage.last(cmd.OpenAttemptRow).agent_id == "cat"


def test_caller_ids_are_used_in_turn() -> None:
    stage = Stage(make_campaign(caller_ids=("1000", "1001")))
    stage.log_in("ann", "bob", "cat")
    stage.supply(*leads(3))
    assert [o.caller_id for o in stage.given(cmd.OpenAttemptRow)] == ["1000", "1001", "1000"]


def test_without_caller_ids_the_trunks_own_is_used() -> None:
    stage = Stage(make_campaign(caller_ids=()))
    stage.log_in("ann")
    stage.supply(*leads(1))
    assert stage.last(cmd.OpenAttemptRow).caller_id == ""


def test_a_personal_callback_goes_to_its_agent_alone() -> None:
    stage = crowd(1)
    stage.log_in("bob")
    stage.supply(make_prospect(1, for_agent="bob"))
    assert stage.last(cmd.OpenAttemptRow).agent_id == "bob"


def test_a_personal_callback_waits_while_its_agent_is_away() -> None:
    stage = crowd(1)
    stage.supply(make_prospect(1, for_agent="bob"))
    assert not stage.given(cmd.OpenAttemptRow)
    stage.log_in("bob")
    assert stage.last(cmd.OpenAttemptRow).agent_id == "bob"


def test_agents_work_only_for_their_campaigns_and_the_higher_priority_comes_first() -> None:
    stage = Stage(make_campaign(), make_campaign(id=2, priority=5))
    stage.log_in("ann", campaigns=(1, 2))
    stage.log_in("bob", campaigns=(1,))
    stage.tell(ev.PauseAsked("ann", "lunch"))
    stage.tell(ev.PauseAsked("bob", "lunch"))
    stage.supply(*leads(2))
    stage.supply(*leads(2, 2), campaign_id=2)
    stage.tell(ev.ReadyAsked("ann"))
    stage.tell(ev.ReadyAsked("bob"))
    assert [(o.agent_id, o.campaign_id) for o in stage.given(cmd.OpenAttemptRow)] == [("ann", 2), ("bob", 1)]


def test_preview_and_progressive_campaigns_work_side_by_side() -> None:
    stage = Stage(make_campaign(), make_preview_campaign(id=2))
    stage.log_in("ann", campaigns=(1,))
    stage.log_in("bob", campaigns=(2,))
    stage.supply(*leads(1))
    stage.supply(*leads(1, 2), campaign_id=2)
    assert stage.last(cmd.OpenAttemptRow).agent_id == "ann"
    assert stage.agent("bob").preview is not None


# --- the abandonment brake ------------------------------------------------------------------------------------------


def abandon(stage: Stage, prospect_id: int) -> None:
    attempt = stage.dialing(make_prospect(prospect_id))
    stage.tell(ev.BridgeFailed(attempt, "NONEXISTENT"))
    stage.hung_up(attempt)
    stage.phone_up("agent0")


def test_two_abandons_stop_progressive_dialing_for_ten_minutes() -> None:
    stage = crowd(1)
    abandon(stage, 1)
    abandon(stage, 2)
    assert stage.state("agent0") is AgentState.READY
    stage.supply(make_prospect(3))
    assert len(stage.given(cmd.OpenAttemptRow)) == 2
    assert stage.desk().pace.because == "the abandonment brake is on: 2 of 2 live answers abandoned today"
    stage.wait(BRAKE_TIME.total_seconds())
    assert len(stage.given(cmd.OpenAttemptRow)) == 3


def test_the_brake_does_not_stop_previews() -> None:
    stage = crowd(1)
    abandon(stage, 1)
    abandon(stage, 2)
    stage.tell(ev.CampaignSet(make_campaign(dial_mode=DialMode.PREVIEW), running=True))
    stage.supply(make_prospect(3))
    assert stage.agent("agent0").preview is not None


# --- claims ---------------------------------------------------------------------------------------------------------


def test_two_leads_are_claimed_for_each_agent_once_there_is_one() -> None:
    stage = Stage()
    assert not stage.given(cmd.ClaimLeads)
    stage.tell(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
    stage.tell(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
    assert stage.given(cmd.ClaimLeads) == [cmd.ClaimLeads(1, 2)]


def test_an_empty_claim_is_repeated_after_a_while() -> None:
    stage = crowd(1)
    stage.supply()
    claims = len(stage.given(cmd.ClaimLeads))
    assert not [o for o in stage.wait(ASK_AGAIN.total_seconds() - 1) if isinstance(o, cmd.ClaimLeads)]
    stage.wait(1)
    assert len(stage.given(cmd.ClaimLeads)) == claims + 1


def test_an_empty_claim_is_repeated_when_the_next_lead_falls_due() -> None:
    stage = crowd(1)
    claims = len(stage.given(cmd.ClaimLeads))
    stage.tell(ev.LeadsClaimed(1, (), NOW + timedelta(seconds=2), 9))
    stage.wait(2)
    assert len(stage.given(cmd.ClaimLeads)) == claims + 1


def test_a_claim_that_failed_is_repeated_after_a_while() -> None:
    stage = crowd(1)
    claims = len(stage.given(cmd.ClaimLeads))
    stage.tell(ev.ClaimFailed(1, "database locked"))
    stage.wait(ASK_AGAIN.total_seconds() - 1)
    assert len(stage.given(cmd.ClaimLeads)) == claims
    stage.wait(1)
    assert len(stage.given(cmd.ClaimLeads)) == claims + 1
