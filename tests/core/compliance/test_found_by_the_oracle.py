"""Where the gate and the rules' words once disagreed: one row for each, so that it stays agreed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.core.compliance.gate import CampaignRules, Permit, Question, Refusal, check
from dialer.core.compliance.limits import Cap, PastAttempt
from dialer.core.compliance.packs import Pack, Rulebook
from dialer.core.compliance.question import Mode
from dialer.core.compliance.week import Week
from dialer.core.number import Number
from tests.core.compliance.makers import ask, at, permit, refusal, tried

NOON = at("2026-11-24 12:00")
DAY = timedelta(days=1)


def test_a_year_that_nobody_knows_is_told_before_a_holiday_that_waiting_cures(engine_rulebook: Rulebook) -> None:
    holiday = at("2026-11-20 03:00", "Europe/Rome")
    assert refusal(engine_rulebook, ask("+99915123"), holiday).rule == "HOLIDAY"
    found = refusal(engine_rulebook, ask("+99915123", CampaignRules(closes_on=("NONE",))), holiday)
    assert (found.rule, found.decided_by, found.try_after) == ("HOLIDAY_UNKNOWN", "campaign", None)


def test_where_an_eve_shortens_the_day_tomorrow_must_be_known_too(engine_rulebook: Rulebook) -> None:
    """The made-up calendar ends with 2026: New Year's Day may be a holiday, and its eve shorter."""
    assert permit(engine_rulebook, ask("+99914123"), at("2026-12-30 10:30", "Europe/Rome"))
    assert refusal(engine_rulebook, ask("+99914123"), at("2026-12-31 10:30", "Europe/Rome")).rule == "HOLIDAY_UNKNOWN"


@pytest.mark.parametrize(
    ("cap", "kind", "mode", "rule"),
    [
        (Cap("cooldown", 0, DAY, counts="abandoned"), "abandoned", "progressive", "ABANDON_COOLDOWN"),
        (Cap("cooldown_days", 0, days=2, counts="amd_machine"), "amd_machine", "progressive", "ABANDON_COOLDOWN"),
        (Cap("cooldown", 0, DAY, counts="abandoned"), "abandoned", "preview", None),
        (Cap("cooldown_days", 0, days=2, counts="amd_machine"), "amd_machine", "manual", None),
        # a pause after a talk is no pause after an abandoned call, and a limit on how many there may be is no pause
        (Cap("cooldown", 0, DAY, counts="conversations"), "conversation", "progressive", "ATTEMPT_CAP"),
        (Cap("cooldown", 0, DAY), "busy", "preview", "ATTEMPT_CAP"),
        (Cap("rolling", 1, DAY, counts="abandoned"), "abandoned", "preview", "ATTEMPT_CAP"),
    ],
)
def test_only_a_pause_after_an_abandoned_call_is_called_one_and_spares_an_agent_who_is_there(
    cap: Cap, kind: str, mode: Mode, rule: str | None
) -> None:
    question = Question(Number("+999770001"), 1, 1, history=tried(NOON - timedelta(hours=1), kind=kind), mode=mode)
    found = check(_book(cap), question, NOON)
    assert isinstance(found, Permit) if rule is None else isinstance(found, Refusal) and found.rule == rule


def test_where_the_matter_is_not_known_there_must_be_room_in_the_blocks_of_each() -> None:
    """All attempts together begin their blocks elsewhere than those about one loan, whose block is still full."""
    cap = Cap("anchored", 1, timedelta(minutes=5), scope="person+debt")
    first, other, another = (NOON + timedelta(seconds=s) for s in (0, 300, 301))
    past = (
        PastAttempt(first, "busy"),
        PastAttempt(other, "busy", subject="a"),
        PastAttempt(another, "busy", subject="b"),
    )
    question = Question(Number("+999770001"), 1, 1, history=past)
    found = check(_book(cap), question, NOON + timedelta(seconds=600))
    assert isinstance(found, Refusal)
    assert found.try_after == another + timedelta(minutes=5)


def test_a_rule_that_lapses_frees_the_number_on_the_day_after() -> None:
    """The region's rule ends with no other after it: what is left of the rules opens long before its next edition."""
    country = _pack("XA", (((0, 1440),),) * 7)
    rule = replace(_pack("XA-N", ((),) * 7), extends="XA", effective_to=NOON.date())
    again = replace(rule, effective_from=NOON.date() + 9 * DAY, effective_to=None)
    book = Rulebook({"XA": (country,), "XA-N": (rule, again)}, {}, {}, "2026.6", prefixes={"99977": "XA"})
    found = check(book, Question(Number("+999770001"), 1, 1, region="XA-N"), NOON)
    assert isinstance(found, Refusal)
    assert (found.decided_by, found.try_after) == ("XA-N", at("2026-11-25 00:00"))


def test_a_total_that_is_used_up_is_so_until_an_edition_without_it() -> None:
    old = replace(_pack("XA", (((0, 1440),),) * 7), caps=(Cap("campaign", 1),), effective_to=NOON.date())
    new = replace(old, caps=(), effective_from=NOON.date() + DAY, effective_to=None)
    book = Rulebook({"XA": (old, new)}, {}, {}, "2026.6", zone_names=frozenset({"UTC"}), prefixes={"99977": "XA"})
    question = Question(Number("+999770001"), 1, 1, history=tried(NOON - DAY))
    found = check(book, question, NOON)
    assert isinstance(found, Refusal)
    assert (found.rule, found.try_after) == ("ATTEMPT_CAP", at("2026-11-25 00:00"))


def _book(cap: Cap) -> Rulebook:
    pack = replace(_pack("XA", (((0, 1440),),) * 7), caps=(cap,))
    return Rulebook({"XA": (pack,)}, {}, {}, "2026.6", zone_names=frozenset({"UTC"}), prefixes={"99977": "XA"})


def _pack(pack_id: str, week: Week) -> Pack:
    return Pack(
        id=pack_id, version="made-up", name=pack_id, week=week, status="synthetic", confidence="n/a", zones=("UTC",)
    )
