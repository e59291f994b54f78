"""What changed between two sets of packs, and which way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from dialer.core.compliance.consent import Waiver
from dialer.core.compliance.limits import Cap
from dialer.core.compliance.packs import MinRing, Pack, Registry, Rulebook
from dialer.core.compliance.week import parse_week
from dialer.rules.difference import Change, compare, editions, on

PACK = Pack(
    id="A", version="1", name="a", week=parse_week({"daily": ["09:00-20:00"]}), status="made up", confidence="n/a"
)
DAY = timedelta(days=1)


def _change(**fields: Any) -> Change:
    (found,) = compare({"A": PACK}, {"A": replace(PACK, **fields)})
    return found


def test_the_same_packs_do_not_differ(rulebook: Rulebook) -> None:
    assert compare(editions(rulebook.packs), editions(rulebook.packs)) == ()


def test_a_pack_that_came_or_went_is_one_change() -> None:
    assert compare({}, {"A": PACK}) == (Change("A", "", (), ("a",)),)
    (gone,) = compare({"A": PACK}, {})
    assert (gone.kind, gone.old, gone.tendency) == ("removed", ("a",), None)


def test_a_change_says_field_old_and_new() -> None:
    found = _change(week=parse_week({"mon-fri": ["09:00-20:00"], "sat-sun": []}))
    assert (found.pack, found.field, found.kind) == ("A", "windows", "changed")
    assert (found.old, found.new) == (("daily 09:00-20:00",), ("mon-fri 09:00-20:00, sat-sun closed",))


@pytest.mark.parametrize(
    ("fields", "tendency"),
    [
        ({"week": parse_week({"daily": ["09:00-19:00"]})}, "stricter"),
        ({"week": parse_week({"daily": ["09:00-12:00", "13:00-20:00"]})}, "stricter"),
        ({"week": parse_week({"daily": ["08:00-20:00"]})}, "looser"),
        ({"week": parse_week({"daily": ["09:00-02:00"]})}, "looser"),
        ({"week": parse_week({"daily": ["08:00-19:00"]})}, None),
        ({"caps": (Cap("calendar_day", 3),)}, "stricter"),
        ({"opt_in": True}, "stricter"),
        ({"refusal_is_final": True}, "stricter"),
        ({"refusal_days": 60}, "stricter"),
        ({"registries": (Registry("R"),)}, "stricter"),
        ({"blocked_regions": frozenset({"CN-XJ"})}, "stricter"),
        ({"closes_on": ("GB-ENG",)}, "stricter"),
        ({"extra_zones": ("Etc/GMT+6",)}, "stricter"),
        ({"min_ring": MinRing(15, None, None)}, "stricter"),
        ({"waiver": Waiver(frozenset({"night"}), frozenset({"hours"}))}, "looser"),
        ({"emergency_exempts": frozenset({"contract"})}, "looser"),
        ({"name": "b"}, None),
    ],
)
def test_a_change_says_which_way_where_that_can_be_told(fields: dict[str, Any], tendency: str | None) -> None:
    assert _change(**fields).tendency == tendency
    (back,) = compare({"A": replace(PACK, **fields)}, {"A": PACK})
    assert back.tendency == {"stricter": "looser", "looser": "stricter", None: None}[tendency]


@pytest.mark.parametrize(
    ("old", "new", "tendency"),
    [
        (Cap("calendar_day", 3), Cap("calendar_day", 2), "stricter"),
        (Cap("calendar_day", 3), Cap("calendar_day", 4), "looser"),
        (Cap("calendar_day", 3), Cap("calendar_week", 3), None),
        (Cap("cooldown", 0, 3 * DAY), Cap("cooldown", 0, 4 * DAY), "stricter"),
        (Cap("cooldown_days", 0, days=7), Cap("cooldown_days", 0, days=6), "looser"),
    ],
)
def test_a_cap_is_compared_with_its_like(old: Cap, new: Cap, tendency: str | None) -> None:
    (found,) = compare({"A": replace(PACK, caps=(old,))}, {"A": replace(PACK, caps=(new,))})
    assert (found.field, found.tendency) == ("caps", tendency)


@pytest.mark.parametrize(
    ("old", "new", "tendency"),
    [
        (Registry("R", 31), Registry("R", 21), "stricter"),
        (Registry("R", 31), Registry("R"), "looser"),
        (Registry("R", 31), Registry("S", 31), None),
        (Registry("R", 31), Registry("R", 31, "a note"), None),
    ],
)
def test_a_registry_is_stricter_the_younger_it_must_be(old: Registry, new: Registry, tendency: str | None) -> None:
    (found,) = compare({"A": replace(PACK, registries=(old,))}, {"A": replace(PACK, registries=(new,))})
    assert (found.field, found.tendency) == ("registries", tendency)


def test_calendars_of_which_one_is_chosen_say_nothing_about_strictness() -> None:
    old = replace(PACK, closes_on=("GB-ENG", "GB-SCT"), by_region=True)
    (found,) = compare({"A": old}, {"A": replace(old, closes_on=("GB-ENG", "GB-SCT", "GB-WLS"))})
    assert found.tendency is None


def test_between_two_days_only_what_begins_or_ends_changes(rulebook: Rulebook) -> None:
    assert compare(on(rulebook.packs, date(2026, 8, 11)), on(rulebook.packs, date(2026, 11, 23))) == ()
    found = compare(on(rulebook.packs, date(2026, 8, 10)), on(rulebook.packs, date(2026, 8, 11)))
    assert {change.pack for change in found} == {"FR"}
    assert {change.field: change.tendency for change in found}["opt-in"] == "stricter"
    (oregon,) = compare(on(rulebook.packs, date(2025, 12, 31)), on(rulebook.packs, date(2026, 1, 1)))
    assert (oregon.pack, oregon.field, oregon.kind) == ("US-OR", "", "added")


def test_editions_are_told_apart_by_their_first_day(rulebook: Rulebook) -> None:
    assert {"FR", "FR from 2026-08-11"} <= editions(rulebook.packs).keys()
