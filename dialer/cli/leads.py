"""`dialer leads`: lists from files into campaigns."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli import screen
from dialer.cli.database import with_database
from dialer.cli.failures import Refused
from dialer.cli.options import Json, Lab, OfCampaign
from dialer.cli.progress import bytes_done
from dialer.cli.readiness import show

if TYPE_CHECKING:
    from dialer.config import Settings
    from dialer.core.campaign import Campaign
    from dialer.operation.intake.load import Report
    from dialer.operation.intake.rules import RowError
    from dialer.operation.readiness.count import Ahead
    from dialer.store.session import Database

app = typer.Typer(no_args_is_help=True, help="Lists of leads.")

NAMED = 20  # rejected rows shown; the others are in the report

InFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, show_default=False)]
OutFile = Annotated[
    Path | None, typer.Option(metavar="FILE.csv", dir_okay=False, help="Write every rejected row and its reason here.")
]


@app.callback()
def lists() -> None:
    """Keeps `import` a command of its own, also while it is the only one."""


@app.command("import")
def load(
    context: typer.Context,
    file: InFile,
    campaign: OfCampaign,
    list_name: Annotated[str | None, typer.Option(help="What the list is called; without: the file's name.")] = None,
    source: Annotated[str | None, typer.Option(help="Where the data comes from; the law may ask for it.")] = None,
    region: Annotated[
        str | None, typer.Option(metavar="CC", help="Country of numbers without one; without: calling.region.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would come of it.")] = False,
    lab: Lab = False,
    report: OutFile = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 if any row was rejected.")] = False,
    as_json: Json = False,
) -> None:
    """Read a CSV file of leads: names and phones, in UTF-8, UTF-16 or GB18030, with a header in English or Chinese.

    Good rows are kept, each other is named with its reason; the same file twice adds nothing, and an interrupted import
    goes on where it was. A dry run also asks the compliance gate which leads may be called, and when. Exit status 0 if
    any row was good (or the file has none), else 1.

    Example: dialer leads import 客户.csv --campaign 家装回访 --dry-run --report rejected.csv
    """
    from dialer.cli.naming import campaign_named, who
    from dialer.engine import utc_now
    from dialer.operation.intake.load import Intake
    from dialer.operation.intake.load import load as load_file
    from dialer.operation.intake.rules import Reading
    from dialer.rules.zone_data import zone_names

    if region is not None and not re.fullmatch("[A-Z]{2}", region):
        raise typer.BadParameter("expected two capital letters, such as CN", param_hint="--region")

    async def work(settings: Settings, db: Database) -> Report:
        async with db.read() as c:
            record = await campaign_named(c, campaign)
        intake = Intake(
            campaign_id=record.campaign.id,
            name=list_name or file.name,
            source=source or file.name,
            by=who(),
            reading=Reading(region or settings.calling.region, zone_names(), lab),
            dry_run=dry_run,
        )
        ahead = _ahead(settings, db, record.campaign, lab) if dry_run else None
        with rejected_to(report, file) as rejected, bytes_done(file.name, not as_json) as progress:
            return await load_file(db, file, intake, clock=utc_now, progress=progress, rejected=rejected, ahead=ahead)

    found = with_database(context, work)
    if as_json:
        screen.document(_document(found, dry_run, report))
    else:
        _show(found, dry_run, report)
    if (strict and found.rejected) or (found.rejected and found.rejected == found.rows):
        raise typer.Exit(1)


def _ahead(settings: Settings, db: Database, campaign: Campaign, lab: bool) -> Ahead:
    from dialer.cli import rulebook
    from dialer.core.campaign import under_house_rules
    from dialer.engine import utc_now
    from dialer.operation.readiness.count import Ahead

    ruled = under_house_rules(campaign, settings.overlays(campaign.trunk), settings.calling.purposes)
    rules = rulebook.rulebook(settings, lab_numbers=lab)
    return Ahead(db, rules, ruled, rulebook.screen(settings), utc_now())


@contextmanager
def rejected_to(report: Path | None, file: Path) -> Iterator[Callable[[RowError], None]]:
    """Writes each rejected row as it comes: a list of millions may have as many."""
    if report is None:
        yield lambda error: None
        return
    if report.exists() and report.samefile(file):
        raise Refused(f"{report}: this is the file to be read; the report needs one of its own")
    with report.open("w", newline="", encoding="utf-8-sig") as out:  # the mark is for spreadsheets
        writer = csv.writer(out)
        writer.writerow(("row", "column", "code", "reason"))
        yield lambda error: writer.writerow((error.row, _cell(error.column), error.code, error.sentence))


def _cell(title: str | None) -> str:
    from dialer.operation.intake.rules import neutral

    return neutral(title or "")


def _document(found: Report, dry_run: bool, report: Path | None) -> dict[str, Any]:
    shown = asdict(found)
    shown["columns"] = [asdict(column) for column in found.columns]
    return {"dry_run": dry_run, **shown, "report": str(report) if report else None}


def _show(found: Report, dry_run: bool, report: Path | None) -> None:
    named = ", ".join(f"{column.title} ({column.known or 'kept as a field'})" for column in found.columns)
    typer.echo(f"{found.encoding}, columns: {named}")
    would = "would be " if dry_run else ""
    typer.echo(f"{found.rows} rows: {found.added} {would}added, {found.doubled} doubled, {found.rejected} rejected")
    show_rejected(found.errors, found.rejected, report)
    if found.readiness is not None and found.added:
        typer.echo()
        show(found.readiness)


def show_rejected(errors: tuple[RowError, ...], total: int, report: Path | None) -> None:
    """The first twenty, and where the others are."""
    if not total:
        return
    rows = [(error.row, error.column, error.code, error.sentence) for error in errors[:NAMED]]
    screen.table("", ("row", "column", "code", "reason"), rows)
    if total > len(rows) and report is None:
        typer.echo(f"... and {total - len(rows)} more; --report FILE.csv keeps them all")
    if report is not None:
        typer.echo(f"All {total} rejected rows: {report}")
