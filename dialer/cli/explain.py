"""`dialer explain`: may this be called, at this moment, and which rule says so?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli import screen
from dialer.cli.database import with_database
from dialer.cli.failures import Refused
from dialer.cli.options import Json, Language, OfCampaign

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from dialer.config import Settings
    from dialer.core.campaign import Campaign
    from dialer.core.compliance.gate import CampaignRules, Explanation, Question
    from dialer.store.session import Database


def explain(
    context: typer.Context,
    who: Annotated[str, typer.Argument(metavar="NUMBER|lead:ID", help="A number, or a lead's.", show_default=False)],
    campaign: OfCampaign,
    at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="Such as 2026-12-24T20:00:00-05:00; without: now.")
    ] = None,
    language: Annotated[Language, typer.Option(help="Of the sentences.")] = "en",
    lab: Annotated[
        Path | None, typer.Option(help="A lab's folder: its rule packs and its numbers count too.", file_okay=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the compliance gate's verdict on a call.

    With every check it asked; nothing is placed and nothing is kept. Asked as a call would be: with the campaign's
    rules, the trunk's and the house's, the number's past attempts and the do-not-call lists. Exit status 0 for either
    verdict; `allowed` in the JSON says which.

    Examples: dialer explain +12125550123 --campaign 3 --at 2026-12-24T20:00:00-05:00, dialer explain lead:42 -c 家装
    """
    from dialer.cli.naming import campaign_named, instant
    from dialer.core.compliance import explain as words
    from dialer.engine import utc_now

    moment = instant(at, "--at") if at is not None else utc_now()

    async def work(settings: Settings, db: Database) -> Explanation:
        from dialer.core.compliance.gate import explain as ask
        from dialer.rules.calendars import OwnDates
        from dialer.rules.load import load

        dates = [OwnDates(one.name, frozenset(one.off), frozenset(one.workdays)) for one in settings.calendars]
        rulebook = load(_packs(lab), dates)
        async with db.read() as c:
            chosen = (await campaign_named(c, campaign)).campaign
            question = await _question(c, settings, chosen, who, moment, lab is not None)
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


async def _question(
    c: AsyncConnection, settings: Settings, campaign: Campaign, text: str, at: datetime, lab: bool
) -> Question:
    """What would be asked before a call. A number that is no lead of the campaign is asked about as a stranger's."""
    from sqlalchemy import select

    from dialer.core.compliance.gate import Question
    from dialer.core.number import Number, parse
    from dialer.store import do_not_call, prospects
    from dialer.store.schema import lead_numbers, leads

    query = select(leads, lead_numbers.c.number).join(lead_numbers, lead_numbers.c.lead_id == leads.c.id)
    query = query.where(leads.c.campaign_id == campaign.id)
    kind, colon, lead_id = text.partition(":")
    if colon and kind.strip().lower() == "lead":
        if not lead_id.strip().isdecimal():
            raise Refused(f"expected a number or lead:ID, such as lead:42, not {text!r}")
        query = query.where(leads.c.id == int(lead_id)).order_by(
            lead_numbers.c.dead, lead_numbers.c.tries, lead_numbers.c.position
        )
        number = None
    else:
        number = parse(text, settings.calling.region, lab=lab)
        query = query.where(lead_numbers.c.number == number.e164)
    row = (await c.execute(query.limit(1))).one_or_none()
    if number is None:
        if row is None:
            raise Refused(f"campaign {campaign.name} has no lead {lead_id.strip()}")
        number = Number(row.number)
    past = await prospects.history(c, [number], campaign.id, at)
    hits = await do_not_call.hits(c, [number], campaign.id)
    return Question(
        number=number,
        lead_id=row.id if row is not None else 0,
        campaign_id=campaign.id,
        rules=_with_house_rules(settings, campaign),
        history=past.get(number, ()),
        hits=hits.get(number, ()),
        region=row.region if row is not None else None,
        zone=row.zone if row is not None else None,
        consent=row.consent if row is not None else "none",
        mode=campaign.dial_mode.value,
    )


def _with_house_rules(settings: Settings, campaign: Campaign) -> CampaignRules:
    """As the floor does: what the house and the trunk's carrier ask for is asked of every campaign."""
    trunk = next((one for one in settings.trunks if one.name == campaign.trunk), None)
    overlays = (*campaign.rules.overlays, *(trunk.overlays if trunk is not None else ()))
    purposes = (*campaign.rules.purposes, *settings.calling.purposes)
    return replace(campaign.rules, overlays=tuple(dict.fromkeys(overlays)), purposes=tuple(dict.fromkeys(purposes)))
