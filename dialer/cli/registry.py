"""`dialer registry`: national do-not-call registries, loaded from their keepers' files."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dialer.cli import screen
from dialer.cli.failures import Refused
from dialer.cli.options import Json, Lab
from dialer.cli.progress import bytes_done

if TYPE_CHECKING:
    from dialer.config import Settings
    from dialer.registry.manifest import Manifest

app = typer.Typer(
    no_args_is_help=True,
    help="National do-not-call registries, such as US-DNC or TPS. A running service obeys a new one at once.",
)

NAMED = 20  # bad rows shown; JSON has the first hundred

Name = Annotated[str, typer.Argument(metavar="NAME", help="As rule packs call it: US-DNC.", show_default=False)]
OneName = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Without: every one.", show_default=False)]
InFile = Annotated[
    Path,
    typer.Argument(exists=True, dir_okay=False, readable=True, help="One number a line, as text.", show_default=False),
]
AsOf = Annotated[
    str, typer.Option(metavar="DATE", help="When the keeper drew it up: a day of UTC, or a time.", show_default=False)
]
Country = Annotated[
    str | None,
    typer.Option(help="Numbers are national ones of this country: 1, 44, US. Without: as last time, at first E.164."),
]
Expect = Annotated[int | None, typer.Option(min=0, help="How many numbers the keeper says there are.")]
SkipBad = Annotated[int, typer.Option(min=0, help="How many bad rows may be passed over.")]
Shrink = Annotated[
    str, typer.Option(metavar="REASON", help="Why over 1 % of the numbers may go; it is kept.", show_default=False)
]


@app.command()
def load(
    context: typer.Context,
    name: Name,
    file: InFile,
    as_of: AsOf,
    country: Country = None,
    expect: Expect = None,
    skip_bad: SkipBad = 0,
    allow_shrink: Shrink = "",
    as_json: Json = False,
) -> None:
    """Put a whole registry in force, in place of the one before.

    A row is +12015550100, 12015550100, 2015550100 with --country, or 201,5550100. Any bad row refuses the file, and so
    do a file that is empty, cut off, older than what is in force, or over 1 % smaller; then the old one stays.

    Example: dialer registry load US-DNC 2026-11-20.txt --as-of 2026-11-20 --country 1 --expect 258500000
    """
    _change(context, "load", name, file, as_of, country, expect, skip_bad, allow_shrink, as_json)


@app.command()
def add(
    context: typer.Context,
    name: Name,
    file: InFile,
    as_of: AsOf,
    country: Country = None,
    expect: Expect = None,
    skip_bad: SkipBad = 0,
    as_json: Json = False,
) -> None:
    """Add a file of changes; from then on the registry is of that day. Where a day has both, add before you remove.

    A file without a number is taken with --expect 0.

    Example: dialer registry add US-DNC added.txt --as-of 2026-11-21
    """
    _change(context, "add", name, file, as_of, country, expect, skip_bad, "", as_json)


@app.command()
def remove(
    context: typer.Context,
    name: Name,
    file: InFile,
    as_of: AsOf,
    country: Country = None,
    expect: Expect = None,
    skip_bad: SkipBad = 0,
    allow_shrink: Shrink = "",
    as_json: Json = False,
) -> None:
    """Take a file of changes off. It makes the registry no younger: only a file of additions does.

    Example: dialer registry remove US-DNC removed.txt --as-of 2026-11-21
    """
    _change(context, "remove", name, file, as_of, country, expect, skip_bad, allow_shrink, as_json)


@app.command("list")
def every(context: typer.Context, as_json: Json = False) -> None:
    """Every registry: of which day it is, how old, how many numbers, how many bytes.

    Example: dialer registry list --json
    """
    from dialer.engine import utc_now
    from dialer.registry.shelf import Shelf

    shelf, now = Shelf(_folder(_settings(context))), utc_now()
    found = [{**_figures(one), "age_days": (now - one.as_of).days, "trouble": None} for one in shelf.manifests(now)] + [
        {"name": name, "trouble": sentence} for name, sentence in shelf.troubles(now)
    ]
    if as_json:
        screen.document({"registries": found})
    else:
        columns = ("name", "as_of", "age_days", "numbers", "bytes", "bytes_per_number", "trouble")
        screen.table("", columns, [[_grouped(one.get(column)) for column in columns] for one in found])


@app.command()
def verify(context: typer.Context, name: OneName = None, as_json: Json = False) -> None:
    """Read whole snapshots and compare them with what was written. Exit status 1 if one is damaged.

    Example: dialer registry verify US-DNC
    """
    from dialer.registry import manifest
    from dialer.registry.snapshot import Damaged

    folder = _folder(_settings(context))
    names = [manifest.checked_name(name)] if name is not None else manifest.names(folder)
    found = []
    for one in names:
        try:
            known = manifest.read(folder, one)
            if known is None:
                raise Refused(f"there is no registry {one}")
            manifest.verify(folder, known)
        except Damaged as error:
            found.append({"name": one, "whole": False, "trouble": str(error)})
        else:
            found.append({"name": one, "whole": True, "trouble": None})
    if as_json:
        screen.document({"registries": found})
    else:
        screen.table("", ("name", "whole", "trouble"), [tuple(one.values()) for one in found])
    if not all(one["whole"] for one in found):
        raise typer.Exit(1)


@app.command()
def check(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="As people write it.", show_default=False)],
    lab: Lab = False,
    as_json: Json = False,
) -> None:
    """Which registries hold a number.

    Exit status 0 either way, 1 if a registry could not be asked; `listed` in the JSON says whether one holds it.

    Example: dialer registry check "+1 201 555 0100" --json
    """
    from dialer.core.number import parse
    from dialer.engine import utc_now
    from dialer.registry.shelf import Shelf

    settings = _settings(context)
    one, shelf, now = parse(number, settings.calling.region, lab=lab), Shelf(_folder(settings)), utc_now()
    screened, troubles = shelf.screened(one, now), shelf.troubles(now)
    holding = [hit.list_name for hit in screened.hits]
    if as_json:
        screen.document(
            {"number_ends": one.last3, "listed": bool(holding), "registries": holding,
             "asked": [{"name": name, "as_of": as_of} for name, as_of in screened.snapshots],
             "troubles": [sentence for _, sentence in troubles]}
        )  # fmt: skip
    else:
        where = ", ".join(holding) if holding else f"none of {len(screened.snapshots)} registries"
        typer.echo(f"The number ending in {one.last3} is on {where}.")
    for _, sentence in troubles:
        typer.echo(f"dialer: {sentence}", err=True)
    if troubles:
        raise typer.Exit(1)


@app.command()
def history(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Who changed a registry when, from which file, and what came of it; the oldest first.

    Example: dialer registry history US-DNC
    """
    from dialer.registry import manifest

    folder = _folder(_settings(context))
    found = [_figures(one) for one in manifest.history(folder, name)]
    if not found:
        raise Refused(f"no registry {name} was ever loaded")
    if as_json:
        screen.document({"changes": found})
        return
    columns = ("at", "by", "change", "as_of", "source", "added", "removed", "numbers", "skipped", "because")
    screen.table("", columns, [[_grouped(one[column]) for column in columns] for one in found])


