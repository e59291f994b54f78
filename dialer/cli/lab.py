"""`dialer lab`: a private Asterisk with a simulated carrier and agents' phones, that stays until it is taken down."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dialer.cli import screen
from dialer.cli.failures import Refused
from dialer.cli.options import Json

if TYPE_CHECKING:
    from dialer.lab.state import LabState

app = typer.Typer(
    no_args_is_help=True,
    help="A private telephone network on this machine. Numbers +999... are its customers.",
)

Folder = Annotated[
    Path | None,
    typer.Option(
        "--dir", metavar="FOLDER", file_okay=False, help="Where it lives; without: ~/.local/state/dialer/lab."
    ),
]


@app.command()
def up(
    agents: Annotated[int, typer.Option(min=0, max=200, help="Agents' phones, agent01 and so on.")] = 4,
    supervisors: Annotated[int, typer.Option(min=0, max=20, help="Supervisors' phones.")] = 1,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Start a lab, and write a configuration for a dialer that works on it. Its data survive the next `up`.

    Example: dialer lab up --agents 6
    """
    from dialer.lab import lab, service_config

    home = _home(folder)
    home.mkdir(parents=True, exist_ok=True)
    plan = lab.LabPlan(home / "lab", agents=agents, supervisors=supervisors, stay=True)
    state = asyncio.run(lab.up(plan))
    config = service_config.write(state, home)
    shown = _shown(home, state)
    if as_json:
        screen.document(shown)
        return
    typer.echo(f"Asterisk {state.version} is up, {len(state.phones)} phones registered, trunk reachable.")
    typer.echo(f"Configuration: {config}. Next:")
    for words in ("init", "doctor", f"run --lab {state.directory}"):
        typer.echo(f"  dialer --config {config} {words}")


@app.command()
def down(folder: Folder = None, as_json: Json = False) -> None:
    """End the lab; its files stay. Does nothing where none runs.

    Example: dialer lab down
    """
    from dialer.lab import lab

    home = _home(folder)
    running = lab.status(home / "lab") is not None
    asyncio.run(lab.down(home / "lab"))
    if as_json:
        screen.document({"running": False, "was_running": running})
    else:
        typer.echo("The lab is down." if running else f"No lab was running in {home}.")


@app.command()
def status(folder: Folder = None, as_json: Json = False) -> None:
    """What runs. Exit status 1 where no lab does.

    Example: dialer lab status --json
    """
    from dialer.lab import lab

    home = _home(folder)
    state = lab.status(home / "lab")
    if as_json:
        screen.document(_shown(home, state) if state is not None else {"running": False, "home": str(home)})
    elif state is None:
        typer.echo(f"No lab runs in {home}; `dialer lab up` starts one.")
    else:
        screen.table("", ("lab", ""), _shown(home, state).items())
    if state is None:
        raise typer.Exit(1)


@app.command()
def logs(
    what: Annotated[Literal["pbx", "carrier", "keeper"], typer.Argument(help="Whose.")] = "pbx",
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many, from the end.")] = 50,
    folder: Folder = None,
) -> None:
    """The end of a log; of a lab that has ended, too.

    Example: dialer lab logs carrier -n 200
    """
    from dialer.lab import state as states

    directory = _home(folder) / "lab"
    known = states.load(directory)
    logged = {"pbx": directory / "pbx/log/messages.log", "carrier": directory / "carrier/log/messages.log"}
    file = (dict(known.logs) if known is not None else logged).get(what, directory / "keeper.log")
    if not file.is_file():
        raise Refused(f"there is no log {file}: no lab has run in {directory.parent}")
    with file.open(encoding="utf-8", errors="replace") as log:
        for line in deque(log, maxlen=lines):
            typer.echo(line.rstrip("\n"))


def _home(folder: Path | None) -> Path:
    state_home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return (folder or state_home / "dialer" / "lab").resolve()


def _shown(home: Path, state: LabState) -> dict[str, Any]:
    """Secrets stay in their files."""
    running = {name: process.pid for name in state.logs if (process := state.process(name)) is not None}
    return {
        "running": True,
        "home": str(home),
        "config": str(home / "config.toml"),
        "directory": str(state.directory),
        "asterisk": state.version,
        "ami": f"{state.ami_host}:{state.ami_port}",
        "sip_port": state.sip_port,
        "trunks": list(state.trunks),
        "phones": list(state.phones),
        "pids": running,
    }
