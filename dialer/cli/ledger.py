"""`dialer ledger`: what the gate decided, whether it still says what it said, and in a form for others to read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dialer.cli import screen
from dialer.cli.database import with_database
from dialer.cli.failures import Refused
from dialer.cli.options import Json, Lab

if TYPE_CHECKING:
    from dialer.config import Settings
    from dialer.core.compliance.packs import Rulebook
    from dialer.operation.ledger.export import Asked
    from dialer.store.ledger import Seal
    from dialer.store.session import Database
    from dialer.store.verification import Report

app = typer.Typer(no_args_is_help=True, help="The ledger of permits and refusals: check it, seal it, export it.")

SHOWN = 20  # findings on the screen; JSON has the first thousand

_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


@app.command("verify")
def check(
    context: typer.Context,
    expect: Annotated[
        list[str] | None,
        typer.Option(metavar="DIGEST|FILE", help="Deposited seals that must be in the chain; may be given repeatedly."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="Only what was sealed from then on; without: all of it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make every digest again, and name what does not fit.

    Works beside a running service. A chain that is whole can still be a wholly new one: deposit seals elsewhere
    (`dialer ledger seal --show`) and hold the chain against them with --expect. Exit status 1 if anything is wrong.

    Examples: dialer ledger verify, dialer ledger verify --expect deposited.txt --json
    """
    from dialer.cli.naming import instant

    wanted = [digest for one in expect or () for digest in _deposited(one)]
    start = instant(since, "--since") if since is not None else None

    async def work(_: Settings, db: Database) -> Report:
        from dialer.store.verification import verify

        with _progress("checking", not as_json) as progress:
            async with db.read() as c:
                return await verify(c, expect=wanted, since=start, progress=progress)

    report = with_database(context, work)
    if as_json:
        screen.document({"intact": report.intact, **asdict(report)})
    else:
        _say(report)
    if not report.intact:
        raise typer.Exit(1)


@app.command()
def seal(
    context: typer.Context,
    show: Annotated[bool, typer.Option("--show", help="Only print the newest seal, in one line to deposit.")] = False,
    as_json: Json = False,
) -> None:
    """Seal what is not sealed yet, and print the newest seal.

    A running service seals every second; this is for one that was stopped in mid-air. Deposit the line where nobody who
    can write to the database can write: a printed page, a mail to counsel, a write-once bucket.

    Example: dialer ledger seal --show >> deposited.txt
    """

    async def work(_: Settings, db: Database) -> Seal | None:
        from dialer.engine import utc_now
        from dialer.store import sealing

        if not show:
            await sealing.seal(db, utc_now)
        async with db.read() as c:
            return await sealing.newest(c)

    newest = with_database(context, work)
    if as_json:
        screen.document(asdict(newest) if newest is not None else None)
    elif newest is None:
        raise Refused("the ledger has no seal yet")
    else:
        typer.echo(f"seal {newest.id} {newest.made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} {newest.digest}")


@app.command()
def export(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", dir_okay=False, help="Where to write it.")],
    number: Annotated[str | None, typer.Option(help="Decisions about this number.")] = None,
    campaign: Annotated[str | None, typer.Option("--campaign", "-c", help="Of this campaign, by name or id.")] = None,
    day: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Of this day.")] = None,
    zone: Annotated[str, typer.Option(help="By whose clocks the day is meant, such as Asia/Shanghai.")] = "UTC",
    form: Annotated[Literal["html", "csv"], typer.Option("--format", help="A page to read, or a sheet.")] = "html",
    language: Annotated[Literal["en", "zh", "both"], typer.Option(help="Of the page.")] = "both",
    verify: Annotated[bool, typer.Option(help="Check the whole chain for the page's cover.")] = True,
    lab: Lab = False,
    as_json: Json = False,
) -> None:
    """Write decisions, with all that they rest on, for somebody who was not there.

    The file holds whole phone numbers and is readable by its owner alone. Who exported what is kept. A number that was
    erased is in no export, and its decisions are found by campaign or day only.

    Examples: dialer ledger export --number +12125550123 -o case-17.html, dialer ledger export -c 家装 --day 2026-11-23
    --zone Asia/Shanghai --format csv -o day.csv
    """
    from dialer.core.number import parse
    from dialer.rules.house import house_rules

    if number is None and campaign is None and day is None:
        raise typer.BadParameter("expected --number, --campaign or --day", param_hint="--number")

    async def work(settings: Settings, db: Database) -> dict[str, Any]:
        from dialer.cli.naming import campaign_named
        from dialer.operation.ledger.export import Asked

        rulebook = house_rules(settings)  # pins the zone data, too: a day begins when its zone says
        if zone != "UTC" and zone not in rulebook.zone_names:
            raise Refused(f"--zone: expected an IANA time zone such as Asia/Shanghai, not {zone!r}")
        one = parse(number, settings.calling.region, lab=lab) if number is not None else None
        async with db.read() as c:
            of = (await campaign_named(c, campaign)).campaign.id if campaign is not None else None
        asked = Asked(one, of, _day(day), zone)
        return await _write(db, asked, rulebook, output, form, language, verify, not as_json)

    done = with_database(context, work)
    if as_json:
        screen.document(done)
    else:
        typer.echo(f"{done['decisions']} decisions in {done['file']}, SHA-256 {done['sha256']}")


