"""Until when a recording must be kept whatever its person wishes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dialer.core.compliance.packs import Pack, Rulebook


@dataclass(frozen=True, slots=True)
class Duty:
    """`pack` demands that the recording is kept for `days`: until `until`."""

    pack: str
    days: int
    until: datetime


def duty(rulebook: Rulebook, labels: Iterable[str], recorded_at: datetime, now: datetime) -> Duty | None:
    """The longest duty in force under the packs (id@version) by which the call was permitted; None: it may go.

    Where an edition is not loaded any more, those that are loaded under its id stand for it.
    """
    packs = [pack for label in labels for pack in _editions(rulebook, label)]
    asked = [(pack.recording.keep_days, pack.id) for pack in packs if pack.recording and pack.recording.keep_days]
    if not asked:
        return None
    days, pack_id = max(asked)
    until = recorded_at + timedelta(days=days)
    return Duty(pack_id, days, until) if until > now else None


def _editions(rulebook: Rulebook, label: str) -> tuple[Pack, ...]:
    editions = rulebook.packs.get(label.partition("@")[0], ())
    return tuple(pack for pack in editions if pack.label == label) or editions
