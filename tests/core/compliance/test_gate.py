"""The gate's order, its refusals, its permits, and the moment it names for the next try."""

import ast
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dialer.core.compliance.codes import RULES, sentence
from dialer.core.compliance.gate import AbandonCount, CampaignRules, PastAttempt, Permit, Question, check
from dialer.core.compliance.packs import Rulebook
from dialer.core.compliance.week import parse_week
from tests.core.compliance.makers import (
    BERLIN,
    CHINA,
    LONDON,
    NEW_YORK,
    PARIS,
    agreed,
    ask,
    at,
    listed_on,
    permit,
    refusal,
    tried,
)

NOON = at("2026-11-23 12:00", "America/New_York")
FLORIDA = "+18505550123"
SEVEN_TO_SEVEN = parse_week({"daily": ["07:00-19:00"]})

NEXT_OPEN = [
    # name, question, now (local), zone, rule, zone that decided, next (local)
    ("the second before opening", ask(), "2026-11-23 07:59:59", "America/New_York", "2026-11-23 08:00"),
    ("the minute of closing", ask(), "2026-11-23 21:00", "America/New_York", "2026-11-24 08:00"),
    ("the evening before the clocks go forward", ask(), "2026-03-07 21:00", "America/New_York", "2026-03-08 08:00"),
    ("the evening before the clocks go back", ask(), "2026-10-31 22:00", "America/New_York", "2026-11-01 08:00"),
    ("the other side of midnight", ask(), "2026-11-24 00:30", "America/New_York", "2026-11-24 08:00"),
    ("an area code in two zones, morning", ask(FLORIDA), "2026-11-23 08:30", "America/New_York", "2026-11-23 09:00"),
    ("an area code in two zones, evening", ask(FLORIDA), "2026-11-23 20:00", "America/New_York", "2026-11-24 09:00"),
    ("Saturday opens later", ask(LONDON), "2026-11-28 08:00", "Europe/London", "2026-11-28 09:00"),
    ("a Sunday", ask(LONDON), "2026-11-22 12:00", "Europe/London", "2026-11-23 08:00"),
    ("Christmas Eve into Boxing Day and its substitute", ask(LONDON), "2026-12-24 21:00", "Europe/London",
     "2026-12-29 08:00"),
    ("the French midday pause", ask(PARIS, consent="express"), "2026-11-24 13:00", "Europe/Paris", "2026-11-24 14:00"),
    ("the campaign's own hours", ask(rules=CampaignRules(windows=SEVEN_TO_SEVEN)), "2026-11-23 19:00",
     "America/New_York", "2026-11-24 08:00"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "local", "zone", "opens"), [row[1:] for row in NEXT_OPEN],
                         ids=[row[0] for row in NEXT_OPEN])  # fmt: skip
def test_outside_its_hours_a_number_is_refused_until_they_open(
    rulebook: Rulebook, question: Question, local: str, zone: str, opens: str
) -> None:
    found = refusal(rulebook, question, at(local, zone))
    assert found.rule == "OUTSIDE_WINDOW"
    assert found.try_after == at(opens, zone)
    assert isinstance(check(rulebook, question, at(opens, zone)), Permit)
    assert not isinstance(check(rulebook, question, at(opens, zone) - timedelta(seconds=1)), Permit)


@pytest.mark.parametrize("local", ["2026-11-23 08:00", "2026-11-23 20:59:59", "2026-03-08 08:00", "2026-11-01 20:59"])
def test_inside_its_hours_a_number_gets_a_permit(rulebook: Rulebook, local: str) -> None:
    found = permit(rulebook, ask(), at(local, "America/New_York"))
    assert found.basis.packs == ("US@2026-11", "US-NY@2026-11")
    assert (found.basis.zones, found.basis.tzdata) == (("America/New_York",), rulebook.tzdata)
    assert (found.lead_id, found.campaign_id, found.basis.at) == (7, 3, at(local, "America/New_York"))


def test_a_refusal_says_which_clock_decided(rulebook: Rulebook) -> None:
    found = refusal(rulebook, ask(FLORIDA), at("2026-11-23 08:30", "America/New_York"))
    assert (found.decided_by, found.zone, found.local) == ("US", "America/Chicago", "Mon 2026-11-23 07:30:00")
    assert found.sentence == "It is Mon 2026-11-23 07:30:00 in America/Chicago, outside the hours of US."


