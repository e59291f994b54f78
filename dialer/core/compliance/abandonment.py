"""Abandonment: the block of time in which a regulator counts, what is counted, and how near the limit it is.

Sources as the packs name them: 47 CFR 64.1200(a)(7) for the United States, the CRTC's rules for Canada, Ofcom's
statement for the United Kingdom, where the figure is an alarm and no safe harbour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Final, assert_never, get_args

from dialer.core.compliance.packs import AbandonPeriod, Pack
from dialer.core.compliance.wall import day_start, wall

PERIODS: Final[tuple[AbandonPeriod, ...]] = get_args(AbandonPeriod)

# A person who answered has an agent or the message within this time, in every pack that names one. We count from the
# answer, which is never later than the greeting's start (United Kingdom) or its end (United States).
CONNECT_WITHIN = timedelta(seconds=2)
# So long after the answer a person without an agent waits for another one; then the message begins. The half second
# that is left is for the PBX to find the sound and send it.
HOLD = timedelta(milliseconds=1500)

_BLOCK = timedelta(days=30)
_NO_END = 1_000_000


def block(period: AbandonPeriod, started: datetime | None, zone: str, now: datetime) -> tuple[datetime, datetime]:
    """The block that `now` lies in, as instants: its start, and its end, which is the start of the next one.

    `started` is the instant of the campaign's first call; None or later than `now`: it begins now. Blocks of 30 days
    are 30 times 24 hours, whatever the clocks do meanwhile. A day or a month begins at midnight in `zone`, the house's:
    a day on which the clocks change has 23 or 25 hours, and one whose midnight is skipped begins when the gap ends.
    """
    today = wall(now, zone).date()
    match period:
        case "campaign_30_days":
            first = now if started is None else min(started, now)
            start = first + (now - first) // _BLOCK * _BLOCK
            return start, start + _BLOCK
        case "calendar_month":
            first_day = today.replace(day=1)
            next_month = (first_day + timedelta(days=31)).replace(day=1)
            return day_start(first_day, zone), day_start(next_month, zone)
        case "day":
            return day_start(today, zone), day_start(today + timedelta(days=1), zone)
        case _:
            assert_never(period)


@dataclass(frozen=True, slots=True)
class Tally:
    """One campaign's live answers in one block. `answered` is the formula's denominator, `abandoned` lie among them."""

    period: AbandonPeriod
    start: datetime
    end: datetime
    abandoned: int = 0
    answered: int = 0

    @property
    def percent(self) -> float:
        """Abandons as a percentage of live answers; 0 where nobody answered."""
        return 100 * self.abandoned / self.answered if self.answered else 0.0

    def plus(self, *, abandoned: bool) -> Tally:
        return replace(self, abandoned=self.abandoned + abandoned, answered=self.answered + 1)

    def joined(self, other: Tally) -> Tally:
        """This block with the larger of two counts: counts only grow, so both are at most the truth. The other count
        may have a slightly different idea of when the campaign's first call was; of another block it says nothing.
        """
        if abs(self.start - other.start) > (self.end - self.start) / 2:
            return self
        most = max(self.abandoned, other.abandoned), max(self.answered, other.answered)
        return replace(self, abandoned=most[0], answered=most[1])


@dataclass(frozen=True, slots=True)
class Limit:
    """`percent` of the live answers of a block, as the pack `by` has it. Exactly the limit is inside it."""

    percent: float
    by: str


def passed(tally: Tally, limit: Limit) -> bool:
    """True where more than the limit were abandoned."""
    return tally.abandoned * 100 > limit.percent * tally.answered


def more(tally: Tally, limit: Limit) -> int:
    """How many further live answers, all of them abandoned, would pass the limit; 0 where it is passed already."""
    if passed(tally, limit):
        return 0
    percent = Fraction(str(limit.percent))
    if percent >= 100:
        return _NO_END
    return floor((percent * tally.answered - 100 * tally.abandoned) / (100 - percent)) + 1


def forecast(tally: Tally, share: float, more_answers: float) -> float:
    """The percentage at the end of the block if `more_answers` live answers follow, `share` of them abandoned."""
    answered = tally.answered + more_answers
    return 100 * (tally.abandoned + share * more_answers) / answered if answered else 0.0


def limits(packs: Iterable[Pack]) -> dict[AbandonPeriod, Limit]:
    """The tightest limit of each kind of block."""
    found: dict[AbandonPeriod, Limit] = {}
    for pack in packs:
        rule = pack.abandonment
        if rule is None or rule.period is None or rule.limit_percent is None:
            continue
        if rule.period not in found or rule.limit_percent < found[rule.period].percent:
            found[rule.period] = Limit(rule.limit_percent, pack.id)
    return found


def demands_message(packs: Iterable[Pack]) -> Pack | None:
    """The first of these packs under which a person without an agent must be told who called: it limits abandonment."""
    return next((pack for pack in packs if pack.abandonment and pack.abandonment.limit_percent is not None), None)


def milliseconds(start: datetime | None, end: datetime | None) -> int | None:
    """Whole milliseconds from one moment to the other, never negative; None where one is not known."""
    return None if start is None or end is None else max(round((end - start) / timedelta(milliseconds=1)), 0)


def too_late(waited_ms: int | None, greeting_ms: int | None, period: AbandonPeriod) -> bool:
    """A person whose agent came after the two seconds is counted as abandoned, though they talked.

    The United States' two seconds begin at the end of the greeting, where it is known; Canada's at the answer. The
    United Kingdom's begin with the greeting, which no PBX tells us, so they too are counted from the answer.
    """
    if waited_ms is None:
        return False
    before = (greeting_ms or 0) if period == "campaign_30_days" else 0
    return waited_ms - before > CONNECT_WITHIN / timedelta(milliseconds=1)
