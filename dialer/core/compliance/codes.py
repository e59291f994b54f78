"""The gate's words: every refusal's stable code, in the order in which the rules are asked, with its sentence.

The codes are part of the API, the database and the reports: a code is never renamed or reused.
"""

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Rule:
    """`time_cures` says whether waiting can ever turn this refusal into a permit."""

    code: str
    time_cures: bool
    en: str
    zh: str


_TABLE = (
    Rule("NUMBER_INVALID", False,
         "The number is in no range that may be dialed.",
         "号码不属于可拨打的号段。"),
    Rule("RULES_MISSING", False,
         "No rule pack {by} is loaded for this call.",
         "缺少本次呼叫所需的规则包 {by}。"),
    Rule("EMERGENCY_SUSPENSION", False,
         "Calls are suspended by an emergency under {by}.",
         "{by} 已进入紧急状态，暂停外呼。"),
    Rule("REGION_BLOCKED", False,
         "{by} does not allow calls to this region.",
         "{by} 不允许呼叫该地区。"),
    Rule("DNC_INTERNAL", False,
         "The number is on the do-not-call list {by}.",
         "号码在禁呼名单 {by} 中。"),
    Rule("REGISTRY_STALE", False,
         "The registry {by} must be looked into, and it is missing or too old.",
         "须查询拒呼名录 {by}，但该名录缺失或已过期。"),
    Rule("DNC_REGISTRY", False,
         "The number is on a do-not-call registry that {by} obeys.",
         "号码已登记在 {by} 须遵守的拒呼名录中。"),
    Rule("CONSENT_REQUIRED", False,
         "{by} needs the callee's consent, and none is on file.",
         "{by} 要求客户事先同意，但没有同意记录。"),
    Rule("ZONE_UNKNOWN", False,
         "The callee's time zone is not known.",
         "无法确定被叫所在时区。"),
    Rule("HOLIDAY_UNKNOWN", False,
         "The holidays of this year are not known to {by}.",
         "{by} 缺少该年度的节假日数据。"),
    Rule("HOLIDAY", True,
         "{by} closes on this day ({local} in {zone}).",
         "{zone} 当地时间 {local}，当天为 {by} 规定的停呼日。"),
    Rule("OUTSIDE_WINDOW", True,
         "It is {local} in {zone}, outside the hours of {by}.",
         "{zone} 当地时间 {local}，不在 {by} 允许的拨打时段。"),
    Rule("ABANDON_COOLDOWN", True,
         "{by} bars a new try so soon after an abandoned call.",
         "上次呼损后 {by} 规定的冷却期未满。"),
    Rule("ATTEMPT_CAP", True,
         "The number of attempts that {by} allows is used up.",
         "已达到 {by} 规定的拨打次数上限。"),
    Rule("ATTEMPT_GAP", True,
         "The pause between attempts that {by} asks for is not over.",
         "未满 {by} 规定的拨打间隔。"),
    Rule("ABANDON_RATE", False,
         "Too many calls of this campaign were abandoned under {by}.",
         "项目呼损率超过 {by} 的上限。"),
)  # fmt: skip

RULES = {rule.code: rule for rule in _TABLE}


def sentence(code: str, language: Language, *, by: str | None, zone: str | None, local: str | None) -> str:
    rule = RULES[code]
    text = rule.en if language == "en" else rule.zh
    return text.format(by=by or "-", zone=zone or "-", local=local or "-")
