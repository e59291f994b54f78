from __future__ import annotations

import random
from pathlib import Path

import pytest
from pyroaring import BitMap64

from dialer.registry import reading
from dialer.registry.numbering import E164
from dialer.registry.reading import Unreadable, gather

NUMBERS = random.Random(9).sample(range(12010000000, 12020000000), 20_000)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BLOCK", 1000)


def written(tmp_path: Path, content: str) -> Path:
    file = tmp_path / "list.txt"
    file.write_text(content)
    return file


@pytest.mark.parametrize("slice_bytes", [1, 11, 999, 1000, 1001, 50_000, 10**9])
@pytest.mark.parametrize("order", ["sorted", "shuffled"])
def test_however_a_file_is_cut_up_every_number_is_read_once(tmp_path: Path, slice_bytes: int, order: str) -> None:
    numbers = (sorted(NUMBERS) if order == "sorted" else NUMBERS)[: 300 if slice_bytes < 100 else None]
    file = written(tmp_path, "phone\n" + "".join(f"+{n}\n" if n % 3 else f"{n}\r\n\n" for n in numbers))
    told: list[tuple[int, int]] = []
    found = gather(file, E164, progress=lambda done, total: told.append((done, total)), slice_bytes=slice_bytes)
    assert found.numbers == BitMap64(numbers)
    assert (found.good, found.bad_rows) == (len(numbers), 0)
    assert found.rows == 1 + len(numbers) + sum(n % 3 == 0 for n in numbers)
    assert set(found.sample) <= set(numbers)
    assert told[-1] == (file.stat().st_size, file.stat().st_size)
    assert told == sorted(told)


@pytest.mark.parametrize("slice_bytes", [100, 5000, 10**9])
def test_bad_lines_are_named_by_their_row_in_the_file(tmp_path: Path, slice_bytes: int) -> None:
    rows = ["phone", *map(str, NUMBERS[:1000])]
    for row in (2, 500, 501, 1001):
        rows[row - 1] = "x"
    found = gather(written(tmp_path, "\n".join(rows) + "\n"), E164, bad_allowed=4, slice_bytes=slice_bytes)
    assert [row for row, _ in found.bad] == [2, 500, 501, 1001]
    assert (found.bad_rows, found.good, found.rows) == (4, 996, 1001)


def test_a_file_of_bad_lines_is_given_up_soon(tmp_path: Path) -> None:
    found = gather(written(tmp_path, "x\n" * 100_000), E164, slice_bytes=1000)
    assert 0 < found.bad_rows < 10_000
    assert len(found.bad) == 100


def test_the_same_number_twice_is_one_number(tmp_path: Path) -> None:
    found = gather(written(tmp_path, "12015550100\n+12015550100\n201,5550100\n"), E164)
    assert (found.good, len(found.numbers)) == (3, 1)


@pytest.mark.parametrize("content", ["", "\n", "\r\n\r\n", "\ufeff", "phone\n", "phone\n\n"])
def test_a_file_may_hold_no_number(tmp_path: Path, content: str) -> None:
    assert len(gather(written(tmp_path, content), E164).numbers) == 0


def test_a_last_line_without_an_end_is_a_file_cut_off(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="cut off: its last line has no end"):
        gather(written(tmp_path, "12015550100\n12015550101"), E164)


@pytest.mark.parametrize("slice_bytes", [12, 100, 10**9])
def test_a_shorter_last_line_is_noticed_where_all_others_are_of_one_length(tmp_path: Path, slice_bytes: int) -> None:
    full = "".join(f"{number}\n" for number in NUMBERS[:100])
    assert gather(written(tmp_path, full + "1201555\n"), E164, slice_bytes=slice_bytes).short_end
    assert gather(written(tmp_path, full + "1201555\n\n"), E164, slice_bytes=slice_bytes).short_end
    assert not gather(written(tmp_path, full), E164, slice_bytes=slice_bytes).short_end
    assert not gather(written(tmp_path, full + "+12015550100\n"), E164, slice_bytes=slice_bytes).short_end
    assert not gather(written(tmp_path, "1201556\n" + full + "1201555\n"), E164, slice_bytes=slice_bytes).short_end
    assert not gather(written(tmp_path, "12015550100\n1201555\n"), E164, slice_bytes=slice_bytes).short_end


def test_an_endless_line_refuses_the_file(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="longer than 1,000 bytes"):
        gather(written(tmp_path, "12015550100\n" + "1" * 2000 + "\n"), E164, bad_allowed=5)
