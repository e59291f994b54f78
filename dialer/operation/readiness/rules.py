"""What many fates add up to, and what would cure those that time does not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from dialer.core.compliance.codes import RULES
from dialer.operation.readiness.judging import Fate

HOURS: Final = 48
"""How far the forecast goes by the hour; after that it goes by days of 24 hours."""

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

NO_NUMBER: Final = "NO_NUMBER"
"""Stands where a rule's code would: every number of the lead is dead."""

# What a person could do about a refusal that waiting does not cure; None: nothing, and rightly so.
_CURES: Final[dict[str, tuple[str, str] | None]] = {
    "NUMBER_INVALID": ("Correct the number.", "请更正号码。"),
    "RULES_MISSING": ("Load the rule pack {by}.", "请加载规则包 {by}。"),
    "EMERGENCY_SUSPENSION": (
        "Wait for the end of the suspension of {by}, or lift it when the emergency is over.",
        "请等待 {by} 的暂停结束，或在紧急状态解除后将其取消。",
    ),
    "REGION_BLOCKED": (
        "Take these leads out, or call through a trunk that may reach {by}.",
        "请移除这些客户，或改用可呼叫 {by} 的线路。",
    ),
    "DNC_INTERNAL": None,
    "REGISTRY_STALE": ("Load a newer copy of the registry {by}.", "请加载更新的拒呼名录 {by}。"),
    "DNC_REGISTRY": (
        "Only the callee's own written consent goes before a registry.",
        "除非客户本人明示同意，否则不得呼叫。",
    ),
    "CONSENT_REQUIRED": (
        "Put the callees' consent on file, with its proof.",
        "请登记客户同意及其凭证。",
    ),
    "ZONE_UNKNOWN": (
        "State the leads' region or time zone.",
        "请补充客户的地区或时区。",
    ),
    "HOLIDAY_UNKNOWN": (
        "Enter the year's holidays of {by} in the configuration.",
        "请在配置中填写 {by} 当年的节假日。",
    ),
    "HOLIDAY": ("The campaign's own calendar leaves no day: change it.", "项目日历没有可拨日期，请修改。"),
    "OUTSIDE_WINDOW": (
        "The hours of the campaign and of the rules never meet: change the campaign's.",
        "项目时段与规则时段没有重叠，请修改项目时段。",
    ),
    "ABANDON_COOLDOWN": ("Call them in preview, with the agent on the line.", "请改用预览式外呼。"),
    "ATTEMPT_CAP": ("Nothing, unless it is the campaign's own limit: raise it.", "若为项目自身上限，可提高上限。"),
    "ATTEMPT_GAP": ("Shorten the campaign's pause between attempts.", "请缩短项目的拨打间隔。"),
    "ABANDON_RATE": (
        "Call in preview until the rate is below the limit again.",
        "请改用预览式外呼，直至呼损率回落。",
    ),
    NO_NUMBER: ("Give these leads another number.", "请为这些客户补充号码。"),
}

_NO_NUMBER = Fate(None, NO_NUMBER, None, None, "No number of the lead is in use any more.", "该客户已无可用号码。")


def no_number() -> Fate:
    """Of a lead whose numbers are all dead: a claim would finish it."""
    return _NO_NUMBER


@dataclass(frozen=True, slots=True)
class Bucket:
    """Leads that become callable in the hour, or day, from `start` on."""

    start: datetime
    leads: int


@dataclass(frozen=True, slots=True)
class Reason:
    """The leads that one rule refuses at the instant asked about. `waits`: each of them is permitted some time later,
    the first at `first_at`; else waiting does not help, and `cure` says what would (None: nothing).

    The sentences are of one of the leads; the others differ from it by no more than the clock's reading.
    """

    code: str
    decided_by: str | None
    zone: str | None
    waits: bool
    leads: int
    first_at: datetime | None
    sentence: str
    sentence_zh: str
    cure: str | None
    cure_zh: str | None


@dataclass(frozen=True, slots=True)
class Readiness:
    """Of `leads` asked about, `now` + `later` + `never` = `leads`. `hours` are 48, the first of them the full hour of
    `at`; `days` follow, each of 24 hours, those with leads alone. `reasons` are ordered by how many they hold back.
    """

    at: datetime
    leads: int
    now: int
    later: int
    never: int
    hours: tuple[Bucket, ...]
    days: tuple[Bucket, ...]
    reasons: tuple[Reason, ...]


class Tally:
    """Adds fates up."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._start = at.replace(minute=0, second=0, microsecond=0)
        self._now = 0
        self._hours: Counter[int] = Counter()
        self._days: Counter[int] = Counter()
        self._never = 0
        self._held: Counter[tuple[str, str | None, str | None, bool]] = Counter()
        self._examples: dict[tuple[str, str | None, str | None, bool], Fate] = {}

    def add(self, fate: Fate) -> None:
        if fate.at is None:
            self._never += 1
        elif fate.at <= self.at:
            self._now += 1
            return
        else:
            ahead = fate.at - self._start
            if ahead < HOURS * _HOUR:
                self._hours[ahead // _HOUR] += 1
            else:
                self._days[ahead // _DAY] += 1
        if fate.code is None:
            return  # due later, and nothing refuses then
        key = (fate.code, fate.decided_by, fate.zone, fate.at is not None)
        self._held[key] += 1
        known = self._examples.get(key)
        if known is None or (fate.at is not None and known.at is not None and fate.at < known.at):
            self._examples[key] = fate

    def readiness(self) -> Readiness:
        later = self._hours.total() + self._days.total()
        return Readiness(
            at=self.at,
            leads=self._now + later + self._never,
            now=self._now,
            later=later,
            never=self._never,
            hours=tuple(Bucket(self._start + hour * _HOUR, self._hours[hour]) for hour in range(HOURS)),
            days=tuple(Bucket(self._start + day * _DAY, leads) for day, leads in sorted(self._days.items())),
            reasons=tuple(_reason(self._examples[key], leads) for key, leads in self._held.most_common()),
        )


def _reason(example: Fate, leads: int) -> Reason:
    assert example.code is not None
    waits = example.at is not None
    cure = None if waits else _CURES[example.code]
    by = example.decided_by or "-"
    return Reason(
        code=example.code,
        decided_by=example.decided_by,
        zone=example.zone,
        waits=waits,
        leads=leads,
        first_at=example.at,
        sentence=example.sentence or "",
        sentence_zh=example.sentence_zh or "",
        cure=cure[0].format(by=by) if cure else None,
        cure_zh=cure[1].format(by=by) if cure else None,
    )


assert set(_CURES) == {*RULES, NO_NUMBER}, "a rule without a word on its cure"