def test_a_holiday_is_refused_until_the_next_working_morning(rulebook: Rulebook) -> None:
    found = refusal(rulebook, ask(PARIS, consent="express"), at("2026-05-01 11:00", "Europe/Paris"))
    assert (found.rule, found.decided_by) == ("HOLIDAY", "FR")
    assert found.try_after == at("2026-05-04 10:00", "Europe/Paris")


def test_a_regional_holiday_counts_where_the_region_is_not_known(rulebook: Rulebook) -> None:
    saint_andrew = at("2026-11-30 10:00", "Europe/London")
    assert refusal(rulebook, ask(LONDON), saint_andrew).rule == "HOLIDAY"
    assert permit(rulebook, ask(LONDON, region="GB-ENG"), saint_andrew)


def test_a_year_whose_holidays_nobody_knows_is_refused(rulebook: Rulebook) -> None:
    found = refusal(rulebook, ask("+15045550123"), at("2027-01-06 12:00", "America/Chicago"))
    assert (found.rule, found.decided_by, found.try_after) == ("HOLIDAY_UNKNOWN", "US-LA", None)


def test_an_opening_in_a_year_whose_holidays_nobody_knows_is_not_promised(rulebook: Rulebook) -> None:
    found = refusal(rulebook, ask("+15045550123"), at("2026-12-31 20:00", "America/Chicago"))
    assert (found.rule, found.try_after) == ("OUTSIDE_WINDOW", None)


@pytest.mark.parametrize("scope", ["company", "campaign"])
def test_a_number_on_an_own_list_is_refused_at_any_hour(rulebook: Rulebook, scope: str) -> None:
    found = refusal(rulebook, ask(hits=listed_on("spring", scope)), NOON)
    assert (found.rule, found.decided_by, found.try_after) == ("DNC_INTERNAL", "spring", None)


def test_an_entry_holds_to_the_instant_it_expires(rulebook: Rulebook) -> None:
    question = ask(hits=listed_on("company", "company", expires=NOON))
    assert refusal(rulebook, question, NOON - timedelta(microseconds=1)).rule == "DNC_INTERNAL"
    assert permit(rulebook, question, NOON)


def test_a_registry_hit_is_refused_unless_the_callee_agreed(rulebook: Rulebook) -> None:
    question = ask(hits=listed_on("US-DNC", "registry"))
    assert refusal(rulebook, question, NOON).decided_by == "US"
    assert refusal(rulebook, replace(question, consents=agreed("contract")), NOON).rule == "DNC_REGISTRY"
    assert permit(rulebook, replace(question, consents=agreed("express")), NOON)


def test_a_registry_that_is_too_old_or_missing_refuses_until_there_is_a_newer_one(rulebook: Rulebook) -> None:
    drawn_up = NOON - timedelta(days=31)
    question = ask(snapshots=(("US-DNC", drawn_up),))
    assert permit(rulebook, question, NOON)
    found = refusal(rulebook, question, NOON + timedelta(seconds=1))
    assert (found.rule, found.decided_by, found.try_after) == ("REGISTRY_STALE", "US-DNC", None)
    assert refusal(rulebook, ask(snapshots=()), NOON).rule == "REGISTRY_STALE"
    assert permit(rulebook, ask(consent="express", snapshots=()), NOON)


def test_a_registry_that_is_kept_and_cannot_be_read_refuses_whatever_its_age_may_be(rulebook: Rulebook) -> None:
    noon = at("2026-11-24 12:00", "Europe/London")
    assert permit(rulebook, ask(LONDON, snapshots=()), noon)
    found = refusal(rulebook, ask(LONDON, snapshots=(("TPS", None),)), noon)
    assert (found.rule, found.decided_by) == ("REGISTRY_STALE", "TPS")
    assert permit(rulebook, ask(LONDON, consent="express", snapshots=(("TPS", None),)), noon)


def test_an_own_list_is_named_before_a_registry_that_is_too_old(rulebook: Rulebook) -> None:
    assert refusal(rulebook, ask(hits=listed_on("a", "company"), snapshots=()), NOON).rule == "DNC_INTERNAL"


@pytest.mark.parametrize("scope", ["brand", "channel"])
def test_a_brands_and_a_channels_list_refuse_as_the_companys_does(rulebook: Rulebook, scope: str) -> None:
    assert refusal(rulebook, ask(hits=listed_on("w", scope)), NOON).rule == "DNC_INTERNAL"


