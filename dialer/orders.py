"""Carries out the floor's commands: the database, Asterisk and the recordings' library, one function per command.

Whatever must be saved is saved: while the database is away the floor is told, dialing stops, and the write is tried
again until it is done. Orders to Asterisk are sent once; what became of them is said as an event.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer import asked
from dialer.asterisk import cdr, control
from dialer.asterisk.action import BadValue
from dialer.asterisk.connection import Ami
from dialer.asterisk.listen import Listener
from dialer.asterisk.protocol import AmiError
from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.campaign import Campaign
from dialer.core.compliance.do_not_call import Screen
from dialer.core.compliance.gate import Permit, Refusal, check
from dialer.core.compliance.packs import Rulebook
from dialer.core.outcome import Cause
from dialer.engine import Performer
from dialer.recording.facts import Fault, Finished
from dialer.recording.library import Job, Library
from dialer.rules.message import demanding
from dialer.store import (
    agents,
    attempts,
    closing,
    incidents,
    leads,
    opt_out,
    questions,
    recordings,
    supervision,
)
from dialer.store.last_look import LastLook
from dialer.store.session import Database, DatabaseUnreachable

log = logging.getLogger(__name__)
T = TypeVar("T")

# A claimed lead is held this long; a hopper holds two leads an agent, so a lease is rarely older than some minutes.
LEASE = timedelta(minutes=10)
# Counting what is left of a campaign takes longer than claiming from it.
COUNT_EVERY = timedelta(seconds=5)
# How old the last look at the do-not-call lists may be when a call is sent, and how long it is repeated for that before
# the call is given up.
FRESH = timedelta(milliseconds=6)
PATIENCE = timedelta(milliseconds=250)
# Between two tries to save while the database is away.
RETRY = 0.5
# The PBX writes its call record just after the channel is gone.
WITNESS_TRIES = 3


@dataclass(slots=True)
class Orders:
    """What the commands need. `tell` puts an event in the engine's inbox."""

    db: Database
    ami: Ami
    control: control.ControlSettings
    rulebook: Rulebook
    node: str
    call_records: Path
    library_root: Path
    notice: Path | None
    clock: Callable[[], datetime]
    campaign: Callable[[int], Campaign]  # the settings in force
    screen: Screen  # the registries
    listener: Listener = field(default_factory=Listener)
    library: Library | None = None
    tell: Callable[[ev.Event], None] = lambda event: None
    outbox_grew: Callable[[], None] = lambda: None
    last_look: LastLook = field(init=False)
    _store_down: bool = False
    _count_at: dict[int, datetime] = field(default_factory=dict)  # when a campaign's leads are counted next
    _without_message: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.last_look = LastLook(self.db)

    def table(self) -> Mapping[type, Performer]:
        """One function per command."""
        return {
            cmd.ClaimLeads: self.claim,
            cmd.ClaimLead: partial(asked.claim_one, self),
            cmd.ReleaseLead: self.release,
            cmd.RefuseLead: self.refuse,
            cmd.OpenAttemptRow: self.open,
            cmd.Originate: self.originate,
            cmd.OfferAgent: self.offer_agent,
            cmd.BlockNumber: self.block_number,
            cmd.ThankCustomer: self.thank_customer,
            cmd.SaveBridge: self.save_bridge,
            cmd.SaveEnding: self.save_ending,
            cmd.CloseAttempt: self.close,
            cmd.FinishRecording: self.finish_recording,
            cmd.DropRecording: self.drop_recording,
            cmd.AskWitness: self.witness,
            cmd.OpenTransferRow: partial(asked.open_transfer, self),
            cmd.OriginateTransfer: partial(asked.originate_transfer, self),
            cmd.SaveTransfer: partial(asked.save_transfer, self),
            cmd.RingAgent: self.ring_agent,
            cmd.HangupLeg: self.hang_up,
            cmd.RingSupervisor: self.ring_supervisor,
            cmd.SpyOn: self.spy_on,
            cmd.SaveAgent: self.save_agent,
            cmd.SaveSupervision: self.save_supervision,
            cmd.RaiseIncident: self.raise_incident,
            cmd.Resync: self.resync,
        }

    def lost(self, order: cmd.Command, error: Exception) -> ev.Event | None:
        """A command failed in a way nobody foresaw: nobody may wait for its answer for ever."""
        reason = f"internal error: {type(error).__name__}"
        match order:
            case cmd.ClaimLeads(campaign_id=campaign_id):
                return ev.ClaimFailed(campaign_id, reason)
            case cmd.ClaimLead(agent_id=agent_id, asked_at=asked_at):
                return ev.LeadNotClaimed(agent_id, asked_at, "failed")
            case cmd.OpenTransferRow(transfer_id=transfer_id):
                return ev.TransferNotOpened(transfer_id)
            case cmd.OriginateTransfer(transfer_id=transfer_id):
                return ev.TransferUnknown(transfer_id, reason)
            case cmd.OpenAttemptRow(attempt_id=attempt_id):
                return ev.AttemptNotOpened(attempt_id, reason)
            case cmd.Originate(attempt_id=attempt_id):
                return ev.OriginateUnknown(attempt_id, reason)
            case cmd.AskWitness(attempt_id=attempt_id):
                return ev.Witnessed(attempt_id, None, None, None, None)
            case cmd.Resync():
                return ev.ResyncFailed(reason)
            case _:
                return None

    async def saved(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run one writing transaction, again and again until the database took it. Safe because all of `store` is."""
        while True:
            try:
                async with self.db.begin() as c:
                    done = await work(c)
            except DatabaseUnreachable as error:
                if not self._store_down:
                    log.error("the database is away: %s", error)
                    self._store_down = True
                    self.tell(ev.StoreDown(str(error)))
                await asyncio.sleep(RETRY)
            else:
                if self._store_down:
                    self._store_down = False
                    log.warning("the database is back")
                    self.tell(ev.StoreUp())
                return done

    # --- leads ------------------------------------------------------------------------------------------------------

    async def claim(self, order: cmd.ClaimLeads) -> ev.Event:
        campaign = self.campaign(order.campaign_id)

        async def work(c: AsyncConnection) -> leads.Claimed:
            now = self.clock()
            until, count = now + LEASE, now >= self._count_at.get(campaign.id, now)
            return await leads.claim(
                c, campaign, order.count, until=until, now=now, node=self.node, screen=self.screen, count=count
            )

        found = await self.saved(work)
        if found.left is not None:
            self._count_at[campaign.id] = self.clock() + COUNT_EVERY
        return ev.LeadsClaimed(order.campaign_id, found.prospects, found.next_at, found.left)

    async def release(self, order: cmd.ReleaseLead) -> None:
        await self.saved(lambda c: leads.release(c, order, self.clock()))

    async def refuse(self, order: cmd.RefuseLead) -> None:
        await self.saved(lambda c: leads.refuse(c, order, self.clock()))

    # --- attempts ---------------------------------------------------------------------------------------------------

    async def open(self, order: cmd.OpenAttemptRow) -> ev.Event:
        campaign = self.campaign(order.campaign_id)

        async def work(c: AsyncConnection) -> Permit | Refusal:
            return await attempts.open(c, order, self.rulebook, campaign, self.clock(), self.screen)

        try:
            verdict = await self.saved(work)
        except attempts.AttemptExists:
            # An earlier try of this very order was saved although its answer was lost: nothing else makes this id,
            # and nothing has been sent under it. The floor asks the gate again before it sends.
            return ev.AttemptOpened(order.attempt_id, order.permit)
        except attempts.LeadNotHeld as error:
            return ev.AttemptNotOpened(order.attempt_id, str(error))
        if isinstance(verdict, Refusal):
            return ev.AttemptRefused(order.attempt_id, verdict)
        return ev.AttemptOpened(order.attempt_id, verdict)

    async def originate(self, order: cmd.Originate) -> ev.Event:
        if not (order.message or self.control.message):
            await self._no_message(order)
        try:
            refusal = await self.listed_since(order.permit)
        except DatabaseUnreachable:
            return ev.OriginateNotSent(order.attempt_id, "whether the number was blocked meanwhile cannot be told")
        if refusal is not None:
            return ev.OriginateNotSent(order.attempt_id, refusal.rule, refusal)
        return await control.originate(self.ami, order, self.control, self.clock())

    async def listed_since(self, permit: Permit) -> Refusal | None:
        """The last look at the lists: between the row and this moment the number may have been put on one, and no call
        may go to it from 10 ms after that. An answer that took too long is old already, and the question is put again.

        Raises:
            DatabaseUnreachable: also where it never answers in time; what is not known is no leave to call.
        """
        campaign = self.campaign(permit.campaign_id)
        began = self.clock()
        while self.clock() - began < PATIENCE:
            stands, looked_at = await self.last_look.stands(permit.number, campaign, self.clock)
            if stands:
                looked_at = self.clock()
                async with self.db.read() as c:
                    question = await questions.with_hits_now(c, permit.basis.question, campaign)
                verdict = check(self.rulebook, question, self.clock())
                if isinstance(verdict, Refusal):
                    return verdict
            if self.clock() - looked_at <= FRESH:
                return None
        log.error("calls are not placed: the database takes too long to say whether a number was just blocked")
        raise DatabaseUnreachable("it takes too long to say whether a number was just blocked")

    async def _no_message(self, order: cmd.Originate) -> None:
        """Somebody's law wants a message, and there is none: said once a campaign, for the house's own is asked at the
        campaign's start.
        """
        campaign_id, pack = order.permit.campaign_id, demanding(self.rulebook, order.permit.basis.packs)
        if pack is not None and campaign_id not in self._without_message:
            self._without_message.add(campaign_id)
            sentence = f"campaign {campaign_id} calls under {pack} without a message for who finds no agent"
            await self.raise_incident(cmd.RaiseIncident("message_missing", sentence, self.clock()))

    async def offer_agent(self, order: cmd.OfferAgent) -> None:
        await self._order(control.offer_agent(self.ami, order))

    async def block_number(self, order: cmd.BlockNumber) -> ev.Event:
        number = await self.saved(lambda c: opt_out.keep(c, order.attempt_id, order.source, order.at, self.clock()))
        log.info("attempt=%s the customer pressed the key: the number is on the company's list", order.attempt_id)
        return ev.OptOutKept(order.attempt_id, number)

    async def thank_customer(self, order: cmd.ThankCustomer) -> None:
        await self._order(control.thank(self.ami, order))

    async def save_bridge(self, order: cmd.SaveBridge) -> None:
        await self.saved(lambda c: attempts.save_bridge(c, order))

    async def save_ending(self, order: cmd.SaveEnding) -> None:
        await self.saved(lambda c: attempts.save_ending(c, order.ending))

    async def close(self, order: cmd.CloseAttempt) -> None:
        await self.saved(lambda c: closing.close(c, order, self.clock()))
        self.outbox_grew()

    async def witness(self, order: cmd.AskWitness) -> ev.Event:
        for left in reversed(range(WITNESS_TRIES)):
            try:
                found = await asyncio.to_thread(cdr.find, self.call_records, order.attempt_id)
            except OSError as error:
                log.warning("call records cannot be read: %s", error.strerror)
                found = None
            if found is not None:
                if found.opted_out:  # the call may be closed by now, and its event come to nobody
                    at = found.ended_at or self.clock()
                    self.tell(await self.block_number(cmd.BlockNumber(order.attempt_id, "key", at)))
                return found
            if left:
                await asyncio.sleep(RETRY)
        return ev.Witnessed(order.attempt_id, None, None, None, None)

    # --- recordings -------------------------------------------------------------------------------------------------

    async def finish_recording(self, order: cmd.FinishRecording) -> None:
        assert self.library is not None
        talk = None if order.talk_seconds is None else timedelta(seconds=order.talk_seconds)
        job = Job(order.attempt_id, order.ended_at.date(), talk, self.notice)
        fault = self.library.add(job)
        if fault is not None:
            await self.recording_done(job, fault)

    async def drop_recording(self, order: cmd.DropRecording) -> None:
        assert self.library is not None
        self.library.add(Job(order.attempt_id, order.ended_at.date(), None, keep=False))

    async def recording_done(self, job: Job, verdict: Finished | Fault) -> None:
        """The library's report: a row, an incident, or both."""
        now = self.clock()
        finished = verdict if isinstance(verdict, Finished) else verdict.kept
        if finished is not None:
            row = recordings.Recording(
                attempt_id=job.attempt_id,
                path=finished.path.relative_to(self.library_root).as_posix(),
                sha256=finished.sha256,
                seconds=finished.seconds,
                bytes=finished.size_bytes,
                format=finished.format,
                sides=[_side(side) for side in finished.sides],
                finished_at=now,
            )
            await self.saved(lambda c: recordings.save(c, row))
        if isinstance(verdict, Fault):
            sentence = f"the recording of a talked call is {verdict.kind}: {verdict.sentence}"
            await self.raise_incident(cmd.RaiseIncident(f"recording_{verdict.kind}", sentence, now, job.attempt_id))

    # --- legs -------------------------------------------------------------------------------------------------------

    async def ring_agent(self, order: cmd.RingAgent) -> ev.Event | None:
        try:
            await control.ring_agent(self.ami, order, self.control)
        except (AmiError, BadValue) as error:
            log.warning("agent %s cannot be rung: %s", order.agent_id, error)
            return ev.AgentLegEnded(order.agent_id, order.leg_id, Cause.OTHER)
        return None

    async def hang_up(self, order: cmd.HangupLeg) -> None:
        await self._order(control.hangup(self.ami, order))

    async def ring_supervisor(self, order: cmd.RingSupervisor) -> ev.Event | None:
        try:
            await control.ring_supervisor(self.ami, order, self.control)
        except (AmiError, BadValue) as error:
            log.warning("supervisor %s cannot be rung: %s", order.supervisor_id, error)
            return ev.SpyLegEnded(order.supervisor_id, order.leg_id)
        return None

    async def spy_on(self, order: cmd.SpyOn) -> None:
        await self._order(control.spy_on(self.ami, order))

    async def resync(self, order: cmd.Resync) -> ev.Event | None:
        try:
            legs = await control.live_legs(self.ami)
        except AmiError as error:
            log.warning("which calls live is not known: %s", error)
            return ev.ResyncFailed(str(error))
        self.listener.know(legs)
        return ev.Resynced(legs)

    async def _order(self, sending: Awaitable[object]) -> None:
        """A lost order is no catastrophe: the routine resync finds what it left behind."""
        try:
            await sending
        except (AmiError, BadValue) as error:
            log.warning("an order to Asterisk was lost: %s", error)

    # --- records ----------------------------------------------------------------------------------------------------

    async def save_agent(self, order: cmd.SaveAgent) -> None:
        await self.saved(lambda c: agents.save_state(c, order))

    async def save_supervision(self, order: cmd.SaveSupervision) -> None:
        await self.saved(lambda c: supervision.save(c, order))

    async def raise_incident(self, order: cmd.RaiseIncident) -> None:
        log.warning("incident %s: %s", order.kind, order.sentence)
        await self.saved(lambda c: incidents.raise_one(c, order))
        self.outbox_grew()


def _side(side: Any) -> dict[str, float]:
    return {key: getattr(side, key) for key in ("level_dbfs", "peak_dbfs", "talk_share", "silence_share")}
