"""Equal questions share one answer: never another answer than the gate's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.core.compliance.do_not_call import ListHit
from dialer.core.compliance.gate import CampaignRules, PastAttempt, Permit, Question, check
from dialer.core.compliance.week import parse_week
from dialer.core.number import Number
from dialer.operation.readiness.judging import Judge
from tests.core.makers import rulebook

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
FRESH = (("US-DNC", NOW - timedelta(days=1)),)
NUMBERS = ("+12125550123", "+12125550124", "+15185550101", "+13055550100", "+18005550100", "+8613800138000",
           "+33612345678", "+442079460123", "+442079460124", "+999100001", "+999200001", "+19995550100")  # fmt: skip

questions = st.builds(
    Question,
    number=st.sampled_from(NUMBERS).map(Number),
    lead_id=st.integers(1, 9),
    campaign_id=st.just(1),
    rules=st.sampled_from([CampaignRules(), CampaignRules(windows=parse_week({"daily": ["08:00-09:00"]}))]),
    history=st.sampled_from([(), (PastAttempt(NOW - timedelta(hours=1), "no_answer", 1, Number("+12125550123")),)]),
    hits=st.sampled_from([(), (ListHit("company", "company", "web", NOW),)]),
    region=st.sampled_from([None, "US-NY", "US-LA", "FR"]),
    zone=st.sampled_from([None, "America/New_York", "Europe/Paris", "Nowhere/Here"]),
    consents=st.sampled_from([frozenset(), frozenset({"express"})]),
    subject=st.sampled_from([None, "debt 7"]),
    refused_at=st.sampled_from([None, NOW - timedelta(days=3)]),
    suspended=st.sampled_from([(), ("US-LA",), ("+1518",), ("+9991",), ("+12125550123",), ("FR", "+442079460124")]),
    snapshots=st.sampled_from([(), FRESH]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(questions, st.sampled_from([NOW, NOW + timedelta(hours=9)])), min_size=1, max_size=12))
def test_every_shared_answer_is_the_one_the_gate_gives(asked: list[tuple[Question, datetime]]) -> None:
    shared, alone = Judge(rulebook()), Judge(rulebook(), share=False)
    assert shared.fates(asked) == alone.fates(asked)
    assert alone.asked == len(asked)


def a_question(number: str = NUMBERS[0], **changes: Any) -> Question:
    return Question(Number(number), 1, 1, **{"snapshots": FRESH} | changes)


def test_a_fate_says_what_the_gate_says() -> None:
    night = NOW - timedelta(hours=9)
    fate = Judge(rulebook()).fate(a_question(), night)
    refusal = check(rulebook(), a_question(), night)
    assert not isinstance(refusal, Permit)
    assert (fate.at, fate.code, fate.decided_by, fate.zone, fate.sentence) == (
        refusal.try_after, refusal.rule, refusal.decided_by, refusal.zone, refusal.sentence,
    )  # fmt: skip
    assert fate.sentence_zh is not None
    assert "时段" in fate.sentence_zh


def test_numbers_of_one_place_are_one_question() -> None:
    judge = Judge(rulebook())
    judge.fates((a_question(f"+1212555{n:04}"), NOW) for n in range(100))
    assert judge.asked == 1


def test_who_was_tried_before_is_asked_about_alone() -> None:
    judge = Judge(rulebook())
    past = (PastAttempt(NOW - timedelta(hours=1), "no_answer", 1, Number(NUMBERS[0])),)
    judge.fates((a_question(history=past), NOW) for _ in range(3))
    assert judge.asked == 3


@pytest.mark.parametrize(("area", "refused"), [("+12125550123", True), ("+12125550124", False)])
def test_a_suspended_area_may_be_as_narrow_as_one_number(area: str, refused: bool) -> None:
    judge = Judge(rulebook())
    judge.fate(a_question("+12125550125", suspended=(area,)), NOW)
    fate = judge.fate(a_question(suspended=(area,)), NOW)
    assert (fate.code == "EMERGENCY_SUSPENSION") is refused
