"""What the gate answered, and by which rules: appended, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.compliance.gate import Permit, Refusal
from dialer.core.number import Number
from dialer.store.schema import decisions

_SHOWN = (
    "at", "verdict", "campaign_id", "lead_id", "attempt_id", "rule", "sentence", "try_after", "decided_by", "tzdata",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer of the gate. Of a permit `rule`, `sentence` and `try_after` are None."""

    at: datetime
    verdict: str  # permit or refusal
    campaign_id: int
    lead_id: int
    attempt_id: str | None
    number: Number | None  # None: erased
    rule: str | None
    sentence: str | None
    try_after: datetime | None
    decided_by: str | None
    packs: tuple[str, ...]
    zones: tuple[str, ...]
    tzdata: str


async def keep(c: AsyncConnection, verdict: Permit | Refusal, attempt_id: str | None = None) -> None:
    """Keep an answer: a permit with the attempt it let through, a refusal also of a lead that was only claimed."""
    basis = verdict.basis
    question = basis.question
    refusal = verdict if isinstance(verdict, Refusal) else None
    await c.execute(
        insert(decisions).values(
            at=basis.at,
            verdict="permit" if refusal is None else "refusal",
            campaign_id=question.campaign_id,
            lead_id=question.lead_id,
            attempt_id=attempt_id,
            number=question.number.e164,
            rule=refusal.rule if refusal else None,
            sentence=refusal.sentence if refusal else None,
            try_after=refusal.try_after if refusal else None,
            decided_by=refusal.decided_by if refusal else None,
            packs=list(basis.packs),
            zones=list(basis.zones),
            clocks=[local for _, local in basis.clocks()],
            tzdata=basis.tzdata,
        )
    )


async def of_lead(c: AsyncConnection, lead_id: int, limit: int = 100) -> tuple[Decision, ...]:
    """The newest first."""
    query = select(decisions).where(decisions.c.lead_id == lead_id)
    rows = await c.execute(query.order_by(decisions.c.at.desc(), decisions.c.id.desc()).limit(limit))
    return tuple(_decision(row) for row in rows)


async def refusals(c: AsyncConnection, campaign_id: int) -> dict[str, int]:
    """How often each rule refused a call of this campaign."""
    rows = await c.execute(
        select(decisions.c.rule, func.count().label("refusals"))
        .where(decisions.c.campaign_id == campaign_id, decisions.c.rule.is_not(None))
        .group_by(decisions.c.rule)
        .order_by(decisions.c.rule)
    )
    return {row.rule: row.refusals for row in rows}


def _decision(row: Row[Any]) -> Decision:
    values = {name: row._mapping[name] for name in _SHOWN}
    number = Number(row.number) if row.number is not None else None
    return Decision(**values, number=number, packs=tuple(row.packs), zones=tuple(row.zones))
