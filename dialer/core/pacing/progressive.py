"""Progressive pacing: one call for each ready agent, who is named before the call is placed."""

from __future__ import annotations

from dataclasses import dataclass

from dialer.core.pacing.abandon import GUARANTEED, Brake


@dataclass(frozen=True, slots=True)
class Pace:
    """How many calls to place now, and which limit decided."""

    place: int
    because: str


def calls_to_place(*, ready: int, leads: int, free_lines: int, allowance: int, brake: Brake = GUARANTEED) -> Pace:
    """One call per ready agent, no more than leads, free lines or this second's allowance; none under the brake.

    Ready agents are those nobody is being rung for: the reservation makes dialing 1:1, so there is no ratio here.
    """
    if brake.on:
        return Pace(0, f"the abandonment brake is on: {brake.because}")
    if ready <= 0:
        return Pace(0, "no agent is ready")
    limits = (
        (ready, "one call for each ready agent"),
        (leads, "no lead is ready to dial" if leads <= 0 else "fewer leads than agents"),
        (free_lines, "all lines are in use" if free_lines <= 0 else "fewer lines than agents"),
        (ready if brake.room is None else brake.room, f"the abandonment brake: {brake.because}"),
        (allowance, "the trunk's calls per second are used up" if allowance <= 0 else "the trunk's calls per second"),
    )
    place, because = min(limits, key=lambda limit: limit[0])
    return Pace(max(place, 0), because)
