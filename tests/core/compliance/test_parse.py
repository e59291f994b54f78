from datetime import date, timedelta
from typing import Any

import pytest

from dialer.core.compliance.consent import Waiver
from dialer.core.compliance.limits import Cap
from dialer.core.compliance.packs import Abandonment, BadPack, CallerId, MinRing, OptOut, Recording, Registry
from dialer.core.compliance.parse import parse_pack

LEAST: dict[str, Any] = {
    "id": "XX",
    "version": "1",
    "name": "Nowhere",
    "windows": {"daily": ["08:00-21:00"]},
    "status": "synthetic",
    "confidence": "n/a",
}


def test_a_pack_may_say_no_more_than_its_hours() -> None:
    pack = parse_pack(LEAST)
    assert pack.label == "XX@1"
    assert (pack.caps, pack.closes_on, pack.waiver, pack.abandonment, pack.min_ring) == ((), (), None, None, None)
    assert pack.in_force(date(1970, 1, 1))


def test_everything_a_pack_can_say_is_read() -> None:
    pack = parse_pack({
        **LEAST,
        "effective_from": date(2026, 1, 1),
        "effective_to": date(2026, 12, 31),
        "modes": {"research": {"daily": []}},
        "holidays": {"closed": ["A", "B"], "by_region": True, "eve": "sat"},
        "caps": [
            {"kind": "rolling", "count": 3, "period": "5 minutes", "scope": "person"},
            {"kind": "cooldown_days", "period": "7 days", "counts": "conversations", "note": "x"},
            {"kind": "calendar_day", "count": 2},
            {"kind": "campaign", "count": 30},
        ],
        "waiver": {"consents": ["night"], "lifts": ["hours"]},
        "emergency_rule": {"exempt": ["contract"]},
        "abandonment": {"limit_percent": 3, "per": "a", "connect_seconds": 2.0, "measured_from": "answer", "note": "n",
                        "period": "day"},
        "min_ring": {"seconds": 15, "rings": 4, "max_seconds": 40},
        "registries": ["A", {"name": "B", "max_age_days": 31, "note": "n"}],
        "optout_terms": {
            "honour_days": 14, "business_days": True, "keep_years": 3, "keep_days": 14, "by": ["speech", "key"],
        },
        "caller_id": {"withheld_banned": True, "forbidden": ["336"], "note": "n"},
        "recording_terms": {"consent": "all_party", "keep_days": 30, "at_most_days": 90, "compulsory": True},
        "ends": True,
        "dated_in": "Europe/Paris",
        "note": "text for people",
    })  # fmt: skip
    assert pack.caps == (
        Cap("rolling", 3, timedelta(minutes=5), scope="person"),
        Cap("cooldown_days", 0, days=7, counts="conversations"),
        Cap("calendar_day", 2),
        Cap("campaign", 30),
    )
    assert (pack.closes_on, pack.by_region, pack.eve) == (("A", "B"), True, 5)
    assert pack.waiver == Waiver(frozenset({"night"}), frozenset({"hours"}))
    assert pack.emergency_exempts == {"contract"}
    assert pack.abandonment == Abandonment(3, "a", 2.0, "answer", "n", "day")
    assert pack.min_ring == MinRing(15, 4, 40)
    assert pack.registries == (Registry("A"), Registry("B", 31, "n"))
    assert pack.optout == OptOut(14, True, 3, 14, ("key", "speech"))
    assert pack.caller_id == CallerId(True, ("336",), "n")
    assert pack.recording == Recording("all_party", 30, 90, True)
    assert (pack.ends, pack.dated_in) == (True, "Europe/Paris")
    assert pack.texts == {"note": "text for people"}
    assert [pack.in_force(date(2025, 12, 31)), pack.in_force(date(2026, 12, 31)), pack.in_force(date(2027, 1, 1))] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("wrong", "key", "why"),
    [
        ({"window": {}}, "window", "unknown key"),
        ({"name": ""}, "name", "expected text"),
        ({"name": 5}, "name", "expected text"),
        ({"version": None}, "version", "missing"),
        ({"src": "S1"}, "src", "list of texts"),
        ({"src": [1]}, "src", "list of texts"),
        ({"overlay": "yes"}, "overlay", "true or false"),
        ({"refusal_days": 0}, "refusal_days", "1 or more"),
        ({"refusal_days": True}, "refusal_days", "a number"),
        ({"effective_from": "2026-01-01"}, "effective_from", "expected a date"),
        ({"windows": None}, "windows", "expected a table"),
        ({"windows": {"mon-fri": []}}, "windows", "no windows for sat, sun"),
        ({"windows": {"daily": "08:00-21:00"}}, "windows.daily", "list of texts"),
        ({"modes": {"research": {"daily": ["8-9"]}}}, "modes.research.daily", "expected a window"),
        ({"holidays": []}, "holidays", "expected a table"),
        ({"holidays": {"close": ["A"]}}, "holidays.close", "unknown key"),
        ({"holidays": {"eve": "saturday"}}, "holidays.eve", "expected one of mon"),
        ({"caps": [{"kind": "sometimes"}]}, "caps[0].kind", "expected one of rolling"),
        ({"caps": [{"kind": "calendar_day"}]}, "caps[0].count", "expected a number"),
        ({"caps": [{"kind": "rolling", "count": 3}]}, "caps[0].period", "missing"),
        ({"caps": [{"kind": "rolling", "count": 3, "period": "7 days"}]}, "caps[0].period", "such as 24 hours"),
        ({"caps": [{"kind": "rolling_days", "count": 3, "period": "1 hour"}]}, "caps[0].period", "such as 7 days"),
        ({"caps": [{"kind": "campaign", "count": 3, "per": "x"}]}, "caps[0].per", "unknown key"),
        ({"waiver": {"consents": ["all"], "lifts": ["hours"]}}, "waiver.consents", "expected some of express"),
        ({"waiver": {"consents": ["night"], "lifts": []}}, "waiver.lifts", "expected some of hours"),
        ({"abandonment": {"limit": 3}}, "abandonment.limit", "unknown key"),
        ({"abandonment": {"measured_from": "dial"}}, "abandonment.measured_from", "expected one of answer"),
        ({"min_ring": {"rings": 4}}, "min_ring.seconds", "expected a number"),
        ({"id": "xx"}, "id", "capital letters"),
        ({"windows": {"daily": ["25:00-26:00"]}}, "windows.daily", "expected a window"),
        ({"windows": {"mon-sat": ["22:00-02:00"], "sun": ["01:00-02:00"]}}, "windows.sun", "night reaches into"),
        ({"modes": {"research": 5}}, "modes.research", "expected a table of weekdays"),
        ({"modes": 5}, "modes", "expected a table"),
        ({"caps": 5}, "caps", "expected a list"),
        ({"caps": [5]}, "caps[0]", "expected a table"),
        ({"caps": [{"kind": "calendar_day", "count": 0}]}, "caps[0].count", "1 or more"),
        ({"caps": [{"kind": "rolling", "count": 1, "period": "0 hours"}]}, "caps[0].period", "such as 24 hours"),
        ({"caps": [{"kind": "cooldown", "count": 1, "period": "1 hour"}]}, "caps[0].count", "unknown key"),
        ({"registries": "A"}, "registries", "expected a list"),
        ({"registries": [5]}, "registries[0]", "expected a table"),
        ({"registries": ["A", {"max_age_days": 3}]}, "registries[1].name", "missing"),
        ({"registries": [{"name": "A", "max_age_days": 0}]}, "registries[0].max_age_days", "1 or more"),
        ({"registries": [{"name": "A", "age": 3}]}, "registries[0].age", "unknown key"),
        ({"waiver": {"consents": ["night"], "lifts": ["hours"], "of": "x"}}, "waiver.of", "unknown key"),
        ({"abandonment": {"limit_percent": 3}}, "abandonment.period", "the period the limit is for"),
        ({"abandonment": {"limit_percent": 101, "period": "day"}}, "abandonment.limit_percent", "at most 100"),
        ({"abandonment": {"period": "week"}}, "abandonment.period", "expected one of campaign_30_days"),
        ({"min_ring": {"seconds": 15, "max_seconds": 14}}, "min_ring.max_seconds", "no less than seconds"),
        ({"optout_terms": {"by": ["key"]}}, "optout_terms.honour_days", "expected a number"),
        ({"optout_terms": {"honour_days": 1, "by": ["post"]}}, "optout_terms.by", "expected some of key, speech"),
        ({"caller_id": {"forbidden": ["+336"]}}, "caller_id.forbidden", "leading digits"),
        ({"caller_id": {"prefix": "33"}}, "caller_id.prefix", "unknown key"),
        ({"recording_terms": {"consent": "both"}}, "recording_terms.consent", "expected one of one_party"),
        ({"recording_terms": {"keep_days": 9, "at_most_days": 8}}, "recording_terms.at_most_days", "no less"),
        ({"effective_from": date(2026, 2, 1), "effective_to": date(2026, 1, 1)}, "effective_to", "not before"),
        ({"ends": True}, "ends", "expected effective_to"),
        ({"replaces_windows": True}, "replaces_windows", "expected extends"),
        ({"purpose": "debt"}, "purpose", "expected extends"),
        ({"overlay": True, "purpose": "debt", "extends": "US"}, "overlay", "either an overlay"),
        ({"holidays": {"eve": "sat"}}, "holidays.closed", "names of calendars"),
        ({"holidays": {"closed": ["A"], "by_region": True}}, "holidays.by_region", "several calendars"),
    ],
)
def test_a_mistake_is_refused_by_the_name_of_its_key(wrong: dict[str, Any], key: str, why: str) -> None:
    with pytest.raises(BadPack, match=why) as caught:
        parse_pack({**LEAST, **wrong})
    assert caught.value.key == key
