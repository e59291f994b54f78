"""Campaigns by name or id, numbers as people write them, and who is at the keyboard."""

from __future__ import annotations

import getpass
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dialer.cli.failures import Refused

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from dialer.store.campaigns import CampaignRecord

SHOWN = 10  # names offered where none fits


async def campaign_named(c: AsyncConnection, text: str) -> CampaignRecord:
    """A name goes before an id: a campaign may be called 2027.

    Raises:
        NoSuchCampaign: with the names there are.
    """
    from dialer.store import campaigns

    every = await campaigns.every(c)
    for record in every:
        if record.campaign.name == text:
            return record
    for record in every:
        if str(record.campaign.id) == text:
            return record
    names = ", ".join(record.campaign.name for record in every[:SHOWN]) + (", ..." if len(every) > SHOWN else "")
    raise campaigns.NoSuchCampaign(f"there is no campaign {text!r}" + (f"; there are: {names}" if names else " yet"))


def who() -> str:
    """The account at the keyboard, for rows that keep who did it; 32 characters at most."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container without a user table
        return "cli"
    return re.sub(r"[^A-Za-z0-9._-]", "", name)[:32] or "cli"


def instant(text: str, what: str) -> datetime:
    """An ISO 8601 time with its zone, in UTC.

    Raises:
        Refused: something else; a time without a zone would be taken for somebody else's hour.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Refused(f"{what}: expected a time with its zone, such as 2026-11-23T09:30:00+08:00, not {text!r}")
    return moment.astimezone(UTC)
