"""Made-up cases, decided twice. `ORACLE_EXAMPLES=50000` makes a long session of fresh cases out of the suite's few."""

import os
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, settings

from dialer.core.compliance.gate import Permit, check, judge
from tests.core.compliance.oracle import as_asked
from tests.core.compliance.oracle.cases import cases
from tests.core.compliance.oracle.law import DAYS, TIME_CURES, Case, No, next_allowed, verdict

LONG = os.environ.get("ORACLE_EXAMPLES")
FEW = settings(
    max_examples=int(LONG or 100),
    derandomize=not LONG,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # a case is large, and its shrinking takes minutes
)
SCANNED = 4
"""Days of minutes that are looked at one by one. What the gate names beyond them is checked where it lies."""

AROUND = tuple(timedelta(seconds=sign * n**3 * 463 + n) for n in range(1, 8) for sign in (1, -1))
TENTH = timedelta(milliseconds=100)


@FEW
@given(cases())
def test_the_gate_decides_made_up_cases_as_the_law_says(asked: tuple[Case, datetime]) -> None:
    case, at = asked
    for instant in (at, *(at + distance for distance in AROUND), *_edges(case, at)):
        _same(case, instant)
    _same_next(case, at)


@FEW
@given(cases())
def test_stated_packs_and_zones_are_judged_as_the_law_says(asked: tuple[Case, datetime]) -> None:
    """A replayed case states no list's age, and its form names one calendar."""
    case, at = asked
    case["needed"] = case["packs"][:1]
    for edition in (edition for editions in case["book"].values() for edition in editions):
        edition["closes_on"] = edition["closes_on"][:1]
        edition["registries"] = [(name, None) for name, _ in edition["registries"]]
    found = judge(as_asked.rulebook(case), as_asked.question(case), at, as_asked.stated(case))
    assert (found and No(found.rule, found.decided_by, found.zone)) == verdict(case, at)


def _edges(case: Case, at: datetime) -> list[datetime]:
    """The seconds in which windows open and shut in the first zone, from the day before to two days on."""
    zone, found = ZoneInfo(case["zones"][0]), set()
    for day in (at.astimezone(zone).date() + timedelta(days=n) for n in (-1, 0, 1, 2)):
        for pack_id in case["packs"]:
            for pair in case["book"][pack_id][-1]["windows"][DAYS[day.weekday()]]:
                for text in pair:
                    edge = datetime.combine(day, time(int(text[:2]) % 24, int(text[3:])), zone).astimezone(UTC)
                    found |= {edge - timedelta(seconds=1), edge}
    return sorted(found)


def _same(case: Case, at: datetime) -> None:
    law, found = verdict(case, at), check(as_asked.rulebook(case), as_asked.question(case), at)
    if not isinstance(found, Permit):
        assert law == No(found.rule, found.decided_by, found.zone)
        return
    assert law is None
    assert at < found.stale_at <= at + timedelta(seconds=5)
    assert all(verdict(case, at + n * TENTH) is None for n in range((found.stale_at - at) // TENTH))


def _same_next(case: Case, at: datetime) -> None:
    law, found = verdict(case, at), check(as_asked.rulebook(case), as_asked.question(case), at)
    if law is None:
        return
    assert not isinstance(found, Permit)
    first = next_allowed(case, at, SCANNED) if law.code in TIME_CURES else None
    if first is None and found.try_after is not None:
        assert law.code in TIME_CURES
        assert found.try_after > at + timedelta(days=SCANNED)
        assert verdict(case, found.try_after) is None
        assert verdict(case, found.try_after - timedelta(seconds=1)) is not None
    else:
        assert found.try_after == first
