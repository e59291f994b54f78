from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from dialer.core.number import Number
from dialer.registry import manifest
from dialer.registry.acceptance import Rejected
from dialer.registry.manifest import BadName
from dialer.registry.numbering import BadCountry
from tests.registry.keeper import NOW, NUMBERS, Keeper, day, lines

WHOLE = lines(NUMBERS)


def test_a_file_is_put_in_force(keeper: Keeper) -> None:
    made = keeper.load(WHOLE).manifest
    assert (made.name, made.as_of, made.numbers, made.rows, made.skipped) == ("US-DNC", day(20), 1000, 1000, 0)
    assert (made.by, made.at, made.source, made.change) == ("wang", NOW, "list.txt", "load")
    assert (made.added, made.removed) == (1000, 0)
    assert manifest.read(keeper.folder, "US-DNC") == made
    manifest.verify(keeper.folder, made)
    assert [n for n in range(NUMBERS.start - 5, NUMBERS.stop + 5) if keeper.holds(n)] == list(NUMBERS)


def test_the_next_file_replaces_the_one_before_and_sweeps_it_away(keeper: Keeper) -> None:
    keeper.load(WHOLE)
    made = keeper.load(lines(NUMBERS[5:]) + "12125550100\n", as_of=day(21)).manifest
    assert (made.added, made.removed, made.numbers) == (1, 5, 996)
    assert keeper.files() == [made.file, "US-DNC.history.jsonl", "US-DNC.json", "US-DNC.lock"]
    assert not keeper.holds(NUMBERS[0])
    assert keeper.holds(12125550100)


def test_the_same_file_may_be_of_a_later_day(keeper: Keeper) -> None:
    keeper.load(WHOLE)
    assert keeper.load(WHOLE, as_of=day(22)).manifest.as_of == day(22)
    assert keeper.holds(NUMBERS[0])


REFUSED = {
    "empty": ("", {}, "no number in it"),
    "a header alone": ("phone\n", {}, "no number in it"),
    "an empty one is never a whole registry": ("", {"expect": 0}, "no number in it"),
    "cut off": (WHOLE[:-1], {}, "cut off"),
    "cut off in a line": (WHOLE[:-4] + "\n", {}, "cut off"),
    "another count": (WHOLE, {"expect": 1001}, "1,001 numbers were expected, and there are 1,000"),
    "shrunken": (lines(NUMBERS[11:]), {}, "over 1 % fewer"),
    "older": (WHOLE, {"as_of": day(19)}, "is of 2026-11-19, and registry US-DNC is of 2026-11-20 already"),
    "of tomorrow": (WHOLE, {"as_of": day(24)}, "is in the future"),
    "of this afternoon": (WHOLE, {"as_of": NOW + timedelta(minutes=1)}, "2026-11-23 12:01Z is in the future"),
    "too short": ("123456\n" + WHOLE, {}, "row 1 is no number: 7 to 15 digits"),
    "too long": (WHOLE + "1234567890123456\n", {}, "row 1001 is no number: 7 to 15 digits"),
    "a bad line": ("phone\n\n+1201555010x\n" + WHOLE, {}, "row 3 is no number: digits were expected"),
    "more bad lines than allowed": ("1\n2\n3\n" + WHOLE, {"skip_bad": 2}, r"row 1 is no number \(more than the 2"),
    "another script": (WHOLE.encode("utf-16"), {}, "no text of one byte a mark"),
    "national numbers without their country": (
        "".join(f"{area}5550{n:03}\n" for area in range(212, 990, 7) for n in range(10)),
        {},
        "is --country the right one",
    ),
    "another country's": (lines(NUMBERS), {"country": "44"}, "row 1 is no number: a national number of \\+44"),
}


@pytest.mark.parametrize(("content", "wanted", "said"), list(REFUSED.values()), ids=list(REFUSED))
def test_a_doubtful_file_is_refused_and_the_old_one_stays(
    keeper: Keeper, content: str | bytes, wanted: dict[str, object], said: str
) -> None:
    before = keeper.load(WHOLE).manifest
    files = keeper.files()
    with pytest.raises(Rejected, match=said) as refused:
        keeper.load(content, **{"as_of": day(21), **wanted})
    assert "2015550" not in str(refused.value)
    assert manifest.read(keeper.folder, "US-DNC") == before
    assert manifest.history(keeper.folder, "US-DNC") == [before]
    assert keeper.files() == files
    assert keeper.holds(NUMBERS[0])


