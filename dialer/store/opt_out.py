"""The key: a customer's wish is on the company's list, with the attempt as its proof."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.number import Number
from dialer.store import do_not_call, locks
from dialer.store.attempts import NoSuchAttempt
from dialer.store.do_not_call import Listing
from dialer.store.schema import attempts


async def keep(c: AsyncConnection, attempt_id: str, source: str, at: datetime, now: datetime) -> Number:
    """Put the number that this attempt called on the company's list, for good; returns it. Twice is as good as once.

    Raises:
        NoSuchAttempt:
    """
    dialed = await c.scalar(select(attempts.c.number).where(attempts.c.id == attempt_id))
    if dialed is None:
        raise NoSuchAttempt(attempt_id)
    number = Number(dialed)
    await locks.hold(c, (number,))
    await do_not_call.add(c, number, Listing(source, asked_by="customer", since=at, proof=attempt_id), now)
    first = func.coalesce(attempts.c.opted_out_at, at)
    await c.execute(update(attempts).where(attempts.c.id == attempt_id).values(opted_out_at=first))
    return number
