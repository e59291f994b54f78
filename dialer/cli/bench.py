"""`dialer bench`: how fast this machine runs us, as ratios to a baseline in the same run."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli import screen
from dialer.cli.options import Json

if TYPE_CHECKING:
    from dialer.bench.measure import Measured


class Name(StrEnum):
    """What can be measured."""

    GATE = "gate"
    DNC = "dnc"
    PICK = "pick"
    LEDGER = "ledger"


def bench(
    name: Annotated[Name, typer.Argument(help="gate: the gate alone. dnc: a national registry. pick: claims with the "
                                              "whole gate (needs PostgreSQL). ledger: keeping decisions.")],
    scale: Annotated[float, typer.Option(min=0.000_01, max=1, help="A part of the full size, for a first look.")] = 1,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Measure one thing, side by side with its baseline. Exit status 0 whether or not the goal is met.

    At full size `dnc` and `pick` take up to a quarter of an hour, 10 GB of disk and 4 GB of memory.

    Examples: dialer bench gate, dialer bench pick --scale 0.001 --json
    """
    found = _run(name, scale)
    if as_json:
        screen.document([one.as_json() for one in found])
        return
    rows = [(o.name, _short(o.ratio), f"{_short(o.low)} - {_short(o.high)}", o.goal, o.met) for o in found]
    screen.table("", ("what", "ratio", "range", "goal", "met"), rows)
    for one in found:
        typer.echo(f"{one.name}: " + ", ".join(f"{key} {value}" for key, value in one.details.items()))


def _run(name: Name, scale: float) -> list[Measured]:
    match name:
        case Name.GATE:
            from dialer.bench import gate

            return gate.run(max(int(20_000 * scale), 200))
        case Name.DNC:
            from dialer.bench import dnc

            return dnc.run(max(int(258_500_000 * scale), 10_000))
        case Name.PICK:
            from dialer.bench import pick

            return pick.run(max(int(10_000_000 * scale), 5_000), max(int(258_500_000 * scale), 10_000))
        case Name.LEDGER:
            from dialer.bench import ledger

            return ledger.run(max(int(1_000_000 * scale), 1_000))


def _short(value: float) -> str:
    return f"{value:.4g}"
