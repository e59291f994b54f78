"""What a campaign owes besides asking the gate."""

from __future__ import annotations

from datetime import date

import pytest

from dialer.core.compliance.duties import caller_id_faults, recording_duty, ring_faults, suppressed_until
from dialer.core.compliance.packs import OptOut, Pack, Recording, Rulebook
from dialer.core.compliance.week import parse_week


def _pack(name: str, recording: Recording) -> Pack:
    week = parse_week({"daily": []})
    return Pack(id=name, version="1", name=name, week=week, status="made up", confidence="n/a", recording=recording)


def _packs(rulebook: Rulebook, *names: str) -> list[Pack]:
    return [rulebook.packs[name][-1] for name in names]


@pytest.mark.parametrize(
    ("names", "caller_id", "at_fault"),
    [
        (["US"], "", ["US"]),
        (["US"], "  ", ["US"]),
        (["FR"], "", []),
        (["DE", "NL", "GB"], "", ["DE", "NL", "GB"]),
        (["FR"], "+33612345678", ["FR"]),
        (["FR"], "0033712345678", ["FR"]),
        (["FR"], "06 12 34 56 78", ["FR"]),
        (["FR"], "+33162345678", []),
        (["ES"], "+34612345678", ["ES"]),
        (["ES"], "911234567", []),
        (["GB"], "+449012345678", ["GB"]),
        (["GB"], "+442079460123", []),
        (["FR", "ES"], "+34612345678", ["ES"]),
        (["CN"], "400", []),
        (["FR"], "anonymous", []),
        (["MX"], "", []),
    ],
)
def test_a_caller_id_that_a_pack_bans_is_named_with_the_pack(
    rulebook: Rulebook, names: list[str], caller_id: str, at_fault: list[str]
) -> None:
    assert [fault.pack for fault in caller_id_faults(_packs(rulebook, *names), caller_id)] == at_fault


@pytest.mark.parametrize(
    ("names", "seconds", "at_fault"),
    [
        (["US", "GB"], 14, ["US", "GB"]),
        (["US", "GB"], 15, []),
        (["DE"], 40, []),
        (["DE"], 41, ["DE"]),
        (["DE"], 14, ["DE"]),
        (["FR", "CN"], 5, []),
        (["US"], 120, []),
    ],
)
def test_ringing_too_short_or_too_long_is_named_with_the_pack(
    rulebook: Rulebook, names: list[str], seconds: int, at_fault: list[str]
) -> None:
    assert [fault.pack for fault in ring_faults(_packs(rulebook, *names), seconds)] == at_fault


def test_a_fault_is_said_in_both_languages_with_its_figures(rulebook: Rulebook) -> None:
    (ring,) = ring_faults(_packs(rulebook, "US"), 12)
    assert "15 s" in ring.sentence_en
    assert "12 s" in ring.sentence_en
    assert "15 秒" in ring.sentence_zh
    (shown,) = caller_id_faults(_packs(rulebook, "ES"), "+34612345678")
    assert "+346" in shown.sentence_en
    assert "+346" in shown.sentence_zh


@pytest.mark.parametrize(
    ("names", "consent", "by"),
    [
        (["US"], "one_party", "US"),
        (["US", "US-NY"], "one_party", "US"),
        (["US", "US-CA"], "all_party", "US-CA"),
        (["US", "US-WA", "US-CA"], "all_party", "US-WA"),
        (["GB"], "notice", "GB"),
        (["CN", "AE"], "must_tell", "AE"),
        (["MX"], None, None),
    ],
)
def test_the_strictest_place_decides_about_recording(
    rulebook: Rulebook, names: list[str], consent: str | None, by: str | None
) -> None:
    duty = recording_duty(_packs(rulebook, *names))
    assert (duty.consent, duty.decided_by) == (consent, by)


def test_a_recording_is_kept_as_long_as_the_longest_demand(rulebook: Rulebook) -> None:
    assert recording_duty(_packs(rulebook, "CN")).keep_days == 30
    insurance = recording_duty(_packs(rulebook, "CN", "CN-INS", "CN-DEBT"))
    assert (insurance.keep_days, insurance.compulsory, insurance.consent) == (3650, True, "notice")
    assert recording_duty([]).keep_days is None


def test_and_no_longer_than_the_shortest_limit() -> None:
    packs = [_pack("A", Recording(at_most_days=90)), _pack("B", Recording(at_most_days=30))]
    assert recording_duty(packs).at_most_days == 30


@pytest.mark.parametrize(
    ("terms", "asked", "free"),
    [
        (OptOut(14, keep_years=3, keep_days=14), date(2024, 2, 29), date(2027, 3, 15)),
        (OptOut(14, keep_years=3, keep_days=14), date(2024, 2, 28), date(2027, 3, 14)),
        (OptOut(0, keep_years=4), date(2024, 2, 29), date(2028, 2, 29)),
        (OptOut(0, keep_days=180), date(2026, 1, 1), date(2026, 6, 30)),
        (OptOut(0), date(2026, 1, 1), None),
    ],
)
def test_a_wish_not_to_be_called_is_kept_to_the_day(terms: OptOut, asked: date, free: date | None) -> None:
    assert suppressed_until(terms, asked) == free
