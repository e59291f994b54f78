"""The gate alone: how long a permit and a refusal take, for numbers never seen before and for known ones."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from dialer.bench.measure import PAIRS, Measured, compared
from dialer.core.compliance.gate import CampaignRules, PastAttempt, Question, check
from dialer.core.compliance.packs import Rulebook
from dialer.core.number import Number
from dialer.rules.load import load

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # a Tuesday; open everywhere in the United States but Hawaii
NIGHT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
CALLS_PER_SECOND = 50
"""The highest rate of goal P2; the gate is asked three times a call: at the claim, the opening and the sending."""


def run(numbers: int = 20_000) -> list[Measured]:
    """Decisions of fresh numbers, known numbers, numbers with a past, and refusals with their next moment. The baseline
    is the share of a core that goal P2's highest rate leaves for one decision: 1 s / (50 calls x 3).
    """
    rulebook = load()
    snapshots = (("US-DNC", NOON - timedelta(days=1)),)
    past = tuple(PastAttempt(NOON - timedelta(days=day), "no_answer") for day in range(1, 8))
    rules = CampaignRules(attempts_per_day=3, max_attempts=12, gap=timedelta(hours=2))
    allowance = 1 / (CALLS_PER_SECOND * 3)
    known = [Question(number, 1, 1, rules, snapshots=snapshots) for number in _numbers(rulebook, numbers, 0)]
    tried = [Question(q.number, 1, 1, rules, history=past, snapshots=snapshots) for q in known]
    rounds: dict[str, list[float]] = {name: [] for name in ("fresh", "known", "with a past", "refused by the hour")}
    for turn in range(1, PAIRS + 1):
        fresh = [Question(n, 1, 1, rules, snapshots=snapshots) for n in _numbers(rulebook, numbers, turn)]
        rounds["fresh"].append(_seconds(rulebook, fresh, NOON))
        _seconds(rulebook, known, NOON)
        rounds["known"].append(_seconds(rulebook, known, NOON))
        rounds["with a past"].append(_seconds(rulebook, tried, NOON))
        rounds["refused by the hour"].append(_seconds(rulebook, known, NIGHT))
    return [
        compared(
            f"gate: {name}", spent, [allowance] * len(spent), "<= 0.10 of a core at 50 calls/s", lambda r: r <= 0.10,
            us_each=round(min(spent) * 1e6, 1), decisions_per_second=round(1 / min(spent)),
        )
        for name, spent in rounds.items()
    ]  # fmt: skip


def _numbers(rulebook: Rulebook, count: int, seed: int) -> list[Number]:
    chance, codes = random.Random(seed), sorted(rulebook.area_codes)
    return [Number(f"+1{chance.choice(codes)}{chance.randint(2, 9)}{chance.randrange(10**6):06}") for _ in range(count)]


def _seconds(rulebook: Rulebook, questions: Sequence[Question], at: datetime) -> float:
    """CPU seconds a decision."""
    begun = time.process_time()
    for question in questions:
        check(rulebook, question, at)
    return (time.process_time() - begun) / len(questions)
