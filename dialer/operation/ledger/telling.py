"""A decision said in words: its answer, its clocks, who decided, what the gate was told, what became of the call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime, timedelta

from dialer.core.compliance.codes import RULES, sentence
from dialer.core.compliance.question import CampaignRules, Question
from dialer.core.compliance.week import DAYS, Week
from dialer.core.number import Number
from dialer.operation.ledger.words import BETWEEN, Language, moment, say
from dialer.store.decisions import Decision, Outcome
from dialer.store.inputs import recalled

# Stands for a number that was erased, where only its place among others matters.
_ERASED = Number("+000")


def verdict(decision: Decision, language: Language) -> str:
    """The answer as a sentence: of a refusal the one that was written, in Chinese its rule's."""
    if decision.verdict == "permit":
        return say("permitted", language)
    english = decision.sentence or decision.rule or ""
    if decision.rule not in RULES or language == "en":
        return english
    zone, local = _deciding_clock(decision)
    chinese = sentence(decision.rule, "zh", by=decision.decided_by, zone=zone, local=local)
    return chinese if language == "zh" else f"{english}{BETWEEN}{chinese}"


def clocks(decision: Decision) -> list[str]:
    """`America/New_York Mon 2026-11-23 09:30:00`, one for each clock that counted."""
    return [f"{zone} {local}" for zone, local in zip(decision.zones, decision.clocks or (), strict=False)]


def decided_by(decision: Decision, language: Language) -> str:
    """Who decided: a pack with its version, the campaign's own rules, or a list."""
    by = decision.decided_by
    if by is None:
        return ""
    labels = [label for label in decision.packs if label.partition("@")[0] == by]
    if labels:
        return ", ".join(labels)
    return say("own", language) if by == "campaign" else f"{by} ({say('a list', language)})"


def attempt(decision: Decision, outcome: Outcome | None, language: Language) -> str:
    """The attempt's id, and what became of it."""
    if decision.attempt_id is None:
        return say("no attempt", language)
    if outcome is None or outcome.opened_at is None:
        return decision.attempt_id
    parts = [decision.attempt_id, moment(outcome.opened_at)]
    parts += [f"{say('answered', language)} {moment(outcome.answered_at)}"] if outcome.answered_at else []
    parts += [f"{say('ended', language)} {moment(outcome.ended_at)}"] if outcome.ended_at else []
    parts += [outcome.disposition or say("open", language)]
    parts += [f"{say('agent', language)} {outcome.agent_id}"] if outcome.agent_id else []
    return ", ".join(parts)


def inputs(decision: Decision, language: Language) -> list[tuple[str, list[str]]]:
    """What the gate was told: headings with their lines. What it was not told is left out, but for consent."""
    kept = decision.inputs
    if kept is None:
        return [(say("inputs", language), [say("unkept", language)])]
    try:
        question = recalled(kept, decision.number or _ERASED, decision.lead_id, decision.campaign_id)
    except ValueError:  # a later version's words: shown as they are
        return [(key, [json.dumps(value, ensure_ascii=False)]) for key, value in kept.items()]
    lines: dict[str, list[str]] = {
        "mode": [say(question.mode, language)],
        "region": [question.region] if question.region else [],
        "zone": [question.zone] if question.zone else [],
        "consents": [say(kind, language) for kind in sorted(question.consents)] or [say("none", language)],
        "subject": [question.subject] if question.subject else [],
        "history": list(_history(question, language)),
        "hits": list(_hits(question, language)),
        "snapshots": list(_snapshots(question, decision.at, language)),
        "suspended": list(question.suspended),
        "abandons": [
            say("abandons of", language, abandoned=block.abandoned, answered=block.answered)
            + (f" ({block.period})" if block.period else "")
            for block in question.abandons
        ],
        "refused_at": [moment(question.refused_at)] if question.refused_at else [],
        "rules": list(_rules(question.rules)),
    }
    return [(say(key, language), found) for key, found in lines.items() if found]


def _deciding_clock(decision: Decision) -> tuple[str | None, str | None]:
    """The clock that the sentence names: it is not kept twice."""
    for zone, local in zip(decision.zones, decision.clocks or (), strict=False):
        if decision.sentence and zone in decision.sentence and local in decision.sentence:
            return zone, local
    return None, None


def _history(question: Question, language: Language) -> Iterator[str]:
    others: dict[Number, int] = {}
    for past in question.history:
        if past.number is None:
            whose = say("unknown number", language)
        elif past.number == question.number:
            whose = say("this number", language)
        else:
            whose = say("other number", language, n=others.setdefault(past.number, len(others) + 1))
        kind = say("open attempt" if past.kind == "open" else past.kind, language)
        campaign = (
            f"{say('campaign', language)} {past.campaign_id}" if past.campaign_id else say("any campaign", language)
        )
        about = f", {past.subject}" if past.subject else ""
        yield f"{moment(past.at)}: {kind}, {campaign}, {whose}{about}"


def _hits(question: Question, language: Language) -> Iterator[str]:
    for hit in question.hits:
        ends = f" {say('expires', language)} {moment(hit.expires)}" if hit.expires else ""
        since = f"{say('since', language)} {moment(hit.since)}"
        yield f"{hit.list_name} ({say(hit.scope, language)}; {hit.source}) {since}{ends}"


def _snapshots(question: Question, at: datetime, language: Language) -> Iterator[str]:
    for name, drawn_up in question.snapshots:
        if drawn_up is None:
            yield f"{name}: {say('unreadable', language)}"
        else:
            days = (at - drawn_up) // timedelta(days=1)
            yield f"{name}: {say('drawn up', language, at=moment(drawn_up), days=days)}"


def _rules(rules: CampaignRules) -> Iterator[str]:
    """Those that differ from a campaign without rules, by the names that the command line and the API use."""
    plain = CampaignRules()
    for one in fields(CampaignRules):
        value = getattr(rules, one.name)
        if value == getattr(plain, one.name):
            continue
        if one.name == "windows":
            shown = week(value)
        elif one.name == "blackouts":
            shown = ", ".join(f"{start:%Y-%m-%d %H:%M} - {end:%Y-%m-%d %H:%M}" for start, end in value)
        elif isinstance(value, tuple):
            shown = ", ".join(map(str, value))
        else:
            shown = str(value)
        yield f"{one.name}: {shown}"


def week(windows: Week) -> str:
    """`mon 09:00-20:00; ...; sun -`."""
    return "; ".join(f"{day} {', '.join(map(_window, found)) or '-'}" for day, found in zip(DAYS, windows, strict=True))


def _window(window: tuple[int, int]) -> str:
    return "-".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in window)