def test_one_per_cent_fewer_is_no_shrinking(keeper: Keeper) -> None:
    keeper.load(WHOLE)
    assert keeper.load(lines(NUMBERS[10:])).manifest.numbers == 990


def test_a_person_with_a_reason_may_let_a_registry_shrink(keeper: Keeper) -> None:
    keeper.load(WHOLE)
    made = keeper.load(lines(NUMBERS[500:]), allow_shrink="the keeper cleared the old numbers").manifest
    assert (made.numbers, made.because) == (500, "the keeper cleared the old numbers")


def test_bad_lines_may_be_passed_over_and_are_named(keeper: Keeper) -> None:
    built = keeper.load("phone\nx\n" + WHOLE, skip_bad=1)
    assert (built.manifest.numbers, built.manifest.skipped, built.manifest.rows) == (1000, 1, 1002)
    assert [line.row for line in built.bad] == [2]


def test_a_count_shows_that_a_shorter_last_line_is_whole(keeper: Keeper) -> None:
    short = lines(NUMBERS) + "442071234\n"
    with pytest.raises(Rejected, match="--expect its count"):
        keeper.load(short)
    assert keeper.load(short, expect=1001).manifest.numbers == 1001


def test_the_count_may_be_of_rows_or_of_different_numbers(keeper: Keeper) -> None:
    assert keeper.load(WHOLE + "12015550100\n", expect=1001).manifest.numbers == 1000
    assert keeper.load(WHOLE + "12015550100\n", expect=1000).manifest.numbers == 1000


def test_additions_and_removals_make_a_new_snapshot(keeper: Keeper) -> None:
    keeper.load(WHOLE, country="US")
    added = keeper.load("212,5550100\n2015550100\n", "add", as_of=day(21)).manifest
    assert (added.added, added.removed, added.numbers, added.as_of, added.change) == (1, 0, 1001, day(21), "add")
    removed = keeper.load("201,5550100\n2015559999\n", "remove", as_of=day(21)).manifest
    assert (removed.added, removed.removed, removed.numbers) == (0, 1, 1000)
    assert keeper.holds(12125550100)
    assert not keeper.holds(12015550100)
    assert [one.change for one in manifest.history(keeper.folder, "US-DNC")] == ["load", "add", "remove"]


def test_removals_make_no_registry_younger(keeper: Keeper) -> None:
    keeper.load(WHOLE)
    assert keeper.load("12015550100\n", "remove", as_of=day(22)).manifest.as_of == day(20)


def test_changes_are_read_with_the_country_of_the_whole_file(keeper: Keeper) -> None:
    keeper.load(WHOLE, country="1")
    keeper.load("2125550100\n", "add")
    assert keeper.holds(12125550100)
    with pytest.raises(Rejected, match=r"national number of \+1"):
        keeper.load("442079460000\n", "add")
    keeper.load("+442079460000\n", "add")
    assert keeper.holds(442079460000)


@pytest.mark.parametrize("change", ["add", "remove"])
def test_changes_are_refused_like_whole_files(keeper: Keeper, change: manifest.Change) -> None:
    with pytest.raises(Rejected, match="load a whole file first"):
        keeper.load("12015550100\n", change)
    keeper.load(WHOLE)
    for content, wanted, said in (
        ("", {}, "no number in it"),
        ("12015550100", {}, "cut off"),
        ("12015550100\n", {"as_of": day(19)}, "already"),
        ("12015550100\n", {"expect": 2}, "2 numbers were expected"),
    ):
        with pytest.raises(Rejected, match=said):
            keeper.load(content, change, **wanted)
    assert keeper.load("", change, expect=0).manifest.numbers == 1000


def test_too_many_removals_are_refused(keeper: Keeper) -> None:
    keeper.load(WHOLE)
    with pytest.raises(Rejected, match="over 1 % fewer"):
        keeper.load(lines(NUMBERS[:11]), "remove")
    assert keeper.load(lines(NUMBERS[:11]), "remove", allow_shrink="their letter of today").manifest.numbers == 989


def test_a_damaged_registry_takes_a_whole_file_only(keeper: Keeper) -> None:
    made = keeper.load(WHOLE).manifest
    file = keeper.folder / made.file
    file.unlink()
    file.write_bytes(b"\0" * made.bytes)
    with pytest.raises(Rejected, match="load a whole file"):
        keeper.load("12125550100\n", "add")
    (keeper.folder / "US-DNC.json").write_text("{")
    with pytest.raises(Rejected, match="load a whole file"):
        keeper.load("12125550100\n", "add")
    with pytest.raises(Rejected, match="over 1 % fewer"):  # what was in force is known from the history
        keeper.load(lines(NUMBERS[:500]))
    again = keeper.load(WHOLE).manifest
    assert (again.numbers, again.added, again.removed) == (1000, None, None)
    assert keeper.holds(NUMBERS[0])


