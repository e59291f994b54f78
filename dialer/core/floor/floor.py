"""The door of the floor: an event or the time goes in, commands come out. Who is told is decided here, by table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from dialer.core import events as ev
from dialer.core.agent import AgentState, ImpossibleTurn
from dialer.core.call import CallState
from dialer.core.campaign import under_house_rules
from dialer.core.commands import Command, HangupLeg, RaiseIncident
from dialer.core.compliance.packs import Rulebook
from dialer.core.floor import (
    abandonment,
    adoption,
    agents,
    calls,
    dialing,
    manual,
    opt_out,
    stops,
    supervision,
    suspension,
    transfer,
)
from dialer.core.floor.picture import Desk, Link, Picture
from dialer.core.floor.views import mentioning
from dialer.core.outcome import WhoEnded
from dialer.core.pacing.trunk import Trunk


class Floor:
    """Owns the picture. Not safe to share: one task speaks to it."""

    def __init__(self, tag: str, rulebook: Rulebook, trunks: tuple[Trunk, ...], purposes: tuple[str, ...] = ()) -> None:
        self.picture = Picture(tag, rulebook, purposes, trunks={trunk.name: trunk for trunk in trunks})

    def handle(self, event: ev.Event, now: datetime) -> list[Command]:
        """Take one fact in; the orders that follow from it, in order.

        Raises:
            ImpossibleTurn: a person asked for what cannot be; nothing changed. Its text is for that person.
            ImpossibleEvent: our own mistake.
        """
        _TOLD[type(event)](self.picture, event, now)
        return self._orders(now)

    def tick(self, now: datetime) -> list[Command]:
        """Let time pass up to `now`."""
        for subject, key in self.picture.due(now):
            _DUE[subject](self.picture, key, now)
        return self._orders(now)

    def next_deadline(self) -> datetime | None:
        """When `tick` wants to be called next; None: only an event can change anything."""
        return self.picture.next_deadline()

    def take_changes(self) -> set[tuple[str, str]]:
        """What changed since the last time, as (subject, key)."""
        changed, self.picture.changed = self.picture.changed, set()
        return mentioning(self.picture, changed)

    def _orders(self, now: datetime) -> list[Command]:
        picture = self.picture
        if picture.outgoing:
            dialing.dispatch(picture, now)
        if picture.transfers:
            transfer.dispatch(picture, now)
        if picture.repace:
            dialing.pace(picture, now)
        orders, picture.commands = picture.commands, []
        return orders


# --- events ---------------------------------------------------------------------------------------------------------


def _campaign(picture: Picture, event: ev.CampaignSet, now: datetime) -> None:
    trunk = picture.trunks.get(event.campaign.trunk)
    overlays = trunk.overlays if trunk is not None else ()
    campaign, running = under_house_rules(event.campaign, overlays, picture.purposes), event.running
    desk = picture.desks.setdefault(campaign.id, Desk(campaign))
    desk.campaign = campaign
    if running and campaign.trunk not in picture.trunks:
        sentence = f"campaign {campaign.name} wants trunk {campaign.trunk!r}, which the configuration does not have"
        picture.do(RaiseIncident("trunk_missing", sentence, now))
        running = False
    if desk.running and not running:
        dialing.withdraw(picture, desk, now, "campaign_stopped")
    desk.running = running
    desk.hopper.ask_again_at = None
    picture.touch("campaign", campaign.id)
    picture.repace = True


def _rules(picture: Picture, event: ev.RulesSet, now: datetime) -> None:
    """Permits that are out keep their few seconds; the next question meets the new rules."""
    picture.rulebook = event.rulebook
    for desk in picture.desks.values():
        desk.hopper.ask_again_at = None
    picture.repace = True


def _claimed(picture: Picture, event: ev.LeadsClaimed, now: datetime) -> None:
    dialing.claimed(picture, picture.desks[event.campaign_id], event, now)


def _claim_failed(picture: Picture, event: ev.ClaimFailed, now: datetime) -> None:
    hopper = picture.desks[event.campaign_id].hopper
    hopper.claiming = False
    hopper.ask_again_at = now + dialing.ASK_AGAIN
    picture.wake(hopper.ask_again_at, "pace", "")


def _agent_leg_up(picture: Picture, event: ev.AgentLegUp, now: datetime) -> None:
    agent = picture.agents.get(event.agent_id)
    if agent is None or not agents.leg_up(picture, agent, event.leg_id, now):
        if picture.link is Link.UP:  # while syncing, the adoption decides what belongs to nobody
            picture.do(HangupLeg(event.leg_id))
        return
    if agent.state is AgentState.TALKING:
        supervision.call_over(picture, agent)
    dialing.answered_own_phone(picture, agent, now)


def _agent_leg_ended(picture: Picture, event: ev.AgentLegEnded, now: datetime) -> None:
    agent = picture.agents.get(event.agent_id)
    if agent is None or not agents.leg_lost(picture, agent, event.leg_id, now):
        return
    if agent.id in picture.waiting:
        dialing.own_phone_silent(picture, agent, now)
    else:
        calls.agent_phone_lost(picture, agent, now)


def _asked(picture: Picture, event: ev.ReadyAsked | ev.PauseAsked | ev.LogoutAsked, now: datetime) -> None:
    agents.ask(picture, agents.known(picture, event.agent_id), event, now)
    picture.repace = True


def _dispose(picture: Picture, event: ev.DispositionGiven, now: datetime) -> None:
    calls.dispose(picture, agents.known(picture, event.agent_id), event, now)


def _dial(picture: Picture, event: ev.DialAsked, now: datetime) -> None:
    dialing.dial(picture, agents.known(picture, event.agent_id), now)


def _skip(picture: Picture, event: ev.SkipAsked, now: datetime) -> None:
    dialing.skip(picture, agents.known(picture, event.agent_id), event.reason, now)


def _hangup(picture: Picture, event: ev.HangupAsked, now: datetime) -> None:
    agent = agents.known(picture, event.agent_id)
    call = picture.call_of(agent)
    if call is None or call.state is CallState.ENDED:
        raise ImpossibleTurn(f"agent {agent.id} has no call to hang up")
    calls.hang_up(picture, call, WhoEnded.AGENT, now)


def _manual(picture: Picture, event: ev.ManualAsked, now: datetime) -> None:
    manual.ask(picture, agents.known(picture, event.agent_id), event, now)


def _transfer(picture: Picture, event: ev.TransferAsked, now: datetime) -> None:
    transfer.ask(picture, agents.known(picture, event.agent_id), event, now)


def _transfer_cancel(picture: Picture, event: ev.TransferCancelAsked, now: datetime) -> None:
    transfer.cancel(picture, agents.known(picture, event.agent_id), now)


def _customer_leg_ended(picture: Picture, event: ev.CustomerLegEnded, now: datetime) -> None:
    calls.told(picture, event, now)
    transfer.customer_gone(picture, event.attempt_id, now)


def _blocked(picture: Picture, event: ev.NumberBlocked, now: datetime) -> None:
    stops.blocked(picture, event, now)
    transfer.blocked(picture, event, now)


def _spy_end(picture: Picture, event: ev.SpyEndAsked, now: datetime) -> None:
    spy = picture.spies.get(event.supervisor_id)
    if spy is None:
        raise ImpossibleTurn(f"supervisor {event.supervisor_id} is not listening to anybody")
    supervision.end(picture, spy, event, now)


def _store_down(picture: Picture, event: ev.StoreDown, now: datetime) -> None:
    if picture.store_ok:
        picture.do(RaiseIncident("store_down", f"outcomes cannot be saved, dialing stopped: {event.reason}", now))
    picture.store_ok = False
    picture.touch("node", "")


def _store_up(picture: Picture, event: ev.StoreUp, now: datetime) -> None:
    picture.store_ok = True
    picture.repace = True
    picture.touch("node", "")


def _halt(picture: Picture, event: ev.Halted, now: datetime) -> None:
    picture.halted = event.reason
    picture.do(RaiseIncident("halted", f"dialing stopped until a restart: {event.reason}", now))
    picture.touch("node", "")


def _drain(picture: Picture, event: ev.DrainAsked, now: datetime) -> None:
    picture.draining = True
    for desk in picture.desks.values():
        dialing.withdraw(picture, desk, now, "draining")
    picture.touch("node", "")


_TOLD: dict[type, Callable[[Picture, Any, datetime], None]] = {
    ev.LinkUp: lambda p, e, now: adoption.link_up(p, now),
    ev.LinkDown: lambda p, e, now: adoption.link_down(p, e.reason, now),
    ev.Resynced: adoption.resynced,
    ev.ResyncFailed: lambda p, e, now: adoption.resync_failed(p, now),
    ev.Adopted: adoption.adopt,
    ev.StoreDown: _store_down,
    ev.StoreUp: _store_up,
    ev.Halted: _halt,
    ev.RulesSet: _rules,
    ev.DrainAsked: _drain,
    ev.CampaignSet: _campaign,
    ev.LeadsClaimed: _claimed,
    ev.ClaimFailed: _claim_failed,
    ev.LeadClaimed: manual.claimed,
    ev.LeadNotClaimed: manual.not_claimed,
    ev.NumberBlocked: _blocked,
    ev.SuspensionSet: suspension.suspended,
    ev.ConsentWithdrawn: stops.consent_withdrawn,
    ev.OptOutKept: opt_out.kept,
    ev.AbandonsCounted: abandonment.counted,
    ev.AgentLoggedIn: agents.log_in,
    ev.AgentLegUp: _agent_leg_up,
    ev.AgentLegEnded: _agent_leg_ended,
    ev.ReadyAsked: _asked,
    ev.PauseAsked: _asked,
    ev.LogoutAsked: _asked,
    ev.DispositionGiven: _dispose,
    ev.DialAsked: _dial,
    ev.SkipAsked: _skip,
    ev.HangupAsked: _hangup,
    ev.ManualAsked: _manual,
    ev.TransferAsked: _transfer,
    ev.TransferCancelAsked: _transfer_cancel,
    ev.TransferOpened: transfer.opened,
    ev.TransferNotOpened: transfer.not_opened,
    ev.TransferUnknown: transfer.unknown,
    **dict.fromkeys((ev.TransferNotSent, ev.TransferAnswered, ev.TransferLegEnded), transfer.told),
    ev.CustomerTransferred: transfer.handed_over,
    ev.CustomerLegEnded: _customer_leg_ended,
    ev.SpyAsked: supervision.ask,
    ev.SpyEndAsked: _spy_end,
    ev.SpyLegUp: supervision.told,
    ev.SpyStarted: supervision.told,
    ev.SpyStopped: supervision.told,
    ev.SpyLegEnded: supervision.told,
    **dict.fromkeys(
        (
            ev.AttemptOpened,
            ev.AttemptRefused,
            ev.AttemptNotOpened,
            ev.OriginateSent,
            ev.OriginateNotSent,
            ev.OriginateUnknown,
            ev.CustomerRang,
            ev.CustomerAnswered,
            ev.MachineChecked,
            ev.CallBridged,
            ev.BridgeFailed,
            ev.CustomerAbandoned,
            ev.OptOutPressed,
            ev.CustomerDone,
            ev.Witnessed,
        ),
        calls.told,
    ),
}


# --- time -----------------------------------------------------------------------------------------------------------


def _agent_due(picture: Picture, key: str, now: datetime) -> None:
    agent = picture.agents.get(key)
    if agent is None or agent.deadline is None or agent.deadline > now:
        return
    agent.deadline = None
    if agent.state is AgentState.WRAP_UP:
        calls.wrap_up_over(picture, agent, now)
    elif agent.preview is not None:
        dialing.preview_over(picture, agent, now)
    elif agent.id in picture.waiting:
        dialing.own_phone_silent(picture, agent, now)
    elif agent.id in picture.asking:
        manual.overdue(picture, agent, now)
    else:
        agents.ring_overdue(picture, agent, now)


def _call_due(picture: Picture, key: str, now: datetime) -> None:
    call = picture.calls.get(key)
    if call is not None and call.deadline is not None and call.deadline <= now:
        calls.overdue(picture, call, now)


def _transfer_due(picture: Picture, key: str, now: datetime) -> None:
    found = picture.transfers.get(key)
    if found is not None and found.deadline is not None and found.deadline <= now:
        transfer.overdue(picture, found, now)


def _pace_due(picture: Picture, key: str, now: datetime) -> None:
    picture.repace = True


def _resync_due(picture: Picture, key: str, now: datetime) -> None:
    if picture.link is not Link.DOWN and picture.resync_due_at is not None and picture.resync_due_at <= now:
        calls.look(picture, now)


_DUE: dict[str, Callable[[Picture, str, datetime], None]] = {
    "agent": _agent_due,
    "call": _call_due,
    "transfer": _transfer_due,
    "pace": _pace_due,
    "resync": _resync_due,
}
