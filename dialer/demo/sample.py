"""The demonstration's lists: Chinese and English names, numbers of the simulated carrier, and some that must not ring.

Most numbers are the lab's (`+999`, always open). Others are shown refused: asleep, on holiday, on a do-not-call list,
and of real places out of the ranges kept for fiction, of which only those are taken that the gate refuses now.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle

from dialer.core.compliance.gate import Question, Refusal, check
from dialer.core.compliance.packs import Rulebook
from dialer.core.number import Number
from dialer.lab.carrier import number

NAMES = (
    "王芳", "Alice Brown", "李伟", "Robert Clarke", "张敏", "Grace Turner", "刘洋", "Daniel Hughes", "陈静",
    "Emma Wilson", "杨磊", "Oliver Evans", "赵丽", "Sophie Martin", "黄强", "James Walker", "周婷", "Hannah Green",
)  # fmt: skip
CITIES = ("上海", "Boston", "成都", "Leeds", "广州", "Denver")

# (carrier's scenario, its seconds, how many). Talk is short so that a demonstration is, too.
PROGRESSIVE = (
    (1, 4, 5), (4, 0, 2), (13, 5, 4), (3, 0, 1), (1, 6, 5), (6, 0, 1), (2, 3, 2), (7, 0, 1), (1, 3, 5), (5, 1, 1),
    (9, 0, 1), (11, 0, 1), (13, 4, 2), (12, 4, 1), (3, 0, 1),
)  # fmt: skip
PREVIEW = ((1, 6, 3), (13, 6, 3), (4, 0, 1), (1, 5, 2))
MACHINES = ((10, 8, 3), (1, 6, 2))

# Ranges that regulators keep for fiction; nobody is called there. Each is one place and its own law.
PLACES = (
    ("New York", "+12125550123"),
    ("Los Angeles", "+13105550134"),
    ("Honolulu", "+18085550145"),
    ("London", "+442079460156"),
    ("Sydney", "+61255501234"),
    ("Paris", "+33199001234"),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A list as a file, and the numbers among its rows that go on a do-not-call list first."""

    file_name: str
    content: bytes
    company_list: tuple[Number, ...] = ()
    campaign_list: tuple[Number, ...] = ()
    refused: int = 0  # leads that no call may be made to
    bad_rows: int = 0  # rows that are no lead


def samples(rulebook: Rulebook, now: datetime) -> tuple[Sample, Sample, Sample]:
    """The lists of the three campaigns: progressive, preview, and progressive with machine detection."""
    asleep = [number(98, n) for n in (1, 2)]
    feast = [number(97, n) for n in (1, 2)]
    listed = [number(1, 900 + n, 4) for n in range(3)]
    abroad = [(place, e164) for place, e164 in PLACES if _refused(rulebook, e164, now)][:3]
    never = [*asleep, *feast, *listed, *(e164 for _, e164 in abroad)]
    plain = _numbers(PROGRESSIVE, 100)
    mixed = [n for pair in zip(plain, never, strict=False) for n in pair] + plain[len(never) :]
    first = _file(mixed, extra=(("Nobody", "12-34"), ("Doubled", plain[0])))
    previewed = [*_numbers(PREVIEW, 300), number(1, 999, 4)]
    return (
        Sample(
            "renovation.csv", first, tuple(Number(n) for n in listed[:2]), (Number(listed[2]),), len(never), bad_rows=1
        ),
        Sample("car-owners.csv", _file(previewed), (Number(previewed[-1]),), refused=1),
        Sample("answering-machines.csv", _file(_numbers(MACHINES, 500))),
    )


def _refused(rulebook: Rulebook, e164: str, now: datetime) -> bool:
    question = Question(number=Number(e164), lead_id=0, campaign_id=0)
    return isinstance(check(rulebook, question, now), Refusal)


def _numbers(plan: Iterable[tuple[int, int, int]], first: int) -> list[str]:
    wanted = [(scenario, seconds) for scenario, seconds, count in plan for _ in range(count)]
    return [number(scenario, first + n, seconds) for n, (scenario, seconds) in enumerate(wanted)]


def _file(numbers: Iterable[str], extra: Iterable[tuple[str, str]] = ()) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["姓名", "电话", "城市"])
    for name, city, one in zip(cycle(NAMES), cycle(CITIES), numbers):  # the numbers end it
        writer.writerow([name, one, city])
    for name, one in extra:
        writer.writerow([name, one, ""])
    return b"\xef\xbb\xbf" + out.getvalue().encode()
