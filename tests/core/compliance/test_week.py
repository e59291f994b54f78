import pytest

from dialer.core.compliance.week import parse_week


def test_days_are_named_alone_in_runs_or_all_at_once() -> None:
    week = parse_week({"mon-fri": ["14:00-20:00", "10:00-13:00"], "sat": ["22:00-02:00"], "sun": []})
    assert week == (((600, 780), (840, 1200)),) * 5 + (((1320, 120),), ())
    assert parse_week({"daily": ["00:00-24:00"]}) == (((0, 1440),),) * 7


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ({"mon-sat": []}, "no windows for sun"),
        ({"daily": [], "sun": []}, "sun: sun is named twice"),
        ({"monday": []}, "monday: expected daily"),
        ({"sat-mon": []}, "no windows for mon"),
        ({"daily": ["8:00-21:00"]}, "expected a window"),
        ({"daily": ["08:00-24:30"]}, "expected a window"),
        ({"daily": ["08:00-12:00", "11:59-13:00"]}, "daily: windows overlap"),
        ({"daily": ["22:00-02:00", "23:00-23:30"]}, "daily: windows overlap"),
    ],
)
def test_a_week_that_is_not_clear_is_refused(text: dict[str, list[str]], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_week(text)
