import re
from pathlib import Path

import pytest

from dialer.lab import carrier

DOCS = Path(__file__).parents[2] / "docs" / "lab.md"


def test_a_number_says_scenario_seconds_and_serial() -> None:
    assert carrier.number(1, 7, seconds=5) == "+999010500007"


@pytest.mark.parametrize("wrong", [(0, 1, 1), (100, 1, 1), (1, 100_000, 1), (1, -1, 1), (1, 1, 100)])
def test_a_part_that_does_not_fit_its_digits_is_refused(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="digits"):
        carrier.number(*wrong)


def test_codes_and_names_are_unique() -> None:
    assert (
        len({s.code for s in carrier.SCENARIOS}) == len({s.name for s in carrier.SCENARIOS}) == len(carrier.SCENARIOS)
    )


def test_the_page_shows_the_table_that_the_dialplan_is_made_from() -> None:
    rows = re.findall(r"^\| (\d\d) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", DOCS.read_text(), re.MULTILINE)
    assert rows == [
        (
            f"{s.code:02}",
            s.name,
            s.does,
            s.seconds_mean,
            str(s.seconds) if s.seconds_mean != "-" else "-",
            "-" if s.cause is None else str(s.cause),
        )
        for s in carrier.SCENARIOS
    ]


def test_every_number_is_noted_before_anything_else_happens() -> None:
    firsts = re.findall(r"^exten => (_\S+),1,(.*)$", carrier.dialplan(), re.MULTILINE)
    assert len(firsts) == len(carrier.SCENARIOS) + 1
    assert all(step.startswith("Set(FILE(@INVITES@,,,al,u)=") for _, step in firsts)
