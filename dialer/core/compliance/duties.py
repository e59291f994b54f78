"""What a campaign owes besides asking the gate: a caller id that may be shown, ringing long enough, agreed recording.

The gate decides about one call; these hold for all calls of a campaign, and are asked when it is set up.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import get_args

import phonenumbers

from dialer.core.compliance.packs import OptOut, Pack, RecordingConsent

_CONSENTS: tuple[RecordingConsent, ...] = get_args(RecordingConsent)  # the strictest last


@dataclass(frozen=True, slots=True)
class Fault:
    """What a campaign's setting breaks: the pack's id, and the sentence in both languages."""

    pack: str
    sentence_en: str
    sentence_zh: str


@dataclass(frozen=True, slots=True)
class RecordingDuty:
    """What all packs together ask of a recording. `consent` None: nobody asks for anything; `decided_by` is the pack
    that asks for most. `keep_days` is the longest that any demands, `at_most_days` the shortest that any allows: where
    the second is the smaller, no recording can obey both. `compulsory`: the call may not go unrecorded.
    """

    consent: RecordingConsent | None
    decided_by: str | None
    keep_days: int | None
    at_most_days: int | None
    compulsory: bool


def caller_id_faults(packs: Iterable[Pack], caller_id: str) -> tuple[Fault, ...]:
    """What is wrong with showing this number; empty text is a withheld one.

    A number without a country code is read as one of each pack's own country.
    """
    return tuple(fault for pack in packs for fault in _shown(pack, caller_id.strip()))


def ring_faults(packs: Iterable[Pack], ring_seconds: int) -> tuple[Fault, ...]:
    """What is wrong with giving up after so many seconds of ringing (47 CFR 64.1200(a)(6): 15 s or four rings)."""
    return tuple(fault for pack in packs for fault in _rung(pack, ring_seconds))


def recording_duty(packs: Iterable[Pack]) -> RecordingDuty:
    """The strictest of what the packs say: every party's place has a say."""
    found = [(pack.id, pack.recording) for pack in packs if pack.recording is not None]
    asked = [(_CONSENTS.index(rule.consent), name) for name, rule in found if rule.consent is not None]
    most = max((rank for rank, _ in asked), default=None)
    return RecordingDuty(
        None if most is None else _CONSENTS[most],
        next((name for rank, name in asked if rank == most), None),
        max((rule.keep_days for _, rule in found if rule.keep_days is not None), default=None),
        min((rule.at_most_days for _, rule in found if rule.at_most_days is not None), default=None),
        any(rule.compulsory for _, rule in found),
    )


def suppressed_until(terms: OptOut, asked_on: date) -> date | None:
    """The first date on which somebody who asked not to be called may be called again; None: never.

    Years are added first, and 29 February becomes 1 March: cutting it to the 28th would free the number a day early.
    """
    if terms.keep_years is None and terms.keep_days is None:
        return None
    year = asked_on.year + (terms.keep_years or 0)
    try:
        later = asked_on.replace(year=year)
    except ValueError:
        later = date(year, 3, 1)
    return later + timedelta(days=terms.keep_days or 0)


def _shown(pack: Pack, caller_id: str) -> Iterator[Fault]:
    rule = pack.caller_id
    if rule is None:
        return
    if not caller_id:
        if rule.withheld_banned:
            yield Fault(
                pack.id, f"{pack.id} bans withheld numbers: show one.", f"{pack.id} 禁止隐藏主叫号码，须显示号码。"
            )
        return
    digits = _digits(caller_id, pack.id.partition("-")[0])
    for prefix in rule.forbidden:
        if digits.startswith(prefix):
            why = f" ({rule.note})" if rule.note else ""
            yield Fault(
                pack.id,
                f"{pack.id} bans caller ids that begin with +{prefix}{why}.",
                f"{pack.id} 禁止使用以 +{prefix} 开头的主叫号码{why}。",
            )


def _digits(caller_id: str, country: str) -> str:
    """With the country code; what is no number at all keeps its digits."""
    text = f"+{caller_id[2:]}" if caller_id.startswith("00") else caller_id
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return "".join(char for char in text if char.isdecimal())
    return f"{number.country_code}{number.national_number}"


def _rung(pack: Pack, seconds: int) -> Iterator[Fault]:
    rule = pack.min_ring
    if rule is None:
        return
    if seconds < rule.seconds:
        yield Fault(
            pack.id,
            f"{pack.id} asks for {rule.seconds} s of ringing at least; the campaign gives up after {seconds} s.",
            f"{pack.id} 要求至少振铃 {rule.seconds} 秒，项目设置为 {seconds} 秒。",
        )
    if rule.max_seconds is not None and seconds > rule.max_seconds:
        yield Fault(
            pack.id,
            f"{pack.id} allows {rule.max_seconds} s of ringing at most; the campaign rings for {seconds} s.",
            f"{pack.id} 规定振铃不超过 {rule.max_seconds} 秒，项目设置为 {seconds} 秒。",
        )
