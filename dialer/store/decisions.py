"""What the gate answered, by which rules and from what it was told: appended, never changed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.compliance.gate import Permit, Question, Refusal
from dialer.core.number import Number
from dialer.store.inputs import recalled, told
from dialer.store.ledger import digest, salted
from dialer.store.schema import attempts, decisions

_SHOWN = (
    "id", "at", "verdict", "campaign_id", "lead_id", "attempt_id", "rule", "sentence", "try_after", "decided_by",
    "inputs", "tzdata", "digest",
)  # fmt: skip

CHUNK = 1_000  # decisions read at a time, where there may be millions

# Made once, with the values beside it: built anew each time the statement would cost more than the row. Nobody needs
# the new id.
_INSERT = insert(decisions).inline()


class NoSuchDecision(LookupError):
    """The ledger has no decision of this id."""


class Forgotten(ValueError):
    """The question behind a decision cannot be put together again; the text says why."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer of the gate. Of a permit `rule`, `sentence` and `try_after` are None.

    `clocks` are what each of the zones' clocks showed, `inputs` what the gate was told, as `inputs.py` writes it; both,
    and `digest`, are None in a decision from before the ledger was chained.
    """

    id: int
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
    clocks: tuple[str, ...] | None
    inputs: Mapping[str, Any] | None
    tzdata: str
    digest: str | None

    def question(self) -> Question:
        """The question as it was asked.

        Raises:
            Forgotten: the number was erased, the decision is older than the ledger, or from a later version.
        """
        if self.number is None:
            raise Forgotten("the number was erased")
        if self.inputs is None:
            raise Forgotten("the decision is from a version that did not keep what the gate was told")
        try:
            return recalled(self.inputs, self.number, self.lead_id, self.campaign_id)
        except ValueError:
            raise Forgotten("another version of this program wrote it") from None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the attempt that a decision stands with; None where it has not come to that."""

    opened_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    disposition: str | None
    agent_id: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which decisions: every part that is given must fit. `start` is inside, `end` is not."""

    number: Number | None = None
    campaign_id: int | None = None
    start: datetime | None = None
    end: datetime | None = None


async def keep(c: AsyncConnection, verdict: Permit | Refusal, attempt_id: str | None = None) -> None:
    """Keep an answer: a permit with the attempt it let through, a refusal also of a lead that was only claimed."""
    await c.execute(_INSERT, row_of(verdict, attempt_id))


def row_of(verdict: Permit | Refusal, attempt_id: str | None = None) -> dict[str, Any]:
    """The decision's columns, the digest included."""
    basis = verdict.basis
    question = basis.question
    refusal = verdict if isinstance(verdict, Refusal) else None
    number = question.number.e164
    salt, number_digest = salted(number)
    row: dict[str, Any] = {
        "at": basis.at,
        "verdict": "permit" if refusal is None else "refusal",
        "campaign_id": question.campaign_id,
        "lead_id": question.lead_id,
        "attempt_id": attempt_id,
        "number": number,
        "salt": salt,
        "number_digest": number_digest,
        "rule": refusal.rule if refusal else None,
        "sentence": refusal.sentence if refusal else None,
        "try_after": refusal.try_after if refusal else None,
        "decided_by": refusal.decided_by if refusal else None,
        "packs": list(basis.packs),
        "zones": list(basis.zones),
        "clocks": [local for _, local in basis.clocks()],
        "inputs": told(question),
        "tzdata": basis.tzdata,
    }
    return row | {"digest": digest(row)}


async def erase(c: AsyncConnection, numbers: Iterable[Number]) -> int:
    """Take these numbers out of the ledger, for good; what was decided stays and still proves itself. Returns how many
    decisions that were.
    """
    wanted = [number.e164 for number in numbers]
    done = await c.execute(update(decisions).where(decisions.c.number.in_(wanted)).values(number=None, salt=None))
    return done.rowcount


async def get(c: AsyncConnection, decision_id: int) -> Decision:
    """One decision.

    Raises:
        NoSuchDecision:
    """
    row = (await c.execute(select(decisions).where(decisions.c.id == decision_id))).one_or_none()
    if row is None:
        raise NoSuchDecision(f"the ledger has no decision {decision_id}")
    return _decision(row)


async def of_lead(c: AsyncConnection, lead_id: int, limit: int = 100) -> tuple[Decision, ...]:
    """The newest first."""
    query = select(decisions).where(decisions.c.lead_id == lead_id)
    rows = await c.execute(query.order_by(decisions.c.at.desc(), decisions.c.id.desc()).limit(limit))
    return tuple(_decision(row) for row in rows)


async def matching(c: AsyncConnection, wanted: Wanted) -> AsyncGenerator[tuple[Decision, Outcome | None], None]:
    """The decisions, the oldest first, each with its attempt's outcome; read in chunks: there may be millions."""
    outcome = (attempts.c.opened_at, attempts.c.answered_at, attempts.c.ended_at, attempts.c.disposition,
               attempts.c.agent_id)  # fmt: skip
    query = _where(select(decisions, *outcome), wanted).outerjoin(attempts, attempts.c.id == decisions.c.attempt_id)
    rows = await c.stream(query.order_by(decisions.c.id).execution_options(yield_per=CHUNK))
    async for row in rows:
        found = Outcome(row.opened_at, row.answered_at, row.ended_at, row.disposition, row.agent_id)
        yield _decision(row), found if found.opened_at is not None else None


async def count(c: AsyncConnection, wanted: Wanted) -> int:
    """How many decisions `matching` gives."""
    return await c.scalar(_where(select(func.count()).select_from(decisions), wanted)) or 0


async def refusals(c: AsyncConnection, campaign_id: int) -> dict[str, int]:
    """How often each rule refused a call of this campaign."""
    rows = await c.execute(
        select(decisions.c.rule, func.count().label("refusals"))
        .where(decisions.c.campaign_id == campaign_id, decisions.c.rule.is_not(None))
        .group_by(decisions.c.rule)
        .order_by(decisions.c.rule)
    )
    return {row.rule: row.refusals for row in rows}


def _where(query: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.number is not None:
        query = query.where(decisions.c.number == wanted.number.e164)
    if wanted.campaign_id is not None:
        query = query.where(decisions.c.campaign_id == wanted.campaign_id)
    if wanted.start is not None:
        query = query.where(decisions.c.at >= wanted.start)
    if wanted.end is not None:
        query = query.where(decisions.c.at < wanted.end)
    return query


def _decision(row: Row[Any]) -> Decision:
    values = {name: row._mapping[name] for name in _SHOWN}
    number = Number(row.number) if row.number is not None else None
    clocks = tuple(row.clocks) if row.clocks is not None else None
    return Decision(**values, number=number, packs=tuple(row.packs), zones=tuple(row.zones), clocks=clocks)
