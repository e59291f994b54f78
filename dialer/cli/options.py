"""Options that several commands share, and the words their values may have."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
CampaignName = Annotated[str, typer.Argument(help="A campaign's name or id.", show_default=False)]
OfCampaign = Annotated[str, typer.Option("--campaign", "-c", help="The campaign's name or id.", show_default=False)]
OnlyCampaign = Annotated[
    str | None,
    typer.Option("--campaign", "-c", help="This campaign's own list, by name or id; without: the whole company's."),
]
Lab = Annotated[bool, typer.Option("--lab", help="Numbers of the lab's range, +999, are welcome too.")]

# The core's words, written out: importing them would cost what `--help` has no time for. A test compares them.
Mode = Literal["preview", "progressive"]
PreviewPolicy = Literal["dial", "skip", "pause"]
MachinePolicy = Literal["hangup", "message"]
Role = Literal["agent", "supervisor", "administrator"]
Language = Literal["en", "zh"]
