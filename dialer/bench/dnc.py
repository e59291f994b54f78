"""A national registry at its full size: bytes a number, seconds to load, a look-up, memory of many processes (P9)."""

from __future__ import annotations

import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from threading import BrokenBarrierError
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dialer.bench.measure import PAIRS, Measured, absolute, compared
from dialer.core.number import Number
from dialer.engine import utc_now
from dialer.registry.acceptance import Order
from dialer.registry.build import build
from dialer.registry.manifest import Manifest, opened
from dialer.registry.shelf import Shelf

NATIONAL: Final = 258_500_000
"""Goal P9: about as many as the national registry of the United States has."""

NAME: Final = "US-DNC"
PROCESSES: Final = 4
LOOK_UPS: Final = 100_000

_AREA_CODES = 330
_SEED = 20261123
_PLAIN_BYTES = 8  # of a number in the baseline, a sorted array of uint64

Numbers = NDArray[np.uint64]


def run(numbers: int = NATIONAL, folder: Path | None = None) -> list[Measured]:
    """Writes a text file of so many lines (11 bytes each) into a temporary folder in `folder`, loads it in a process of
    its own, and asks it beside the baseline: a sorted, mapped array of uint64, searched by numpy.
    """
    with tempfile.TemporaryDirectory(prefix="dialer-bench-", dir=folder) as name:
        home = Path(name)
        text, plain = home / "national.txt", home / "national.u8"
        _write(text, plain, numbers)
        registries = home / "registries"
        with _spawned(1) as child:
            seconds, cpu, peak = child.submit(_load, registries, text, numbers).result()
        text.unlink()
        [manifest] = Shelf(registries).manifests(utc_now())
        ours, baseline, wrong = _look_ups(registries, plain)
        plain.unlink()
        shares = _shared(registries)
    return [
        _bytes(manifest),
        absolute("dnc: seconds to load", seconds, "<= 60", seconds <= 60, numbers=numbers, cpu_seconds=cpu),
        absolute("dnc: peak memory while loading, GB", peak / 1e9, "<= 2", peak <= 2e9),
        absolute("dnc: wrong answers", wrong, "0", wrong == 0, look_ups=LOOK_UPS * PAIRS),
        absolute("dnc: a look-up, us", min(ours) * 1e6, "<= 10", min(ours) <= 10e-6),
        compared(
            "dnc: a look-up", ours, baseline, "<= 1.00", lambda ratio: ratio <= 1, baseline_is="numpy.searchsorted"
        ),
        _mapped_once(manifest, shares),
    ]


def national_snapshot(numbers: int, folder: Path) -> Manifest:
    """A registry of so many numbers, spread like the national one, loaded into `folder` by the product's own way."""
    with tempfile.TemporaryDirectory(prefix="dialer-bench-", dir=folder.parent) as name:
        text = Path(name) / "national.txt"
        _write(text, None, numbers)
        return build(folder, NAME, _order(text, numbers), utc_now()).manifest