def test_a_registry_that_no_pack_names_counts_all_the_same(rulebook: Rulebook) -> None:
    assert refusal(rulebook, ask(hits=listed_on("ELSEWHERE", "registry")), NOON).decided_by == "ELSEWHERE"


def test_a_refusal_by_the_callee_is_final_where_the_law_says_so(rulebook: Rulebook) -> None:
    noon = at("2026-11-24 12:00", "Asia/Shanghai")
    question = ask(CHINA, consent="express", refused_at=at("2020-01-01 00:00"))
    assert refusal(rulebook, question, noon).rule == "DNC_INTERNAL"
    assert permit(rulebook, ask(refused_at=at("2020-01-01 00:00")), NOON)


def test_under_the_old_french_law_a_refusal_bound_for_sixty_days(rulebook: Rulebook) -> None:
    asked = at("2026-08-03 15:00", "Europe/Paris")
    assert refusal(rulebook, ask(PARIS, refused_at=asked - timedelta(days=59)), asked).rule == "DNC_INTERNAL"
    assert permit(rulebook, ask(PARIS, refused_at=asked - timedelta(days=60)), asked)


def test_consent_is_asked_for_from_the_day_the_law_asks_for_it(rulebook: Rulebook) -> None:
    last = at("2026-08-10 19:59", "Europe/Paris")
    assert permit(rulebook, ask(PARIS), last)
    assert refusal(rulebook, ask(PARIS), last + timedelta(days=1)).rule == "CONSENT_REQUIRED"
    # closed at 20:00 on the last day: the next opening is under the new law, which no waiting satisfies
    assert refusal(rulebook, ask(PARIS), last + timedelta(minutes=1)).try_after is None


def test_a_new_edition_of_a_pack_may_be_what_opens(engine_rulebook: Rulebook) -> None:
    found = refusal(engine_rulebook, ask("+99919123"), at("2026-11-24 12:00", "Europe/Rome"))
    assert found.try_after == at("2026-12-01 09:00", "Europe/Rome")


def test_an_emergency_suspends_calls_except_where_the_law_exempts(rulebook: Rulebook) -> None:
    question = ask(suspended=("US-NY",))
    assert refusal(rulebook, question, NOON).rule == "EMERGENCY_SUSPENSION"
    assert permit(rulebook, replace(question, consents=agreed("contract")), NOON)
    assert permit(rulebook, ask(suspended=("US-LA",)), NOON)


@pytest.mark.parametrize("area", ["US-NY", "US", "+1212"])
def test_an_area_is_a_pack_a_region_a_country_or_leading_digits(rulebook: Rulebook, area: str) -> None:
    found = refusal(rulebook, ask(suspended=(area,)), NOON)
    assert (found.rule, found.decided_by) == ("EMERGENCY_SUSPENSION", area)


def test_an_area_without_a_pack_of_its_own_can_be_suspended(rulebook: Rulebook) -> None:
    noon = at("2026-11-24 12:00", "Asia/Shanghai")
    question = ask(CHINA, consent="express", region="CN-SC", suspended=("CN-SC",))
    assert refusal(rulebook, question, noon).rule == "EMERGENCY_SUSPENSION"
    assert permit(rulebook, replace(question, region="CN-ZJ"), noon)


def test_only_the_suspended_areas_own_law_exempts(rulebook: Rulebook) -> None:
    assert permit(rulebook, ask(consent="express", suspended=("+1518", "+1212")), NOON)
    moved = ask(consent="express", region="US-TX", suspended=("US-TX",))
    assert refusal(rulebook, moved, NOON).decided_by == "US-TX"


def test_a_region_the_line_does_not_carry_is_refused_by_address(rulebook: Rulebook) -> None:
    noon = at("2026-11-24 12:00", "Asia/Shanghai")
    question = ask(CHINA, CampaignRules(overlays=("CN-CARRIER",)), consent="express", region="CN-XZ")
    assert refusal(rulebook, question, noon).rule == "REGION_BLOCKED"
    assert permit(rulebook, replace(question, region="CN-ZJ"), noon)


def test_an_overlay_that_is_not_loaded_is_refused(rulebook: Rulebook) -> None:
    found = refusal(rulebook, ask(rules=CampaignRules(overlays=("CN-OTHER",))), NOON)
    assert (found.rule, found.decided_by) == ("RULES_MISSING", "CN-OTHER")


