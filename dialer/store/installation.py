"""What marks this installation: a short random tag in the ids of all its channels."""

from __future__ import annotations

import secrets
import string
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.schema import installation
from dialer.store.upsert import insert_new

_ALPHABET = string.ascii_lowercase + string.digits


async def tag(c: AsyncConnection, now: datetime) -> str:
    """Six letters and digits, made at the first call and the same ever after; needs a writing transaction."""
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(6))
    row = {"id": 1, "tag": drawn, "secret": secrets.token_hex(32), "made_at": now}
    await c.execute(insert_new(c, installation).values(row))
    kept: str = (await c.execute(select(installation.c.tag))).scalar_one()
    return kept
