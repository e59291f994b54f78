"""The system's word for an ending."""

from datetime import timedelta
from typing import Any

import pytest

from dialer.core.outcome import AGENT_DISPOSITIONS, MET, SYSTEM_DISPOSITIONS, Cause, system_disposition
from tests.core.makers import NOW, make_ending

BEFORE = NOW - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({"answered_at": BEFORE, "bridged_at": BEFORE}, None),
        ({"answered_at": BEFORE, "bridged_at": BEFORE, "machine": "TOOLONG"}, None),
        ({"answered_at": NOW, "bridged_at": NOW - timedelta(seconds=MET)}, None),
        ({"answered_at": NOW, "bridged_at": NOW - timedelta(seconds=MET - 0.001)}, "hung_up_at_once"),
        ({"answered_at": NOW, "bridged_at": NOW, "guessed": True}, None),
        ({"answered_at": NOW, "machine": "TOOLONG"}, "machine"),
        ({"answered_at": NOW, "abandoned": True}, "abandoned"),
        ({"answered_at": NOW}, "hung_up_at_once"),
        ({}, "no_answer"),
        ({"cause": Cause.BUSY}, "busy"),
        ({"cause": Cause.NO_ANSWER}, "no_answer"),
        ({"cause": Cause.REJECTED}, "rejected"),
        ({"cause": Cause.UNALLOCATED}, "unallocated"),
        ({"cause": Cause.CONGESTION}, "congestion"),
        ({"cause": Cause.TRUNK_FAILURE}, "trunk_failure"),
        ({"cause": Cause.OTHER}, "failed"),
    ],
)
def test_the_facts_of_an_ending_have_one_word(facts: dict[str, Any], word: str | None) -> None:
    assert system_disposition(make_ending(**facts)) == word


def test_a_call_we_hung_up_before_an_answer_is_cancelled() -> None:
    assert system_disposition(make_ending(), hung_up_by_us=True) == "cancelled"


@pytest.mark.parametrize("facts", [{"machine": "LONGGREETING"}, {"abandoned": True}, {}])
def test_an_answered_call_keeps_its_word_whoever_hung_up(facts: dict[str, Any]) -> None:
    ending = make_ending(answered_at=NOW, **facts)
    assert system_disposition(ending, hung_up_by_us=True) == system_disposition(ending)


def test_every_cause_has_a_word_of_the_system() -> None:
    assert all(system_disposition(make_ending(cause=cause)) in SYSTEM_DISPOSITIONS for cause in Cause)


def test_a_word_means_the_same_from_the_system_and_from_an_agent() -> None:
    both = SYSTEM_DISPOSITIONS.keys() & AGENT_DISPOSITIONS.keys()
    assert both
    assert all(SYSTEM_DISPOSITIONS[word] is AGENT_DISPOSITIONS[word] for word in both)


def test_talk_is_counted_from_the_bridge() -> None:
    assert make_ending(bridged_at=NOW - timedelta(seconds=42)).talk_seconds == 42
    assert make_ending(answered_at=NOW - timedelta(seconds=42)).talk_seconds == 0
