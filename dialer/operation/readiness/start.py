"""A look at a campaign in the moment it starts: at its first leads, its caller ids and how long it rings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dialer.core.campaign import Campaign
from dialer.core.compliance.do_not_call import Screen
from dialer.core.compliance.duties import Fault, caller_id_faults, ring_faults
from dialer.core.compliance.packs import Rulebook
from dialer.operation.readiness.count import Counted, of_campaign
from dialer.store.session import Database

LOOKED_AT: Final = 1000
"""Leads that are asked about: enough to see what is wrong, few enough for a button to answer at once."""

# What somebody may cure while the campaign runs; a campaign of such leads may start, and waits for it.
_MAY_CHANGE: Final = frozenset(
    {
        "RULES_MISSING",
        "EMERGENCY_SUSPENSION",
        "REGISTRY_STALE",
        "CONSENT_REQUIRED",
        "ZONE_UNKNOWN",
        "HOLIDAY_UNKNOWN",
        "ABANDON_RATE",
    }
)


@dataclass(frozen=True, slots=True)
class FirstLook:
    """`faults` are of the campaign's own settings under the rules of the places it calls."""

    counted: Counted
    faults: tuple[Fault, ...]

    @property
    def hopeless(self) -> bool:
        """No lead can ever be called as things are, whatever else becomes known of them."""
        found = self.counted.readiness
        nobody = self.counted.complete and found.leads > 0 and found.now + found.later == 0
        return nobody and not self.counted.calling and all(reason.code not in _MAY_CHANGE for reason in found.reasons)

    def objection(self) -> str | None:
        """Why the campaign may not start; None where it may."""
        if self.faults:
            return " ".join(fault.sentence_en for fault in self.faults)
        if self.hopeless:
            why = "; ".join(
                f"{reason.code} {reason.leads}: {reason.sentence}" for reason in self.counted.readiness.reasons
            )
            return f"None of its {self.counted.waiting} leads can ever be called. {why}"
        return None

    def summary(self) -> str | None:
        """A sentence for who starts it; None where there is nothing to say."""
        found = self.counted.readiness
        if not found.leads or found.now == found.leads:
            return None
        looked = "" if self.counted.complete else f"Of the first {found.leads} leads "
        held = ", ".join(f"{reason.code} {reason.leads}" for reason in found.reasons)
        return (
            f"{looked}{found.now} may be called now, {found.later} later, {found.never} not by waiting"
            + (f" ({held})" if held else "")
            + "."
        )


async def first_look(db: Database, rulebook: Rulebook, campaign: Campaign, screen: Screen, at: datetime) -> FirstLook:
    """Ask the gate about the first leads of a campaign (under the house's and the trunk's rules)."""
    counted = await of_campaign(db, rulebook, campaign, screen, at, most=LOOKED_AT, span=LOOKED_AT)
    editions = (pack for label in sorted(counted.packs) for pack in rulebook.packs.get(label.partition("@")[0], ()))
    packs = [pack for pack in editions if pack.label in counted.packs]
    shown = [fault for caller_id in campaign.caller_ids for fault in caller_id_faults(packs, caller_id)]
    faults = dict.fromkeys((*shown, *ring_faults(packs, campaign.ring_seconds)))
    return FirstLook(counted, tuple(faults))