def test_a_country_without_a_pack_comes_under_the_fallback(rulebook: Rulebook) -> None:
    swiss = ask("+41443640123", consent="express")
    monday = at("2026-11-23 12:00", "Europe/Zurich")
    assert permit(rulebook, swiss, monday).basis.packs == ("ZZ@2026-11",)
    assert refusal(rulebook, replace(swiss, consents=agreed()), monday).rule == "CONSENT_REQUIRED"
    assert refusal(rulebook, swiss, at("2026-12-25 12:00", "Europe/Zurich")).rule == "HOLIDAY"


def test_an_address_in_another_state_brings_its_rules_and_its_clock(rulebook: Rulebook) -> None:
    moved = ask(NEW_YORK, region="US-TX")
    found = refusal(rulebook, moved, at("2026-11-23 08:30", "America/New_York"))
    assert (found.decided_by, found.zone) == ("US", "America/Chicago")
    assert permit(rulebook, moved, NOON).basis.packs == ("US@2026-11", "US-NY@2026-11", "US-TX@2026-11")


def test_an_address_in_another_country_brings_that_country(rulebook: Rulebook) -> None:
    found = permit(rulebook, ask(NEW_YORK, region="GB-ENG"), NOON)
    assert found.basis.packs == ("US@2026-11", "GB@2026-11", "US-NY@2026-11")
    assert found.basis.zones == ("America/New_York", "Europe/London")


@pytest.mark.parametrize("number", ["+9991234", "+2105550123", "+11125550123", "+442212345678"])
def test_a_number_in_no_range_is_refused(rulebook: Rulebook, number: str) -> None:
    assert refusal(rulebook, ask(number), NOON).rule == "NUMBER_INVALID"


def test_a_collection_campaign_has_the_hours_and_cap_of_its_purpose(rulebook: Rulebook) -> None:
    late = at("2026-11-24 21:30", "Asia/Shanghai")
    debt = ask(CHINA, CampaignRules(purposes=("debt",)), consent="contract")
    assert permit(rulebook, debt, late).basis.packs == ("CN@2026-11", "CN-DEBT@2026-11")
    assert refusal(rulebook, replace(debt, rules=CampaignRules()), late).rule == "OUTSIDE_WINDOW"


def test_a_research_campaign_has_the_hours_of_research(rulebook: Rulebook) -> None:
    sunday = at("2026-11-22 12:00", "Australia/Sydney")
    assert permit(rulebook, ask("+61255501234", CampaignRules(purposes=("research",))), sunday)
    assert refusal(rulebook, ask("+61255501234"), sunday).rule == "OUTSIDE_WINDOW"


def test_express_consent_lifts_utahs_own_hours_and_no_others(rulebook: Rulebook) -> None:
    sunday = at("2026-11-22 12:00", "America/Denver")
    assert refusal(rulebook, ask("+18015550123"), sunday).rule == "OUTSIDE_WINDOW"
    assert permit(rulebook, ask("+18015550123", consent="express"), sunday)
    assert refusal(rulebook, ask("+18015550123", consent="express"), at("2026-11-22 07:59", "America/Denver"))


def test_a_campaign_may_add_a_calendar_and_a_blackout(rulebook: Rulebook) -> None:
    noon = at("2026-10-01 12:00", "Asia/Shanghai")
    statutory = ask(CHINA, CampaignRules(closes_on=("CN-workdays",)), consent="express")
    assert refusal(rulebook, statutory, noon).decided_by == "campaign"
    lunch = (datetime.fromisoformat("2026-11-24T12:00"), datetime.fromisoformat("2026-11-24T14:00"))
    paused = ask(CHINA, CampaignRules(blackouts=(lunch,)), consent="express")
    found = refusal(rulebook, paused, at("2026-11-24 12:00", "Asia/Shanghai"))
    assert (found.rule, found.try_after) == ("OUTSIDE_WINDOW", at("2026-11-24 14:00", "Asia/Shanghai"))
    assert permit(rulebook, paused, at("2026-11-24 11:59", "Asia/Shanghai"))


@pytest.mark.parametrize("end", ["2026-11-24T14:00:30", "2026-11-24T14:00+00:00"])
def test_a_blackout_is_local_and_of_whole_minutes(end: str) -> None:
    with pytest.raises(ValueError, match="naive local times"):
        CampaignRules(blackouts=((datetime.fromisoformat("2026-11-24T12:00"), datetime.fromisoformat(end)),))


