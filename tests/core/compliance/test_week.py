import pytest

from dialer.core.compliance.week import BadWeek, day_text, parse_week, week_text


def test_days_are_named_alone_in_runs_or_all_at_once() -> None:
    week = parse_week({"mon-fri": ["10:00-13:00", "14:00-20:00"], "sat": ["22:00-02:00"], "sun": []})
    assert week == (((600, 780), (840, 1200)),) * 5 + (((1320, 120),), ())
    assert parse_week({"daily": ["00:00-24:00"]}) == (((0, 1440),),) * 7


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        ({"mon-sat": []}, None, "no windows for sun"),
        ({}, None, "no windows for mon, tue"),
        ({"daily": [], "sun": []}, "sun", "sun is named twice"),
        ({"monday": []}, "monday", "expected daily"),
        ({"sat-mon": []}, "sat-mon", "expected daily"),
        ({"": []}, "", "expected daily"),
        ({"daily": ["8:00-21:00"]}, "daily", "expected a window"),
        ({"daily": ["08:00-25:00"]}, "daily", "expected a window"),
        ({"daily": ["08:60-21:00"]}, "daily", "expected a window"),
        ({"daily": ["08:00-24:30"]}, "daily", "expected a window"),
        ({"daily": ["24:00-02:00"]}, "daily", "expected a window"),
        ({"daily": ["08:00 - 21:00"]}, "daily", "expected a window"),
        ({"daily": ["08:00-08:00"]}, "daily", "start and end are the same"),
        ({"daily": ["08:00-12:00", "11:59-13:00"]}, "daily", "windows overlap"),
        ({"daily": ["14:00-20:00", "10:00-13:00"]}, "daily", "out of order"),
        ({"daily": ["22:00-02:00", "23:00-23:30"]}, "daily", "windows overlap"),
        ({"mon-sat": ["22:00-02:00"], "sun": ["01:59-05:00"]}, "sun", "sat's night reaches into sun's first"),
        ({"mon": ["01:00-05:00"], "tue-sun": ["20:00-02:00"]}, "mon", "sun's night reaches into mon's first"),
        ({"daily": ["00:30-01:00", "22:00-02:00"]}, "daily", "mon's night reaches into tue's first"),
    ],
)
def test_a_week_that_is_not_clear_is_refused(text: dict[str, list[str]], key: str | None, says: str) -> None:
    with pytest.raises(BadWeek, match=says) as caught:
        parse_week(text)
    assert caught.value.key == key


def test_a_night_that_ends_where_the_next_day_begins_is_clear() -> None:
    assert parse_week({"mon-sat": ["22:00-02:00"], "sun": ["02:00-05:00"]})[6] == ((120, 300),)
    assert parse_week({"daily": ["00:00-05:00", "22:00-00:00"]})[0] == ((0, 300), (1320, 0))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ({"daily": ["00:00-24:00"]}, "daily 00:00-24:00"),
        ({"mon-fri": ["10:00-13:00", "14:00-20:00"], "sat-sun": []},
         "mon-fri 10:00-13:00 14:00-20:00, sat-sun closed"),
        ({"mon": ["22:00-02:00"], "tue-sun": []}, "mon 22:00-02:00, tue-sun closed"),
    ],
)  # fmt: skip
def test_a_week_is_written_as_it_is_read(text: dict[str, list[str]], shown: str) -> None:
    assert week_text(parse_week(text)) == shown


def test_a_day_without_windows_is_closed() -> None:
    assert day_text(()) == "closed"
