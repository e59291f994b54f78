"""The export as one HTML page that needs nothing else: no script, no picture, no font; printed it is an exhibit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape

from dialer.core.compliance.packs import Pack, Rulebook
from dialer.operation.ledger.telling import attempt, clocks, decided_by, inputs, verdict
from dialer.operation.ledger.words import Language, moment, say
from dialer.store.decisions import Decision, Outcome
from dialer.store.verification import Report

Sources = Mapping[str, Mapping[str, str]]

_STYLE = """
body { font: 10.5pt/1.45 "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #111;
  max-width: 52em; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 17pt; margin: 0 0 .4em; }
h2 { font-size: 11.5pt; margin: 0 0 .3em; }
dl { display: grid; grid-template-columns: 13em 1fr; gap: .15em 1em; margin: .4em 0; }
dt { color: #555; }
dd { margin: 0; overflow-wrap: anywhere; }
header { border-bottom: 2px solid #111; padding-bottom: 1em; margin-bottom: 1.5em; }
article { border-top: 1px solid #bbb; padding: .8em 0; break-inside: avoid-page; }
.sentence { font-weight: 600; margin: .2em 0; }
.refusal h2 { color: #8a1c1c; }
.permit h2 { color: #1c5c2e; }
.fault { color: #8a1c1c; font-weight: 700; }
.digest { font-family: monospace; font-size: 8.5pt; color: #555; overflow-wrap: anywhere; }
ul { margin: 0; padding-left: 1.1em; }
@page { size: A4; margin: 18mm 16mm; }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } }
"""


@dataclass(frozen=True, slots=True)
class Cover:
    """Who asked, when, and for what: `asked` are headings (keys of the words) with values. `checked` None: the chain
    was not verified for this export.
    """

    by: str
    at: datetime
    asked: tuple[tuple[str, str], ...]
    decisions: int
    program: str
    tzdata: str
    checked: Report | None


def beginning(cover: Cover, language: Language) -> str:
    """Up to the first decision."""
    title = escape(say("title", language))
    asked = [(say(key, language), value) for key, value in cover.asked] or [("", say("everything", language))]
    rows: list[tuple[str, Iterable[str]]] = [
        (say("asked", language), [f"{key}: {value}" if key else value for key, value in asked]),
        (say("by", language), [cover.by]),
        (say("at", language), [moment(cover.at)]),
        (say("decisions", language), [str(cover.decisions)]),
        (say("program", language), [cover.program]),
        (say("zone data", language), [cover.tzdata]),
    ]
    tag = "zh" if language == "zh" else "en"
    return (
        f'<!doctype html>\n<html lang="{tag}">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n"
        f"<p>{escape(say('about', language))}</p>\n{_table(rows)}"
        f"{_chain(cover.checked, language)}</header>\n"
    )


def decision(one: Decision, outcome: Outcome | None, language: Language) -> str:
    """One decision. Of an erased number it says so; its digest is for whoever checks by hand."""
    rows: list[tuple[str, Iterable[str]]] = [(say("when", language), [moment(one.at), *clocks(one)])]
    if one.verdict == "refusal":
        rows.append((say("decided by", language), [decided_by(one, language)]))
        if one.try_after is not None:
            rows.append((say("try after", language), [moment(one.try_after)]))
    number = one.number.e164 if one.number is not None else say("erased", language)
    rows += [
        (say("number", language), [number]),
        (say("campaign", language), [str(one.campaign_id)]),
        (say("lead", language), [str(one.lead_id)]),
        (say("packs", language), [", ".join(one.packs)]),
        (say("zone data", language), [one.tzdata]),
        (say("attempt", language), [attempt(one, outcome, language)]),
    ]
    told = [(heading, lines) for heading, lines in inputs(one, language)]
    head = f"{say('decision', language)} {one.id}: {say(one.verdict, language)}" + (f", {one.rule}" if one.rule else "")
    return (
        f'<article id="d{one.id}" class="{escape(one.verdict)}">\n<h2>{escape(head)}</h2>\n'
        f'<p class="sentence">{escape(verdict(one, language))}</p>\n{_table(rows)}'
        f"<h3>{escape(say('inputs', language))}</h3>\n{_table(told)}"
        f'<p class="digest">{escape(say("digest", language))} {escape(one.digest or "-")}</p>\n</article>\n'
    )


def ending(cited: Iterable[str], rulebook: Rulebook, sources: Sources, count: int, language: Language) -> str:
    """The rules that were cited, each with where it comes from, and the end, so that a page cut short shows it."""
    packs = {pack.label: pack for editions in rulebook.packs.values() for pack in editions}
    shown = "".join(_pack(label, packs.get(label), sources, language) for label in sorted(cited))
    return (
        f"<section>\n<h1>{escape(say('cited', language))}</h1>\n{shown}</section>\n"
        f"<p>{escape(say('check', language))}</p>\n<p>{escape(say('end', language, n=count))}</p>\n</body>\n</html>\n"
    )


def _chain(checked: Report | None, language: Language) -> str:
    if checked is None:
        return _table([(say("chain", language), [say("not verified", language)])])
    counts = {"sealed": checked.sealed, "seals": checked.seals, "awaiting": checked.awaiting}
    state = say("intact", language, **counts) if checked.intact else say("faulty", language, faults=checked.faults)
    lines = [state] + ([say("unchained", language, n=checked.unchained)] if checked.unchained else [])
    rows: list[tuple[str, Iterable[str]]] = [(say("chain", language), lines)]
    newest = checked.newest
    if newest is None:
        rows.append((say("newest seal", language), [say("empty", language)]))
    else:
        made = f"{newest.id}, {say('made at', language)} {moment(newest.made_at)}"
        rows.append((say("newest seal", language), [made, f"{say('digest', language)} {newest.digest}"]))
    faults = "".join(
        f'<li class="fault">{escape(one.fault)}: {escape(one.sentence)}</li>\n' for one in checked.findings
    )
    return _table(rows) + (f"<ul>\n{faults}</ul>\n" if faults else "")


def _pack(label: str, pack: Pack | None, sources: Sources, language: Language) -> str:
    if pack is None:
        return f"<article>\n<h2>{escape(label)}</h2>\n<p>{escape(say('not loaded', language))}</p>\n</article>\n"
    rows: list[tuple[str, Iterable[str]]] = [
        (say("status", language), [pack.status]),
        (say("confidence", language), [pack.confidence]),
        (say("sources", language), [_source(mark, sources.get(mark, {})) for mark in pack.src] or ["-"]),
    ]
    return f"<article>\n<h2>{escape(label)}: {escape(pack.name)}</h2>\n{_table(rows)}</article>\n"


def _source(mark: str, source: Mapping[str, str]) -> str:
    return f"{mark} " + ", ".join(source[key] for key in ("body", "what", "url", "read") if source.get(key))


def _table(rows: Iterable[tuple[str, Iterable[str]]]) -> str:
    return "<dl>\n" + "".join(_row(heading, list(lines)) for heading, lines in rows) + "</dl>\n"


def _row(heading: str, lines: list[str]) -> str:
    value = escape(lines[0]) if len(lines) == 1 else "".join(_items(lines))
    return f"<dt>{escape(heading)}</dt><dd>{value}</dd>\n"


def _items(lines: list[str]) -> Iterator[str]:
    yield "<ul>"
    for one in lines:
        yield f"<li>{escape(one)}</li>"
    yield "</ul>"
