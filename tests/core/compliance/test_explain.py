import json

from dialer.core.compliance.explain import as_json, as_text
from dialer.core.compliance.gate import explain
from dialer.core.compliance.packs import Rulebook
from tests.core.compliance.makers import LONDON, ask, at, listed_on

SUNDAY_NIGHT = at("2026-11-22 22:00", "Europe/London")


def test_every_check_is_asked_though_the_first_refusal_is_the_answer(rulebook: Rulebook) -> None:
    found = explain(rulebook, ask(LONDON, hits=listed_on("company", "company")), SUNDAY_NIGHT)
    failed = [refusal.rule for _, refusal in found.checks if refusal is not None]
    assert failed == ["DNC_INTERNAL", "OUTSIDE_WINDOW"]
    assert as_json(found)["refusal"]["rule"] == "DNC_INTERNAL"


def test_the_json_holds_the_verdict_the_packs_and_the_clocks_and_no_number(rulebook: Rulebook) -> None:
    found = as_json(explain(rulebook, ask(LONDON), SUNDAY_NIGHT))
    assert "2079460" not in json.dumps(found)
    assert (found["allowed"], found["number_last3"], found["tzdata"]) == (False, "123", rulebook.tzdata)
    assert found["refusal"]["try_after"] == "2026-11-23T08:00:00+00:00"
    assert found["refusal"]["sentence_zh"].endswith("。")
    assert found["zones"] == [{"zone": "Europe/London", "local": "Sun 2026-11-22 22:00:00"}]
    assert [(pack["id"], pack["version"]) for pack in found["packs"]] == [("GB", "2026-11")]
    assert found["permit_stale_at"] is None


def test_a_permit_is_explained_too(rulebook: Rulebook) -> None:
    noon = at("2026-11-24 12:00", "Europe/London")
    found = explain(rulebook, ask(LONDON), noon)
    assert as_json(found)["allowed"]
    assert as_json(found)["permit_stale_at"] == "2026-11-24T12:00:05+00:00"
    assert "allowed" in as_text(found).splitlines()
    assert "no  " not in as_text(found)


def test_the_text_says_what_refused_where_and_until_when(rulebook: Rulebook) -> None:
    text = as_text(explain(rulebook, ask(LONDON), SUNDAY_NIGHT))
    assert "refused: OUTSIDE_WINDOW" in text
    assert "try after: 2026-11-23T08:00:00+00:00" in text
    assert "no  hours: It is Sun 2026-11-22 22:00:00 in Europe/London, outside the hours of GB." in text
    assert LONDON not in text


def test_a_holiday_is_not_reported_as_an_hour(rulebook: Rulebook) -> None:
    found = explain(rulebook, ask(LONDON), at("2026-12-25 12:00", "Europe/London"))
    assert [refusal.rule for _, refusal in found.checks if refusal is not None] == ["HOLIDAY"]


def test_the_sentences_come_in_chinese_and_time_is_not_promised_where_it_does_not_help(rulebook: Rulebook) -> None:
    text = as_text(explain(rulebook, ask("+9991234"), SUNDAY_NIGHT), "zh")
    assert "refused: NUMBER_INVALID. 号码不属于可拨打的号段。" in text
    assert "waiting alone does not help" in text
    assert "places: -" in text
