"""Who may not be called any more, while a call to them is on its way: it ends, short of a conversation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from dialer.core import events as ev
from dialer.core.call import Call, CallState
from dialer.core.compliance.consent import Consent
from dialer.core.compliance.gate import Permit, Question, check
from dialer.core.floor import agents, calls, dialing, leads
from dialer.core.floor.picture import Desk, Picture
from dialer.core.lead import Prospect
from dialer.core.number import Number
from dialer.core.outcome import WhoEnded

_NOTHING: frozenset[Consent] = frozenset()


def blocked(picture: Picture, event: ev.NumberBlocked, now: datetime) -> None:
    """A new do-not-call number beats whatever is in flight with it in the campaigns of the list."""

    def concerned(desk: Desk, prospect: Prospect) -> bool:
        return prospect.number.number == event.number and _on_the_list(event, desk)

    _take_back(picture, concerned, now, "number_blocked")
    for call in _stoppable(picture):
        if concerned(picture.desks[call.campaign_id], call.prospect):
            call.blocked = True
            calls.hang_up(picture, call, WhoEnded.SYSTEM, now)


def consent_withdrawn(picture: Picture, event: ev.ConsentWithdrawn, now: datetime) -> None:
    """Who may be called only because they agreed is not called; their lead goes back, and the next claim reads what
    is still on file. Elsewhere the withdrawal changes nothing.
    """

    def concerned(desk: Desk, prospect: Prospect) -> bool:
        if prospect.number.number != event.number:
            return False
        campaign = desk.campaign
        return _needs_consent(picture, replace(prospect.question, rules=campaign.rules), now)

    _take_back(picture, concerned, now, "consent_withdrawn")
    for call in _stoppable(picture):
        if call.prospect.number.number == event.number and _rests_on_consent(picture, call):
            calls.hang_up(picture, call, WhoEnded.SYSTEM, now)


def in_flight(picture: Picture) -> set[Number]:
    """The numbers of all that could be stopped."""
    held = (dialing.held(picture, agent) for agent in picture.agents.values())
    prospects = [prospect for desk in picture.desks.values() for prospect in desk.hopper.prospects]
    prospects += [prospect for prospect in held if prospect is not None]
    prospects += [call.prospect for call in picture.calls.values()]
    return {prospect.number.number for prospect in prospects}


def _on_the_list(event: ev.NumberBlocked, desk: Desk) -> bool:
    if event.campaign_id is not None:
        return event.campaign_id == desk.campaign.id
    return event.brand is None or event.brand == desk.campaign.brand


def _rests_on_consent(picture: Picture, call: Call) -> bool:
    """As it was when the call was permitted: its hours may be over since. Of a call that was found at the start nobody
    knows, and it ends.
    """
    return call.permit is None or _needs_consent(picture, call.permit.basis.question, call.permit.basis.at)


def _needs_consent(picture: Picture, question: Question, at: datetime) -> bool:
    if not question.consents:
        return False
    without = replace(question, consents=_NOTHING)
    return isinstance(check(picture.rulebook, question, at), Permit) and not isinstance(
        check(picture.rulebook, without, at), Permit
    )


def _take_back(picture: Picture, concerned: Callable[[Desk, Prospect], bool], now: datetime, because: str) -> None:
    """From hoppers, previews and agents whose own phone rings first. The next claim meets the gate."""
    for desk in picture.desks.values():
        for prospect in desk.hopper.take_out(partial(concerned, desk)):
            leads.give_back(picture, prospect, now, because)
    for agent in list(picture.agents.values()):
        held = dialing.held(picture, agent)
        if held is not None and concerned(picture.desks[held.lead.campaign_id], held):
            leads.give_back(picture, held, now, because)
            agents.release(picture, agent, now)


def _stoppable(picture: Picture) -> list[Call]:
    return [call for call in picture.calls.values() if call.state in (CallState.PLACING, CallState.RINGING)]
