"""Leads on the floor: asked about at the gate, refused, given back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from dialer.core.commands import RefuseLead, ReleaseLead
from dialer.core.compliance.gate import Permit, Refusal, check
from dialer.core.floor.picture import Desk, Picture
from dialer.core.lead import Prospect


def verdict(picture: Picture, desk: Desk, prospect: Prospect, now: datetime) -> Permit | Refusal:
    """Ask the gate."""
    campaign = desk.campaign
    asked = prospect.question
    abandons = desk.abandons.counts(now)
    suspended = tuple(dict.fromkeys((*asked.suspended, *picture.suspended)))
    mode = asked.mode if prospect.manual else campaign.dial_mode.value
    question = replace(asked, rules=campaign.rules, mode=mode, abandons=abandons, suspended=suspended)
    return check(picture.rulebook, question, now)


def note(picture: Picture, desk: Desk, refusal: Refusal) -> None:
    """Count a refusal where the supervisor sees it."""
    desk.refusals[refusal.rule] += 1
    desk.reasons[refusal.rule] = refusal
    picture.touch("campaign", desk.campaign.id)


def refuse(picture: Picture, desk: Desk, prospect: Prospect, refusal: Refusal, now: datetime) -> None:
    """Keep the refusal where the supervisor sees it, and the lead where it belongs."""
    note(picture, desk, refusal)
    picture.do(RefuseLead(desk.campaign.id, prospect.lead.id, refusal, prospect.back(refusal.try_after or now)))


def give_back(picture: Picture, prospect: Prospect, now: datetime, because: str, rest: timedelta = timedelta()) -> None:
    """Return a lead untried."""
    picture.do(ReleaseLead(prospect.lead.campaign_id, prospect.lead.id, prospect.back(now + rest), because))
