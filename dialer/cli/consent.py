"""`dialer consent`: what people agreed to, with what proof, and its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dialer.cli import screen
from dialer.cli.database import with_database
from dialer.cli.leads import InFile, OutFile, rejected_to, show_rejected
from dialer.cli.options import Json, Lab

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from dialer.config import Settings
    from dialer.core.compliance.consent import Given
    from dialer.core.number import Number
    from dialer.operation.intake.rules import RowError
    from dialer.store.consents import Entry, Evidence
    from dialer.store.session import Database

app = typer.Typer(
    no_args_is_help=True,
    help="Consent on file. A running service obeys its withdrawal within milliseconds, on every node.",
)

BATCH = 2000  # consents a transaction
NAMED = 1000  # rejected rows that JSON names; it counts them all

# The core's words, written out as those of options.py are.
Kind = Literal["express", "written", "appointment", "contract", "night"]

NumberText = Annotated[str, typer.Argument(metavar="NUMBER", help="As people write it.", show_default=False)]
OfKind = Annotated[Kind, typer.Option("--kind", help="What was agreed to.", show_default=False)]
OnlyKind = Annotated[Kind | None, typer.Option("--kind", help="This kind alone; without: every kind.")]
Purpose = Annotated[str | None, typer.Option(help="What for, in the word campaigns use; without: everything we sell.")]
Instant = Annotated[str | None, typer.Option(metavar="INSTANT", help="With its zone.", show_default=False)]


@app.command()
def add(
    context: typer.Context,
    number: NumberText,
    kind: OfKind,
    proof: Annotated[str, typer.Option(help="What shows it: a form's or contract's number, a recording.")],
    purpose: Purpose = None,
    since: Instant = None,
    expires: Instant = None,
    lab: Lab = False,
    as_json: Json = False,
) -> None:
    """Record what the owner of a number agreed to. It holds from --since (without: now) until --expires (without: until
    it is withdrawn). An appointment needs both: they are the hour that was agreed.

    Example: dialer consent add 13800138000 --kind express --purpose insurance --proof "form 7 of 2026-11-20"
    """
    from dialer.cli.failures import Refused
    from dialer.cli.naming import instant, who
    from dialer.core.compliance.consent import Given
    from dialer.core.number import parse
    from dialer.engine import utc_now
    from dialer.store import consents

    async def work(settings: Settings, db: Database) -> dict[str, Any]:
        one, now = parse(number, settings.calling.region, lab=lab), utc_now()
        begins = instant(since, "--since") if since is not None else now
        given = Given(kind, begins, purpose, instant(expires, "--expires") if expires is not None else None)
        if kind == "appointment" and since is None:
            raise Refused("--since: expected when the appointment begins")
        try:
            consents.checked(given, proof)
        except consents.BadConsent as error:
            raise Refused(str(error)) from None
        async with db.begin() as c:
            await consents.add(c, [(one, given)], consents.Evidence("cli", proof, who()), now)
        return {"number_ends": one.last3, "kind": kind, "purpose": purpose, "since": given.since,
                "expires": given.expires}  # fmt: skip

    done = with_database(context, work)
    if as_json:
        screen.document(done)
    else:
        typer.echo(f"The consent ({kind}) of the number ending in {done['number_ends']} is on file.")


@app.command()
def withdraw(
    context: typer.Context,
    number: NumberText,
    because: Annotated[str, typer.Option(help="The reason; it is kept.", show_default=False)],
    kind: OnlyKind = None,
    purpose: Purpose = None,
    lab: Lab = False,
    as_json: Json = False,
) -> None:
    """End what the owner of a number agreed to. It stays on file, with who ended it, when and why.

    Calls that may be placed only because of it stop; conversations go on. Exit status 1 if nothing was in force.

    Example: dialer consent withdraw 13800138000 --because "mail of 2026-11-20"
    """
    from dialer.cli.naming import who
    from dialer.core.number import parse
    from dialer.engine import utc_now
    from dialer.store import consents

    if len(because.strip()) < 3:
        raise typer.BadParameter("expected a reason", param_hint="--because")

    async def work(settings: Settings, db: Database) -> dict[str, Any]:
        one = parse(number, settings.calling.region, lab=lab)
        async with db.begin() as c:
            ended = await consents.withdraw(
                c, one, by=who(), because=because, now=utc_now(), kind=kind, purpose=purpose
            )
        return {"number_ends": one.last3, "withdrawn": ended}

    done = with_database(context, work)
    if as_json:
        screen.document(done)
    else:
        words = f"{done['withdrawn']} withdrawn" if done["withdrawn"] else "nothing was in force"
        typer.echo(f"Consent of the number ending in {done['number_ends']}: {words}.")
    if not done["withdrawn"]:
        raise typer.Exit(1)


@app.command()
def show(context: typer.Context, number: NumberText, lab: Lab = False, as_json: Json = False) -> None:
    """Everything on file about a number, what is over and what was withdrawn too.

    Example: dialer consent show 13800138000 --json
    """
    from dialer.core.number import parse
    from dialer.engine import utc_now
    from dialer.store import consents

    async def work(settings: Settings, db: Database) -> dict[str, Any]:
        one = parse(number, settings.calling.region, lab=lab)
        async with db.read() as c:
            found = [_shown(entry, utc_now()) for entry in await consents.entries(c, one)]
        return {"number_ends": one.last3, "consents": found}

    found = with_database(context, work)
    if as_json:
        screen.document(found)
        return
    typer.echo(f"The number ending in {found['number_ends']}: {len(found['consents'])} on file.")
    if found["consents"]:
        columns = ("in_force", "kind", "purpose", "since", "expires", "proof", "source", "by", "withdrawn_at")
        screen.table("", columns, [[entry[column] for column in columns] for entry in found["consents"]])


@app.command("import")
def load(
    context: typer.Context,
    file: InFile,
    proof: Annotated[str, typer.Option(help="The proof of rows that name none; without: such rows are refused.")] = "",
    lab: Lab = False,
    report: OutFile = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 if any row was rejected.")] = False,
    as_json: Json = False,
) -> None:
    """Read a CSV file of consents: phone, consent, consent_proof, and if known consent_at, consent_until and
    consent_purpose, with a header in English or Chinese (电话, 同意, 同意凭证, 同意时间, 同意有效期, 同意用途).

    Good rows are kept, each other is named with its reason; a consent that is on file already stays as it is. Exit
    status 0 if any row was good, else 1.

    Example: dialer consent import signed.csv --proof "campaign fair, 2026-11" --report rejected.csv
    """

    async def work(settings: Settings, db: Database) -> dict[str, Any]:
        with rejected_to(report, file) as rejected:
            return await _load(db, _rows(file, proof, settings.calling.region, lab), rejected)

    done = with_database(context, work)
    errors = done.pop("errors")
    if as_json:
        screen.document({**done, "errors": [asdict(one) for one in errors], "report": str(report) if report else None})
    else:
        typer.echo(
            f"{done['rows']} rows: {done['added']} consents added, {done['present']} there already,"
            f" {done['rejected']} rejected"
        )
        show_rejected(errors, done["rejected"], report)
    if (strict and done["rejected"]) or (done["rejected"] == done["rows"]):
        raise typer.Exit(1)


def _rows(file: Path, proof: str, region: str, lab: bool) -> Iterator[list[tuple[Number, Given, Evidence]] | RowError]:
    """Each row's consents, one for each of its numbers."""
    from dialer.cli.naming import who
    from dialer.core.compliance.consent import Given
    from dialer.engine import utc_now
    from dialer.operation.intake.header import Header
    from dialer.operation.intake.rules import Reading, RowError, read_rows
    from dialer.operation.intake.text import SNIFFED, sniff
    from dialer.store.consents import Evidence

    with file.open("rb") as source:
        encoding = sniff(source.read(SNIFFED))
        source.seek(0)
        for row in read_rows(iter(lambda: source.read(1 << 18), b""), encoding, Reading(region, frozenset(), lab)):
            if isinstance(row, Header):
                continue
            if isinstance(row, RowError):
                yield row
            elif row.consent is None:
                yield RowError(
                    row.row, None, "NO_CONSENT", "a kind of consent was expected in the column consent, 同意"
                )
            elif not (row.consent.proof or proof):
                yield RowError(
                    row.row, None, "NO_PROOF", "what proves the consent was expected: consent_proof, 同意凭证"
                )
            else:
                agreed = row.consent
                given = Given(agreed.kind, agreed.since or utc_now(), agreed.purpose, agreed.until)
                evidence = Evidence("import", agreed.proof or proof, who())
                yield [(number, given, evidence) for number, _ in row.numbers]


