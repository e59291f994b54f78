"""What screens are shown: plain values, and of a number only its last three digits."""

import json
from typing import Any

import pytest

from dialer.core import events as ev
from dialer.core.compliance.gate import CampaignRules
from dialer.core.compliance.week import parse_week
from dialer.core.events import SpyMode
from dialer.core.floor.views import snapshot, verdict_view, view
from dialer.core.lead import Contact
from tests.core.makers import NOW, Stage, make_campaign, make_preview_campaign, make_prospect, make_refusal


def busy_floor() -> Stage:
    """Ann talks, Bob previews, Cat is paused soon, the boss listens to Ann."""
    stage = Stage(make_campaign(), make_preview_campaign(id=2))
    stage.log_in("ann", "cat", campaigns=(1,))
    stage.log_in("bob", campaigns=(2,))
    stage.talking(make_prospect(1, contacts=(Contact(NOW, "no_answer", None, ""),)))
    stage.supply(make_prospect(2, campaign_id=2), campaign_id=2)
    stage.tell(ev.SpyAsked("boss", "phone-boss", "ann", SpyMode.WHISPER))
    stage.tell(ev.SpyLegUp("boss", stage.picture.spies["boss"].leg_id))
    stage.tell(ev.SpyStarted("boss", stage.picture.spies["boss"].leg_id))
    stage.tell(ev.PauseAsked("ann", "lunch"))
    return stage


def shown(stage: Stage, subject: str, key: str) -> dict[str, Any]:
    found = view(stage.picture, subject, key)
    assert found is not None
    return found


def test_a_snapshot_has_everything_and_can_be_sent_as_json() -> None:
    whole = snapshot(busy_floor().picture)
    assert {subject: sorted(found) for subject, found in whole.items()} == {
        "agent": ["ann", "bob", "cat"],
        "call": ["call-t1-1-1"],
        "campaign": ["1", "2"],
        "trunk": ["carrier"],
        "supervisor": ["boss"],
        "node": [""],
    }
    assert json.loads(json.dumps(whole)) == whole


def test_no_view_has_a_whole_number() -> None:
    text = json.dumps(snapshot(busy_floor().picture))
    assert make_prospect(1).number.number.e164.removeprefix("+") not in text
    assert make_prospect(2).number.number.e164.removeprefix("+") not in text
    assert '"number_ends": "001"' in text


def test_a_talking_agent_shows_the_customer_and_the_kept_pause() -> None:
    ann = shown(busy_floor(), "agent", "ann")
    assert (ann["state"], ann["phone"], ann["attempt_id"]) == ("talking", "on_line", "call-t1-1-1")
    assert ann["kept"] == {"state": "paused", "code": "lunch"}
    assert ann["talking_with"]["name"] == "lead 1"
    assert ann["talking_with"]["contacts"] == [
        {"at": NOW.isoformat(), "disposition": "no_answer", "agent_id": None, "note": ""}
    ]
    assert ann["preview"] is None


def test_a_previewing_agent_shows_the_lead_and_the_gates_word() -> None:
    bob = shown(busy_floor(), "agent", "bob")
    assert bob["preview"]["lead_id"] == 2
    assert bob["preview"]["verdict"]["verdict"] == "permit"
    assert bob["deadline"] == bob["preview"]["deadline"]
    assert bob["talking_with"] is None


def test_a_phone_is_off_ringing_or_on_line() -> None:
    stage = Stage()
    stage.tell(ev.AgentLoggedIn("ann", "phone-ann", (1,)))
    assert shown(stage, "agent", "ann")["phone"] == "ringing"
    stage.phone_up()
    assert shown(stage, "agent", "ann")["phone"] == "on_line"
    stage.tell(ev.LogoutAsked("ann"))
    assert shown(stage, "agent", "ann")["phone"] == "off"


def test_a_campaign_shows_its_pace_and_the_last_refusal_by_each_rule() -> None:
    rules = CampaignRules(windows=parse_week({"daily": ["08:00-09:00"]}))
    stage = Stage(make_campaign(rules=rules))
    stage.log_in("ann")
    assert shown(stage, "campaign", "1")["reasons"] == {}
    stage.supply(make_prospect(), left=42)
    campaign = shown(stage, "campaign", "1")
    assert (campaign["left"], campaign["hopper"], campaign["agents"]) == (42, 0, 1)
    assert campaign["reasons"]["OUTSIDE_WINDOW"]["rule"] == "OUTSIDE_WINDOW"
    assert campaign["refusals"] == {"OUTSIDE_WINDOW": 1}
    assert campaign["pace"] == {"place": 0, "because": "no lead is ready to dial"}


def test_a_refusal_for_good_has_no_time_to_try_again() -> None:
    assert verdict_view(make_refusal())["try_after"] is None


def test_a_supervisor_who_waits_has_no_mode() -> None:
    stage = busy_floor()
    assert shown(stage, "supervisor", "boss") == {
        "supervisor_id": "boss",
        "phone": "on_line",
        "agent_id": "ann",
        "mode": "whisper",
        "listening": True,
    }
    stage.tell(ev.SpyEndAsked("boss"))
    assert shown(stage, "supervisor", "boss")["mode"] is None


def test_the_node_shows_why_it_does_not_dial() -> None:
    stage = busy_floor()
    assert shown(stage, "node", "")["dialing"] is True
    stage.tell(ev.StoreDown("disk full"))
    stage.tell(ev.LinkDown("reset"))
    stage.tell(ev.DrainAsked())
    stage.tell(ev.Halted("KeyError"))
    assert shown(stage, "node", "") == {
        "link": "down",
        "link_reason": "reset",
        "store": "down",
        "draining": True,
        "halted": "KeyError",
        "dialing": False,
    }


@pytest.mark.parametrize(
    ("subject", "key"), [("agent", "x"), ("call", "x"), ("campaign", "9"), ("trunk", "x"), ("supervisor", "x")]
)
def test_what_is_gone_has_no_view(subject: str, key: str) -> None:
    assert view(busy_floor().picture, subject, key) is None


def test_what_changed_is_told_once() -> None:
    stage = busy_floor()
    assert {("agent", "ann"), ("call", "call-t1-1-1"), ("supervisor", "boss")} <= stage.floor.take_changes()
    assert stage.floor.take_changes() == set()
