"""`dialer person`: a copy of what is kept about somebody, and its erasure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli import screen
from dialer.cli.database import with_database
from dialer.cli.failures import Refused
from dialer.cli.options import Json, Lab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dialer.config import Settings
    from dialer.core.number import Number
    from dialer.operation.privacy.erase import KeptRecording, Plan
    from dialer.store.session import Database

app = typer.Typer(
    no_args_is_help=True,
    help="What a person is owed of their data. Name them by any of their numbers; the others are found.",
)

Someone = Annotated[str, typer.Argument(metavar="NUMBER", help="As people write it.", show_default=False)]


@app.command()
def export(
    context: typer.Context,
    number: Someone,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", dir_okay=False, show_default=False,
                     help="A new file: .json, or .zip with the recordings in it."),
    ],
    lab: Lab = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Write a copy of everything that is kept about a person, for them.

    Leads in all campaigns, numbers, attempts with notes, callbacks, consents, do-not-call lines, the gate's answers,
    recordings, who listened, and how the data came. Only the account at the keyboard may read the file; that it was
    made is kept.

    Example: dialer person export "138 0013 8000" -o wang-fang.zip
    """
    from dialer.cli.naming import who
    from dialer.core.number import parse
    from dialer.engine import utc_now
    from dialer.operation.privacy.export import collect, write
    from dialer.store import exports

    form = output.suffix.lower().removeprefix(".")
    if form not in ("json", "zip"):
        raise typer.BadParameter("expected a name that ends in .json or .zip", param_hint="--output")
    if output.exists():
        raise Refused(f"{output}: it is there already, and nothing is written over")

    async def work(settings: Settings, db: Database) -> dict[str, Any]:
        import asyncio

        one, now = parse(number, settings.calling.region, lab=lab), utc_now()
        copy = await collect(db, one, by=who(), now=now)
        async with db.begin() as c:
            await exports.log(c, exports.Export(who(), "cli", {"person": one.last3}, form, now))
        recordings = await asyncio.to_thread(write, copy, output, settings.recordings.library)
        return {"number_ends": one.last3, "file": str(output), "rows": copy.rows, "recordings": recordings}

    done = with_database(context, work)
    if as_json:
        screen.document(done)
        return
    screen.table("", ("of", "rows"), done["rows"].items())
    typer.echo(f"{output}: the person whose number ends in {done['number_ends']}, {done['recordings']} recordings")


@app.command()
def erase(
    context: typer.Context,
    number: Someone,
    because: Annotated[
        str, typer.Option(help="The reason, such as the letter's date; it is kept.", show_default=False)
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    lab: Lab = False,
    lab_folder: Annotated[
        Path | None, typer.Option(help="A lab's folder: its rule packs count too.", file_okay=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Take a person's data away, for good.

    Names, numbers, notes, consents and recordings go, in every campaign, for all their numbers. A wish not to be called
    stays and blocks, as a hash; the gate's answers stay without the number; a recording stays where a rule of the place
    keeps it, until that is over. Refused while a call with them is up. May be done again; it also deletes files that
    an interrupted erasure left.

    Example: dialer person erase 13800138000 --because "letter of 2026-11-20"
    """
    from dialer.cli.naming import who
    from dialer.cli.rulebook import rulebook
    from dialer.core.number import parse
    from dialer.engine import utc_now
    from dialer.operation.privacy import erase as privacy

    if len(because.strip()) < 3:
        raise typer.BadParameter("expected a reason", param_hint="--because")

    async def look(settings: Settings, db: Database) -> tuple[Number, Plan]:
        one = parse(number, settings.calling.region, lab=lab or lab_folder is not None)
        return one, await privacy.look(db, rulebook(settings, lab_folder, lab_numbers=lab), one, utc_now())

    one, plan = with_database(context, look)
    if plan.hindrance is not None:
        raise Refused(plan.hindrance)
    if not yes:
        _tell(plan)
        typer.confirm("This cannot be undone. Erase this person?", abort=True, err=True)

    async def work(settings: Settings, db: Database) -> privacy.Erased:
        rules = rulebook(settings, lab_folder, lab_numbers=lab)
        folders = privacy.Folders(settings.recordings.library, settings.asterisk.spool)
        return await privacy.erase(db, rules, folders, one, by=who(), because=because, clock=utc_now)

    done = with_database(context, work)
    if as_json:
        screen.document(
            {
                "numbers": [known.last3 for known in done.numbers],
                "what": dict(done.what),
                "files": done.files,
                "kept": [{"attempt_id": k.attempt_id, "pack": k.duty.pack, "until": k.duty.until} for k in done.kept],
            }
        )
        return
    if not any(done.what.values()):
        typer.echo("Nothing was kept about this person any more.")
    else:
        screen.table("", ("erased", "rows"), done.what.items())
    typer.echo(f"{done.files} recordings deleted.")
    _tell_kept(done.kept)


def _tell(plan: Plan) -> None:
    ends = ", ".join(f"…{number.last3}" for number in plan.numbers)
    typer.echo(f"Numbers: {ends}. Campaigns: {', '.join(plan.campaigns) or 'none'}.", err=True)
    rows = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in plan.rows.items())
    typer.echo(f"There are: {rows}.", err=True)
    if plan.before is not None:
        typer.echo(f"One of the numbers was erased before, on {plan.before:%Y-%m-%d}.", err=True)
    _tell_kept(plan.kept)


def _tell_kept(kept: Sequence[KeptRecording]) -> None:
    for one in kept:
        typer.echo(
            f"The recording of {one.attempt_id} is kept until {one.duty.until:%Y-%m-%d}: {one.duty.pack} demands "
            f"{one.duty.days} days. Nobody can play it, and it is deleted then.",
            err=True,
        )
