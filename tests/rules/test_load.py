from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dialer.core.compliance.gate import Permit, Question, Refusal, check
from dialer.core.compliance.packs import Rulebook
from dialer.core.number import Number
from dialer.lab.packs.night import lab_packs
from dialer.rules.load import BadPack, OwnDates, load

PACK = """\
version = "1"
[[pack]]
id = "MINE"
name = "mine"
overlay = true
windows = { daily = ["08:00-21:00"] }
status = "own"
confidence = "n/a"
"""


def test_the_shipped_packs_are_all_there_with_their_sources(rulebook: Rulebook) -> None:
    assert {"US", "US-DEBT", "CN", "CN-INS", "CN-DEBT", "CN-CARRIER", "GB", "FR", "DE", "ZZ"} <= rulebook.packs.keys()
    assert len([pack_id for pack_id in rulebook.packs if pack_id.startswith("US-")]) == 28
    assert all(pack.src for packs in rulebook.packs.values() for pack in packs if pack.id != "ZZ")
    assert not [pack_id for pack_id in rulebook.packs if "LAB" in pack_id]
    assert [pack.effective_from for pack in rulebook.packs["FR"]] == [None, date(2026, 8, 11)]


def test_the_rulebook_cannot_be_changed(rulebook: Rulebook) -> None:
    with pytest.raises(TypeError):
        rulebook.packs["US"] = ()  # type: ignore[index]


def test_zones_are_read_from_the_pinned_package(rulebook: Rulebook) -> None:
    december = datetime(2026, 12, 1, tzinfo=UTC)
    assert december.astimezone(ZoneInfo("America/Vancouver")).hour == 17
    assert december.astimezone(ZoneInfo("Africa/Casablanca")).hour == 0
    assert rulebook.tzdata >= "2026.6"


@pytest.mark.parametrize(
    ("calendar", "day"),
    [
        ("GB-SCT", date(2026, 11, 30)),
        ("US-RI", date(2026, 11, 3)),
        ("US-AL", date(2026, 4, 27)),
        ("US-LA-PSC", date(2026, 2, 17)),
        ("DE-BE", date(2026, 3, 8)),
        ("IT", date(2026, 10, 4)),
        ("CH", date(2026, 12, 25)),
    ],
)
def test_a_calendar_knows_its_own_days(rulebook: Rulebook, calendar: str, day: date) -> None:
    assert rulebook.calendars[calendar].is_off(day)


def test_a_calendar_knows_no_year_that_nobody_published(rulebook: Rulebook) -> None:
    assert rulebook.calendars["US-LA-PSC"].years == {2026}
    assert rulebook.calendars["CN-workdays"].years == {2026}
    assert 2027 not in rulebook.calendars["CN"].years
    assert 2027 in rulebook.calendars["GB-ENG"].years


def test_the_chinese_workdays_agree_with_the_librarys_days_off(rulebook: Rulebook) -> None:
    swaps, library = rulebook.calendars["CN-workdays"], rulebook.calendars["CN"]
    assert {day for day in library.off if day.year == 2026 and day.weekday() < 5} == swaps.off


def test_the_operators_own_dates_are_added_and_make_their_year_known() -> None:
    own = OwnDates("CN-workdays", frozenset({date(2027, 1, 1)}), frozenset({date(2027, 1, 2)}))
    calendar = load(dates=[own]).calendars["CN-workdays"]
    assert 2027 in calendar.years
    assert not calendar.is_workday(date(2027, 1, 1))
    assert calendar.is_workday(date(2027, 1, 2))
    assert calendar.is_off(date(2026, 10, 6))


def test_a_pack_of_ones_own_is_read_from_a_file_or_a_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(PACK)
    assert load([tmp_path]).packs["MINE"][0].overlay
    assert load([tmp_path / "mine.toml"]).packs["MINE"][0].version == "1"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pack = 5", "mine.toml: pack: expected"),
        ("pack = [5]", "mine.toml: pack: expected"),
        ("rules = 5", "mine.toml: rules: unknown key"),
        ("not toml", "mine.toml: "),
        (PACK.replace('"own"', "5"), "mine.toml: MINE.status: expected text"),
        (PACK.replace('id = "MINE"\n', ""), "mine.toml: pack 1.id: expected text"),
        (PACK.replace("MINE", "US"), "mine.toml: US: this exists already"),
        (PACK + '[calendar.GB-ENG]\nevery_day = true\n', "mine.toml: GB-ENG: this exists already"),
        (PACK + '[calendar.MINE]\ndays = []\n', "mine.toml: calendar.MINE.days: unknown key"),
        (PACK + PACK.partition("\n")[2], "mine.toml: MINE: editions must follow"),
        (PACK + 'extends = "NONE"\n', "MINE.extends: there is no pack NONE"),
        (PACK + 'holidays = { closed = ["NONE"] }\n', "MINE.holidays.closed: there is no calendar NONE"),
        (PACK + 'extra_zones = ["Etc/Nowhere"]\n', "MINE.zones: there is no zone Etc/Nowhere"),
        (PACK + 'prefixes = ["99912"]\n', "MINE.prefixes: prefixes and zones come together"),
    ],
)  # fmt: skip
def test_a_bad_pack_stops_the_start_naming_file_and_key(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(BadPack) as caught:
        load([tmp_path])
    assert str(caught.value).startswith(says)


def test_a_file_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadPack, match=r"gone\.toml"):
        load([tmp_path / "gone.toml"])


# The lab's packs

NOW = [datetime(2026, 11, 23, hour, minute, tzinfo=UTC) for hour, minute in ((0, 0), (11, 59), (12, 0), (23, 59))]


@pytest.mark.parametrize("now", NOW)
def test_the_labs_numbers_are_open_at_a_feast_or_asleep_at_any_hour(tmp_path: Path, now: datetime) -> None:
    rulebook = load(lab_packs(tmp_path, now))

    def verdict(number: str) -> Permit | Refusal:
        return check(rulebook, Question(Number(number), 1, 1), now)

    assert isinstance(verdict("+99912345"), Permit)
    feast, night = verdict("+99997345"), verdict("+99998345")
    assert isinstance(feast, Refusal)
    assert (feast.rule, feast.decided_by, feast.try_after) == ("HOLIDAY", "LAB-FEAST", None)
    assert isinstance(night, Refusal)
    assert (night.rule, night.decided_by) == ("OUTSIDE_WINDOW", "LAB-NIGHT")
    assert night.try_after is not None
    assert 11 <= (night.try_after - now).total_seconds() / 3600 <= 12


def test_without_the_lab_its_numbers_are_refused(rulebook: Rulebook) -> None:
    found = check(rulebook, Question(Number("+99912345"), 1, 1), NOW[2])
    assert isinstance(found, Refusal)
    assert found.rule == "NUMBER_INVALID"
