"""`dialer demo`: the whole product at work on this machine, on real SIP calls to a simulated carrier."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import typer


def demo(
    seconds: Annotated[float | None, typer.Option(min=20, help="End after this time, also if leads are left.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the summary here, for machines.")] = None,
    home: Annotated[Path | None, typer.Option(help="Where it keeps its files; the next run replaces them.")] = None,
) -> None:
    """Start a private Asterisk with agents and a carrier, run three campaigns, show the floor live, print a summary.

    Ends when the lists are done, after --seconds, or with Ctrl-C. Exit status 0 only if all that was promised happened.

    Example: dialer demo --seconds 120 --json summary.json
    """
    from rich.console import Console

    from dialer.demo import play

    console = Console(width=None if sys.stdout.isatty() else 120)
    state_home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    broken = asyncio.run(play.run(home or state_home / "dialer" / "demo", console, seconds, json_file))
    for sentence in broken:
        console.print(f"[red]not as promised:[/] {sentence}", highlight=False)
    if broken:
        raise typer.Exit(1)
    console.print("[green]All that was promised happened.[/]")
