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


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer of the gate. Of a permit `rule`, `sentence` and `try_after` are None."""

    at: datetime
    verdict: str  # permit or refusal
    campaign_id: int
    lead_id: int
    attempt_id: str | None
    number: Number
    rule: str | None
    sentence: str | None
    try_after: datetime | None
    decided_by: str | None
    packs: tuple[str, ...]
    zones: tuple[str, ...]
    tzdata: str


async def permitted(c: AsyncConnection, permit: Permit, attempt_id: str) -> None:
    """Keep a permit with the attempt it let through."""
    await c.execute(
        insert(decisions).values(
            at=permit.made_at,
            verdict="permit",
            campaign_id=permit.campaign_id,
            lead_id=permit.lead_id,
            attempt_id=attempt_id,
            number=permit.number.e164,
            packs=list(permit.packs),
            zones=list(permit.zones),
            tzdata=permit.tzdata,
        )
    )


async def refused(
    c: AsyncConnection,
    refusal: Refusal,
    *,
    campaign_id: int,
    lead_id: int,
    number: str,
    at: datetime,
    attempt_id: str | None = None,
    tzdata: str = "",
) -> None:
    """Keep a refusal, of a claimed lead or (with its id) of an attempt about to be made."""
    await c.execute(
        insert(decisions).values(
            at=at,
            verdict="refusal",
            campaign_id=campaign_id,
            lead_id=lead_id,
            attempt_id=attempt_id,
            number=number,
            rule=refusal.rule,
            sentence=refusal.sentence,
            try_after=refusal.try_after,
            decided_by=refusal.decided_by,
            packs=[],
            zones=[] if refusal.zone is None else [refusal.zone],
            tzdata=tzdata,
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
    values = dict(row._mapping)
    del values["id"]
    values |= {"packs": tuple(row.packs), "zones": tuple(row.zones), "number": Number(row.number)}
    return Decision(**values)