def spread(numbers: int) -> Iterator[Numbers]:
    """National numbers of ten digits, ascending, an area code at a time: 330 area codes with the same share each.

    The same share is the worst case for a bitmap. Inside an area code any number may be on the list whose exchange is
    possible: it begins with 2 to 9 and does not end in 11.
    """
    chance = np.random.default_rng(_SEED)
    codes = np.sort(chance.choice(np.arange(201, 990), _AREA_CODES, replace=False))
    exchanges = np.array([one for one in range(200, 1000) if one % 100 != 11])
    possible = len(exchanges) * 10_000
    for place, code in enumerate(codes.tolist()):
        share = numbers // _AREA_CODES + (place < numbers % _AREA_CODES)
        chosen = np.flatnonzero(chance.random(possible) < 1.02 * share / possible + 1e-5)
        surplus = chance.choice(len(chosen), max(len(chosen) - share, 0), replace=False)
        chosen = np.delete(chosen, surplus)
        assert len(chosen) == share, "the surplus of 2 % was too small"
        yield (code * 10**7 + exchanges[chosen // 10_000] * 10_000 + chosen % 10_000).astype(np.uint64)


def _write(text: Path, plain: Path | None, numbers: int) -> None:
    """The keeper's file, one number a line, and the same as the baseline wants them: E.164, eight bytes each."""
    with text.open("wb") as lines, (plain or Path(os.devnull)).open("wb") as words:
        for values in spread(numbers):
            if plain is not None:
                words.write((values + np.uint64(10**10)).data)
            line = np.full((len(values), 11), ord("\n"), np.uint8)
            for column in range(9, -1, -1):
                values, digit = np.divmod(values, np.uint64(10))
                line[:, column] = digit + np.uint64(ord("0"))
            lines.write(line.data)


def _order(text: Path, numbers: int) -> Order:
    return Order("load", text, utc_now(), "bench", country="1", expect=numbers)


def _load(folder: Path, text: Path, numbers: int) -> tuple[float, float, int]:
    """Seconds, seconds of the processor (more where others want it too), and the process's peak of memory in bytes."""
    begun, used = time.perf_counter(), time.process_time()
    build(folder, NAME, _order(text, numbers), utc_now())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return time.perf_counter() - begun, time.process_time() - used, peak


def _look_ups(folder: Path, plain: Path) -> tuple[list[float], list[float], int]:
    """CPU seconds a look-up, ours and numpy's in turn, over listed and unlisted numbers; and how often they differ."""
    words: Numbers = np.memmap(plain, np.uint64, "r")
    shelf, now, wrong = Shelf(folder), utc_now(), 0
    ours, baseline = [], []
    for turn in range(PAIRS + 1):  # the first warms the pages
        asked = _asked(words, turn)
        numbers = [Number(f"+{value}") for value in asked.tolist()]
        begun = time.process_time()
        places = [int(np.searchsorted(words, value)) for value in asked]
        listed = [place < len(words) and words[place] == value for place, value in zip(places, asked, strict=True)]
        between = time.process_time()
        found = [bool(shelf.screened(number, now).hits) for number in numbers]
        ended = time.process_time()
        wrong += sum(one != other for one, other in zip(found, listed, strict=True))
        if turn:
            baseline.append((between - begun) / LOOK_UPS)
            ours.append((ended - between) / LOOK_UPS)
    return ours, baseline, wrong


def _asked(words: Numbers, seed: int) -> Numbers:
    """Half of them listed, half mostly not, in no order."""
    chance = np.random.default_rng(seed)
    listed = words[chance.integers(0, len(words), LOOK_UPS // 2)]
    others = chance.integers(12_010_000_000, 19_900_000_000, LOOK_UPS - len(listed), np.uint64)
    return chance.permutation(np.concatenate([listed, others]))


def _bytes(manifest: Manifest) -> Measured:
    each = manifest.bytes / manifest.numbers
    return absolute(
        "dnc: bytes a number", each, "<= 1.70", each <= 1.70,
        numbers=manifest.numbers, bytes=manifest.bytes, baseline=_PLAIN_BYTES, of_baseline=each / _PLAIN_BYTES,
    )  # fmt: skip


def _mapped_once(manifest: Manifest, shares: list[dict[str, int]]) -> Measured:
    """Pss counts a page that n processes map as 1/n in each: over all of them, the memory there really is."""
    together = sum(one["Pss"] for one in shares) / manifest.bytes
    return absolute(
        f"dnc: Pss of {len(shares)} processes, of the snapshot's bytes", together, "<= 1.05", together <= 1.05,
        rss_each=[one["Rss"] for one in shares], pss_each=[one["Pss"] for one in shares],
        private_each=[one["Private_Clean"] + one["Private_Dirty"] for one in shares],
    )  # fmt: skip


def _shared(folder: Path) -> list[dict[str, int]]:
    """Bytes of the mapping in each of several processes that have all read all over it."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, context, _keep_barrier, (barrier,)) as pool:
        return list(pool.map(_mapping, [folder] * PROCESSES))


def _spawned(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"))


_barrier: Any = None


def _keep_barrier(barrier: Any) -> None:
    global _barrier
    _barrier = barrier


def _mapping(folder: Path) -> dict[str, int]:
    """What the kernel says of the snapshot's mapping while the other processes have it too."""
    [manifest] = Shelf(folder).manifests(utc_now())
    snapshot = opened(folder, manifest)
    chance = np.random.default_rng(1)
    for number in chance.integers(12_010_000_000, 19_900_000_000, 4 * LOOK_UPS).tolist():
        assert (number in snapshot) in (True, False)
    try:
        _barrier.wait(600)
        figures = _smaps(manifest.file)
        _barrier.wait(600)
    except BrokenBarrierError:
        raise RuntimeError("the other processes did not come") from None
    return figures


def _smaps(file: str) -> dict[str, int]:
    figures: dict[str, int] = {}
    ours = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        first, *rest = line.split()
        if "-" in first and not first.endswith(":"):
            ours = bool(rest) and rest[-1].endswith(file)
        elif ours and rest[-1:] == ["kB"]:
            figures[first[:-1]] = figures.get(first[:-1], 0) + int(rest[0]) * 1024
    return figures
