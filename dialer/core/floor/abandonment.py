"""What a campaign's abandons allow: counted with each live answer and each look into the database."""

from __future__ import annotations

from datetime import datetime

from dialer.core import events as ev
from dialer.core.call import Call, CallState
from dialer.core.campaign import DialMode
from dialer.core.compliance.abandonment import limits
from dialer.core.compliance.gate import Permit
from dialer.core.floor.picture import Desk, Picture
from dialer.core.outcome import Ending
from dialer.core.pacing.abandon import GUARANTEED, Brake

_UNDECIDED = (CallState.PLACING, CallState.RINGING, CallState.ANSWERED)


def weigh(picture: Picture, desk: Desk, now: datetime) -> Brake:
    """The campaign's brake; kept with how its blocks stand, for screens."""
    in_flight = 0
    if desk.abandons.last_at is not None:  # else nothing depends on them, and counting takes its time
        calls = (call for call in picture.calls.values() if call.campaign_id == desk.campaign.id)
        in_flight = sum(call.state in _UNDECIDED for call in calls)
    progressive = desk.campaign.dial_mode is DialMode.PROGRESSIVE
    brake = desk.abandons.brake(now, in_flight) if progressive else GUARANTEED
    standing = desk.abandons.standing(now, in_flight)
    if (brake, standing) != (desk.brake, desk.standing):
        desk.brake, desk.standing = brake, standing
        picture.touch("campaign", desk.campaign.id)
    return brake


def met(picture: Picture, call: Call, permit: Permit, now: datetime) -> None:
    """Remember what the packs of this call allow to be abandoned."""
    desk = picture.desks[call.campaign_id]
    ids = {label.partition("@")[0] for label in permit.basis.packs}
    if desk.abandons.meet(limits(edition for one in ids for edition in picture.rulebook.packs.get(one, ()))):
        weigh(picture, desk, now)


def answered(picture: Picture, call: Call, ending: Ending, now: datetime) -> None:
    """Count a call that a person answered."""
    desk = picture.desks[call.campaign_id]
    waited, greeting = ending.waited_ms, ending.greeting_ms
    desk.abandons.answered(call.opened_at, now, abandoned=ending.abandoned, waited_ms=waited, greeting_ms=greeting)
    weigh(picture, desk, now)


def counted(picture: Picture, event: ev.AbandonsCounted, now: datetime) -> None:
    """Take over what the database has counted."""
    desk = picture.desks.get(event.campaign_id)
    if desk is None:
        return
    news = desk.abandons.counted(event.zone, event.started, event.tallies, event.last_at)
    if desk.abandons.meet(event.limits) or news:
        picture.repace = True
    weigh(picture, desk, now)
