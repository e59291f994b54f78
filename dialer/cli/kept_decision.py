"""`dialer explain --decision`: an answer of the gate as the ledger keeps it, and what it would be by the same rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from dialer.cli import screen
from dialer.cli.database import with_database
from dialer.cli.failures import Refused
from dialer.cli.options import Language

if TYPE_CHECKING:
    from dialer.config import Settings
    from dialer.core.compliance.gate import Explanation
    from dialer.core.compliance.packs import Rulebook
    from dialer.store.decisions import Decision
    from dialer.store.session import Database


def show(context: typer.Context, decision_id: int, language: Language, packs: list[Path], as_json: bool) -> None:
    """Print it, and every check as the gate would answer it again, where the packs and zone data are the same."""

    async def work(settings: Settings, db: Database) -> tuple[Decision, Explanation | str]:
        from dialer.rules.house import house_rules
        from dialer.store import decisions

        rulebook = house_rules(settings, packs)
        async with db.read() as c:
            try:
                found = await decisions.get(c, decision_id)
            except decisions.NoSuchDecision as error:
                raise Refused(str(error)) from None
        return found, _again(found, rulebook)

    found, again = with_database(context, work)
    if as_json:
        screen.document(_document(found, again))
    else:
        typer.echo(_text(found, again, language))


def _again(found: Decision, rulebook: Rulebook) -> Explanation | str:
    """The gate's answer to the same question now, or why it is not asked."""
    from dialer.core.compliance.gate import explain
    from dialer.store.decisions import Forgotten

    try:
        question = found.question()
    except Forgotten as error:
        return str(error)
    loaded = {pack.label for editions in rulebook.packs.values() for pack in editions}
    gone = [label for label in found.packs if label not in loaded]
    if gone:
        return f"these rule packs are not loaded now: {', '.join(gone)}"
    if found.tzdata != rulebook.tzdata:
        return f"it was decided with the time zone data {found.tzdata}; now there is {rulebook.tzdata}"
    return explain(rulebook, question, found.at)


def _same(found: Decision, again: Explanation) -> bool:
    from dialer.core.compliance.gate import Refusal

    verdict = again.verdict
    rule = verdict.rule if isinstance(verdict, Refusal) else None
    return rule == found.rule and tuple(pack.label for pack in again.packs) == found.packs


def _document(found: Decision, again: Explanation | str) -> dict[str, Any]:
    from dialer.core.compliance import explain as words
    from dialer.operation.ledger.telling import verdict

    return {
        "id": found.id,
        "at": found.at,
        "verdict": found.verdict,
        "rule": found.rule,
        "sentence": found.sentence,
        "sentence_zh": verdict(found, "zh"),
        "try_after": found.try_after,
        "decided_by": found.decided_by,
        "number_last3": found.number.last3 if found.number is not None else None,
        "campaign_id": found.campaign_id,
        "lead_id": found.lead_id,
        "attempt_id": found.attempt_id,
        "packs": found.packs,
        "clocks": [
            {"zone": zone, "local": local} for zone, local in zip(found.zones, found.clocks or (), strict=False)
        ],
        "tzdata": found.tzdata,
        "inputs": found.inputs,
        "digest": found.digest,
        "again": words.as_json(again) if not isinstance(again, str) else None,
        "same_again": _same(found, again) if not isinstance(again, str) else None,
        "not_again_because": again if isinstance(again, str) else None,
    }


def _text(found: Decision, again: Explanation | str, language: Language) -> str:
    from dialer.core.compliance import explain as words
    from dialer.operation.ledger import telling

    ends = f"…{found.number.last3}" if found.number is not None else "a number that was erased"
    attempt = f", attempt {found.attempt_id}" if found.attempt_id else ""
    about = f"campaign {found.campaign_id}, lead {found.lead_id}{attempt}"
    lines = [
        f"decision {found.id}: {ends} at {found.at.isoformat()}, {about}",
        f"{found.verdict}{f': {found.rule}.' if found.rule else '.'} {telling.verdict(found, language)}",
    ]
    if found.try_after is not None:
        lines.append(f"try after: {found.try_after.isoformat()}")
    lines += [f"clock: {clock}" for clock in telling.clocks(found)]
    lines += [f"pack: {label}" for label in found.packs]
    for heading, told in telling.inputs(found, language):
        lines += [f"told: {heading}: {one}" for one in told]
    lines.append(f"zone data: {found.tzdata}")
    if isinstance(again, str):
        lines += ["", f"not asked again: {again}"]
    else:
        same = "the same answer" if _same(found, again) else "ANOTHER answer"
        lines += ["", f"asked again by the same rules: {same}", words.as_text(again, language)]
    return "\n".join(lines)
