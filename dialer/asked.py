"""Carries out what agents ask for beside the campaign's own calls: manual calls and transfers that dial out.

Part of `orders.py`, and done by its rules: what must be saved is saved, an order to Asterisk is sent once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.asterisk import control
from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.compliance.gate import Permit, Refusal
from dialer.core.lead import Prospect
from dialer.store import manual, transfers
from dialer.store.attempts import AttemptExists
from dialer.store.session import DatabaseUnreachable

if TYPE_CHECKING:
    from dialer.orders import Orders


async def claim_one(orders: Orders, order: cmd.ClaimLead) -> ev.Event:
    campaign = orders.campaign(order.campaign_id)

    async def work(c: AsyncConnection) -> Prospect | Refusal | str:
        return await manual.claim_one(
            c, order, campaign, orders.rulebook, now=orders.clock(), node=orders.node, screen=orders.screen
        )

    found = await orders.saved(work)
    if isinstance(found, Prospect):
        return ev.LeadClaimed(order.agent_id, order.asked_at, found)
    reason, refusal = ("refused", found) if isinstance(found, Refusal) else (found, None)
    return ev.LeadNotClaimed(order.agent_id, order.asked_at, reason, refusal)


async def open_transfer(orders: Orders, order: cmd.OpenTransferRow) -> ev.Event:
    campaign = orders.campaign(order.campaign_id)

    async def work(c: AsyncConnection) -> Permit | Refusal:
        return await transfers.open(c, order, orders.rulebook, campaign, orders.clock(), orders.node, orders.screen)

    try:
        verdict = await orders.saved(work)
    except AttemptExists:
        # An earlier try of this order was saved although its answer, and with it the permit, was lost. Nothing has been
        # sent under it; the agent may ask again.
        ended = cmd.SaveTransfer(order.transfer_id, None, None, None, orders.clock(), None, "failed")
        await save_transfer(orders, ended)
        return ev.TransferNotOpened(order.transfer_id)
    if isinstance(verdict, Refusal):
        return ev.TransferNotOpened(order.transfer_id, verdict)
    return ev.TransferOpened(order.transfer_id, verdict)


async def originate_transfer(orders: Orders, order: cmd.OriginateTransfer) -> ev.Event | None:
    try:
        refusal = await orders.listed_since(order.permit)
    except DatabaseUnreachable:
        return ev.TransferNotSent(order.transfer_id, "whether the number was blocked meanwhile cannot be told")
    if refusal is not None:
        return ev.TransferNotSent(order.transfer_id, refusal.rule, refusal)
    return await control.transfer(orders.ami, order, orders.control, orders.clock())


async def save_transfer(orders: Orders, order: cmd.SaveTransfer) -> None:
    await orders.saved(lambda c: transfers.save(c, order))
