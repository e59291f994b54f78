"""An `Explanation` as text for a terminal and as JSON for pages and auditors: numbers by their last three digits."""

from typing import Any

from dialer.core.compliance.codes import Language, sentence
from dialer.core.compliance.gate import Explanation, Permit, Refusal


def as_json(explanation: Explanation) -> dict[str, Any]:
    """Plain values: times as ISO 8601 text in UTC, `allowed` first."""
    verdict = explanation.verdict
    return {
        "allowed": isinstance(verdict, Permit),
        "number_last3": explanation.number.last3,
        "at": explanation.at.isoformat(),
        "refusal": _refusal_json(verdict) if isinstance(verdict, Refusal) else None,
        "permit_stale_at": verdict.stale_at.isoformat() if isinstance(verdict, Permit) else None,
        "places": list(explanation.places),
        "packs": [
            {"id": p.id, "version": p.version, "name": p.name, "status": p.status, "confidence": p.confidence}
            for p in explanation.packs
        ],
        "zones": [{"zone": zone, "local": local} for zone, local in explanation.clocks],
        "checks": [
            {"check": name, "passed": refusal is None, "refusal": _refusal_json(refusal) if refusal else None}
            for name, refusal in explanation.checks
        ],
        "tzdata": explanation.tzdata,
    }


def as_text(explanation: Explanation, language: Language = "en") -> str:
    """Lines for a terminal; the sentences in `language`."""
    verdict = explanation.verdict
    lines = [f"…{explanation.number.last3} at {explanation.at.isoformat()}"]
    if isinstance(verdict, Permit):
        lines.append("allowed")
    else:
        lines.append(f"refused: {verdict.rule}. {_say(verdict, language)}")
        later = verdict.try_after.isoformat() if verdict.try_after else "waiting alone does not help"
        lines.append(f"try after: {later}")
    lines.append(f"places: {', '.join(explanation.places) or '-'}")
    lines += [f"clock: {zone} {local}" for zone, local in explanation.clocks]
    lines += [f"pack: {p.label} {p.name} ({p.status}; confidence {p.confidence})" for p in explanation.packs]
    lines += [f"{'ok  ' if r is None else 'no  '}{name}" + (f": {_say(r, language)}" if r else "")
              for name, r in explanation.checks]  # fmt: skip
    lines.append(f"zone data: {explanation.tzdata}")
    return "\n".join(lines)


def _say(refusal: Refusal, language: Language) -> str:
    return sentence(refusal.rule, language, by=refusal.decided_by, zone=refusal.zone, local=refusal.local)


def _refusal_json(refusal: Refusal) -> dict[str, Any]:
    return {
        "rule": refusal.rule,
        "sentence": refusal.sentence,
        "sentence_zh": _say(refusal, "zh"),
        "try_after": refusal.try_after.isoformat() if refusal.try_after else None,
        "decided_by": refusal.decided_by,
        "zone": refusal.zone,
        "local": refusal.local,
    }
