"""Every command's name, and the options that stand before it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli import (
    agent,
    bench,
    campaign,
    check_config,
    consent,
    demo,
    dnc,
    doctor,
    explain,
    init,
    lab,
    leads,
    ledger,
    person,
    registry,
    rules,
    run,
    suspend,
)
from dialer.cli.failures import OneSentence


@dataclass(frozen=True, slots=True)
class Invocation:
    """What stood before the command; commands find it as `context.obj`."""

    config: Path
    verbose: bool


app = typer.Typer(
    cls=OneSentence,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # drawing boxes would take longer than all the rest of `--help`
    pretty_exceptions_enable=False,  # they show local values, which hold secrets and numbers
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"dialer {version('dialer')}")
        raise typer.Exit


@app.callback()
def globally(
    context: typer.Context,
    config: Annotated[Path, typer.Option(envvar="DIALER_CONFIG", help="The settings' file.")] = Path("config.toml"),
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log in detail; show where an error arose.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """An outbound dialer over Asterisk: preview and progressive calls, each with leave from a compliance gate.

    First steps: dialer demo, to see it at work; dialer init and dialer doctor, to set it up.

    Exit status: 0 done; 1 refused or failed, and standard error has the reason; 2 the command was not understood.
    """
    context.obj = Invocation(config, verbose)


app.command()(run.run)
app.command()(demo.demo)
app.command()(init.init)
app.command("check-config")(check_config.check_config)
app.command()(doctor.doctor)
app.add_typer(campaign.app, name="campaign")
app.add_typer(agent.app, name="agent")
app.add_typer(leads.app, name="leads")
app.add_typer(dnc.app, name="dnc")
app.add_typer(consent.app, name="consent")
app.add_typer(registry.app, name="registry")
app.add_typer(suspend.app, name="suspend")
app.add_typer(person.app, name="person")
app.command()(explain.explain)
app.add_typer(ledger.app, name="ledger")
app.add_typer(rules.app, name="rules")
app.add_typer(lab.app, name="lab")
app.command()(bench.bench)
