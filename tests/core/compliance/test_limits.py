"""The ways of counting attempts, each at the second where it stops forbidding."""

from datetime import datetime, timedelta

import pytest

from dialer.core.compliance.limits import Cap, PastAttempt, counted, gap_ends, reached
from dialer.core.number import Number
from tests.core.compliance.makers import at, tried

ZONE = "America/New_York"
NOW = at("2026-11-24 10:00", ZONE)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def ny(text: str) -> datetime:
    return at(text, ZONE)


ROWS = [
    ("rolling: room left", Cap("rolling", 3, 24 * HOUR), [NOW - HOUR, NOW - 2 * HOUR], None),
    ("rolling: full", Cap("rolling", 2, 24 * HOUR), [NOW - HOUR, NOW - 2 * HOUR], NOW + 22 * HOUR),
    ("rolling: overfull, two must drop out", Cap("rolling", 2, 24 * HOUR),
     [NOW - HOUR, NOW - 2 * HOUR, NOW - 3 * HOUR], NOW + 22 * HOUR),
    ("rolling: the one a period ago no longer counts", Cap("rolling", 1, 24 * HOUR), [NOW - 24 * HOUR], None),
    ("rolling: an attempt later than now does not count", Cap("rolling", 1, HOUR), [NOW + SECOND], None),
    ("rolling: a day is 24 hours over a change of clocks", Cap("rolling", 1, 24 * HOUR),
     [NOW - 24 * HOUR + SECOND], NOW + SECOND),
    ("cool-down: one is enough", Cap("cooldown", 0, 72 * HOUR), [NOW - 71 * HOUR, NOW - 70 * HOUR], NOW + 2 * HOUR),
    ("anchored: full until the block ends", Cap("anchored", 2, HOUR),
     [NOW - 50 * timedelta(minutes=1), NOW - timedelta(minutes=1)], NOW + timedelta(minutes=10)),
    ("anchored: a new block starts with the first attempt after the old", Cap("anchored", 2, HOUR),
     [NOW - 3 * HOUR, NOW - 2 * HOUR - SECOND, NOW - 2 * HOUR], None),
    ("anchored: the block is over", Cap("anchored", 1, HOUR), [NOW - HOUR], None),
    ("day: yesterday does not count", Cap("calendar_day", 1), [ny("2026-11-23 23:59")], None),
    ("day: full until midnight", Cap("calendar_day", 1), [ny("2026-11-24 00:00")], ny("2026-11-25 00:00")),
    ("week: full until Monday", Cap("calendar_week", 1), [ny("2026-11-23 00:00")], ny("2026-11-30 00:00")),
    ("week: Sunday was last week", Cap("calendar_week", 1), [ny("2026-11-22 23:59")], None),
    ("month: full until the first", Cap("calendar_month", 1), [ny("2026-11-01 00:00")], ny("2026-12-01 00:00")),
    ("rolling days: today and six before", Cap("rolling_days", 1, days=7), [ny("2026-11-18 00:00")],
     ny("2026-11-25 00:00")),
    ("rolling days: the seventh day before", Cap("rolling_days", 1, days=7), [ny("2026-11-17 23:59")], None),
    ("cool-down in days: the day of the talk is day one", Cap("cooldown_days", 0, days=7), [ny("2026-11-20 15:00")],
     ny("2026-11-27 00:00")),
]  # fmt: skip


@pytest.mark.parametrize(("cap", "times", "free"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_cap_forbids_until(cap: Cap, times: list[datetime], free: datetime | None) -> None:
    found = reached(cap, tried(*times), NOW, ZONE, campaign_id=1)
    assert (found and found.free_at) == free
    if free is not None:
        assert reached(cap, tried(*times), free - SECOND, ZONE, campaign_id=1)
        assert reached(cap, tried(*times), free, ZONE, campaign_id=1) is None


def test_a_cap_counts_its_own_kind_of_event_only() -> None:
    talks = Cap("cooldown", 0, DAY, counts="conversations")
    assert reached(talks, tried(NOW - HOUR, kind="no_answer"), NOW, ZONE, 1) is None
    assert reached(talks, tried(NOW - HOUR, kind="answered"), NOW, ZONE, 1)


def test_a_campaign_cap_counts_that_campaign_and_attempts_of_unknown_origin() -> None:
    cap = Cap("campaign", 2)
    own, other, unknown = (PastAttempt(NOW - HOUR, "busy", campaign) for campaign in (1, 2, None))
    assert reached(cap, (own, other), NOW, ZONE, 1) is None
    found = reached(cap, (own, unknown), NOW, ZONE, 1)
    assert found is not None
    assert found.free_at is None


def test_a_pause_runs_from_the_last_attempt() -> None:
    assert gap_ends(2 * HOUR, tried(NOW - HOUR, NOW - 5 * HOUR), NOW) == NOW + HOUR
    assert gap_ends(2 * HOUR, tried(NOW - 2 * HOUR), NOW) is None
    assert gap_ends(2 * HOUR, (), NOW) is None


ONE, OTHER = Number("+12125550123"), Number("+12125550199")
PAST = (
    PastAttempt(NOW - HOUR, "no_answer", 1, ONE, "debt 1"),
    PastAttempt(NOW - HOUR, "no_answer", 1, OTHER, "debt 1"),
    PastAttempt(NOW - HOUR, "no_answer", 2, ONE, "debt 2"),
    PastAttempt(NOW - HOUR, "no_answer", 2, ONE, None),
)


@pytest.mark.parametrize(
    ("scope", "subject", "expected"),
    [
        ("number", "debt 1", (0, 2, 3)),
        ("callee, all caller numbers", None, (0, 2, 3)),
        ("person", "debt 1", (0, 1, 2, 3)),
        ("person+seller", "debt 1", (0, 1, 2, 3)),
        ("person+debt", "debt 1", (0, 1, 3)),
        ("person+subject", "debt 2", (2, 3)),
        ("person+subject", None, (0, 1, 2, 3)),
    ],
)
def test_a_cap_counts_for_whom_and_what_it_protects(scope: str, subject: str | None, expected: tuple[int, ...]) -> None:
    cap = Cap("rolling", 3, DAY, scope=scope)
    assert list(counted(cap, PAST, ONE, subject)) == [PAST[place] for place in expected]


def test_an_attempt_to_nobody_knows_which_number_counts_for_each() -> None:
    unknown = PastAttempt(NOW - HOUR, "no_answer")
    assert list(counted(Cap("rolling", 3, DAY), (unknown,), ONE, None)) == [unknown]
