"""`dialer dnc`: the company's and the campaigns' do-not-call lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli import screen
from dialer.cli.database import with_database
from dialer.cli.leads import InFile, OutFile, rejected_to, show_rejected
from dialer.cli.options import Json, Lab, OnlyCampaign
from dialer.cli.progress import bytes_done

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from dialer.config import Settings
    from dialer.core.number import Number
    from dialer.operation.intake.rules import RowError
    from dialer.store.do_not_call import Listing
    from dialer.store.session import Database

app = typer.Typer(
    no_args_is_help=True,
    help="Do-not-call lists. A running service obeys an added number within a few seconds, on every node.",
)

BATCH = 2000  # numbers a transaction
NAMED = 1000  # rejected rows that JSON names; it counts them all

NumberText = Annotated[str, typer.Argument(metavar="NUMBER", help="As people write it.", show_default=False)]
Proof = Annotated[str, typer.Option(help="What shows that it was asked for: a letter's reference, a call's id.")]
Expires = Annotated[
    str | None, typer.Option(metavar="INSTANT", help="When it ends, with its zone; without: never.", show_default=False)
]


@app.command()
def add(
    context: typer.Context,
    number: NumberText,
    campaign: OnlyCampaign = None,
    proof: Proof = "",
    asked_by: Annotated[str | None, typer.Option(help="Who asked; without: the account at the keyboard.")] = None,
    expires: Expires = None,
    lab: Lab = False,
    as_json: Json = False,
) -> None:
    """Put a number on a list. A number that is there already stays as it is.

    Example: dialer dnc add "138 0013 8000" --proof "letter of 2026-11-20"
    """
    from dialer.core.number import parse
    from dialer.engine import utc_now
    from dialer.store import do_not_call

    async def work(settings: Settings, db: Database) -> dict[str, Any]:
        one = parse(number, settings.calling.region, lab=lab)
        async with db.begin() as c:
            listing = await _listing(c, campaign, asked_by, proof, expires)
            added = await do_not_call.add(c, one, listing, utc_now())
        return {"number_ends": one.last3, "campaign_id": listing.campaign_id, "added": added}

    done = with_database(context, work)
    if as_json:
        screen.document(done)
    else:
        words = "is on the list now" if done["added"] else "was on the list already"
        typer.echo(f"The number ending in {done['number_ends']} {words}.")


@app.command()
def remove(
    context: typer.Context,
    number: NumberText,
    because: Annotated[str, typer.Option(help="The reason; it is kept.", show_default=False)],
    campaign: OnlyCampaign = None,
    lab: Lab = False,
    as_json: Json = False,
) -> None:
    """Take a number off a list. Its row stays, with who took it off, when and why.

    Exit status 1 if it was not on the list.

    Example: dialer dnc remove 13800138000 --because "asked for offers again, mail of 2026-11-20"
    """
    from dialer.cli.naming import campaign_named, who
    from dialer.core.number import parse
    from dialer.engine import utc_now
    from dialer.store import do_not_call

    if len(because.strip()) < 3:
        raise typer.BadParameter("expected a reason", param_hint="--because")

    async def work(settings: Settings, db: Database) -> dict[str, Any]:
        one = parse(number, settings.calling.region, lab=lab)
        async with db.begin() as c:
            of = (await campaign_named(c, campaign)).campaign.id if campaign is not None else None
            gone = await do_not_call.remove(c, one, of, by=who(), because=because, now=utc_now())
        return {"number_ends": one.last3, "campaign_id": of, "removed": gone}

    done = with_database(context, work)
    if as_json:
        screen.document(done)
    else:
        words = "is off the list" if done["removed"] else "was not on the list"
        typer.echo(f"The number ending in {done['number_ends']} {words}.")
    if not done["removed"]:
        raise typer.Exit(1)


@app.command()
def check(context: typer.Context, number: NumberText, lab: Lab = False, as_json: Json = False) -> None:
    """Every line about a number on any list, those that were taken off too.

    Exit status 0 either way; `listed` in the JSON says whether the number is on a list now.

    Example: dialer dnc check 13800138000 --json
    """
    from dialer.core.number import parse
    from dialer.engine import utc_now
    from dialer.web.listing import entries

    async def work(settings: Settings, db: Database) -> dict[str, Any]:
        one, now = parse(number, settings.calling.region, lab=lab), utc_now()
        async with db.read() as c:
            found = [entry.model_dump() for entry in await entries(c, one)]
        for entry in found:
            entry["listed"] = entry["removed_at"] is None and (entry["expires"] is None or entry["expires"] > now)
        return {"number_ends": one.last3, "listed": any(entry["listed"] for entry in found), "entries": found}

    found = with_database(context, work)
    if as_json:
        screen.document(found)
        return
    typer.echo(f"The number ending in {found['number_ends']} is {'' if found['listed'] else 'not '}on a list.")
    if found["entries"]:
        columns = ("listed", "scope", "campaign_id", "source", "asked_by", "proof", "since", "expires", "removed_at")
        screen.table("", columns, [[entry[column] for column in columns] for entry in found["entries"]])


@app.command("list")
def counts(context: typer.Context, as_json: Json = False) -> None:
    """How many numbers are on which list, and by which way they came there.

    Example: dialer dnc list
    """
    from dialer.engine import utc_now
    from dialer.store import do_not_call

    async def work(_: Settings, db: Database) -> list[dict[str, Any]]:
        async with db.read() as c:
            return [asdict(one) for one in await do_not_call.counts(c, utc_now())]

    found = with_database(context, work)
    if as_json:
        screen.document({"lists": found})
    else:
        screen.table("", ("list", "campaign", "came by", "numbers"), [tuple(one.values()) for one in found])


@app.command("import")
def load(
    context: typer.Context,
    file: InFile,
    campaign: OnlyCampaign = None,
    column: Annotated[str | None, typer.Option(help="The CSV column; without: the one named phone, 电话 ...")] = None,
    proof: Proof = "",
    asked_by: Annotated[str | None, typer.Option(help="Who asked; without: the account at the keyboard.")] = None,
    expires: Expires = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which rows are no numbers.")] = False,
    lab: Lab = False,
    report: OutFile = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 if any row was rejected.")] = False,
    as_json: Json = False,
) -> None:
    """Read a file of numbers, one a line or a CSV column, onto a list.

    Good rows are kept, each other is named with its reason; the same file twice adds nothing. Exit status 0 if any row
    was good (or the file has none), else 1.

    Example: dialer dnc import refused.csv --column Rufnummer --proof "agency's list 7" --report rejected.csv
    """
    from dialer.cli.number_file import numbers

    async def work(settings: Settings, db: Database) -> dict[str, Any]:
        async with db.read() as c:
            listing = await _listing(c, campaign, asked_by, proof or file.name, expires, source="import")
        with rejected_to(report, file) as rejected, bytes_done(file.name, not as_json) as progress:
            rows = numbers(file, column, settings.calling.region, lab, progress)
            return await _load(db, rows, listing, dry_run, rejected)

    done = with_database(context, work)
    errors = done.pop("errors")
    if as_json:
        screen.document(
            {"dry_run": dry_run, **done, "errors": [asdict(one) for one in errors],
             "report": str(report) if report else None}
        )  # fmt: skip
    else:
        already = "" if dry_run else f", {done['added']} added, {done['present']} there already"
        typer.echo(f"{done['rows']} rows: {done['numbers']} numbers{already}, {done['rejected']} rejected")
        show_rejected(errors, done["rejected"], report)
    if (strict and done["rejected"]) or (done["rejected"] and not done["numbers"]):
        raise typer.Exit(1)


async def _load(
    db: Database,
    rows: Iterator[Number | RowError],
    listing: Listing,
    dry_run: bool,
    rejected: Callable[[RowError], None],
) -> dict[str, Any]:
    """In batches, each a transaction of its own: a list of millions must not hold up a running service."""
    from dialer.core.number import Number
    from dialer.engine import utc_now
    from dialer.store import do_not_call

    seen = added = 0
    errors: list[RowError] = []
    reasons: Counter[str] = Counter()
    while batch := list(islice(rows, BATCH)):
        good = [row for row in batch if isinstance(row, Number)]
        for row in batch:
            if not isinstance(row, Number):
                rejected(row)
                reasons[row.code] += 1
                errors += [row] if len(errors) < NAMED else []
        seen += len(good)
        if good and not dry_run:
            async with db.begin() as c:
                added += await do_not_call.add_many(c, good, listing, utc_now())
    return {
        "rows": seen + reasons.total(),
        "numbers": seen,
        "added": added,
        "present": 0 if dry_run else seen - added,
        "rejected": reasons.total(),
        "reasons": dict(reasons.most_common()),
        "campaign_id": listing.campaign_id,
        "errors": tuple(errors),
    }


async def _listing(
    c: AsyncConnection, campaign: str | None, asked_by: str | None, proof: str, expires: str | None, source: str = "cli"
) -> Listing:
    from dialer.cli.naming import campaign_named, instant, who
    from dialer.engine import utc_now
    from dialer.store.do_not_call import Listing

    of = (await campaign_named(c, campaign)).campaign.id if campaign is not None else None
    until: datetime | None = instant(expires, "--expires") if expires is not None else None
    return Listing(source, asked_by or who(), utc_now(), proof, of, until)
