"""Campaigns: settings, status, and the agents who work on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.campaign import Campaign
from dialer.store import campaign_settings
from dialer.store.campaign_settings import BadSetting
from dialer.store.schema import campaign_agents, campaigns, users


class CampaignStatus(StrEnum):
    """Where a campaign stands; a closed one is never opened again."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    CLOSED = "closed"


_NEXT: dict[CampaignStatus, frozenset[CampaignStatus]] = {
    CampaignStatus.DRAFT: frozenset({CampaignStatus.RUNNING, CampaignStatus.CLOSED}),
    CampaignStatus.RUNNING: frozenset({CampaignStatus.PAUSED, CampaignStatus.CLOSED}),
    CampaignStatus.PAUSED: frozenset({CampaignStatus.RUNNING, CampaignStatus.CLOSED}),
    CampaignStatus.CLOSED: frozenset(),
}


class NoSuchCampaign(LookupError):
    """No campaign has this id."""


class StatusRefused(ValueError):
    """The campaign cannot go from its status to this one; the text says what is possible."""


@dataclass(frozen=True, slots=True)
class CampaignRecord:
    campaign: Campaign
    status: CampaignStatus
    created_at: datetime
    changed_at: datetime


async def create(c: AsyncConnection, values: Mapping[str, Any], now: datetime) -> Campaign:
    """A new campaign in draft.

    Raises:
        BadSetting: a setting cannot be used, or the name is taken.
    """
    checked = campaign_settings.read(0, values)
    await _refuse_taken(c, checked)
    row = _row(checked) | {"status": CampaignStatus.DRAFT, "created_at": now, "changed_at": now}
    made = await c.execute(insert(campaigns).values(row).returning(campaigns.c.id))
    return (await get(c, made.scalar_one())).campaign


async def change(c: AsyncConnection, campaign_id: int, values: Mapping[str, Any], now: datetime) -> Campaign:
    """Replace the settings named here and keep the others.

    Raises:
        NoSuchCampaign:
        BadSetting: a setting cannot be used, or the name is taken.
    """
    present = campaign_settings.write((await get(c, campaign_id)).campaign)
    checked = campaign_settings.read(campaign_id, {**present, **values})
    await _refuse_taken(c, checked)
    changed = _row(checked) | {"changed_at": now}
    await c.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(changed))
    return checked


async def get(c: AsyncConnection, campaign_id: int) -> CampaignRecord:
    """Raises `NoSuchCampaign`."""
    row = (await c.execute(select(campaigns).where(campaigns.c.id == campaign_id))).one_or_none()
    if row is None:
        raise NoSuchCampaign(f"no campaign {campaign_id}")
    return _record(row)


async def every(c: AsyncConnection, *statuses: CampaignStatus) -> tuple[CampaignRecord, ...]:
    """All campaigns, or those in one of these statuses; the most urgent first."""
    query = select(campaigns).order_by(campaigns.c.priority.desc(), campaigns.c.id)
    if statuses:
        query = query.where(campaigns.c.status.in_(statuses))
    return tuple(_record(row) for row in await c.execute(query))


async def set_status(c: AsyncConnection, campaign_id: int, status: CampaignStatus, now: datetime) -> bool:
    """True where the status changed; the same status again changes nothing.

    Raises:
        NoSuchCampaign:
        StatusRefused: a closed campaign stays closed; nothing goes back to draft.
    """
    present = (await get(c, campaign_id)).status
    if present is status:
        return False
    if status not in _NEXT[present]:
        possible = ", ".join(sorted(_NEXT[present])) or "nothing"
        raise StatusRefused(f"campaign {campaign_id} is {present}: possible is {possible}")
    await c.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(status=status, changed_at=now))
    return True


async def assign(c: AsyncConnection, campaign_id: int, logins: Iterable[str]) -> None:
    """Let exactly these agents work on the campaign.

    Raises:
        NoSuchCampaign:
        BadSetting: a login that nobody has.
    """
    await get(c, campaign_id)
    wanted = sorted(set(logins))
    known = set(await c.scalars(select(users.c.login).where(users.c.login.in_(wanted))))
    missing = [login for login in wanted if login not in known]
    if missing:
        raise BadSetting("agents", f"nobody has the login {missing[0]!r}")
    await c.execute(delete(campaign_agents).where(campaign_agents.c.campaign_id == campaign_id))
    if wanted:
        await c.execute(insert(campaign_agents), [{"campaign_id": campaign_id, "login": login} for login in wanted])


async def agents_of(c: AsyncConnection, campaign_id: int) -> tuple[str, ...]:
    """Logins, in order."""
    query = select(campaign_agents.c.login).where(campaign_agents.c.campaign_id == campaign_id)
    return tuple(await c.scalars(query.order_by(campaign_agents.c.login)))


async def _refuse_taken(c: AsyncConnection, campaign: Campaign) -> None:
    taken = await c.scalar(select(campaigns.c.id).where(campaigns.c.name == campaign.name))
    if taken is not None and taken != campaign.id:
        raise BadSetting("name", "another campaign has this name")


def _row(campaign: Campaign) -> dict[str, Any]:
    values = campaign_settings.write(campaign)
    columns = {key: values.pop(key) for key in campaign_settings.COLUMNS}
    del columns["id"]
    return {**columns, "settings": values}


def _record(row: Row[Any]) -> CampaignRecord:
    columns = {key: getattr(row, key) for key in campaign_settings.COLUMNS if key != "id"}
    campaign = campaign_settings.read(row.id, {**row.settings, **columns})
    return CampaignRecord(campaign, CampaignStatus(row.status), row.created_at, row.changed_at)