def test_a_calendar_that_does_not_exist_refuses(rulebook: Rulebook) -> None:
    assert refusal(rulebook, ask(rules=CampaignRules(closes_on=("NONE",))), NOON).rule == "HOLIDAY_UNKNOWN"


def test_with_a_closing_guard_no_call_rings_into_the_closed_hours(rulebook: Rulebook) -> None:
    guarded = ask(rules=CampaignRules(closing_guard=timedelta(seconds=60)))
    assert permit(rulebook, guarded, at("2026-11-23 20:58:59", "America/New_York"))
    found = refusal(rulebook, guarded, at("2026-11-23 20:59", "America/New_York"))
    assert (found.rule, found.try_after) == ("OUTSIDE_WINDOW", at("2026-11-24 08:00", "America/New_York"))


def test_a_guard_that_reaches_over_a_pause_lets_calls_pass_that_end_beyond_it(rulebook: Rulebook) -> None:
    guarded = ask(PARIS, CampaignRules(closing_guard=timedelta(minutes=70)), consent="express")
    found = refusal(rulebook, guarded, at("2026-11-24 12:00", "Europe/Paris"))
    assert found.try_after == at("2026-11-24 12:50", "Europe/Paris")
    assert permit(rulebook, guarded, at("2026-11-24 12:50", "Europe/Paris"))


def test_a_campaigns_daily_limit_counts_local_days(rulebook: Rulebook) -> None:
    limited = ask(rules=CampaignRules(attempts_per_day=2))
    evening, night = at("2026-11-23 20:30", "America/New_York"), at("2026-11-23 20:45", "America/New_York")
    found = refusal(rulebook, replace(limited, history=tried(evening, night)), night + timedelta(minutes=5))
    assert (found.rule, found.decided_by) == ("ATTEMPT_CAP", "campaign")
    assert found.try_after == at("2026-11-24 08:00", "America/New_York")
    assert permit(rulebook, replace(limited, history=tried(evening)), night)


def test_a_campaigns_pause_between_attempts_is_kept(rulebook: Rulebook) -> None:
    paused = ask(rules=CampaignRules(gap=timedelta(hours=2)), history=tried(NOON - timedelta(hours=1)))
    found = refusal(rulebook, paused, NOON)
    assert (found.rule, found.try_after) == ("ATTEMPT_GAP", NOON + timedelta(hours=1))
    assert permit(rulebook, paused, NOON + timedelta(hours=1))


def test_a_campaigns_total_is_not_cured_by_time(rulebook: Rulebook) -> None:
    old = PastAttempt(NOON - timedelta(days=90), "busy", campaign_id=3)
    found = refusal(rulebook, ask(rules=CampaignRules(max_attempts=1), history=(old,)), NOON)
    assert (found.rule, found.decided_by, found.try_after) == ("ATTEMPT_CAP", "campaign", None)
    assert permit(rulebook, ask(rules=CampaignRules(max_attempts=1), history=(replace(old, campaign_id=4),)), NOON)


def test_an_abandoned_call_bars_progressive_and_not_preview(rulebook: Rulebook) -> None:
    noon = at("2026-11-24 12:00", "Europe/London")
    question = ask(LONDON, history=tried(noon - timedelta(hours=50), kind="abandoned"))
    assert refusal(rulebook, question, noon).rule == "ABANDON_COOLDOWN"
    assert permit(rulebook, replace(question, mode="preview"), noon)


def test_too_many_abandoned_calls_stop_progressive_and_not_preview(rulebook: Rulebook) -> None:
    question = ask(abandons=(AbandonCount(31, 1000),))
    assert refusal(rulebook, question, NOON).rule == "ABANDON_RATE"
    assert permit(rulebook, replace(question, abandons=(AbandonCount(30, 1000),)), NOON)
    assert permit(rulebook, replace(question, mode="manual"), NOON)
    berlin = ask(BERLIN, consent="express", abandons=(AbandonCount(1, 1),))
    assert permit(rulebook, berlin, at("2026-11-24 12:00", "Europe/Berlin"))


def test_an_abandon_count_is_held_against_the_packs_of_its_own_period(rulebook: Rulebook) -> None:
    question = ask(abandons=(AbandonCount(31, 1000, "calendar_month"), AbandonCount(30, 1000, "campaign_30_days")))
    assert permit(rulebook, question, NOON)
    over = replace(question, abandons=(AbandonCount(31, 1000, "campaign_30_days"),))
    assert refusal(rulebook, over, NOON).rule == "ABANDON_RATE"


