"""`dialer explain`: may this be called, at this moment, and which rule says so?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli import screen
from dialer.cli.database import with_database
from dialer.cli.failures import Refused
from dialer.cli.options import Json, Language

if TYPE_CHECKING:
    from dialer.config import Settings
    from dialer.core.compliance.gate import Explanation
    from dialer.core.number import Number
    from dialer.store.session import Database


def explain(
    context: typer.Context,
    who: Annotated[
        str | None, typer.Argument(metavar="[NUMBER|lead:ID]", help="A number, or a lead's.", show_default=False)
    ] = None,
    campaign: Annotated[str | None, typer.Option("--campaign", "-c", help="The campaign's name or id.")] = None,
    at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="Such as 2026-12-24T20:00:00-05:00; without: now.")
    ] = None,
    language: Annotated[Language, typer.Option(help="Of the sentences.")] = "en",
    lab: Annotated[
        Path | None, typer.Option(help="A lab's folder: its rule packs and its numbers count too.", file_okay=False)
    ] = None,
    decision: Annotated[
        int | None, typer.Option(metavar="ID", help="Instead: an answer of the ledger, and what it rests on.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the compliance gate's verdict on a call.

    With every check it asked; nothing is placed and nothing is kept. Asked as a call would be: with the campaign's
    rules, the trunk's and the house's, the number's past attempts and the do-not-call lists. Exit status 0 for either
    verdict; `allowed` in the JSON says which.

    With --decision: an answer that was given, as the ledger keeps it, and asked again where the same rules are loaded.

    Examples: dialer explain +12125550123 --campaign 3 --at 2026-12-24T20:00:00-05:00, dialer explain lead:42 -c 家装,
    dialer explain --decision 4711
    """
    if decision is not None:
        if (who, campaign, at) != (None, None, None):
            raise typer.BadParameter("names all there is: no number, campaign or instant", param_hint="--decision")
        from dialer.cli import kept_decision

        kept_decision.show(context, decision, language, _packs(lab), as_json)
        return
    if who is None or campaign is None:
        raise typer.BadParameter("expected a number or lead:ID, and --campaign", param_hint="NUMBER")
    from dialer.cli.naming import campaign_named, instant
    from dialer.core.compliance import explain as words
    from dialer.engine import utc_now

    moment = instant(at, "--at") if at is not None else utc_now()

    async def work(settings: Settings, db: Database) -> Explanation:
        from dialer.core.campaign import under_house_rules
        from dialer.core.compliance.gate import explain as ask
        from dialer.counting import book
        from dialer.registry.shelf import Shelf, folder_of
        from dialer.rules.calendars import OwnDates
        from dialer.rules.load import load
        from dialer.screening import screen_of
        from dialer.store import abandonment, questions

        dates = [OwnDates(one.name, frozenset(one.off), frozenset(one.workdays)) for one in settings.calendars]
        rulebook = load((*settings.rules.packs, *_packs(lab)), dates)
        registries = screen_of(Shelf(folder_of(settings.node.data)), utc_now)
        async with db.read() as c:
            chosen = (await campaign_named(c, campaign)).campaign
            ruled = under_house_rules(chosen, settings.overlays(chosen.trunk), settings.calling.purposes)
            try:
                question = await questions.about(c, ruled, _who(who, settings, lab is not None), registries, moment)
            except questions.NoSuchLead as error:
                raise Refused(str(error)) from None
            counts = await abandonment.counts(c, chosen.id, book(settings), moment)
            question = replace(question, abandons=counts)
        return ask(rulebook, question, moment)

    found = with_database(context, work)
    if as_json:
        screen.document(words.as_json(found))
    else:
        typer.echo(words.as_text(found, language))


def _packs(lab: Path | None) -> list[Path]:
    if lab is None:
        return []
    from dialer.engine import utc_now
    from dialer.lab.packs.night import lab_packs

    return lab_packs(lab, utc_now())


def _who(text: str, settings: Settings, lab: bool) -> Number | int:
    kind, colon, lead_id = text.partition(":")
    if colon and kind.strip().lower() == "lead":
        if not lead_id.strip().isdecimal():
            raise Refused(f"expected a number or lead:ID, such as lead:42, not {text!r}")
        return int(lead_id)
    from dialer.core.number import parse

    return parse(text, settings.calling.region, lab=lab)
