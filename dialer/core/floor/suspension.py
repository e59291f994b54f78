"""An emergency begins, or ends, somewhere: what is on its way there stops, short of an answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from dialer.core import events as ev
from dialer.core.call import CallState
from dialer.core.compliance.gate import Refusal, check
from dialer.core.floor import agents, calls, dialing, leads
from dialer.core.floor.picture import Picture
from dialer.core.lead import Prospect
from dialer.core.outcome import WhoEnded

_RULE = "EMERGENCY_SUSPENSION"


def suspended(picture: Picture, event: ev.SuspensionSet, now: datetime) -> None:
    """The areas changed. Leads that now lie in one go back with the gate's refusal, from hoppers, previews and agents
    whose own phone rings first; calls that nobody has answered end; conversations go on.
    """
    picture.suspended = event.areas
    for desk in picture.desks.values():
        for prospect in desk.hopper.take_out(lambda one: _refusal(picture, one, now) is not None):
            _refuse(picture, prospect, now)
    for agent in list(picture.agents.values()):
        held = dialing.held(picture, agent)
        if held is not None and _refuse(picture, held, now):
            agents.release(picture, agent, now)
    for call in list(picture.calls.values()):
        if call.state in (CallState.PLACING, CallState.RINGING):
            refusal = _refusal(picture, call.prospect, now)
            if refusal is not None:
                call.refusal = refusal
                leads.note(picture, picture.desks[call.campaign_id], refusal)
                calls.hang_up(picture, call, WhoEnded.SYSTEM, now)
    for desk in picture.desks.values():
        desk.hopper.ask_again_at = None  # where an emergency is over there may be leads again
    picture.repace = True


def _refuse(picture: Picture, prospect: Prospect, now: datetime) -> bool:
    refusal = _refusal(picture, prospect, now)
    if refusal is not None:
        leads.refuse(picture, picture.desks[prospect.lead.campaign_id], prospect, refusal, now)
    return refusal is not None


def _refusal(picture: Picture, prospect: Prospect, now: datetime) -> Refusal | None:
    """The gate's answer, where it is that calls to this place are suspended. What else it may have to say is said when
    the call's turn comes.
    """
    campaign = picture.desks[prospect.lead.campaign_id].campaign
    asked = replace(
        prospect.question,
        rules=campaign.rules,
        mode=campaign.dial_mode.value,
        region=prospect.lead.region,  # of a call found at the start the question holds the number alone
        suspended=picture.suspended,
    )
    answer = check(picture.rulebook, asked, now)
    return answer if isinstance(answer, Refusal) and answer.rule == _RULE else None
