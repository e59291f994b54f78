from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dialer.core.compliance.gate import Permit, Question, Refusal, check
from dialer.core.compliance.packs import Rulebook
from dialer.core.number import Number
from dialer.lab.packs.night import lab_packs
from dialer.rules.load import BadPack, OwnDates, load, packs_of, shipped_packs

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
        ("pack = 5", "mine.toml:1: pack: expected"),
        ("pack = [5]", "mine.toml:1: pack: expected"),
        ('version = "1"', "mine.toml:1: pack: expected"),
        ('version = "1"\nrules = 5', "mine.toml:2: rules: unknown key"),
        ("\nnot toml", "mine.toml:2: Expected '='"),
        (PACK.replace('"own"', "5"), "mine.toml:7: pack MINE.status: expected text"),
        (PACK.replace('id = "MINE"\n', ""), "mine.toml:2: pack 1.id: expected text"),
        (PACK.replace('"MINE"', "5"), "mine.toml:3: pack 1.id: expected text"),
        (PACK.replace('name = "mine"\n', ""), "mine.toml:2: pack MINE.name: expected text, and it is missing"),
        (PACK.replace('version = "1"\n', ""), "mine.toml:1: pack MINE.version: expected text, and it is missing"),
        (PACK + 'version = "2"\n', "mine.toml:9: pack 1.version: it stands once"),
        (PACK + "colour = 5\n", "mine.toml:9: pack MINE.colour: unknown key"),
        (PACK.replace("08:00-21", "08:00-25"), "mine.toml:6: pack MINE.windows.daily: '08:00-25:00': expected"),
        (PACK.replace("08:00-21:00", "08:00-08:00"), "mine.toml:6: pack MINE.windows.daily: '08:00-08:00': start and"),
        (PACK.replace('"08:00-21:00"', '"14:00-20:00", "08:00-12:00"'), "mine.toml:6: pack MINE.windows.daily: wind"),
        (PACK.replace("daily", "mon-fri"), "mine.toml:6: pack MINE.windows: no windows for sat, sun"),
        (PACK.replace('windows = { daily = ["08:00-21:00"] }\n', "")
         + '[pack.windows]\nmon-fri = []\nsat = ["22:00-02:00"]\n\nsun = ["01:00-09:00"]\n',
         "mine.toml:12: pack MINE.windows.sun: windows overlap: sat's night reaches into sun's first"),
        (PACK + 'caps = [\n  { kind = "calendar_day", count = 3 },\n  # why\n  { kind = "rolling", count = 3 },\n]\n',
         "mine.toml:12: pack MINE.caps[1].period: expected text, and it is missing"),
        (PACK + '[pack.abandonment]\nlimit = 3\n', "mine.toml:10: pack MINE.abandonment.limit: unknown key"),
        (PACK.replace("MINE", "US"), "mine.toml:3: pack US.id: us.toml has this pack already"),
        (PACK + '[calendar.GB-ENG]\nevery_day = true\n', "mine.toml:9: calendar GB-ENG: it exists already"),
        (PACK + '[calendar.MINE]\ndays = []\n', "mine.toml:10: calendar.MINE.days: unknown key"),
        (PACK + '[calendar.MINE]\noff = ["2026-01-01"]\n', "mine.toml:10: calendar.MINE.off: expected a list of dates"),
        (PACK + '[calendar.MINE]\nevery_day = 1\n', "mine.toml:10: calendar.MINE.every_day: expected true or false"),
        (PACK + '[calendar]\nMINE = 5\n', "mine.toml:10: calendar.MINE: expected a table"),
        ("calendar = 5\n" + PACK, "mine.toml:1: calendar: expected a table"),
        (PACK + PACK.partition("\n")[2], "mine.toml:9: pack MINE.effective_from: editions must follow"),
        (PACK + 'extends = "NONE"\n', "mine.toml:9: pack MINE.extends: there is no pack NONE"),
        (PACK + 'holidays = { closed = ["NONE"] }\n', "mine.toml:9: pack MINE.holidays.closed: there is no"),
        (PACK + 'extra_zones = ["Etc/Nowhere"]\n', "mine.toml:9: pack MINE.extra_zones: there is no zone Etc/Nowhere"),
        (PACK + 'dated_in = "Mars"\n', "mine.toml:9: pack MINE.dated_in: there is no zone Mars"),
        (PACK + 'zones = ["Mars"]\nprefixes = ["9"]', "mine.toml:9: pack MINE.zones: there is no zone Mars"),
        (PACK + 'prefixes = ["99912"]\n', "mine.toml:9: pack MINE.prefixes: prefixes and zones come together"),
        (PACK + 'prefixes = ["+999"]\nzones = ["Etc/UTC"]\n', "mine.toml:9: pack MINE.prefixes: expected digits"),
    ],
)  # fmt: skip
def test_a_bad_pack_stops_the_start_naming_file_line_and_key(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(BadPack) as caught:
        load([tmp_path])
    assert str(caught.value).startswith(says)


def _editions(first: str, second: str) -> str:
    return PACK + first + PACK.partition("\n")[2] + second


JULY = "effective_to = 2026-07-31\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (_editions(JULY, "effective_from = 2026-08-02\n"),
         "mine.toml:17: pack MINE.effective_from: nothing holds from 2026-08-01 to 2026-08-01"),
        (_editions(JULY, "effective_from = 2026-07-31\n"),
         "mine.toml:17: pack MINE.effective_from: editions must follow"),
        (_editions("", "effective_from = 2026-08-01\n"), "mine.toml:16: pack MINE.effective_from: editions must"),
        (_editions(JULY, ""), "mine.toml:10: pack MINE.effective_from: editions must follow"),
        (_editions(JULY, "effective_from = 2026-08-01\neffective_to = 2026-12-31\n"),
         "mine.toml:18: pack MINE.effective_to: no edition follows"),
        (PACK + JULY, "mine.toml:9: pack MINE.effective_to: no edition follows"),
        (PACK + "effective_from = 2026-08-01\n" + JULY, "mine.toml:10: pack MINE.effective_to: expected a date"),
    ],
)  # fmt: skip
def test_editions_that_leave_a_gap_or_overlap_are_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(BadPack) as caught:
        load([tmp_path])
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(
    "text",
    [
        _editions(JULY, "effective_from = 2026-08-01\n"),
        _editions(JULY + "ends = true\n", "effective_from = 2026-09-01\n"),
        PACK + JULY + "ends = true\n",
    ],
)
def test_editions_that_join_or_say_that_they_end_are_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    assert load([tmp_path]).packs["MINE"][0].effective_to == date(2026, 7, 31)


def test_one_prefix_belongs_to_one_pack(tmp_path: Path) -> None:
    own = PACK + 'prefixes = ["9995"]\nzones = ["Etc/UTC"]\n'
    (tmp_path / "a.toml").write_text(own)
    (tmp_path / "b.toml").write_text(own.replace("MINE", "OTHER"))
    with pytest.raises(BadPack, match=r"a\.toml:9: pack MINE\.prefixes: 9995 is OTHER's already"):
        load([tmp_path])


def test_the_packs_of_a_file_are_read_without_what_they_refer_to(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(PACK + 'extends = "US"\n')
    assert set(packs_of([tmp_path / "mine.toml"])) == {"MINE"}
    assert packs_of([shipped_packs()]).keys() == load().packs.keys()


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
