"""Caps against their definitions: what the gate answers is counted again over every attempt and every window there is.

`ORACLE_EXAMPLES=20000` makes a long session of fresh cases out of the suite's few.
"""

import os
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dialer.core.compliance.gate import CampaignRules, PastAttempt, Permit, Question, check
from dialer.core.compliance.limits import Cap, forbids
from dialer.core.compliance.packs import Pack, Rulebook
from dialer.core.number import Number
from tests.core.compliance.oracle import as_asked
from tests.core.compliance.oracle.cases import KINDS, MINE, OTHER, ZONES, caps, histories, moments
from tests.core.compliance.oracle.law import Case, is_used_up

LONG = os.environ.get("ORACLE_EXAMPLES")
FEW = settings(
    max_examples=int(LONG or 400),
    derandomize=not LONG,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # a case is large, and its shrinking takes minutes
)
QUARTER = timedelta(minutes=15)
"""Every zone's midnight since 2020 falls on a quarter of an hour UTC."""

ALWAYS = (((0, 1440),),) * 7
START = datetime(2026, 3, 20, tzinfo=UTC)


@st.composite
def one_cap(draw: st.DrawFn) -> tuple[Case, Case, datetime]:
    zone = draw(st.sampled_from(ZONES))
    at = draw(moments([zone]))
    cap = draw(caps())
    past = draw(histories(at, 12, [int(cap["period"].total_seconds())]))
    case = {"zones": [zone], "history": past, "campaign": 1, "number": MINE}
    return cap, case | {"subject": draw(st.sampled_from([None, "loan-1"]))}, at


@FEW
@given(one_cap())
def test_a_cap_forbids_and_is_free_again_exactly_as_its_definition_says(made: tuple[Case, Case, datetime]) -> None:
    cap, case, at = made
    ours = as_asked.cap(cap)
    found = forbids(ours, as_asked.history(case), at, case["zones"][0], Number(MINE), case["subject"], campaign_id=1)
    assert (found is not None) == is_used_up(cap, case, at)
    if found is not None:
        assert found.free_at == _free(cap, case, at)


def _free(cap: Case, case: Case, at: datetime) -> datetime | None:
    """The first instant after `at` at which the count has room, looked for one instant after the other."""
    if cap["kind"] == "campaign":
        return None
    quarter = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
    instants = {past["at"] + cap["period"] for past in case["history"]} | {
        quarter + n * QUARTER for n in range(1, 3100)
    }
    return next((instant for instant in sorted(instants) if instant > at and not is_used_up(cap, case, instant)), None)


# --- a whole sequence -------------------------------------------------------------------------------------------------


@st.composite
def sequences(draw: st.DrawFn) -> tuple[str, list[Case], list[tuple[datetime, Case]]]:
    """A zone, caps, and who would like to call when, in order and often at the same instant."""
    wanted = draw(st.lists(caps(), min_size=1, max_size=3))
    periods = [int(cap["period"].total_seconds()) for cap in wanted]
    edges = [0, 0, 1, 60, 299, 300, 3600, 86399, 86400, *periods, *(max(period - 1, 0) for period in periods)]
    steps = st.one_of(st.sampled_from(edges), st.integers(0, 90000))
    now, wishes = START + timedelta(seconds=draw(st.integers(0, 20 * 86400))), []
    for step in draw(st.lists(steps, min_size=5, max_size=40)):
        now += timedelta(seconds=step)
        wish = {"number": draw(st.sampled_from([MINE, OTHER])), "campaign": draw(st.sampled_from([1, 2]))}
        wish |= {"subject": draw(st.sampled_from([None, "loan-1", "loan-2"])), "kind": draw(st.sampled_from(KINDS))}
        wishes.append((now, wish))
    return draw(st.sampled_from(ZONES)), wanted, wishes


@FEW
@given(sequences())
def test_no_sequence_of_permitted_attempts_ever_exceeds_a_cap(
    made: tuple[str, list[Case], list[tuple[datetime, Case]]],
) -> None:
    zone, wanted, wishes = made
    history: list[PastAttempt] = []
    book = _book(zone, tuple(as_asked.cap(cap) for cap in wanted))
    for now, wish in wishes:
        number = Number(wish["number"])
        question = Question(number, 1, wish["campaign"], CampaignRules(), tuple(history), subject=wish["subject"])
        if isinstance(check(book, question, now), Permit):
            history.append(PastAttempt(now, wish["kind"], wish["campaign"], number, wish["subject"]))
    for cap, callee, campaign, subject in product(wanted, (MINE, OTHER), (1, 2), ("loan-1", "loan-2")):
        _never_exceeded(cap, _within(cap, history, callee, campaign, subject), zone)


def _book(zone: str, limits: tuple[Cap, ...]) -> Rulebook:
    pack = Pack(
        id="XA",
        version="made-up",
        name="XA",
        week=ALWAYS,
        status="synthetic",
        confidence="n/a",
        caps=limits,
        zones=(zone,),
    )
    return Rulebook({"XA": (pack,)}, {}, {}, "2026.6", zone_names=frozenset({zone}), prefixes={as_asked.COUNTRY: "XA"})


def _within(cap: Case, history: list[PastAttempt], number: str, campaign: int, subject: str) -> list[PastAttempt]:
    """What this cap protects: one number or the whole person, one matter or every one, one campaign or all."""
    return [
        past
        for past in history
        if (cap["scope"].startswith("person") or past.number == Number(number))
        and (not cap["scope"].endswith(("+debt", "+subject")) or past.subject in (None, subject))
        and (cap["kind"] != "campaign" or past.campaign_id == campaign)
    ]


def _never_exceeded(cap: Case, tries: list[PastAttempt], zone: str) -> None:
    kinds = {"attempts": KINDS, "conversations": ("answered", "conversation")}.get(cap["counts"], (cap["counts"],))
    counting = [past.at for past in tries if past.kind in kinds]
    days = [at.astimezone(ZoneInfo(zone)).date() for at in counting]
    kind, most = cap["kind"], cap["count"]
    if kind in ("cooldown", "cooldown_days"):
        for first, then in ((a, b) for place, a in enumerate(tries) for b in tries[place + 1 :] if a.kind in kinds):
            assert _rested(cap, first.at, then.at, zone)
    elif kind == "rolling":
        assert all(sum(end - cap["period"] < at <= end for at in counting) <= most for end in counting)
    elif kind == "anchored":
        while counting:
            assert sum(at < counting[0] + cap["period"] for at in counting) <= most
            counting = [at for at in counting if at >= counting[0] + cap["period"]]
    elif kind == "rolling_days":
        assert all(sum(end - timedelta(days=cap["days"]) < day <= end for day in days) <= most for end in days)
    elif kind == "campaign":
        assert len(counting) <= most
    else:
        assert max(Counter(_named(kind, day) for day in days).values(), default=0) <= most


def _rested(cap: Case, first: datetime, then: datetime, zone: str) -> bool:
    if cap["kind"] == "cooldown":
        return bool(then - first >= cap["period"])
    dates = [at.astimezone(ZoneInfo(zone)).date() for at in (first, then)]
    return bool(dates[1] - dates[0] >= timedelta(days=cap["days"]))


def _named(kind: str, day: date) -> Any:
    if kind == "calendar_day":
        return day
    return day.isocalendar()[:2] if kind == "calendar_week" else (day.year, day.month)