def test_the_answer_is_no_time_at_all_where_nothing_ever_opens(engine_rulebook: Rulebook) -> None:
    assert refusal(engine_rulebook, ask("+99916123"), NOON).try_after is None


def test_a_number_known_to_the_lab_alone_needs_the_labs_pack(engine_rulebook: Rulebook) -> None:
    assert permit(engine_rulebook, ask("+99913123"), NOON).basis.packs == ("ZZ-ALLDAY@test",)
    assert refusal(engine_rulebook, ask("+99999123"), NOON).rule == "NUMBER_INVALID"


def test_the_first_refusal_in_the_order_of_the_table_is_the_answer(rulebook: Rulebook) -> None:
    night = at("2026-11-23 03:00", "Asia/Shanghai")
    carrier = CampaignRules(overlays=("CN-CARRIER",), gap=timedelta(days=1))
    lists = listed_on("a", "company") + listed_on("b", "registry")
    worst = ask(
        CHINA, carrier, region="CN-XJ", suspended=("CN",), hits=lists, history=tried(night), zone="Mars/Olympus"
    )
    cures: list[dict[str, object]] = [
        {"suspended": ()}, {"region": None}, {"hits": listed_on("b", "registry")}, {"hits": ()},
        {"consents": agreed("express")}, {"zone": None},
    ]  # fmt: skip
    seen = [refusal(rulebook, worst, night).rule]
    for cure in cures:
        worst = replace(worst, **cure)  # type: ignore[arg-type]
        seen.append(refusal(rulebook, worst, night).rule)
    assert seen == [
        "EMERGENCY_SUSPENSION", "REGION_BLOCKED", "DNC_INTERNAL", "DNC_REGISTRY", "CONSENT_REQUIRED", "ZONE_UNKNOWN",
        "OUTSIDE_WINDOW",
    ]  # fmt: skip
    assert [code for code in RULES if code in seen] == seen


def test_a_naive_time_is_a_mistake(rulebook: Rulebook) -> None:
    with pytest.raises(ValueError, match="aware"):
        check(rulebook, ask(), datetime.fromisoformat("2026-11-23T12:00"))


def test_a_permit_lasts_five_seconds(rulebook: Rulebook) -> None:
    assert permit(rulebook, ask(), NOON).stale_at == NOON + timedelta(seconds=5)


def test_a_permit_ends_when_the_first_window_shuts(rulebook: Rulebook) -> None:
    closing = at("2026-11-23 21:00", "America/New_York")
    assert permit(rulebook, ask(), closing - timedelta(seconds=2)).stale_at == closing
    guarded = ask(rules=CampaignRules(closing_guard=timedelta(seconds=90)))
    last = closing - timedelta(seconds=90)
    assert permit(rulebook, guarded, last - timedelta(seconds=2)).stale_at == last
    assert permit(rulebook, ask(), NOON - timedelta(seconds=1)).stale_at == NOON + timedelta(seconds=4)


def test_nobody_but_the_gate_can_make_a_permit(rulebook: Rulebook) -> None:
    made = permit(rulebook, ask(), NOON)
    with pytest.raises(TypeError, match="compliance gate"):
        Permit(made.basis, NOON)
    with pytest.raises(TypeError, match="compliance gate"):
        replace(made, stale_at=NOON + timedelta(days=1))


def test_no_other_file_of_the_program_constructs_a_permit_or_touches_its_seal() -> None:
    root = Path(__file__).parents[3] / "dialer"
    offenders = [
        f"{file.relative_to(root)}:{node.lineno}"
        for file in root.rglob("*.py")
        if file != root / "core" / "compliance" / "gate.py"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Permit")
        or (isinstance(node, ast.Name) and node.id == "_SEAL")
        or (isinstance(node, ast.Attribute) and node.attr == "_SEAL")
        or (isinstance(node, ast.alias) and node.name == "_SEAL")
    ]
    assert (root / "core" / "compliance" / "gate.py").exists()
    assert offenders == []


@pytest.mark.parametrize("code", RULES)
def test_every_code_has_its_sentence_in_both_languages(code: str) -> None:
    english = sentence(code, "en", by="PACK", zone="Etc/UTC", local="now")
    chinese = sentence(code, "zh", by="PACK", zone="Etc/UTC", local="now")
    assert english.isascii()
    assert english.endswith(".")
    assert chinese.endswith("。")
    assert ("PACK" in english) == ("PACK" in chinese)
    assert "{" not in english + chinese
