"""The shipped packs against the research notes of November 2026, fact by fact: a pack says no more and no less."""

from __future__ import annotations

import pytest

from dialer.core.compliance.packs import CallerId, OptOut, Pack, Recording, Registry, Rulebook
from dialer.core.compliance.week import week_text
from dialer.rules.origins import sources

WINDOWS = {
    "US": "daily 08:00-21:00", "US-DEBT": "daily 08:00-21:00",
    "CA": "mon-fri 09:00-21:30, sat-sun 10:00-18:00",
    "BR": "mon-fri 09:00-21:00, sat 10:00-16:00, sun closed",
    "CO": "mon-fri 07:00-19:00, sat 08:00-15:00, sun closed",
    "MX": "mon-sat 09:00-20:00, sun closed", "AR": "mon-sat 09:00-20:00, sun closed",
    "CL": "mon-sat 09:00-20:00, sun closed",
    "GB": "mon-fri 08:00-21:00, sat 09:00-21:00, sun closed",
    "FR": "mon-fri 10:00-13:00 14:00-20:00, sat-sun closed",
    "DE": "mon-fri 08:00-20:00, sat 09:00-18:00, sun closed",
    "IT": "mon-fri 09:00-20:00, sat 10:00-19:00, sun closed",
    "ES": "mon-fri 09:00-21:00, sat-sun closed",
    "NL": "mon-fri 09:00-21:00, sat 10:00-16:00, sun closed",
    "AE": "daily 09:00-18:00",
    "ZZ": "mon-fri 09:00-20:00, sat 10:00-18:00, sun closed",
    "AU": "mon-fri 09:00-20:00, sat 09:00-17:00, sun closed",
    "NZ": "mon-sat 08:00-21:00, sun closed",
    "IN": "daily 10:00-21:00", "IN-DEBT": "daily 08:00-19:00",
    "SG": "mon-sat 09:00-21:00, sun closed", "HK": "daily 09:00-22:00",
    "JP": "mon-sat 09:00-20:00, sun closed", "KR": "daily 08:00-21:00", "TW": "mon-sat 09:00-21:00, sun closed",
    "CN": "daily 09:00-20:00", "CN-INS": "daily 09:00-21:00", "CN-DEBT": "daily 08:00-22:00",
    "CN-CARRIER": "daily 08:00-21:00",
    "US-AL": "mon-sat 08:00-20:00, sun closed", "US-CA": "daily 08:00-21:00", "US-CT": "daily 09:00-20:00",
    "US-DE": "daily 08:00-21:00", "US-FL": "daily 08:00-20:00", "US-IL": "daily 08:00-21:00",
    "US-KY": "daily 10:00-21:00", "US-LA": "mon-sat 08:00-20:00, sun closed", "US-MA": "daily 08:00-20:00",
    "US-MD": "daily 08:00-20:00", "US-MI": "daily 09:00-21:00", "US-MN": "daily 09:00-21:00",
    "US-MS": "mon-sat 08:00-20:00, sun closed", "US-MT": "daily 08:00-21:00", "US-NE": "daily 08:00-21:00",
    "US-NH": "daily 08:00-21:00", "US-NM": "daily 09:00-21:00", "US-NV": "daily 09:00-20:00",
    "US-NY": "daily 08:00-21:00", "US-OK": "daily 08:00-20:00", "US-OR": "daily 08:00-20:00",
    "US-PA": "daily 08:00-21:00", "US-RI": "mon-fri 09:00-18:00, sat 10:00-17:00, sun closed",
    "US-SD": "daily 08:00-21:00", "US-TX": "mon-sat 09:00-21:00, sun 12:00-21:00",
    "US-UT": "mon-sat 08:00-21:00, sun closed", "US-WA": "daily 08:00-20:00",
}  # fmt: skip

REGISTRIES = {
    "US": {"US-DNC": 31}, "CA": {"CA-DNCL": 31}, "SG": {"SG-DNC": 21}, "AU": {"DNCR-AU": 30},
    "US-TX": {"US-TX-NO-CALL": None}, "BR": {"NAO-ME-PERTURBE": None, "PROCON": None}, "CO": {"RNE": None},
    "MX": {"REPEP": None, "REUS": None}, "AR": {"NO-LLAME": None}, "CL": {"NO-MOLESTAR": None},
    "GB": {"TPS": None, "CTPS": None}, "IT": {"RPO": None}, "ES": {"ROBINSON": None}, "AE": {"DNCR": None},
    "NZ": {"MA-DNC": None}, "IN": {"NCPR": None}, "KR": {"DONOTCALL": None},
}  # fmt: skip

