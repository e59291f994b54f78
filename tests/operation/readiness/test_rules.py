from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dialer.operation.readiness.judging import Fate
from dialer.operation.readiness.rules import Bucket, Tally, no_number

AT = datetime(2026, 11, 23, 6, 20, tzinfo=UTC)
HOUR = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def shut(at: datetime | None, by: str = "US") -> Fate:
    return Fate(at, "OUTSIDE_WINDOW", by, "America/New_York", "closed", "关闭")


def tallied(*fates: Fate) -> Tally:
    tally = Tally(AT)
    for fate in fates:
        tally.add(fate)
    return tally


def test_every_lead_is_now_later_or_never() -> None:
    found = tallied(
        Fate(AT), Fate(AT), shut(AT + timedelta(hours=3)), Fate(None, "ZONE_UNKNOWN"), no_number()
    ).readiness()
    assert (found.leads, found.now, found.later, found.never) == (5, 2, 1, 2)


def test_two_days_by_the_hour_begin_with_the_full_hour() -> None:
    found = tallied(shut(AT + timedelta(minutes=5)), shut(HOUR + timedelta(hours=47, minutes=59))).readiness()
    assert len(found.hours) == 48
    assert found.hours[0] == Bucket(HOUR, 1)
    assert found.hours[47] == Bucket(HOUR + timedelta(hours=47), 1)
    assert found.days == ()


def test_what_comes_after_two_days_is_counted_by_days_of_24_hours() -> None:
    found = tallied(shut(HOUR + timedelta(hours=48)), shut(HOUR + timedelta(days=9, hours=23))).readiness()
    assert found.days == (Bucket(HOUR + timedelta(days=2), 1), Bucket(HOUR + timedelta(days=9), 1))
    assert sum(bucket.leads for bucket in found.hours) == 0
    assert found.later == 2


def test_a_lead_that_is_only_due_later_is_held_back_by_no_rule() -> None:
    found = tallied(Fate(AT + timedelta(hours=1))).readiness()
    assert (found.later, found.reasons) == (1, ())


def test_reasons_come_by_how_many_they_hold_back_with_the_first_moment() -> None:
    soon, late = AT + timedelta(hours=3), AT + timedelta(hours=4)
    found = tallied(Fate(None, "ZONE_UNKNOWN", None, None, "?", "？"), shut(late), shut(soon), shut(late)).readiness()
    first, second = found.reasons
    assert (first.code, first.leads, first.waits, first.first_at, first.cure) == (
        "OUTSIDE_WINDOW", 3, True, soon, None,
    )  # fmt: skip
    assert (second.code, second.leads, second.waits, second.first_at) == ("ZONE_UNKNOWN", 1, False, None)
    assert second.cure == "State the leads' region or time zone."
    assert second.cure_zh == "请补充客户的地区或时区。"


def test_one_rule_that_opens_again_for_some_and_never_for_others_is_two_reasons() -> None:
    found = tallied(shut(AT + timedelta(hours=1)), shut(None)).readiness()
    assert sorted(reason.waits for reason in found.reasons) == [False, True]


def test_a_cure_names_the_registry_that_is_too_old() -> None:
    (reason,) = tallied(Fate(None, "REGISTRY_STALE", "US-DNC", None, "old", "旧")).readiness().reasons
    assert reason.cure == "Load a newer copy of the registry US-DNC."


def test_nothing_cures_the_companys_own_list() -> None:
    (reason,) = tallied(Fate(None, "DNC_INTERNAL", "company", None, "no", "不")).readiness().reasons
    assert reason.cure is None


def test_a_lead_without_a_living_number_needs_another() -> None:
    (reason,) = tallied(no_number()).readiness().reasons
    assert (reason.code, reason.cure) == ("NO_NUMBER", "Give these leads another number.")