def _change(
    context: typer.Context,
    change: Literal["load", "add", "remove"],
    name: str,
    file: Path,
    as_of: str,
    country: str | None,
    expect: int | None,
    skip_bad: int,
    allow_shrink: str,
    as_json: bool,
) -> None:
    from dialer.cli.naming import who
    from dialer.engine import utc_now
    from dialer.registry.acceptance import Order, Rejected
    from dialer.registry.build import build

    if allow_shrink and len(allow_shrink.strip()) < 3:
        raise typer.BadParameter("expected a reason", param_hint="--allow-shrink")
    order = Order(change, file, _drawn_up(as_of), who(), country, expect, skip_bad, allow_shrink.strip())
    try:
        with bytes_done(file.name, not as_json) as progress:
            built = build(_folder(_settings(context)), name, order, utc_now(), progress)
    except Rejected as error:
        for line in error.bad[1:NAMED]:
            typer.echo(f"row {line.row}: {line.expected}", err=True)
        raise Refused(str(error)) from None
    made = built.manifest
    if as_json:
        bad = [{"row": line.row, "expected": line.expected} for line in built.bad]
        screen.document({**_figures(made), "bad": bad})
        return
    for line in built.bad[:NAMED]:
        typer.echo(f"row {line.row}: {line.expected}", err=True)
    skipped = f", {made.skipped:,} bad rows passed over" if made.skipped else ""
    changed = "" if made.added is None else f" ({made.added:,} added, {made.removed:,} removed)"
    typer.echo(f"{name} of {made.as_of:%Y-%m-%d} has {made.numbers:,} numbers{changed}{skipped}")


def _settings(context: typer.Context) -> Settings:
    from dialer.config import load

    return load(context.obj.config)


def _folder(settings: Settings) -> Path:
    from dialer.registry.shelf import folder_of

    return folder_of(settings.node.data)


def _drawn_up(text: str) -> datetime:
    """A day means its first moment in UTC: rather too old than too young."""
    from dialer.cli.naming import instant

    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        return instant(text, "--as-of")


def _figures(made: Manifest) -> dict[str, Any]:
    from dataclasses import asdict

    figures = {key: value for key, value in asdict(made).items() if key != "sample"}
    return {**figures, "bytes_per_number": round(made.bytes / made.numbers, 3) if made.numbers else None}


def _grouped(value: object) -> object:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value
