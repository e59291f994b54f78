"""The words of an export, in English and in Chinese."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

Language = Literal["en", "zh", "both"]


# What stands between the two languages where both are wanted.
BETWEEN = " / "

_WORDS: dict[str, tuple[str, str]] = {
    # the cover
    "title": ("Decision ledger: export", "合规判定台账：导出"),
    "about": (
        "Every permit and every refusal of the compliance gate, as it was written in the moment in which it was given, "
        "with the rules it cites and all that the gate was told. This is a record, not legal advice.",
        "合规网关的每一次放行与拒绝，均为作出当时所写，并附所引规则及判定所依据的全部信息。本文件为记录，不构成法律意见。",
    ),
    "asked": ("What was asked for", "导出范围"),
    "everything": ("all decisions", "全部判定"),
    "number": ("Number", "号码"),
    "erased": ("erased", "已删除"),
    "campaign": ("Campaign", "外呼项目"),
    "from": ("From", "起"),
    "until": ("until (not included)", "止（不含）"),
    "day": ("Day", "日期"),
    "by": ("Exported by", "导出人"),
    "at": ("Exported at", "导出时间"),
    "decisions": ("Decisions", "判定数"),
    "program": ("Program", "程序版本"),
    "zone data": ("Time zone data", "时区数据"),
    "chain": ("The chain", "校验链"),
    "not verified": ("not verified for this export", "本次导出未校验"),
    "empty": ("no seal has been made yet", "尚无封存记录"),
    "intact": (
        "intact: {sealed} decisions under {seals} seals, {awaiting} more await their seal",
        "完整：{seals} 次封存覆盖 {sealed} 条判定，另有 {awaiting} 条待封存",
    ),
    "faulty": ("NOT INTACT: {faults} faults were found", "不完整：发现 {faults} 处异常"),
    "unchained": ("{n} decisions are from before the chain", "{n} 条判定早于校验链"),
    "newest seal": ("Verified up to seal", "校验至封存号"),
    "made at": ("made at", "封存时间"),
    "digest": ("SHA-256", "SHA-256"),
    "check": (
        "How to check this by hand is described in docs/ledger.md of the program.",
        "人工核验方法见本程序的 docs/ledger.md。",
    ),
    # a decision
    "decision": ("Decision", "判定"),
    "permit": ("Permitted", "放行"),
    "refusal": ("Refused", "拒绝"),
    "permitted": ("Every rule that applies allowed this call.", "所有适用规则均允许本次呼叫。"),
    "when": ("When", "时间"),
    "rule": ("Rule", "规则"),
    "decided by": ("Decided by", "判定依据"),
    "try after": ("Not before", "最早可再拨"),
    "lead": ("Lead", "客户资料"),
    "packs": ("Rules asked", "适用规则包"),
    "inputs": ("What the gate was told", "判定时已知信息"),
    "attempt": ("Attempt", "拨打"),
    "no attempt": ("none: it was decided before a call was made ready", "无：判定时尚未准备拨打"),
    "open": ("no outcome yet", "尚无结果"),
    "answered": ("answered", "已接通"),
    "ended": ("ended", "结束"),
    "agent": ("agent", "坐席"),
    "own": ("the campaign's own rules", "项目自定规则"),
    "a list": ("a do-not-call list or registry, or an area", "禁呼名单、拒呼名录或地区"),
    # what the gate was told
    "unkept": ("not kept by the version that decided", "当时版本未保存"),
    "mode": ("Dial mode", "外呼方式"),
    "preview": ("preview", "预览式"),
    "manual": ("manual", "手动"),
    "progressive": ("progressive", "渐进式"),
    "predictive": ("predictive", "预测式"),
    "region": ("Known region", "已知地区"),
    "zone": ("Known time zone", "已知时区"),
    "consents": ("Consent in force", "有效同意"),
    "none": ("none", "无"),
    "express": ("express consent", "明示同意"),
    "written": ("consent in writing", "书面同意"),
    "appointment": ("an appointment", "预约"),
    "contract": ("a contract", "合同关系"),
    "night": ("consent to calls at night", "同意夜间呼叫"),
    "subject": ("Subject", "事项"),
    "history": ("Earlier attempts counted", "已计入的此前拨打"),
    "this number": ("this number", "本号码"),
    "other number": ("the person's other number {n}", "该客户的其他号码 {n}"),
    "unknown number": ("number not known", "号码未知"),
    "any campaign": ("any campaign", "任一项目"),
    "no_answer": ("no answer", "无人接听"),
    "busy": ("busy", "占线"),
    "conversation": ("conversation", "通话"),
    "abandoned": ("abandoned", "呼损"),
    "amd_machine": ("answering machine", "语音信箱"),
    "open attempt": ("not over yet", "未结束"),
    "hits": ("On these lists", "所在名单"),
    "company": ("company", "全公司"),
    "brand": ("brand", "品牌"),
    "channel": ("telephone", "电话渠道"),
    "registry": ("registry", "拒呼名录"),
    "since": ("since", "自"),
    "expires": ("until", "至"),
    "snapshots": ("Registries looked into", "已查询的拒呼名录"),
    "drawn up": ("drawn up {at}, {days} days before", "编制于 {at}，距判定 {days} 天"),
    "unreadable": ("is kept and could not be read", "已登记但无法读取"),
    "suspended": ("Areas under suspension", "暂停外呼地区"),
    "abandons": ("Abandoned calls", "呼损"),
    "abandons of": ("{abandoned} of {answered} answered", "接通 {answered} 次中 {abandoned} 次"),
    "refused_at": ("The callee's own refusal", "客户本人拒绝"),
    "rules": ("The campaign's rules, with the house's and the trunk's", "项目规则（含公司与中继的规则）"),
    # the appendix
    "cited": ("Rules cited", "所引规则"),
    "status": ("status", "状态"),
    "confidence": ("confidence", "可信度"),
    "sources": ("Sources", "出处"),
    "not loaded": (
        "this version is not loaded any more; what it said is in the program's history",
        "该版本当前未加载；其内容见程序的历史版本",
    ),
    "end": ("End of the export: {n} decisions.", "导出结束：共 {n} 条判定。"),
}


def say(key: str, language: Language, **parts: object) -> str:
    """The word for a key; a key without one, such as an id, stands for itself."""
    english, chinese = _WORDS.get(key, (key, key))
    wanted = {"en": (english,), "zh": (chinese,), "both": (english, chinese)}[language]
    return BETWEEN.join(dict.fromkeys(word.format(**parts) if parts else word for word in wanted))


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