async def _write(
    db: Database,
    asked: Asked,
    rulebook: Rulebook,
    output: Path,
    form: Any,
    language: Any,
    verify: bool,
    shown: bool,
) -> dict[str, Any]:
    """To a file beside it first: what has the name is whole."""
    import hashlib
    import os
    from contextlib import aclosing
    from importlib.metadata import version

    from dialer.cli.naming import who
    from dialer.engine import utc_now
    from dialer.operation.ledger.export import Order, written
    from dialer.rules.origins import sources

    order = Order(asked, form, language, who(), utc_now(), "cli", f"dialer {version('dialer')}", verify)
    part = output.with_name(f"{output.name}.part")
    count, digest = 0, hashlib.sha256()

    with _progress("exporting", shown) as progress:

        def heard(done: int, total: int) -> None:
            nonlocal count
            count = done
            progress(done, total)

        try:
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: ASYNC230
                async with aclosing(written(db, order, rulebook, sources(), heard)) as pieces:
                    async for piece in pieces:
                        digest.update(raw := piece.encode())
                        file.write(raw)
            part.replace(output)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    return {"file": str(output), "decisions": count, "format": form, "sha256": digest.hexdigest()}


def _deposited(text: str) -> list[str]:
    """Digests from the argument itself, or from a file: every word of 64 hexadecimal digits counts."""
    if _DIGEST.fullmatch(text.strip().lower()):
        return [text.strip().lower()]
    path = Path(text)
    if not path.is_file():
        raise Refused(f"--expect: expected a seal's digest or a file with some, not {text!r}")
    found = _DIGEST.findall(path.read_text(encoding="utf-8", errors="replace").lower())
    if not found:
        raise Refused(f"--expect: {text} holds no seal's digest")
    return found


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        raise Refused(f"--day: expected a day such as 2026-11-23, not {text!r}") from None


def _say(report: Report) -> None:
    typer.echo(f"{report.sealed} decisions under {report.seals} seals, {report.awaiting} await their seal")
    if report.first_at is not None and report.last_at is not None:
        first, last = (f"{at:%Y-%m-%d %H:%M:%SZ}" for at in (report.first_at, report.last_at))
        typer.echo(f"from {first} to {last}")
    if report.unchained:
        typer.echo(f"{report.unchained} decisions are from before the chain and prove nothing")
    if report.erased:
        typer.echo(f"{report.erased} decisions have no number: it was erased")
    if report.newest is not None:
        typer.echo(f"verified up to seal {report.newest.id} of {report.newest.made_at:%Y-%m-%d %H:%M:%SZ}")
        typer.echo(report.newest.digest)
    for one in report.findings[:SHOWN]:
        typer.echo(f"{one.fault}: {one.sentence}")
    if report.faults > SHOWN:
        typer.echo(f"... and {report.faults - SHOWN} more faults")
    typer.echo("intact" if report.intact else f"NOT intact: {report.faults} faults")


@contextmanager
def _progress(what: str, wanted: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, where that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not (wanted and console.is_terminal)) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
