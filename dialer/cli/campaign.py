"""`dialer campaign`: made, shown, changed, started, paused, closed, and who works on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli import readiness, screen
from dialer.cli.database import with_database
from dialer.cli.failures import Refused
from dialer.cli.options import CampaignName, Json, MachinePolicy, Mode, PreviewPolicy

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from dialer.config import Settings
    from dialer.core.campaign import Campaign
    from dialer.store.campaigns import CampaignRecord, CampaignStatus
    from dialer.store.session import Database

app = typer.Typer(
    no_args_is_help=True,
    help="Campaigns: leads, rules and a dial mode. Name one by its name or its id. "
    "A running service takes up a change within a few seconds.",
)

app.command()(readiness.readiness)

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Any other setting, such as rules.max_attempts=5; repeat."),
]


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name, in any script.", show_default=False)],
    mode: Annotated[Mode, typer.Option(help="Who decides that a call is placed: the agent, or being ready.")],
    trunk: Annotated[str, typer.Option(help="The way out, as [[trunks]] of the configuration names it.")],
    caller_id: Annotated[list[str] | None, typer.Option(help="Shown to the customer; several take turns.")] = None,
    ring: Annotated[int, typer.Option(help="Seconds to let it ring.")] = 25,
    wrap_up: Annotated[int, typer.Option(help="Seconds after a call.")] = 30,
    preview_seconds: Annotated[int, typer.Option(help="Seconds to look at a lead in preview.")] = 30,
    preview_policy: Annotated[PreviewPolicy, typer.Option(help="What follows when they are over.")] = "skip",
    amd: Annotated[bool, typer.Option("--amd/--no-amd", help="Detect answering machines.")] = False,
    machine: Annotated[MachinePolicy, typer.Option(help="What a detected machine gets.")] = "hangup",
    on_hook: Annotated[bool, typer.Option("--on-hook", help="Phones may stay on hook and ring for each call.")] = False,
    attempts_per_day: Annotated[int | None, typer.Option(help="Attempts to a number a day.", min=1)] = None,
    gap_minutes: Annotated[int | None, typer.Option(help="Minutes between attempts to a number.", min=0)] = None,
    settings: Set = None,
    as_json: Json = False,
) -> None:
    """Make a campaign, in draft. It dials nobody before `dialer campaign start`.

    Example: dialer campaign create "家装回访" --mode progressive --trunk carrier --caller-id 4008001001
    """
    from dialer.cli.campaign_values import assigned
    from dialer.engine import utc_now
    from dialer.store import campaign_settings, campaigns

    rules: dict[str, Any] = {}
    if attempts_per_day is not None:
        rules["attempts_per_day"] = attempts_per_day
    if gap_minutes is not None:
        rules["gap"] = gap_minutes * 60
    values: dict[str, Any] = {
        "name": name,
        "dial_mode": mode,
        "trunk": trunk,
        "caller_ids": list(caller_id or ()),
        "rules": rules,
        "ring_seconds": ring,
        "wrap_up_seconds": wrap_up,
        "preview_seconds": preview_seconds,
        "preview_policy": preview_policy,
        "amd": amd,
        "machine_policy": machine,
        "on_hook": on_hook,
    }
    defaults = campaign_settings.write(campaign_settings.read(0, values))
    values |= assigned(defaults, settings or ())

    async def work(config: Settings, db: Database) -> dict[str, Any]:
        _known_trunk(config, values["trunk"])
        async with db.begin() as c:
            made = await campaigns.create(c, values, utc_now())
            return await _shown(c, await campaigns.get(c, made.id))

    _show(with_database(context, work), as_json)


@app.command("list")
def every(context: typer.Context, as_json: Json = False) -> None:
    """All campaigns, the most urgent first.

    Example: dialer campaign list --json
    """
    from dialer.store import campaigns

    async def work(_: Settings, db: Database) -> list[dict[str, Any]]:
        async with db.read() as c:
            return [await _shown(c, record) for record in await campaigns.every(c)]

    found = with_database(context, work)
    if as_json:
        screen.document({"campaigns": found})
        return
    columns = ("campaign_id", "name", "status", "dial_mode", "trunk", "priority")
    rows = [[one[key] for key in columns] + [len(one["agents"]), one["leads"]["total"]] for one in found]
    screen.table("", ("id", "name", "status", "mode", "trunk", "priority", "agents", "leads"), rows)


@app.command()
def show(context: typer.Context, campaign: CampaignName, as_json: Json = False) -> None:
    """One campaign with all its settings, and how its abandons stand against the limit.

    Example: dialer campaign show 3
    """
    from dialer.cli.naming import campaign_named

    async def work(config: Settings, db: Database) -> dict[str, Any]:
        from dialer.cli.abandonment import standing
        from dialer.engine import utc_now

        async with db.read() as c:
            record = await campaign_named(c, campaign)
            blocks = await standing(c, config, record.campaign, utc_now())
            return await _shown(c, record) | {"abandonment": blocks}

    _show(with_database(context, work), as_json)


@app.command("set")
def change(
    context: typer.Context,
    campaign: CampaignName,
    settings: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...", help="Settings as `show` names them.")],
    as_json: Json = False,
) -> None:
    """Change settings.

    Also while it runs. Values are JSON or plain text; durations are seconds; lists take commas.

    Examples: dialer campaign set 家装回访 ring_seconds=20 rules.gap=7200 · dialer campaign set 3
    'rules.windows={"mon-fri": ["09:00-12:00", "14:00-20:00"], "sat-sun": []}'
    """
    from dialer.cli.campaign_values import assigned
    from dialer.cli.naming import campaign_named
    from dialer.engine import utc_now
    from dialer.store import campaign_settings, campaigns

    async def work(config: Settings, db: Database) -> dict[str, Any]:
        async with db.begin() as c:
            record = await campaign_named(c, campaign)
            values = assigned(campaign_settings.write(record.campaign), settings)
            if "trunk" in values:
                _known_trunk(config, values["trunk"])
            await campaigns.change(c, record.campaign.id, values, utc_now())
            return await _shown(c, await campaigns.get(c, record.campaign.id))

    _show(with_database(context, work), as_json)


@app.command()
def start(context: typer.Context, campaign: CampaignName, as_json: Json = False) -> None:
    """Start, or go on after a pause. A running service begins to dial within a few seconds.

    The gate is asked about the first leads, and standard error has what it says. Refused where none of all its leads
    can ever be called, or where its caller ids or its ring time break a rule of the places it calls.

    Example: dialer campaign start 家装回访
    """
    from dialer.store.campaigns import CampaignStatus

    shown = _set_status(context, campaign, CampaignStatus.RUNNING)
    _show_status(shown, as_json)
    if not as_json:
        for missing, how in (("agents", "dialer campaign assign"), ("leads", "dialer leads import")):
            if not (shown["leads"]["total"] if missing == "leads" else shown["agents"]):
                typer.echo(f"It has no {missing} yet: see `{how} --help`.", err=True)


@app.command()
def pause(context: typer.Context, campaign: CampaignName, as_json: Json = False) -> None:
    """Place no more calls; those that are up go on. A running service stops within a few seconds.

    Example: dialer campaign pause 3
    """
    from dialer.store.campaigns import CampaignStatus

    _show_status(_set_status(context, campaign, CampaignStatus.PAUSED), as_json)


@app.command()
def close(context: typer.Context, campaign: CampaignName, as_json: Json = False) -> None:
    """Stop for good: a closed campaign is never opened again.

    Example: dialer campaign close 3
    """
    from dialer.store.campaigns import CampaignStatus

    _show_status(_set_status(context, campaign, CampaignStatus.CLOSED), as_json)


@app.command()
def assign(
    context: typer.Context,
    campaign: CampaignName,
    agents: Annotated[list[str] | None, typer.Argument(help="Logins. Exactly these work on it from now on.")] = None,
    add: Annotated[bool, typer.Option("--add", help="Besides those who work on it already.")] = False,
    nobody: Annotated[bool, typer.Option("--nobody", help="Take everybody off.")] = False,
    as_json: Json = False,
) -> None:
    """Say who works on a campaign. Agents at work take it up when they log in to their desk again.

    Example: dialer campaign assign 家装回访 wang li zhao
    """
    from dialer.cli.naming import campaign_named
    from dialer.store import campaigns

    if bool(agents) == nobody:
        raise typer.BadParameter("name the agents' logins, or give --nobody")

    async def work(_: Settings, db: Database) -> dict[str, Any]:
        async with db.begin() as c:
            record = await campaign_named(c, campaign)
            before = await campaigns.agents_of(c, record.campaign.id) if add else ()
            await campaigns.assign(c, record.campaign.id, (*before, *(agents or ())))
            return await _shown(c, record)

    shown = with_database(context, work)
    if as_json:
        screen.document(shown)
    else:
        typer.echo(f"{shown['name']}: {', '.join(shown['agents']) or 'nobody'}")


@app.command()
def leads(context: typer.Context, campaign: CampaignName, as_json: Json = False) -> None:
    """How many leads stand where. The parts add up to the total.

    Example: dialer campaign leads 3 --json
    """
    from dialer.cli.naming import campaign_named
    from dialer.engine import utc_now
    from dialer.store import leads as shelf

    async def work(_: Settings, db: Database) -> dict[str, int]:
        async with db.read() as c:
            record = await campaign_named(c, campaign)
            return await shelf.counts(c, record.campaign.id, utc_now())

    found = with_database(context, work)
    if as_json:
        screen.document(found)
    else:
        screen.table("", ("leads", "how many"), found.items())


@app.command()
def summary(context: typer.Context, campaign: CampaignName, as_json: Json = False) -> None:
    """What came of a campaign so far: attempts, dispositions, refusals, abandons.

    Example: dialer campaign summary 家装回访 --json
    """
    from dialer.cli.naming import campaign_named
    from dialer.store import reports

    async def work(_: Settings, db: Database) -> dict[str, Any]:
        async with db.read() as c:
            record = await campaign_named(c, campaign)
            return await reports.campaign_summary(c, record.campaign.id)

    found = with_database(context, work)
    if as_json:
        screen.document(found)
    else:
        screen.table("", ("figure", "value"), found.items())


def _set_status(context: typer.Context, campaign: str, status: CampaignStatus) -> dict[str, Any]:
    from dialer.cli.naming import campaign_named
    from dialer.engine import utc_now
    from dialer.store import campaigns

    async def work(config: Settings, db: Database) -> dict[str, Any]:
        if status is campaigns.CampaignStatus.RUNNING:
            await readiness.before_start(config, db, campaign)
        async with db.begin() as c:
            record = await campaign_named(c, campaign)
            if status is campaigns.CampaignStatus.RUNNING:
                _known_trunk(config, record.campaign.trunk)
                _has_message(config, record.campaign)
            await campaigns.set_status(c, record.campaign.id, status, utc_now())
            return await _shown(c, await campaigns.get(c, record.campaign.id))

    return with_database(context, work)


def _known_trunk(config: Settings, trunk: str) -> None:
    names = [one.name for one in config.trunks]
    if trunk not in names:
        there = f"it has {', '.join(names)}" if names else "it has none"
        raise Refused(f"trunk: the configuration has no [[trunks]] block named {trunk!r}; {there}")


def _has_message(config: Settings, campaign: Campaign) -> None:
    from dialer.engine import utc_now
    from dialer.rules.house import house_rules
    from dialer.rules.message import missing

    sentence = missing(config, house_rules(config), campaign, utc_now())
    if sentence is not None:
        raise Refused(sentence)


async def _shown(c: AsyncConnection, record: CampaignRecord) -> dict[str, Any]:
    from dialer.engine import utc_now
    from dialer.store import campaign_settings, campaigns
    from dialer.store import leads as shelf

    campaign = record.campaign
    settings = campaign_settings.write(campaign)
    del settings["id"]
    return {
        "campaign_id": campaign.id,
        "name": campaign.name,
        "status": record.status.value,
        "dial_mode": campaign.dial_mode.value,
        "trunk": campaign.trunk,
        "priority": campaign.priority,
        "created_at": record.created_at,
        "changed_at": record.changed_at,
        "settings": settings,
        "agents": list(await campaigns.agents_of(c, campaign.id)),
        "leads": await shelf.counts(c, campaign.id, utc_now()),
    }


def _show(shown: dict[str, Any], as_json: bool) -> None:
    if as_json:
        screen.document(shown)
        return
    head = [(key, shown[key]) for key in ("campaign_id", "status", "agents", "leads", "created_at", "changed_at")]
    if "abandonment" in shown:
        from dialer.cli.abandonment import sentence

        head += [("abandons" if n == 0 else "", sentence(one)) for n, one in enumerate(shown["abandonment"])]
    screen.table("", ("setting", "value"), [*head, *_flat("", shown["settings"])])


def _flat(prefix: str, values: dict[str, Any]) -> list[tuple[str, Any]]:
    """Settings by the keys that `set` takes; windows and words of dispositions stay together."""
    rows: list[tuple[str, Any]] = []
    for key, value in values.items():
        if isinstance(value, dict) and key in ("rules", "recycle"):
            rows += _flat(f"{prefix}{key}.", value)
        elif key == "windows" and value is not None:
            rows += [(f"{prefix}{key}, {day}", _hours(spans)) for day, spans in zip(_DAYS, value, strict=True)]
        else:
            rows.append((f"{prefix}{key}", value))
    return rows


def _hours(spans: list[list[int]]) -> list[str]:
    """As `set` takes them."""
    return [f"{opens // 60:02}:{opens % 60:02}-{shuts // 60:02}:{shuts % 60:02}" for opens, shuts in spans]


def _show_status(shown: dict[str, Any], as_json: bool) -> None:
    if as_json:
        screen.document(shown)
    else:
        typer.echo(f"{shown['name']} is {shown['status']}.")