def test_the_history_is_only_added_to_and_mends_what_a_crash_left_out(keeper: Keeper) -> None:
    first = keeper.load(WHOLE).manifest
    history = keeper.folder / "US-DNC.history.jsonl"
    whole = history.read_text()
    history.write_text('{"name": "US-DNC", "as_')  # put in force, and then the power went
    second = keeper.load(WHOLE, as_of=day(21)).manifest
    assert manifest.history(keeper.folder, "US-DNC") == [first, second]
    assert history.read_text().splitlines()[1] + "\n" == whole
    assert json.loads(whole)["numbers"] == 1000


def test_two_registries_of_similar_names_do_not_meet(keeper: Keeper) -> None:
    keeper.load(WHOLE, name="US")
    keeper.load(lines(NUMBERS[:100]), name="US-DNC")
    keeper.load(WHOLE + "12125550100\n", name="US", as_of=day(21))
    assert manifest.names(keeper.folder) == ["US", "US-DNC"]
    for name in ("US", "US-DNC"):
        known = manifest.read(keeper.folder, name)
        assert known is not None
        manifest.verify(keeper.folder, known)


def test_one_change_at_a_time(keeper: Keeper) -> None:
    keeper.load(WHOLE)
    with (keeper.folder / "US-DNC.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Rejected, match="being changed by another process"):
            keeper.load(WHOLE)
    keeper.load(WHOLE)


@pytest.mark.parametrize("name", ["", "us", "../US", "US.DNC", "-US", "US\n", "U" * 41])
def test_a_name_is_capitals_digits_and_dashes(keeper: Keeper, name: str) -> None:
    with pytest.raises(BadName):
        keeper.load(WHOLE, name=name)
    assert not keeper.folder.exists()


def test_an_unknown_country_is_refused(keeper: Keeper) -> None:
    with pytest.raises(BadCountry):
        keeper.load(WHOLE, country="ZZ")


def test_numbers_of_the_lab_are_welcome(keeper: Keeper) -> None:
    keeper.load(lines(range(999010500001, 999010500101)), name="LAB")
    assert keeper.holds(999010500001)


KILLED = """
import sys
from pathlib import Path
from dialer.registry import build, manifest
from tests.registry.keeper import Keeper, NUMBERS, day, lines

def stop(*_):
    print("here", flush=True)
    sys.stdin.read()  # until killed

home, step = sys.argv[1:]
where, what = {
    "before it is read back": (manifest, "sample_of"),
    "before it is in force": (manifest, "put_in_force"),
    "before the old one is swept away": (build, "_sweep"),
}[step]
setattr(where, what, stop)
Keeper(Path(home)).load(lines(NUMBERS[1:]) + "12125550100\\n", as_of=day(21))
"""
STEPS = {"before it is read back": False, "before it is in force": False, "before the old one is swept away": True}


@pytest.mark.parametrize(("step", "replaced"), list(STEPS.items()), ids=list(STEPS))
def test_a_load_killed_at_any_step_leaves_a_whole_registry(keeper: Keeper, step: str, replaced: bool) -> None:
    first = keeper.load(WHOLE).manifest
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(keeper.home), step], cwd=root, stdin=-1, stdout=-1, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.kill()
    known = manifest.read(keeper.folder, "US-DNC")
    assert known is not None
    manifest.verify(keeper.folder, known)
    assert (known == first) is not replaced
    assert keeper.holds(NUMBERS[0]) is not replaced
    last = keeper.load(WHOLE, as_of=day(22)).manifest
    assert keeper.files() == [last.file, "US-DNC.history.jsonl", "US-DNC.json", "US-DNC.lock"]
    assert manifest.history(keeper.folder, "US-DNC")[-1] == last


def test_a_number_is_never_shown(keeper: Keeper) -> None:
    """Nor could it be: what is kept of a bad line is its row."""
    with pytest.raises(Rejected) as refused:
        keeper.load("+1201777010x\n")
    assert "777010" not in f"{refused.value}{refused.value.bad}{Number('+12015550100')!r}"
