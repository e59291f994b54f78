from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap64

from dialer.registry.snapshot import Damaged, Snapshot

BLOCK = 1 << 16

# Starts of containers: several in each of several buckets, and one at the end of what a number may be.
CONTAINERS = st.sampled_from([*(bucket + n * BLOCK for bucket in (0, 2 << 32, 3 << 32) for n in range(4)), 10**15])
WITHIN = st.integers(0, BLOCK - 1)
SOME = st.sets(WITHIN, min_size=1, max_size=40)
STEPS = st.tuples(WITHIN, st.sampled_from([3, 7, 15, 17]))  # every third is a bitset, every seventeenth a list
RUNS = st.tuples(WITHIN, st.integers(1, 3 * BLOCK))


@st.composite
def bitmaps(draw: st.DrawFn) -> BitMap64:
    made = BitMap64()
    for start, content in draw(st.lists(st.tuples(CONTAINERS, st.one_of(SOME, STEPS, RUNS)), max_size=8)):
        if isinstance(content, set):
            made.update(start + low for low in content)
        elif content[1] in (3, 7, 15, 17):
            made |= BitMap64(range(start + content[0], start + BLOCK, content[1]))
        else:
            made.add_range(start + content[0], start + content[0] + content[1])
    if draw(st.booleans()):
        made.run_optimize()
    return made


@given(bitmap=bitmaps(), others=st.lists(st.integers(0, 10**15)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
def test_a_snapshot_holds_exactly_what_pyroaring_wrote(tmp_path: Path, bitmap: BitMap64, others: list[int]) -> None:
    file = tmp_path / "some.roaring"
    file.write_bytes(bitmap.serialize())
    snapshot = Snapshot(file)
    assert len(snapshot) == len(bitmap)
    some = [bitmap[place] for place in range(0, len(bitmap), max(len(bitmap) // 200, 1))]
    near = [number + step for number in some for step in (-1, 0, 1, BLOCK)]
    for number in [*near, *others]:
        if number >= 0:
            assert (number in snapshot) == (number in bitmap)


def test_every_kind_of_container_is_met(tmp_path: Path) -> None:
    bitmap = BitMap64([5, 70, 65535])
    bitmap |= BitMap64(range(BLOCK, 2 * BLOCK, 3))
    bitmap.add_range(2 * BLOCK + 100, 2 * BLOCK + 9000)
    bitmap.add_range(3 * BLOCK, 4 * BLOCK)
    bitmap.run_optimize()
    file = tmp_path / "some.roaring"
    file.write_bytes(bitmap.serialize())
    snapshot = Snapshot(file)
    assert [n for n in range(5 * BLOCK) if n in snapshot] == list(bitmap)


def test_a_snapshot_cut_anywhere_is_damaged(tmp_path: Path) -> None:
    bitmap = BitMap64([*range(0, 40 * BLOCK, 997), *range(2 << 32, (2 << 32) + 5000)])
    bitmap.run_optimize()
    whole = bitmap.serialize()
    file = tmp_path / "some.roaring"
    for length in [*range(600), *range(600, len(whole), 501), len(whole) - 1]:
        file.write_bytes(whole[:length])
        with pytest.raises(Damaged):
            Snapshot(file)
    file.write_bytes(whole + b"\0")
    with pytest.raises(Damaged):
        Snapshot(file)


@given(place=st.integers(0, 200), value=st.integers(0, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_header_with_a_wrong_byte_is_damaged_or_leads_nowhere_outside(tmp_path: Path, place: int, value: int) -> None:
    bitmap = BitMap64(range(0, 12 * BLOCK, 997))
    content = bytearray(bitmap.serialize())
    content[place] = value
    file = tmp_path / "some.roaring"
    file.write_bytes(content)
    try:
        snapshot = Snapshot(file)
    except Damaged:
        return
    for number in range(0, 13 * BLOCK, 991):
        assert (number in snapshot) in (True, False)


def test_no_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Snapshot(tmp_path / "none.roaring")
