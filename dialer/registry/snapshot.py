"""A mapped snapshot: the portable Roaring form, read where it lies.

pyroaring writes and merges bitmaps, and to read one it copies the whole file into the process; C and Rust have views of
a mapped file, it has none. So this reads the published form itself (RoaringFormatSpec, "Extension for 64-bit
implementations"): a number's upper 48 bits choose a container of at most 65,536 numbers, its lower 16 are looked for
there. Only the list of containers is the process's own, some twenty bytes for each; the numbers stay in the page cache,
once for all processes of the machine.
"""

from __future__ import annotations

import mmap
import sys
from array import array
from bisect import bisect_left, bisect_right
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

_WITHOUT_RUNS: Final = 12346
_WITH_RUNS: Final = 12347
_FEW: Final = 4  # containers; with runs among them, fewer have no table of offsets
_MOST: Final = 65536  # containers of a bucket
_ARRAY_LIMIT: Final = 4096  # numbers; a container with more of them is a bitset
_BITSET_BYTES: Final = 8192


class Damaged(Exception):
    """The bytes are no whole snapshot; the text is one sentence."""


class Snapshot:
    """Numbers as integers: E.164 without the plus. `number in snapshot` takes about a microsecond.

    `numbers` is how many there are, `bytes` the size of the file. Opening reads the headers and checks that containers
    and file agree in every length. Raises `Damaged`, or `OSError` where there is no file.
    """

    __slots__ = ("_keys", "_map", "_runs", "_sizes", "_starts", "_view", "bytes", "numbers")

    def __init__(self, file: Path) -> None:
        if sys.byteorder != "little":
            raise Damaged("the snapshot's numbers are little-endian, and this machine's are not")
        with file.open("rb") as source:
            try:
                self._map = mmap.mmap(source.fileno(), 0, prot=mmap.PROT_READ)
            except ValueError:
                raise Damaged("the snapshot is empty") from None
        self._view = memoryview(self._map)
        self.bytes = len(self._view)
        try:
            keys, sizes, starts, runs = _containers(self._view)
        except (ValueError, IndexError, OverflowError):  # a length that leads out of the file
            raise Damaged("the snapshot's containers do not fit its length") from None
        self.numbers = int(sizes.sum())
        self._keys, self._sizes, self._starts = _array("Q", keys), _array("I", sizes), _array("Q", starts)
        self._runs = frozenset(np.flatnonzero(runs).tolist())

    def __contains__(self, number: int) -> bool:
        keys = self._keys
        key = number >> 16
        place = bisect_left(keys, key)
        if place == len(keys) or keys[place] != key:
            return False
        low, start = number & 0xFFFF, self._starts[place]
        if place in self._runs:
            return self._in_runs(low, start)
        size = self._sizes[place]
        if size > _ARRAY_LIMIT:
            return bool(self._view[start + (low >> 3)] >> (low & 7) & 1)
        values = self._view[start : start + 2 * size].cast("H")
        found = bisect_left(values, low)
        return found < size and values[found] == low

    def __len__(self) -> int:
        return self.numbers

    def _in_runs(self, low: int, start: int) -> bool:
        """Each run is its first value and how many follow it."""
        count = self._view[start] | self._view[start + 1] << 8
        pairs = self._view[start + 2 : start + 2 + 4 * count].cast("H")
        before = bisect_right(pairs[::2], low) - 1
        return before >= 0 and low - pairs[2 * before] <= pairs[2 * before + 1]


Column = NDArray[np.int64]


def _containers(view: memoryview) -> tuple[Column, Column, Column, NDArray[np.bool_]]:
    """Of each container in order: the upper 48 bits, how many numbers, where its content starts, whether it has runs.

    Raises `ValueError`, `IndexError` or `Damaged` where the lengths do not lead exactly to the end.
    """
    buckets = int.from_bytes(view[:8], "little")
    parts: list[tuple[Column, Column, Column, NDArray[np.bool_]]] = []
    at, last = 8, -1
    for _ in range(buckets):
        upper = int(np.frombuffer(view, "<u4", 1, at)[0])
        keys, sizes, starts, runs, end = _bucket(view, at + 4)
        if upper <= last:
            raise Damaged("the snapshot's buckets are out of order")
        at, last = end, upper
        parts.append((keys + (upper << 16), sizes, starts, runs))
    if at != len(view):
        raise Damaged("the snapshot's containers do not fit its length")
    if not parts:
        nothing = np.empty(0, np.int64)
        return nothing, nothing, nothing, np.empty(0, np.bool_)
    keys, sizes, starts, runs = (np.concatenate(column) for column in zip(*parts, strict=True))
    return keys, sizes, starts, runs


def _bucket(view: memoryview, begin: int) -> tuple[Column, Column, Column, NDArray[np.bool_], int]:
    """A 32-bit bitmap that begins there: its containers, and where it ends."""
    cookie = int(np.frombuffer(view, "<u4", 1, begin)[0])
    if cookie == _WITHOUT_RUNS:
        count = int(np.frombuffer(view, "<u4", 1, begin + 4)[0])
        if count > _MOST:
            raise Damaged("the snapshot's containers do not fit its length")
        runs = np.zeros(count, np.bool_)
        at = begin + 8
    elif cookie & 0xFFFF == _WITH_RUNS:
        count = (cookie >> 16) + 1
        flags = np.frombuffer(view, np.uint8, (count + 7) // 8, begin + 4)
        runs = np.unpackbits(flags, count=count, bitorder="little").astype(np.bool_)
        at = begin + 4 + len(flags)
    else:
        raise Damaged("the snapshot is not in the portable Roaring form")
    pairs = np.frombuffer(view, "<u2", 2 * count, at).astype(np.int64)
    keys, sizes = pairs[::2], pairs[1::2] + 1
    at += 4 * count
    if cookie == _WITHOUT_RUNS or count >= _FEW:
        starts = begin + np.frombuffer(view, "<u4", count, at).astype(np.int64)
        at += 4 * count
        lengths = _lengths(view, sizes, starts, runs)
    else:
        starts, lengths = np.empty(count, np.int64), np.empty(count, np.int64)
        place = at
        for one in range(count):
            here = slice(one, one + 1)
            starts[one] = place
            lengths[here] = _lengths(view, sizes[here], starts[here], runs[here])
            place += int(lengths[one])
    ends = starts + lengths
    if not (np.array_equal(starts, np.append(at, ends[:-1])) and bool((keys[1:] > keys[:-1]).all())):
        raise Damaged("the snapshot's containers are out of order")
    return keys, sizes, starts, runs, int(ends[-1])


def _lengths(view: memoryview, sizes: Column, starts: Column, runs: NDArray[np.bool_]) -> Column:
    """Bytes of each container's content."""
    lengths = np.where(sizes > _ARRAY_LIMIT, _BITSET_BYTES, 2 * sizes)
    marks = np.frombuffer(view, np.uint8)
    first = starts[runs]
    lengths[runs] = 2 + 4 * (marks[first].astype(np.int64) | marks[first + 1].astype(np.int64) << 8)
    return lengths


def _array(kind: str, column: Column) -> array[int]:
    """A plain array: one element of it costs a quarter of one of numpy's."""
    typed = array(kind)
    typed.frombytes(column.astype(np.dtype(kind)).data.cast("B"))
    return typed
