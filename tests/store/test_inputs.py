"""What the gate was told is kept whole, without a phone number, and can be put together again."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone

import pytest

from dialer.core.compliance.gate import AbandonCount, CampaignRules, ListHit, PastAttempt, Question, check
from dialer.core.number import Number
from dialer.store.inputs import recalled, told
from tests.store.makers import NOW, RULEBOOK, a_number, after

OTHER, THIRD = a_number(2), a_number(3)
FULL = Question(
    number=a_number(1),
    lead_id=7,
    campaign_id=3,
    rules=CampaignRules(
        purposes=("debt",),
        overlays=("CN-CARRIER",),
        windows=(((540, 1200),),) * 5 + ((), ()),
        attempts_per_day=2,
        max_attempts=5,
        gap=timedelta(hours=2, seconds=1),
        blackouts=((datetime(2026, 12, 24, 12), datetime(2026, 12, 24, 18)),),
        closing_guard=timedelta(seconds=25),
        closes_on=("DE",),
        workdays="CN",
    ),
    history=(
        PastAttempt(after(days=-3), "no_answer", 3, a_number(1), "loan 7"),
        PastAttempt(after(days=-2, microseconds=5), "abandoned", 4, OTHER, "loan 8"),
        PastAttempt(after(days=-1), "busy", 4, THIRD),
        PastAttempt(after(hours=-1), "open", 4, OTHER),
        PastAttempt(after(hours=-1), "open"),
    ),
    hits=(ListHit("company", "company", "agent", after(days=-9)), ListHit("TPS", "registry", "x", NOW, after(days=1))),
    region="US-NY",
    zone="America/New_York",
    mode="preview",
    consents=frozenset({"written", "express"}),
    subject="loan 7",
    refused_at=after(days=-40),
    suspended=("US-LA", "+1518"),
    snapshots=(("US-DNC", after(days=-4)),),
    abandons=(AbandonCount(3, 100, "calendar_month"), AbandonCount(1, 10)),
)


def test_the_full_question_leaves_nothing_out() -> None:
    """A field that the gate is given one day must be kept, too."""
    default = Question(a_number(1), 0, 0)
    same = [f.name for f in fields(Question) if getattr(FULL, f.name) == getattr(default, f.name)]
    assert same == ["number"]
    assert [
        f.name for f in fields(CampaignRules) if getattr(FULL.rules, f.name) == getattr(CampaignRules(), f.name)
    ] == []


def test_it_comes_back_as_it_was_asked_but_for_other_numbers_and_what_calls_were_about() -> None:
    kept = json.loads(json.dumps(told(FULL)))
    back = recalled(kept, FULL.number, FULL.lead_id, FULL.campaign_id)
    assert [past.number for past in back.history] == [
        FULL.number, Number("+0001"), Number("+0002"), Number("+0001"), None
    ]  # fmt: skip
    assert back.rules == FULL.rules
    assert told(back) == told(FULL)
    assert back.subject == "subject 1"
    assert [past.subject for past in back.history] == ["subject 1", "subject 2", None, None, None]
    for name in {f.name for f in fields(Question)} - {"history", "subject"}:
        assert getattr(back, name) == getattr(FULL, name), name


def test_no_number_is_in_what_is_kept() -> None:
    text = json.dumps(told(FULL))
    assert not [n for n in (FULL.number, OTHER, THIRD) if n.digits in text]
    assert "loan" not in text


def test_a_question_that_knows_nothing_is_small() -> None:
    assert told(Question(a_number(1), 7, 3)) == {"mode": "progressive"}


def test_the_same_instant_is_written_the_same_whatever_its_zone() -> None:
    there = timezone(timedelta(hours=8))
    ours, theirs = (Question(a_number(1), 7, 3, snapshots=(("TPS", at),)) for at in (NOW, NOW.astimezone(there)))
    assert told(ours) == told(theirs) == {"mode": "progressive", "snapshots": [["TPS", "2026-11-23T10:00:00Z"]]}
    assert recalled(told(theirs), ours.number, 7, 3).snapshots[0][1].tzinfo == UTC


def test_asked_again_the_gate_says_the_same() -> None:
    question = Question(a_number(1), 7, 3, hits=(ListHit("company", "company", "agent", NOW),), zone="Etc/UTC")
    assert check(RULEBOOK, recalled(told(question), question.number, 7, 3), NOW) == check(RULEBOOK, question, NOW)


@pytest.mark.parametrize("kept", [{}, {"mode": "fax"}, {"mode": "preview", "history": [["x"]]},
                                  {"mode": "preview", "rules": {"gap": "soon"}}])  # fmt: skip
def test_what_another_version_wrote_is_refused(kept: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        recalled(kept, a_number(1), 7, 3)
