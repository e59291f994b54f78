"""Opening hours against clocks that jump, repeat and disagree: rows, and properties checked by a slow oracle."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.core.compliance.gate import CampaignRules, Permit, check
from dialer.core.compliance.hours import HORIZON_DAYS, Calendar, Timetable, next_open, open_at, shut_at
from dialer.core.compliance.packs import Rulebook
from dialer.core.compliance.week import Day, Week, parse_week
from tests.core.compliance.makers import ask, at, permit, refusal

STEP = timedelta(minutes=15)
MADE_UP = Calendar("MADE-UP", frozenset({2026}), frozenset({date(2026, 3, 9), date(2026, 10, 26)}))


@pytest.mark.parametrize(
    ("number", "zone", "local", "rule", "opens"),
    [
        # a window past midnight belongs to the day it starts on
        ("+99910123", "America/New_York", "2026-11-21 02:00", "OUTSIDE_WINDOW", "2026-11-27 22:00"),
        ("+99915123", "Europe/Rome", "2026-11-20 01:59", None, None),
        ("+99915123", "Europe/Rome", "2026-11-20 02:00", "HOLIDAY", "2026-11-21 20:00"),
        ("+99915123", "Europe/Rome", "2026-11-21 01:00", "HOLIDAY", "2026-11-21 20:00"),
        ("+99915123", "Europe/Rome", "2026-11-21 03:00", "OUTSIDE_WINDOW", "2026-11-21 20:00"),
        # Saturday hours on the eve of a holiday
        ("+99914123", "Europe/Rome", "2026-11-24 12:00", "OUTSIDE_WINDOW", "2026-11-26 09:00"),
        ("+99914123", "Europe/Rome", "2026-11-24 09:30", "OUTSIDE_WINDOW", "2026-11-24 10:00"),
        # the hour that spring skips, and the hour that autumn repeats
        ("+99917123", "America/New_York", "2026-03-08 01:59", "OUTSIDE_WINDOW", "2026-03-08 03:00"),
        ("+99912123", "America/New_York", "2026-11-01 00:59", "OUTSIDE_WINDOW", "2026-11-01 01:00"),
        # whole days end at midnight
        ("+99913123", "America/New_York", "2026-11-21 23:59:59", None, None),
        ("+99913123", "America/New_York", "2026-11-22 00:00", "OUTSIDE_WINDOW", "2026-11-23 00:00"),
    ],
)
def test_a_made_up_pack_opens_at(
    engine_rulebook: Rulebook, number: str, zone: str, local: str, rule: str | None, opens: str | None
) -> None:
    if rule is None or opens is None:
        assert permit(engine_rulebook, ask(number), at(local, zone))
        return
    found = refusal(engine_rulebook, ask(number), at(local, zone))
    assert (found.rule, found.try_after) == (rule, at(opens, zone))


def test_a_repeated_hour_opens_a_second_time(engine_rulebook: Rulebook) -> None:
    between = at("2026-11-01 01:30", "America/New_York", fold=0)
    found = refusal(engine_rulebook, ask("+99912123"), between)
    assert found.try_after == at("2026-11-01 01:00", "America/New_York", fold=1)


def test_a_blackout_over_the_repeated_hour_ends_with_its_second_pass(engine_rulebook: Rulebook) -> None:
    blackout = (datetime.fromisoformat("2026-10-31T22:00"), datetime.fromisoformat("2026-11-01T01:30"))
    question = ask("+99913123", CampaignRules(blackouts=(blackout,)))
    sunday_shut = refusal(engine_rulebook, question, at("2026-10-31 22:30", "America/New_York"))
    assert sunday_shut.try_after == at("2026-11-02 00:00", "America/New_York")


def test_only_workdays_skips_weekends_and_calls_on_a_worked_sunday(rulebook: Rulebook) -> None:
    workdays = ask("+8613800138000", CampaignRules(workdays="CN-workdays"), consent="express")
    found = refusal(rulebook, workdays, at("2026-11-21 12:00", "Asia/Shanghai"))
    assert (found.rule, found.decided_by) == ("HOLIDAY", "campaign")
    assert found.try_after == at("2026-11-23 09:00", "Asia/Shanghai")
    assert permit(rulebook, workdays, at("2026-09-20 12:00", "Asia/Shanghai"))


def test_hours_that_never_meet_are_given_up() -> None:
    morning = Timetable("a", parse_week({"daily": ["08:00-09:00"]}), ("Etc/UTC",))
    evening = Timetable("b", parse_week({"daily": ["20:00-21:00"]}), ("Etc/UTC",))
    assert next_open((morning, evening), at("2026-11-23 12:00")) is None


def test_a_guard_longer_than_every_window_never_opens() -> None:
    short = Timetable("a", parse_week({"daily": ["08:00-08:10"]}), ("Etc/UTC",))
    assert next_open((short,), at("2026-11-23 12:00"), guard=timedelta(minutes=10)) is None
    assert next_open((short,), at("2026-11-23 12:00"), guard=timedelta(minutes=9)) == at("2026-11-24 08:00")


def test_a_holiday_shuts_its_own_night_and_not_the_window_of_the_day_after() -> None:
    table = Timetable("a", (((30, 60), (1320, 120)),) * 7, ("Etc/UTC",), (MADE_UP,))
    assert [shut.rule for shut in shut_at((table,), at("2026-03-10 00:15"))] == ["HOLIDAY"]
    assert open_at((table,), at("2026-03-10 00:45"))


# Properties. Windows, instants and zone offsets all lie on quarters of an hour, so a scan by quarters sees everything.

ZONES = ["America/New_York", "Europe/Rome", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Etc/UTC"]
quarters = st.integers(0, 95).map(lambda n: n * 15)


@st.composite
def days(draw: st.DrawFn) -> Day:
    marks = sorted(draw(st.sets(quarters, min_size=0, max_size=4)))
    windows = [(marks[i], marks[i + 1]) for i in range(0, len(marks) - 1, 2)]
    if len(marks) % 2 and draw(st.booleans()):
        windows.append((marks[-1], draw(st.sampled_from([1440, 15, 120]))))
    return tuple(windows)


weeks = st.lists(days(), min_size=7, max_size=7).map(tuple)
timetables = st.builds(
    lambda week, zones, eve, closes: Timetable("x", week, tuple(zones), (MADE_UP,) if closes else (), eve),
    weeks,
    st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True),
    st.sampled_from([None, 5]),
    st.booleans(),
)
moments = st.one_of(
    st.integers(0, 4 * 24 * 5).map(lambda n: at("2026-03-06 00:00") + n * STEP),  # New York goes forward
    st.integers(0, 4 * 24 * 5).map(lambda n: at("2026-10-23 00:00") + n * STEP),  # Rome goes back
    st.integers(0, 4 * 24 * 5).map(lambda n: at("2026-10-30 00:00") + n * STEP),  # New York goes back
)


def oracle(timetable: Timetable, moment: datetime) -> bool:
    """Open in every zone: written the long way round, with whole intervals, and sharing nothing with the code."""
    for zone in timetable.zones:
        local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        is_open = False
        for start_day in (local.date() - timedelta(days=1), local.date()):
            off = {day for calendar in timetable.calendars for day in calendar.off}
            eve = timetable.eve is not None and start_day + timedelta(days=1) in off and start_day.weekday() < 5
            week: Week = timetable.week
            for start, end in week[5 if eve else start_day.weekday()]:
                midnight = datetime(start_day.year, start_day.month, start_day.day)
                opens = midnight + timedelta(minutes=start)
                shuts = midnight + timedelta(minutes=end if end > start else end + 1440)
                is_open = is_open or (opens <= local < shuts and start_day not in off)
        if not is_open:
            return False
    return True


@settings(max_examples=300, deadline=None)
@given(timetables, moments)
def test_open_agrees_with_the_oracle(timetable: Timetable, moment: datetime) -> None:
    assert open_at((timetable,), moment) == oracle(timetable, moment)
    assert bool(shut_at((timetable,), moment)) != oracle(timetable, moment)


@settings(max_examples=150, deadline=None)
@given(st.lists(timetables, min_size=1, max_size=2), moments)
def test_the_next_opening_is_open_and_nothing_before_it_is(tables: list[Timetable], moment: datetime) -> None:
    found = next_open(tables, moment)
    end = found if found is not None else moment + timedelta(days=9)
    scan = moment
    while scan < end:
        assert not all(oracle(timetable, scan) for timetable in tables)
        scan += STEP
    if found is not None:
        assert found <= moment + timedelta(days=HORIZON_DAYS)
        assert all(oracle(timetable, found) for timetable in tables)
        assert found == moment or not all(oracle(t, found - timedelta(minutes=1)) for t in tables)


NUMBERS = ["+12125550123", "+18505550123", "+442079460123", "+33199001234", "+493023125123", "+61491570156"]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(NUMBERS), st.integers(0, 365 * 24 * 4).map(lambda n: at("2026-01-01 00:00") + n * STEP))
def test_a_permit_means_every_clock_is_inside_every_packs_hours(
    rulebook: Rulebook, number: str, moment: datetime
) -> None:
    verdict = check(rulebook, ask(number, consent="express"), moment)
    if not isinstance(verdict, Permit):
        assert verdict.try_after is None or verdict.try_after > moment
        return
    assert verdict.basis.zones
    for label in verdict.basis.packs:
        pack = next(p for p in rulebook.packs[label.partition("@")[0]] if p.in_force(moment.date()))
        calendars = tuple(rulebook.calendars[name] for name in pack.closes_on)
        assert oracle(Timetable(pack.id, pack.week, verdict.basis.zones, calendars), moment)
