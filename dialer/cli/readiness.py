"""`dialer campaign readiness`: what would become of its leads if it dialed now."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli import screen
from dialer.cli.database import with_database
from dialer.cli.failures import Refused
from dialer.cli.options import CampaignName, Json, Language
from dialer.cli.progress import counted

if TYPE_CHECKING:
    from dialer.config import Settings
    from dialer.core.campaign import Campaign
    from dialer.operation.readiness.count import Counted
    from dialer.operation.readiness.rules import Readiness
    from dialer.store.session import Database


def readiness(
    context: typer.Context,
    campaign: CampaignName,
    at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="Such as 2026-12-24T20:00:00-05:00; without: now.")
    ] = None,
    language: Annotated[Language, typer.Option(help="Of the sentences.")] = "en",
    lab: Annotated[Path | None, typer.Option(help="A lab's folder: its rule packs count too.", file_okay=False)] = None,
    as_json: Json = False,
) -> None:
    """How many leads may be called now, how many later and when, how many never, and what would help.

    The compliance gate is asked about every lead that waits to be called, as a claim would ask it; nothing is placed
    and nothing is kept. Needs some minutes for millions of leads, beside a running service too.

    Example: dialer campaign readiness 家装回访 --at 2026-11-23T09:00:00+08:00
    """
    from dialer.cli.naming import campaign_named, instant
    from dialer.engine import utc_now

    moment = instant(at, "--at") if at is not None else utc_now()

    async def work(settings: Settings, db: Database) -> tuple[Campaign, Counted]:
        from dialer.cli import rulebook
        from dialer.core.campaign import under_house_rules
        from dialer.operation.readiness.count import of_campaign

        async with db.read() as c:
            chosen = (await campaign_named(c, campaign)).campaign
        ruled = under_house_rules(chosen, settings.overlays(chosen.trunk), settings.calling.purposes)
        rules, registries = rulebook.rulebook(settings, lab), rulebook.screen(settings)
        with counted(chosen.name, not as_json) as progress:
            return chosen, await of_campaign(db, rules, ruled, registries, moment, progress=progress)

    chosen, found = with_database(context, work)
    if as_json:
        screen.document({"campaign_id": chosen.id, "name": chosen.name, **as_document(found)})
        return
    typer.echo(
        f"{chosen.name}: {found.waiting} leads wait to be called, {found.calling} have a call, {found.done} are done"
    )
    show(found.readiness, language)


async def before_start(settings: Settings, db: Database, campaign: str) -> None:
    """Say on standard error what the gate makes of a campaign's first leads.

    Raises:
        NoSuchCampaign:
        Refused: it may not start as it is.
    """
    from dialer.cli import rulebook
    from dialer.cli.naming import campaign_named
    from dialer.core.campaign import under_house_rules
    from dialer.engine import utc_now
    from dialer.operation.readiness.start import first_look

    async with db.read() as c:
        chosen = (await campaign_named(c, campaign)).campaign
    ruled = under_house_rules(chosen, settings.overlays(chosen.trunk), settings.calling.purposes)
    look = await first_look(db, rulebook.rulebook(settings), ruled, rulebook.screen(settings), utc_now())
    objection, note = look.objection(), look.summary()
    if objection is not None:
        raise Refused(f"campaign {chosen.name} may not start: {objection}")
    if note is not None:
        typer.echo(note, err=True)


def as_document(found: Counted) -> dict[str, Any]:
    """Everything but how it was found."""
    shown = asdict(found)
    del shown["asked"], shown["packs"]
    return shown


def show(found: Readiness, language: Language = "en") -> None:
    """Three figures, what holds leads back, and when the others fall due."""
    screen.table("", (f"at {found.at:%Y-%m-%d %H:%MZ}", "leads"), [
        ("may be called", found.now), ("later", found.later), ("not by waiting", found.never)
    ])  # fmt: skip
    if found.reasons:
        typer.echo()
        rows = [
            (
                reason.code,
                reason.leads,
                reason.first_at,
                reason.sentence_zh if language == "zh" else reason.sentence,
                reason.cure_zh if language == "zh" else reason.cure,
            )
            for reason in found.reasons
        ]
        screen.table("", ("rule", "leads", "first again", "why", "what helps"), rows)
    coming = [(one.start, one.leads) for one in (*found.hours, *found.days) if one.leads]
    if coming:
        typer.echo()
        screen.table("", ("from", "leads"), coming)
