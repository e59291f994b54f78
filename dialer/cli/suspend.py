"""`dialer suspend`: emergencies, during which nobody in an area is called."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli import screen
from dialer.cli.database import with_database
from dialer.cli.options import Json

if TYPE_CHECKING:
    from dialer.config import Settings
    from dialer.store.session import Database
    from dialer.store.suspensions import Suspension

app = typer.Typer(
    no_args_is_help=True,
    help="Emergencies: no calls to an area while one lasts. A running service stops within a second, on every node.",
)

Because = Annotated[str, typer.Option(help="The reason; it is kept.", show_default=False)]
LabFolder = Annotated[
    Path | None, typer.Option("--lab", help="A lab's folder: its rule packs count too.", file_okay=False)
]


@app.command()
def add(
    context: typer.Context,
    area: Annotated[str, typer.Argument(help="FR, US-NY, a rule pack, or leading digits: +1518.", show_default=False)],
    because: Because,
    start: Annotated[str | None, typer.Option("--from", metavar="INSTANT", help="Without: now.")] = None,
    until: Annotated[str | None, typer.Option(metavar="INSTANT", help="Without: until it is lifted.")] = None,
    lab: LabFolder = None,
    as_json: Json = False,
) -> None:
    """Suspend calls to an area.

    Calls that nobody has answered end, what waits to be called goes back, conversations go on. Begin and end go by the
    clock, also while no service runs. A pack's own exceptions for emergencies hold.

    Example: dialer suspend add US-LA --because "governor's order 2026-41" --until 2026-12-01T00:00:00-06:00
    """
    from dialer.cli.naming import instant, who
    from dialer.cli.rulebook import rulebook
    from dialer.core.compliance.areas import area_named, namesakes
    from dialer.engine import utc_now
    from dialer.store import suspensions

    _reason(because)
    starts_at = instant(start, "--from") if start is not None else None
    ends_at = instant(until, "--until") if until is not None else None

    async def work(settings: Settings, db: Database) -> tuple[Suspension, tuple[str, ...]]:
        rules = rulebook(settings, lab)
        known = area_named(rules, area)
        async with db.begin() as c:
            made = await suspensions.add(
                c, known, because=because, by=who(), now=utc_now(), starts_at=starts_at, ends_at=ends_at
            )
        return made, namesakes(rules, known)

    made, others = with_database(context, work)
    if others:
        typer.echo(f"{made.area} is a country; regions of that name are {', '.join(others)}.", err=True)
    if as_json:
        screen.document(_shown(made, utc_now()))
        return
    begin = "now" if start is None else f"{made.starts_at:%Y-%m-%d %H:%MZ}"
    end = "it is lifted" if made.ends_at is None else f"{made.ends_at:%Y-%m-%d %H:%MZ}"
    typer.echo(f"Suspension {made.id}: no calls to {made.area} from {begin} until {end}.")


@app.command("list")
def every(
    context: typer.Context,
    over: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    as_json: Json = False,
) -> None:
    """The suspensions that hold or lie ahead, the newest first.

    Example: dialer suspend list --all
    """
    from dialer.engine import utc_now
    from dialer.store import suspensions

    async def work(_: Settings, db: Database) -> list[dict[str, Any]]:
        async with db.read() as c:
            found = await suspensions.every(c)
        now = utc_now()
        return [_shown(one, now) for one in found if over or one.ahead(now)]

    found = with_database(context, work)
    if as_json:
        screen.document({"suspensions": found})
        return
    columns = ("id", "area", "holds", "starts_at", "ends_at", "because", "set_by", "lifted_at", "lifted_by")
    screen.table("", columns, [[one[column] for column in columns] for one in found])


@app.command()
def lift(
    context: typer.Context,
    suspension: Annotated[int, typer.Argument(metavar="ID", help="As `list` shows it.", show_default=False)],
    because: Because,
    as_json: Json = False,
) -> None:
    """End a suspension now. Leads that it had put aside are due at once, and meet every other rule.

    Example: dialer suspend lift 3 --because "order 2026-41 was withdrawn"
    """
    from dialer.cli.naming import who
    from dialer.engine import utc_now
    from dialer.store import suspensions

    _reason(because)

    async def work(_: Settings, db: Database) -> Suspension:
        async with db.begin() as c:
            return await suspensions.lift(c, suspension, by=who(), because=because, now=utc_now())

    lifted = with_database(context, work)
    if as_json:
        screen.document(_shown(lifted, utc_now()))
    else:
        typer.echo(f"Suspension {lifted.id} of {lifted.area} is lifted.")


def _shown(one: Suspension, now: datetime) -> dict[str, Any]:
    return asdict(one) | {"holds": one.holds(now)}


def _reason(because: str) -> None:
    if len(because.strip()) < 3:
        raise typer.BadParameter("expected a reason", param_hint="--because")
