"""Transfers: the row that is there before the outside number is called, and its facts as they become known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.campaign import Campaign
from dialer.core.commands import OpenTransferRow, SaveTransfer
from dialer.core.compliance.do_not_call import Screen
from dialer.core.compliance.gate import Permit, Refusal, check
from dialer.core.compliance.packs import Rulebook
from dialer.core.number import Number
from dialer.core.remembered import OpenTransfer
from dialer.store import decisions, locks
from dialer.store.attempts import AttemptExists
from dialer.store.questions import about
from dialer.store.schema import attempts, transfers


async def open(
    c: AsyncConnection,
    order: OpenTransferRow,
    rulebook: Rulebook,
    campaign: Campaign,
    now: datetime,
    node: str,
    screen: Screen,
) -> Permit | Refusal:
    """Ask the gate about the outside number, as about a stranger or whosever it is, and write the transfer's row.

    Its owner's hours, lists and caps count, not the customer's. Either answer is kept. After `DatabaseUnreachable` the
    row may be there; trying again then raises `AttemptExists`.

    Raises:
        AttemptExists:
    """
    if await c.scalar(select(transfers.c.id).where(transfers.c.id == order.transfer_id)) is not None:
        raise AttemptExists(f"transfer {order.transfer_id} was opened before")
    await locks.hold(c, [order.number])
    question = replace(await about(c, campaign, order.number, screen, now), mode="manual")
    verdict = check(rulebook, question, now)
    if isinstance(verdict, Permit):
        await c.execute(
            insert(transfers).values(
                id=order.transfer_id,
                attempt_id=order.attempt_id,
                campaign_id=order.campaign_id,
                number=verdict.number.e164,
                agent_id=order.agent_id,
                node=node,
                trunk=order.trunk,
                caller_id=order.caller_id,
                subject=question.subject,
                opened_at=now,
            )
        )
    await decisions.keep(c, verdict, order.transfer_id)
    return verdict


async def save(c: AsyncConnection, order: SaveTransfer) -> None:
    """The facts so far; told twice they only grow. But `sent_at` is as it is told: an order that failed was none."""
    names = ("answered_at", "joined_at", "ended_at", "cause", "because")
    facts: dict[str, Any] = {
        name: func.coalesce(transfers.c[name], value) for name in names if (value := getattr(order, name)) is not None
    }
    facts["sent_at"] = order.sent_at
    await c.execute(update(transfers).where(transfers.c.id == order.transfer_id).values(facts))


async def open_transfers(c: AsyncConnection, node: str) -> tuple[OpenTransfer, ...]:
    """This node's transfers without an end, as a service that starts again must know them."""
    query = select(transfers, attempts.c.trunk.label("customer_trunk")).join(attempts)
    query = query.where(transfers.c.ended_at.is_(None), transfers.c.node == node, transfers.c.number.is_not(None))
    return tuple(
        OpenTransfer(
            transfer_id=row.id,
            attempt_id=row.attempt_id,
            campaign_id=row.campaign_id,
            agent_id=row.agent_id,
            number=Number(row.number),
            trunk=row.trunk,
            customer_trunk=row.customer_trunk,
            opened_at=row.opened_at,
            answered_at=row.answered_at,
            joined_at=row.joined_at,
        )
        for row in await c.execute(query.order_by(transfers.c.opened_at, transfers.c.id))
    )
