"""A file of numbers into one bitmap: a thread for each of the processor's cores, memory for a few slices at a time."""

from __future__ import annotations

import os
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from pyroaring import BitMap64

from dialer.registry.lines import NAMED, PAD, Tally, header_length, read_lines
from dialer.registry.numbering import Plan

SLICE: Final = 64 * 1024 * 1024
"""Bytes of text that become one bitmap: some 100 MB of memory, and few enough bitmaps to merge if nothing is sorted."""

BLOCK: Final = 512 * 1024
"""Bytes that are read and understood at a time. No line may be longer."""

THREADS: Final = 4
"""More would wait for each other: pyroaring holds the interpreter's lock."""

FIXED: Final = 10
"""Lines of one length that show it to be fixed."""

SAMPLED: Final = 64
"""Numbers of each slice that are looked at more closely."""

_HEAD: Final = 64 * 1024


class Unreadable(Exception):
    """The file is not whole; the text is one sentence."""


@dataclass(slots=True)
class Gathered:
    """What a file holds. `rows` counts lines, `numbers` are the good ones, each once. `bad` names rows from 1.

    `sample` are some of the numbers, from everywhere in the file. `short_end`: the last line is shorter than all the
    others, which are of one length.
    """

    numbers: BitMap64
    rows: int = 0
    good: int = 0
    bad_rows: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)
    sample: list[int] = field(default_factory=list)
    short_end: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """One slice."""

    numbers: BitMap64
    sample: list[int]
    tally: Tally


def gather(
    file: Path,
    plan: Plan,
    bad_allowed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    threads: int | None = None,
    slice_bytes: int = SLICE,
) -> Gathered:
    """Read the whole file. It ends early where more than `bad_allowed` lines are bad; `progress` gets bytes.

    Raises:
        Unreadable: it is no text, or its last line has no end.
        OSError: it cannot be read.
    """
    size = file.stat().st_size
    with file.open("rb") as source:
        head = source.read(_HEAD)
        source.seek(max(size - 1, 0))
        tail = source.read(1)
    if not head.strip(b"\xef\xbb\xbf\r\n"):
        return Gathered(BitMap64())
    if b"\0" in head:
        raise Unreadable("the file is no text of one byte a mark, such as ASCII or UTF-8")
    if tail != b"\n":
        raise Unreadable("the file is cut off: its last line has no end")
    begin = header_length(head)
    gathered = Gathered(BitMap64(), rows=1 if head[:begin].endswith(b"\n") else 0)
    widths = Tally()
    done = begin
    workers = threads or min(os.cpu_count() or 1, THREADS)
    with ThreadPoolExecutor(workers, thread_name_prefix="registry") as pool:
        waiting: deque[tuple[int, Future[_Part]]] = deque()
        for start, length in _slices(file, begin, size, slice_bytes):
            waiting.append((length, pool.submit(_slice, file, start, length, plan)))
            if len(waiting) > workers:
                done += _take(waiting, gathered, widths)
                _tell(progress, done, size)
                if gathered.bad_rows > bad_allowed:
                    return gathered
        while waiting:
            done += _take(waiting, gathered, widths)
            _tell(progress, done, size)
    if gathered.good + gathered.bad_rows > FIXED and widths.widths is not None:
        gathered.short_end = widths.last < widths.widths[0] == widths.widths[1]
    return gathered


def _slices(file: Path, begin: int, size: int, slice_bytes: int) -> Iterator[tuple[int, int]]:
    """Start and length of parts that end where a line does."""
    with file.open("rb") as source:
        while begin < size:
            source.seek(min(begin + slice_bytes, size - 1))
            source.readline()
            yield begin, source.tell() - begin
            begin = source.tell()


def _slice(file: Path, start: int, length: int, plan: Plan) -> _Part:
    tally, numbers = Tally(), array("Q")  # pyroaring takes an array in one go, and everything else one by one
    text = bytearray(PAD + BLOCK)
    held = PAD  # the text's bytes up to here are read and not yet understood
    with file.open("rb", buffering=0) as source:
        source.seek(start)
        while length or held > PAD:
            with memoryview(text) as whole:
                got = source.readinto(whole[held : held + length])
            end = text.rfind(b"\n", PAD, held + got) + 1
            if not end:
                endless = held + got == len(text)
                raise Unreadable(
                    f"a line of it is longer than {BLOCK:,} bytes"
                    if endless
                    else "the file became shorter while it was read"
                )
            numbers.frombytes(read_lines(text, end, plan, tally).view(np.uint8).data)
            length -= got
            held += got - end + PAD
            text[PAD:held] = text[end : end + held - PAD]
    values = np.frombuffer(numbers, np.uint64)
    if not bool((values[1:] >= values[:-1]).all()):
        values.sort()
    return _Part(BitMap64(numbers), values[:: max(len(values) // SAMPLED, 1)].tolist(), tally)


def _take(waiting: deque[tuple[int, Future[_Part]]], gathered: Gathered, widths: Tally) -> int:
    """Bytes of the oldest slice, which is waited for: rows are counted in the order of the file."""
    length, future = waiting.popleft()
    part = future.result()
    gathered.numbers |= part.numbers
    gathered.sample += part.sample
    read = part.tally
    gathered.bad += [(gathered.rows + row + 1, said) for row, said in read.bad][: NAMED - len(gathered.bad)]
    gathered.bad_rows += read.bad_rows
    gathered.good += read.good
    gathered.rows += read.rows
    widths.widen(read.widths, read.last)
    return length


def _tell(progress: Callable[[int, int], None] | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)
