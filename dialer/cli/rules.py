"""`dialer rules`: the rule packs there are, and published cases replayed through the gate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dialer.cli import screen
from dialer.cli.failures import Refused
from dialer.cli.options import Json

app = typer.Typer(no_args_is_help=True, help="Rule packs: what they say, and whether the gate keeps to them.")


@app.command()
def show(
    pack: Annotated[str | None, typer.Argument(metavar="[PACK]", help="Such as US-FL; without: all.")] = None,
    as_json: Json = False,
) -> None:
    """Show the rule packs, or one pack with all its editions.

    Examples: dialer rules show, dialer rules show GB --json
    """
    from dataclasses import asdict

    from dialer.rules.load import load

    packs = load().packs
    if pack is None:
        rows = [(p.id, p.version, p.name, p.extends, p.effective_from, p.confidence) for e in packs.values() for p in e]
        if as_json:
            keys = ("id", "version", "name", "extends", "effective_from", "confidence")
            screen.document([dict(zip(keys, row, strict=True)) for row in rows])
        else:
            screen.table("", ("pack", "version", "name", "extends", "from", "confidence"), rows)
        return
    if pack not in packs:
        raise Refused(f"there is no rule pack {pack!r}; `dialer rules show` lists them")
    editions = [{k: v for k, v in asdict(one).items() if v not in (None, (), {}, "")} for one in packs[pack]]
    if as_json:
        screen.document(editions)
        return
    for edition in editions:
        screen.table(f"{pack} {edition['version']}", ("", ""), list(edition.items()))


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Cases in the form dialer-compliance-vectors/1.")],
    as_json: Json = False,
) -> None:
    """Replay a file of published cases through the gate that guards the calls.

    Packs and zones are those that each case states. Exit status 1 if any case is decided otherwise than published.

    Example: dialer rules check rules.json --json
    """
    from importlib import resources

    from dialer.rules.load import load
    from dialer.rules.vectors import BadVectors, replay

    try:
        with resources.as_file(resources.files("dialer.rules").joinpath("engine.toml")) as made_up:
            done = list(replay(load([made_up]), file))
    except BadVectors as error:
        raise Refused(str(error)) from None
    if as_json:
        screen.document([_document(one) for one in done])
    else:
        rows = [(o.id, o.expected, o.verdict, o.code, o.next_allowed, o.decided_by, o.agrees) for o in done]
        screen.table("", ("id", "expected", "verdict", "code", "next allowed", "decided by", "agrees"), rows)
        typer.echo(f"{sum(one.agrees for one in done)} of {len(done)} as published")
    if not all(one.agrees for one in done):
        raise typer.Exit(1)


def _document(one: object) -> dict[str, object]:
    from datetime import UTC

    from dialer.rules.vectors import Replayed

    assert isinstance(one, Replayed)
    at = one.next_allowed
    return {
        "id": one.id,
        "expected": one.expected,
        "verdict": one.verdict,
        "code": one.code,
        "next_allowed_utc": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z" if at is not None else None,
        "decided_by": one.decided_by,
        "agrees": one.agrees,
    }
