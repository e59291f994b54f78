"""`dialer rules`: the rule packs there are, what changes between two sets of them, and published cases replayed."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli import screen
from dialer.cli.failures import Refused
from dialer.cli.options import Json

if TYPE_CHECKING:
    from dialer.core.compliance.packs import Pack
    from dialer.rules.difference import Change
    from dialer.rules.vectors import Replayed

app = typer.Typer(no_args_is_help=True, help="Rule packs: what they say, and whether the gate keeps to them.")

Files = Annotated[
    list[Path] | None,
    typer.Option("--packs", exists=True, help="A file or folder of packs besides the shipped ones; may be repeated."),
]


@app.command()
def show(
    pack: Annotated[str | None, typer.Argument(metavar="[PACK]", help="Such as US-FL; without: all.")] = None,
    packs: Files = None,
    as_json: Json = False,
) -> None:
    """Show the rule packs, or one pack with all its editions: the week, the limits, the duties and the sources.

    Examples: dialer rules show, dialer rules show GB --json
    """
    from dialer.core.compliance.week import week_text
    from dialer.rules.load import load
    from dialer.rules.wording import said

    found = load(packs or ()).packs
    if pack is None:
        every = [one for editions in found.values() for one in editions]
        if as_json:
            keys = ("id", "version", "name", "extends", "effective_from", "confidence", "windows")
            rows = [
                (p.id, p.version, p.name, p.extends, p.effective_from, p.confidence, week_text(p.week)) for p in every
            ]
            screen.document([dict(zip(keys, row, strict=True)) for row in rows])
        else:
            shown = [(p.id, p.version, p.name, p.effective_from, week_text(p.week), p.confidence) for p in every]
            screen.table("", ("pack", "version", "name", "from", "windows", "confidence"), shown)
        return
    if pack not in found:
        raise Refused(f"there is no rule pack {pack!r}; `dialer rules show` lists them")
    if as_json:
        screen.document([_as_json(one) for one in found[pack]])
        return
    for one in found[pack]:
        _week_of(one)
        hidden = ("version", "name", "windows", "sources", "status", "confidence")
        fields = {field: lines for field, lines in said(one).items() if field not in hidden}
        screen.table("", ("rule", "says"), [(field, "\n".join(lines)) for field, lines in fields.items()])
        _origins_of(one)


def _as_json(pack: Pack) -> dict[str, Any]:
    """Its values, without those that say nothing, and in words what is easier read so."""
    from dataclasses import asdict

    from dialer.core.compliance.week import DAYS, day_text
    from dialer.rules.origins import sources
    from dialer.rules.wording import cap_text

    values = {key: value for key, value in asdict(pack).items() if value not in (None, (), {}, "", False, frozenset())}
    del values["week"]
    return values | {
        "windows": {day: day_text(pack.week[index]) for index, day in enumerate(DAYS)},
        "modes": {mode: {day: day_text(week[i]) for i, day in enumerate(DAYS)} for mode, week in pack.modes.items()},
        "caps": [cap_text(cap) for cap in pack.caps],
        "sources": {mark: sources()[mark] for mark in pack.src if mark in sources()},
    }


def _week_of(pack: Pack) -> None:
    from dialer.core.compliance.week import DAYS, day_text

    dates = f", from {pack.effective_from or 'the beginning'} to {pack.effective_to or 'further notice'}"
    dated = dates if pack.effective_from or pack.effective_to else ""
    typer.echo(f"{pack.label}  {pack.name}{dated}\n{pack.status}; confidence {pack.confidence}\n")
    weeks = [("", pack.week), *sorted(pack.modes.items())]
    columns = ("day", *(f"hours, {mode}" if mode else "hours" for mode, _ in weeks))
    screen.table("", columns, [(day, *(day_text(week[i]) for _, week in weeks)) for i, day in enumerate(DAYS)])
    typer.echo()


def _origins_of(pack: Pack) -> None:
    from dialer.rules.origins import sources

    typer.echo()
    for mark in pack.src:
        source = sources().get(mark, {})
        told = ". ".join(source[key] for key in ("body", "what", "url") if source.get(key))
        typer.echo(f"{mark}  {told}" + (f" ({source['read']})" if source.get("read") else ""))
    typer.echo()


@app.command()
def diff(
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="A file or folder of packs, or `shipped`; a date with --on.")
    ],
    new: Annotated[str | None, typer.Argument(metavar="[NEW]", help="The same; without: OLD is what is new.")] = None,
    on: Annotated[
        bool, typer.Option("--on", help="OLD and NEW are dates: which editions change between them.")
    ] = False,
    packs: Files = None,
    as_json: Json = False,
) -> None:
    """Compare two sets of rule packs, field by field, and say what became stricter or looser. Exit status 1 if any did.

    One path is compared with the shipped packs: a file pack by pack, a folder as the whole set.

    Examples: dialer rules diff my-packs/, dialer rules diff july/ november/,
    dialer rules diff --on 2026-08-10 2026-08-11
    """
    from dialer.rules.difference import compare, editions
    from dialer.rules.difference import on as held_on
    from dialer.rules.load import load, packs_of, shipped_packs

    if on:
        if new is None:
            raise Refused("--on needs two dates, such as --on 2026-08-10 2026-08-11")
        book = load(packs or ()).packs
        changes = compare(held_on(book, _day(old)), held_on(book, _day(new)))
    else:
        before, after = ("shipped", old) if new is None else (old, new)
        was, now = (
            editions(packs_of([shipped_packs()] if place == "shipped" else [_existing(place)]))
            for place in (before, after)
        )
        if new is None and Path(old).is_file():
            named = {pack.id for pack in now.values()}
            was = {name: pack for name, pack in was.items() if pack.id in named}
        changes = compare(was, now)
    if as_json:
        screen.document([_change_json(change) for change in changes])
    else:
        _tell(changes)
    if changes:
        raise typer.Exit(1)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f"expected a date such as 2026-08-11, not {text!r}") from None


def _existing(place: str) -> Path:
    if not Path(place).exists():
        raise Refused(f"{place}: there is no such file or folder")
    return Path(place)


def _change_json(change: Change) -> dict[str, object]:
    return {
        "pack": change.pack,
        "field": change.field or None,
        "kind": change.kind,
        "old": list(change.old),
        "new": list(change.new),
        "tendency": change.tendency,
    }


def _tell(changes: tuple[Change, ...]) -> None:
    if not changes:
        typer.echo("no difference")
        return
    name = None
    for change in changes:
        if change.pack != name:
            name = change.pack
            typer.echo(name)
        for line in _lines(change):
            typer.echo(f"  {line}")
    stricter, looser = (sum(change.tendency == way for change in changes) for way in ("stricter", "looser"))
    names = len({change.pack for change in changes})
    typer.echo(f"editions that differ: {names}; changes: {len(changes)}, {stricter} stricter and {looser} looser")


def _lines(change: Change) -> list[str]:
    """`+` is new, `-` is gone; what stays the same in a list is left out."""
    if not change.field:
        return [f"{'+' if change.new else '-'} the whole edition: {(change.new or change.old)[0]}"]
    gone = [line for line in change.old if line not in change.new]
    come = [line for line in change.new if line not in change.old]
    marked = [f"  - {line}" for line in gone] + [f"  + {line}" for line in come] or ["  (in another order)"]
    return [change.field + (f": {change.tendency}" if change.tendency else ""), *marked]


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Cases in the form dialer-compliance-vectors/1.")],
    as_json: Json = False,
) -> None:
    """Replay a file of published cases through the gate that guards the calls.

    Packs, zones and calendar are those that each case states; a key that the form does not have is refused. Exit status
    1 if any case is decided otherwise than published.

    Example: dialer rules check rules.json --json
    """
    from importlib import resources

    from dialer.rules.load import load
    from dialer.rules.published import BadVectors
    from dialer.rules.vectors import replay

    try:
        with resources.as_file(resources.files("dialer.rules").joinpath("engine.toml")) as made_up:
            done = list(replay(load([made_up]), file))
    except BadVectors as error:
        raise Refused(str(error)) from None
    if as_json:
        screen.document([_replayed_json(one) for one in done])
    else:
        rows = [(o.id, o.expected, o.verdict, o.code, o.next_allowed, o.decided_by, o.agrees) for o in done]
        screen.table("", ("id", "expected", "verdict", "code", "next allowed", "decided by", "agrees"), rows)
        typer.echo(f"{sum(one.agrees for one in done)} of {len(done)} as published")
    if not all(one.agrees for one in done):
        raise typer.Exit(1)


def _replayed_json(one: Replayed) -> dict[str, object]:
    return {
        "id": one.id,
        "expected": one.expected,
        "verdict": one.verdict,
        "code": one.code,
        "next_allowed_utc": _utc(one.next_allowed),
        "decided_by": one.decided_by,
        "agrees": one.agrees,
    }


def _utc(at: datetime | None) -> str | None:
    from datetime import UTC

    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z" if at is not None else None