async def _load(
    db: Database,
    rows: Iterator[list[tuple[Number, Given, Evidence]] | RowError],
    rejected: Callable[[RowError], None],
) -> dict[str, Any]:
    from dialer.engine import utc_now
    from dialer.store import consents

    count = added = present = 0
    errors: list[RowError] = []
    reasons: Counter[str] = Counter()
    while batch := list(islice(rows, BATCH)):
        count += len(batch)
        good = []
        for row in batch:
            if isinstance(row, list):
                good += row
            else:
                rejected(row)
                reasons[row.code] += 1
                errors += [row] if len(errors) < NAMED else []
        async with db.begin() as c:
            new = await consents.not_on_file(c, good)
            await consents.add_each(c, new, utc_now())
        added, present = added + len(new), present + len(good) - len(new)
    return {
        "rows": count,
        "added": added,
        "present": present,
        "rejected": reasons.total(),
        "reasons": dict(reasons.most_common()),
        "errors": tuple(errors),
    }


def _shown(entry: Entry, now: datetime) -> dict[str, Any]:
    given = entry.given
    ended = given.withdrawn_at is not None or (given.expires is not None and given.expires <= now)
    return {
        "in_force": given.since <= now and not ended,
        **asdict(given),
        **asdict(entry.evidence),
        "added_at": entry.added_at,
        "withdrawn_by": entry.withdrawn_by,
        "withdrawn_because": entry.withdrawn_because,
    }