OPT_OUTS = {
    "US": OptOut(10, business_days=True, by=("key", "speech")),
    "CA": OptOut(14, keep_years=3, keep_days=14),
    "BR": OptOut(30),
    "CN": OptOut(0, by=("key", "speech")),
    **dict.fromkeys(("GB", "FR", "DE", "IT", "ES", "AU", "KR"), OptOut(0)),
}

WITHHELD_BANNED = {"US", "CA", "GB", "DE", "IT", "NL", "AU", "SG", "HK", "CN"}
FORBIDDEN = {"GB": ("449",), "FR": ("336", "337"), "ES": ("346", "347")}

RECORDING = {
    "US": Recording("one_party"),
    "US-OR": Recording("one_party"),
    "US-DEBT": Recording(keep_days=1095),
    "CN": Recording("notice", keep_days=30),
    "CN-INS": Recording(keep_days=3650, compulsory=True),
    "CN-DEBT": Recording(keep_days=1825),
    "DE": Recording("all_party"),
    "AE": Recording("must_tell"),
    **dict.fromkeys(
        (
            "US-CA",
            "US-CT",
            "US-DE",
            "US-FL",
            "US-IL",
            "US-MA",
            "US-MD",
            "US-MI",
            "US-MT",
            "US-NV",
            "US-NH",
            "US-PA",
            "US-WA",
        ),
        Recording("all_party"),
    ),
    **dict.fromkeys(
        ("CA", "BR", "GB", "FR", "IT", "ES", "NL", "AU", "NZ", "IN", "SG", "HK", "JP"), Recording("notice")
    ),
}

ABANDONMENT = {
    "US": (3.0, "campaign_30_days", 2.0, "greeting_end"),
    "CA": (5.0, "calendar_month", 2.0, "answer"),
    "GB": (3.0, "day", 2.0, "greeting_start"),
    "DE": (None, None, None, None),
}

RINGS = {"US": (15, 4, None), "GB": (15, None, None), "DE": (15, 3, 40)}


def _last(rulebook: Rulebook) -> dict[str, Pack]:
    """Today's edition of each pack."""
    return {name: editions[-1] for name, editions in rulebook.packs.items()}


def test_there_is_a_pack_for_each_place_and_purpose_and_no_other(rulebook: Rulebook) -> None:
    assert rulebook.packs.keys() == WINDOWS.keys()
    assert len([name for name in rulebook.packs if name.startswith("US-") and name != "US-DEBT"]) == 27


def test_the_windows_are_those_of_the_notes(rulebook: Rulebook) -> None:
    assert {name: week_text(pack.week) for name, pack in _last(rulebook).items()} == WINDOWS


def test_registries_are_lists_that_can_be_had_with_the_age_their_rule_allows(rulebook: Rulebook) -> None:
    found = {
        name: {r.name: r.max_age_days for r in p.registries} for name, p in _last(rulebook).items() if p.registries
    }
    assert found == REGISTRIES
    assert rulebook.packs["FR"][0].registries == (Registry("BLOCTEL"),)
    assert rulebook.packs["FR"][1].registries == ()


def test_opt_outs_are_honoured_and_kept_as_the_rule_says(rulebook: Rulebook) -> None:
    assert {name: pack.optout for name, pack in _last(rulebook).items() if pack.optout} == OPT_OUTS


def test_caller_ids_are_banned_where_the_rule_bans_them(rulebook: Rulebook) -> None:
    rules = {name: pack.caller_id or CallerId() for name, pack in _last(rulebook).items()}
    assert {name for name, rule in rules.items() if rule.withheld_banned} == WITHHELD_BANNED
    assert {name: rule.forbidden for name, rule in rules.items() if rule.forbidden} == FORBIDDEN


def test_recordings_need_what_the_place_asks_for(rulebook: Rulebook) -> None:
    assert {name: pack.recording for name, pack in _last(rulebook).items() if pack.recording} == RECORDING


def test_abandonment_is_counted_over_the_regulators_own_period(rulebook: Rulebook) -> None:
    terms = {name: pack.abandonment for name, pack in _last(rulebook).items() if pack.abandonment}
    found = {name: (a.limit_percent, a.period, a.connect_seconds, a.measured_from) for name, a in terms.items()}
    assert found == ABANDONMENT


def test_phones_ring_as_long_as_the_rule_says(rulebook: Rulebook) -> None:
    rings = {name: p.min_ring for name, p in _last(rulebook).items() if p.min_ring}
    assert {name: (r.seconds, r.rings, r.max_seconds) for name, r in rings.items()} == RINGS


@pytest.mark.parametrize("name", sorted(WINDOWS))
def test_each_pack_names_sources_that_are_listed(rulebook: Rulebook, name: str) -> None:
    marks = {mark for pack in rulebook.packs[name] for mark in pack.src}
    assert marks <= sources().keys()
    assert marks or name == "ZZ"
