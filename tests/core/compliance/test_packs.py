"""Which editions hold on a day, and which packs a call is asked of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from dialer.core.compliance.packs import Pack, Rulebook, beginnings, choose, in_force
from dialer.core.compliance.week import parse_week

OLD = Pack(
    id="XX", version="1", name="old", week=parse_week({"daily": []}), status="made up", confidence="n/a",
    effective_to=date(2026, 8, 10),
)  # fmt: skip
NEW = replace(OLD, name="new", effective_from=date(2026, 8, 11), effective_to=None)
BEFORE, AFTER = date(2026, 8, 10), date(2026, 8, 11)


def _book(*editions: Pack) -> Rulebook:
    return Rulebook({"XX": editions}, {}, {}, "test", dated_in=("Europe/Paris",))


@pytest.mark.parametrize(
    ("days", "held"),
    [({BEFORE}, ["old"]), ({AFTER}, ["new"]), ({BEFORE, AFTER}, ["old", "new"])],
)
def test_where_it_is_midnight_in_between_both_editions_hold(days: set[date], held: list[str]) -> None:
    found = in_force(_book(OLD, NEW), {"XX": True}, frozenset(days))
    assert [pack.name for pack in found.packs] == held


def test_a_pack_that_names_a_zone_goes_by_the_date_there() -> None:
    book = _book(replace(OLD, dated_in="Europe/Paris"), replace(NEW, dated_in="Europe/Paris"))
    found = in_force(book, {"XX": True}, frozenset({BEFORE}), (("Europe/Paris", AFTER),))
    assert [pack.name for pack in found.packs] == ["new"]
    assert list(beginnings(found.packs, book)) == [(AFTER, "Europe/Paris")]


def test_a_country_whose_rule_has_lapsed_is_missing_and_a_region_is_not_asked() -> None:
    lapsed = _book(replace(OLD, ends=True))
    assert in_force(lapsed, {"XX": True}, frozenset({AFTER})).missing == "XX"
    assert in_force(lapsed, {"XX": False}, frozenset({AFTER})).missing is None


def test_packs_are_asked_country_first_then_region_purpose_and_trunk(rulebook: Rulebook) -> None:
    chosen = choose(rulebook, ("US", "US-FL"), ("debt",), ("CN-CARRIER",), frozenset({AFTER}))
    assert [pack.id for pack in chosen.packs] == ["US", "US-FL", "US-DEBT", "CN-CARRIER"]
    assert choose(rulebook, ("CH",), (), (), frozenset({AFTER})).packs[0].id == "ZZ"
    assert choose(rulebook, ("US",), (), ("NOBODYS",), frozenset({AFTER})).missing == "NOBODYS"
