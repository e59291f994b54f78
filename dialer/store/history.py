"""Past attempts as the gate counts them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Text, case, false, literal, select

from dialer.core.compliance.gate import PastAttempt
from dialer.core.number import Number
from dialer.core.outcome import Kind
from dialer.store.schema import attempts, transfers
from dialer.store.together import among
from dialer.store.types import UTCDateTime

# No cap of the rule packs looks back further than a calendar month; a campaign's own may count all of its past.
HISTORY = timedelta(days=31)


# Every attempt to the numbers bound to `everyone`, oldest first.
PAST = (
    select(
        attempts.c.number, attempts.c.opened_at, attempts.c.campaign_id, attempts.c.subject, attempts.c.kind,
        attempts.c.rang_at, attempts.c.answered_at, attempts.c.bridged_at, attempts.c.machine, attempts.c.abandoned,
    )
    .where(among(attempts.c.number, "everyone"))
    .order_by(attempts.c.opened_at)
)  # fmt: skip

_t = transfers.c
_NOBODY_RUNG = _t.ended_at.is_not(None) & _t.sent_at.is_(None)

# Customers were to be handed over to these numbers: each was a call to its owner, in the shape of an attempt.
TRANSFERS = select(
    _t.number, _t.opened_at, _t.campaign_id, _t.subject,
    case((_NOBODY_RUNG, Kind.UNCHARGED.value), else_=_t.cause).label("kind"),
    literal(None, UTCDateTime()).label("rang_at"), _t.answered_at, _t.joined_at.label("bridged_at"),
    literal(None, Text()).label("machine"), false().label("abandoned"),
).where(among(_t.number, "everyone"))  # fmt: skip


def read(rows: Iterable[Any], campaign_id: int, now: datetime) -> dict[Number, tuple[PastAttempt, ...]]:
    """What the gate counts of them: this campaign's all, others' of the last 31 days.

    An attempt that is still open counts; one that never reached the trunk or died in it does not, because nobody's
    phone rang. A number's attempts are few: they are sorted out here, where no planner can choose another index.
    """
    found: dict[Number, list[PastAttempt]] = defaultdict(list)
    for row in rows:
        recent = row.opened_at > now - HISTORY or row.campaign_id == campaign_id
        if recent and (row.kind != Kind.UNCHARGED or row.rang_at is not None):
            number = Number(row.number)
            past = PastAttempt(row.opened_at, _past_kind(row), row.campaign_id, number, row.subject)
            found[number].append(past)
    return {number: tuple(past) for number, past in found.items()}


def _past_kind(row: Any) -> str:
    """The gate's word for an attempt; what is known of the call itself goes before what was said of it."""
    if row.abandoned:
        return "abandoned"
    if row.machine is not None:
        return "amd_machine"
    if row.bridged_at is not None:
        return "conversation"
    if row.answered_at is not None:
        return "answered"
    return row.kind or "open"
