"""The export as CSV: a line a decision, stable columns, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from dialer.operation.intake.rules import neutral
from dialer.operation.ledger.telling import clocks, verdict
from dialer.store.decisions import Decision, Outcome
from dialer.store.inputs import text

COLUMNS = (
    "id", "at_utc", "local_times", "verdict", "rule", "sentence", "sentence_zh", "decided_by", "try_after_utc",
    "number", "campaign_id", "lead_id", "attempt_id", "attempt_opened_utc", "attempt_answered_utc", "attempt_ended_utc",
    "disposition", "agent_id", "packs", "zones", "tzdata", "inputs", "digest",
)  # fmt: skip
"""Further ones will be added at the end; none is renamed or moved."""

BOM = "\ufeff"
"""Without it the usual spreadsheet takes Chinese for something else."""


def heading() -> str:
    return BOM + _line(COLUMNS)


def line(decision: Decision, outcome: Outcome | None) -> str:
    """One decision. Times are ISO 8601 in UTC, several values of a cell are separated by `; `, inputs are JSON."""
    known = outcome or Outcome(None, None, None, None, None)
    cells = (
        decision.id,
        text(decision.at),
        "; ".join(clocks(decision)),
        decision.verdict,
        decision.rule,
        verdict(decision, "en"),
        verdict(decision, "zh"),
        decision.decided_by,
        text(decision.try_after),
        decision.number.e164 if decision.number is not None else None,
        decision.campaign_id,
        decision.lead_id,
        decision.attempt_id,
        text(known.opened_at),
        text(known.answered_at),
        text(known.ended_at),
        known.disposition,
        known.agent_id,
        "; ".join(decision.packs),
        "; ".join(decision.zones),
        decision.tzdata,
        json.dumps(decision.inputs, ensure_ascii=False, sort_keys=True) if decision.inputs is not None else None,
        decision.digest,
    )
    return _line("" if cell is None else str(cell) for cell in cells)


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([neutral(cell) for cell in cells])
    return out.getvalue()
