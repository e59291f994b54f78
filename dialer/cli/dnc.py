"""`dialer dnc`: the do-not-call lists of the company, its brands, its campaigns and its channels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dialer.cli import screen
from dialer.cli.database import with_database
from dialer.cli.failures import Refused
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
    help="Do-not-call lists. A running service obeys an added number within milliseconds, on every node.",
)

BATCH = 2000  # numbers a transaction
NAMED = 1000  # rejected rows that JSON names; it counts them all

# The store's words, written out as those of options.py are.
Channel = Literal["phone", "sms", "email", "post"]

NumberText = Annotated[str, typer.Argument(metavar="NUMBER", help="As people write it.", show_default=False)]
OfBrand = Annotated[str | None, typer.Option("--brand", help="This brand's list: it binds all campaigns of the brand.")]
OfChannel = Annotated[
    Channel | None, typer.Option("--channel", help="The list of one way of reaching people; phone alone stops calls.")
]
Proof = Annotated[str, typer.Option(help="What shows that it was asked for: a letter's reference, a call's id.")]
Expires = Annotated[
    str | None, typer.Option(metavar="INSTANT", help="When it ends, with its zone; without: never.", show_default=False)
]


@app.command()
def add(
    context: typer.Context,
    number: NumberText,
    campaign: OnlyCampaign = None,
    brand: OfBrand = None,
    channel: OfChannel = None,
    proof: Proof = "",
    asked_by: Annotated[str | None, typer.Option(help="Who asked; without: the account at the keyboard.")] = None,
    expires: Expires = None,
    lab: Lab = False,
    as_json: Json = False,
) -> None:
    """Put a number on a list: the company's, unless a campaign, a brand or a channel is named.

    A number that is there already stays as it is. Who wants no calls of the company has withdrawn every consent. Once
    this command returns, no call to the number is placed from 10 ms on.

    Example: dialer dnc add "138 0013 8000" --proof "letter of 2026-11-20"
    """
    from dialer.core.number import parse
    from dialer.engine import utc_now
    from dialer.store import do_not_call

    async def work(settings: Settings, db: Database) -> dict[str, Any]:
        one = parse(number, settings.calling.region, lab=lab)
        async with db.begin() as c:
            which = await _list_named(c, campaign, brand, channel)
            listing = _listing(which, asked_by, proof, expires)
            added = await do_not_call.add(c, one, listing, utc_now())
        return {"number_ends": one.last3, **which, "added": added}

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
    brand: OfBrand = None,
    channel: OfChannel = None,
    lab: Lab = False,
    as_json: Json = False,
) -> None:
    """Take a number off a list. Its row stays, with who took it off, when and why.

    Exit status 1 if it was not on the list.

    Example: dialer dnc remove 13800138000 --because "asked for offers again, mail of 2026-11-20"
    """
    from dialer.cli.naming import who
    from dialer.core.number import parse
    from dialer.engine import utc_now
    from dialer.store import do_not_call

    if len(because.strip()) < 3:
        raise typer.BadParameter("expected a reason", param_hint="--because")

    async def work(settings: Settings, db: Database) -> dict[str, Any]:
        one = parse(number, settings.calling.region, lab=lab)
        async with db.begin() as c:
            which = await _list_named(c, campaign, brand, channel, for_good=True)
            gone = await do_not_call.remove(c, one, **which, by=who(), because=because, now=utc_now())
        return {"number_ends": one.last3, **which, "removed": gone}

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
        columns = ("listed", "scope", "campaign_id", "brand", "channel", "source", "asked_by", "proof", "since",
                   "expires", "removed_at")  # fmt: skip
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
        columns = ("scope", "campaign_id", "brand", "channel", "source", "numbers")
        heads = ("list", "campaign", "brand", "channel", "came by", "numbers")
        screen.table("", heads, [[one[column] for column in columns] for one in found])


@app.command("import")
def load(
    context: typer.Context,
    file: InFile,
    campaign: OnlyCampaign = None,
    brand: OfBrand = None,
    channel: OfChannel = None,
    column: Annotated[str | None, typer.Option(help="The CSV column; without: the one named phone, 电话 ...")] = None,
    replace: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The file is the whole of the list NAME: what it lacks is taken off."),
    ] = None,
    allow_shrink: Annotated[
        str | None, typer.Option(metavar="REASON", help="With --replace: why the list may become much shorter.")
    ] = None,
    proof: Proof = "",
    asked_by: Annotated[str | None, typer.Option(help="Who asked; without: the account at the keyboard.")] = None,
    expires: Expires = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would come of it.")] = False,
    lab: Lab = False,
    report: OutFile = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 if any row was rejected.")] = False,
    as_json: Json = False,
) -> None:
    """Read a file of numbers, one a line or a CSV column, onto a list.

    Good rows are kept, each other is named with its reason; the same file twice adds nothing. A file that is empty or
    cut off is refused as a whole. With --replace so is one with a row that is no number, and one that lacks more than
    one in a hundred of the list's numbers, unless --allow-shrink says why; refused, the list stays as it is. What came
    by another way, a person's own request above all, is not touched.

    Exit status 0 if any row was good, else 1.

    Example: dialer dnc import refused.csv --column Rufnummer --replace agency --report rejected.csv
    """
    from dialer.cli.number_file import numbers, refuse_unfinished
    from dialer.store.do_not_call import WHOLE

    if allow_shrink is not None and (replace is None or len(allow_shrink.strip()) < 3):
        raise typer.BadParameter("expected with --replace, and with a reason", param_hint="--allow-shrink")
    if replace is not None and not replace.strip():
        raise typer.BadParameter("expected the list's name", param_hint="--replace")

    async def work(settings: Settings, db: Database) -> dict[str, Any]:
        refuse_unfinished(file)
        async with db.read() as c:
            which = await _list_named(c, campaign, brand, channel)
        source = "import" if replace is None else f"{WHOLE}{replace.strip()}"
        listing = _listing(which, asked_by, proof or file.name, expires, source=source)
        tally = _Tally()
        with rejected_to(report, file) as rejected, bytes_done(file.name, not as_json) as progress:
            rows = tally.good(numbers(file, column, settings.calling.region, lab, progress), rejected)
            if replace is None:
                done = await _load(db, rows, listing, dry_run)
            else:
                done = await _replace(db, rows, listing, tally, file.name, allow_shrink, dry_run)
        return {"dry_run": dry_run, **tally.counts(), **done, **which}

    done = with_database(context, work)
    errors = done.pop("errors")
    if as_json:
        screen.document(
            {**done, "errors": [asdict(one) for one in errors], "report": str(report) if report else None}
        )  # fmt: skip
    else:
        already = "" if dry_run else f", {done['added']} added, {done['present']} there already"
        off = f", {done['removed']} taken off" if replace is not None and not dry_run else ""
        typer.echo(f"{done['rows']} rows: {done['numbers']} numbers{already}{off}, {done['rejected']} rejected")
        show_rejected(errors, done["rejected"], report)
    if (strict and done["rejected"]) or not done["numbers"]:
        raise typer.Exit(1)


class _Tally:
    """Rows as they are read: how many were numbers, and what was wrong with the others."""

    def __init__(self) -> None:
        self.numbers = 0
        self.errors: list[RowError] = []
        self.reasons: Counter[str] = Counter()

    def good(self, rows: Iterator[Number | RowError], rejected: Callable[[RowError], None]) -> Iterator[Number]:
        from dialer.operation.intake.rules import RowError

        for row in rows:
            if isinstance(row, RowError):
                rejected(row)
                self.reasons[row.code] += 1
                self.errors += [row] if len(self.errors) < NAMED else []
            else:
                self.numbers += 1
                yield row

    def rejected(self) -> int:
        return self.reasons.total()

    def counts(self) -> dict[str, Any]:
        bad = self.rejected()
        return {
            "rows": self.numbers + bad,
            "numbers": self.numbers,
            "rejected": bad,
            "reasons": dict(self.reasons.most_common()),
            "errors": tuple(self.errors),
        }


async def _load(db: Database, rows: Iterator[Number], listing: Listing, dry_run: bool) -> dict[str, int]:
    """In batches, each a transaction of its own: a list of millions must not hold up a running service."""
    from dialer.engine import utc_now
    from dialer.store import do_not_call

    seen = added = 0
    while batch := list(islice(rows, BATCH)):
        seen += len(batch)
        if not dry_run:
            async with db.begin() as c:
                added += await do_not_call.add_many(c, batch, listing, utc_now())
    return {"added": added, "present": 0 if dry_run else seen - added}


async def _replace(
    db: Database,
    rows: Iterator[Number],
    listing: Listing,
    tally: _Tally,
    name: str,
    may_shrink: str | None,
    dry_run: bool,
) -> dict[str, int]:
    from dialer.cli import whole_list
    from dialer.cli.naming import who

    found = await whole_list.replace(
        db, rows, listing, by=who(), name=name, may_shrink=may_shrink, dry_run=dry_run, rejected=tally.rejected
    )
    present = 0 if dry_run else tally.numbers - found.added
    return {"added": found.added, "present": present, "removed": found.removed}


async def _list_named(
    c: AsyncConnection, campaign: str | None, brand: str | None, channel: str | None, *, for_good: bool = False
) -> dict[str, Any]:
    """Which list is meant, as the store's functions take it. `for_good`: also that of a brand which is gone."""
    from dialer.cli.naming import campaign_named
    from dialer.store import do_not_call

    of = (await campaign_named(c, campaign)).campaign.id if campaign is not None else None
    try:
        do_not_call.scope_of(of, brand, channel)
    except ValueError as error:
        raise Refused(str(error)) from None
    if not for_good:
        await do_not_call.known(c, of, brand)
    return {"campaign_id": of, "brand": brand, "channel": channel}


def _listing(
    which: dict[str, Any], asked_by: str | None, proof: str, expires: str | None, source: str = "cli"
) -> Listing:
    from dialer.cli.naming import instant, who
    from dialer.engine import utc_now
    from dialer.store.do_not_call import Listing

    until: datetime | None = instant(expires, "--expires") if expires is not None else None
    return Listing(source, asked_by or who(), utc_now(), proof, expires=until, **which)
