"""How often a number may be tried: caps and cool-downs counted over its past attempts.

Three ways of counting exist in the rules and give different answers, so they stay apart: over the period that has just
passed (rolling: Florida, the carriers), over blocks that begin with their first attempt (anchored: some Chinese
platforms), and over the calendar (Germany's day and week, France's thirty days). Attempts are counted whatever number
they showed the callee.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from dialer.core.compliance.wall import day_start, wall
from dialer.core.number import Number

NEVER = None
"""What `free_at` answers when waiting does not help."""

CapKind = Literal[
    "rolling", "anchored", "cooldown",
    "calendar_day", "calendar_week", "calendar_month", "rolling_days", "cooldown_days",
    "campaign",
]  # fmt: skip

Counts = Literal["attempts", "conversations", "abandoned", "amd_machine"]

_COUNTED: dict[Counts, frozenset[str] | None] = {
    "attempts": None,  # every kind
    "conversations": frozenset({"answered", "conversation"}),
    "abandoned": frozenset({"abandoned"}),
    "amd_machine": frozenset({"amd_machine"}),
}


# "seller" is no matter: all campaigns of an installation sell for one.
_MATTERS = frozenset({"debt", "subject"})


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """One earlier try at the same person. `kind`: no_answer, busy, answered, conversation, abandoned, amd_machine ...

    `subject` is what it was about: a debt, an offer. None in `campaign_id`, `number` or `subject` counts for every one:
    where it is not known, the stricter reading holds.
    """

    at: datetime
    kind: str
    campaign_id: int | None = None
    number: Number | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `count` within `period` (elapsed time) or `days` (local dates, today included).

    A cool-down has count 0: one event is enough. `scope` says in the rule's words whom it protects: a person, whatever
    number of theirs was tried ("person"), about one matter ("person+debt", "person+subject"), or one number.
    """

    kind: CapKind
    count: int
    period: timedelta = timedelta()
    days: int = 0
    counts: Counts = "attempts"
    scope: str = "number"

    @property
    def after_abandon(self) -> bool:
        """A pause after a call that met nobody of ours. A limit that merely counts such calls is none."""
        return self.kind in ("cooldown", "cooldown_days") and self.counts in ("abandoned", "amd_machine")


@dataclass(frozen=True, slots=True)
class Reached:
    """A cap that forbids now; `free_at` is when it no longer does, `NEVER` where time does not cure it."""

    cap: Cap
    free_at: datetime | None


def forbids(
    cap: Cap,
    history: Collection[PastAttempt],
    at: datetime,
    zone: str,
    number: Number,
    subject: str | None,
    campaign_id: int,
) -> Reached | None:
    """Whether the cap forbids an attempt at `at` to `number` about `subject`, and until when.

    Blocks begin with their first attempt, so those of one matter are not those of all: where the subject is not known,
    there must be room in the blocks of each.
    """
    subjects = {subject}
    if cap.kind == "anchored" and subject is None:
        subjects |= {past.subject for past in history}
    found = (reached(cap, counted(cap, history, number, one), at, zone, campaign_id) for one in subjects)
    return max((hit for hit in found if hit is not None), key=lambda hit: hit.free_at or at, default=None)


def counted(cap: Cap, history: Iterable[PastAttempt], number: Number, subject: str | None) -> Iterable[PastAttempt]:
    """Of a person's past attempts those that this cap counts for a call to `number` about `subject`."""
    whose, _, matter = cap.scope.partition("+")
    if matter in _MATTERS and subject is not None:
        history = (past for past in history if past.subject in (None, subject))
    return history if whose == "person" else (past for past in history if past.number in (None, number))


def reached(cap: Cap, history: Iterable[PastAttempt], at: datetime, zone: str, campaign_id: int) -> Reached | None:
    """Whether the cap forbids an attempt at `at`, not itself in the history. Calendar caps use `zone`'s dates."""
    kinds = _COUNTED[cap.counts]
    times = sorted(past.at for past in history if past.at <= at and (kinds is None or past.kind in kinds)
                   and (cap.kind != "campaign" or past.campaign_id in (None, campaign_id)))  # fmt: skip
    if not times:
        return None
    if cap.kind == "campaign":
        return Reached(cap, NEVER) if len(times) >= cap.count else None
    if cap.kind in ("rolling", "cooldown"):
        recent = [time for time in times if time > at - cap.period]
        leaver = _leaver(len(recent), cap.count)
        return None if leaver is None else Reached(cap, recent[leaver] + cap.period)
    if cap.kind == "anchored":
        return _anchored(cap, times, at)
    return _by_date(cap, times, at, zone)


def gap_ends(gap: timedelta, history: Iterable[PastAttempt], at: datetime) -> datetime | None:
    """When the campaign's pause after the last attempt ends; None if it is over or there was no attempt."""
    last = max((past.at for past in history if past.at <= at), default=None)
    return last + gap if last is not None and last + gap > at else None


def _leaver(size: int, count: int) -> int | None:
    """Of `size` events in order, the index of the one that must drop out first; None if there is room."""
    if size < max(count, 1):
        return None
    return size - max(count, 1)


def _anchored(cap: Cap, times: list[datetime], at: datetime) -> Reached | None:
    start, used = times[0], 0
    for time in times:
        if time >= start + cap.period:
            start, used = time, 0
        used += 1
    full = used >= cap.count and at < start + cap.period
    return Reached(cap, start + cap.period) if full else None


def _by_date(cap: Cap, times: list[datetime], at: datetime, zone: str) -> Reached | None:
    today = wall(at, zone).date()
    first, following = _span(cap, today)
    dates = [shown for shown in (wall(time, zone).date() for time in times) if shown >= first]
    leaver = _leaver(len(dates), cap.count)
    if leaver is None:
        return None
    free = dates[leaver] + timedelta(days=cap.days) if following is None else following
    return Reached(cap, day_start(free, zone))


def _span(cap: Cap, today: date) -> tuple[date, date | None]:
    """The first date that counts, and the date on which the whole count starts anew (None where it slides)."""
    match cap.kind:
        case "calendar_day":
            return today, today + timedelta(days=1)
        case "calendar_week":  # ISO: from Monday
            monday = today - timedelta(days=today.weekday())
            return monday, monday + timedelta(days=7)
        case "calendar_month":
            return today.replace(day=1), (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        case _:
            return today - timedelta(days=cap.days - 1), None
