"""Lists of leads as they came in: what each added, and the leads themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.compliance.consent import Consent, Given
from dialer.core.number import Number
from dialer.store import consents
from dialer.store.campaigns import NoSuchCampaign
from dialer.store.consents import Evidence
from dialer.store.schema import campaigns, lead_numbers, leads, lists


@dataclass(frozen=True, slots=True)
class NewLead:
    """A person to be added to a campaign. `numbers` are (number, label), the first to be tried first."""

    name: str
    numbers: tuple[tuple[Number, str], ...]
    region: str | None = None  # ISO 3166-2 of a known address
    zone: str | None = None  # IANA name
    grade: str | None = None
    source: str | None = None
    external_id: str | None = None
    priority: int = 0
    fields: Mapping[str, str] = field(default_factory=dict)
    consent: Consent | None = None  # what they agreed to
    consent_proof: str = ""  # empty: the list
    consent_at: datetime | None = None  # None: from the import on
    consent_until: datetime | None = None
    consent_purpose: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class LeadList:
    """`finished_at` None: the import was interrupted or still runs; doing it again adds only the rest."""

    id: int
    campaign_id: int
    name: str
    source: str
    by: str
    imported_at: datetime
    finished_at: datetime | None
    added: int
    doubled: int
    rejected: int


async def create(c: AsyncConnection, campaign_id: int, name: str, *, source: str, by: str, now: datetime) -> int:
    """Begin a list; returns its id. Raises `NoSuchCampaign`."""
    if await c.scalar(select(campaigns.c.id).where(campaigns.c.id == campaign_id)) is None:
        raise NoSuchCampaign(f"no campaign {campaign_id}")
    made = await c.execute(
        insert(lists)
        .values(
            campaign_id=campaign_id, name=name, source=source, by=by, imported_at=now, added=0, doubled=0, rejected=0
        )
        .returning(lists.c.id)
    )
    return int(made.scalar_one())


async def present(c: AsyncConnection, campaign_id: int, numbers: Sequence[Number]) -> set[Number]:
    """Which of these numbers the campaign already has."""
    query = select(lead_numbers.c.number).where(
        lead_numbers.c.campaign_id == campaign_id, lead_numbers.c.number.in_([number.e164 for number in numbers])
    )
    return {Number(number) for number in await c.scalars(query)}


async def add(
    c: AsyncConnection, campaign_id: int, list_id: int, rows: Sequence[NewLead], now: datetime
) -> tuple[bool, ...]:
    """Add people to the campaign, due at once, in this order; for each row, whether it was added.

    A person any of whose numbers is in the campaign already, or came earlier in `rows`, is doubled and not added.
    Imports into one campaign take turns, row lock by row lock, so that two files cannot both add the same person.
    """
    lock = select(campaigns.c.id).where(campaigns.c.id == campaign_id).with_for_update(key_share=True)
    await c.execute(lock)
    seen = await present(c, campaign_id, [number for row in rows for number, _ in row.numbers])
    added = []
    for row in rows:
        own = {number for number, _ in row.numbers}
        is_new = bool(own) and seen.isdisjoint(own)
        added.append(is_new)
        seen |= own if is_new else set()
    new = [row for row, wanted in zip(rows, added, strict=True) if wanted]
    if new:
        values = [_lead(row, campaign_id, list_id, now) for row in new]
        made = await c.execute(insert(leads).returning(leads.c.id, sort_by_parameter_order=True), values)
        numbers = [
            {"lead_id": lead_id, "campaign_id": campaign_id, "position": place, "number": number.e164, "label": label}
            for lead_id, row in zip(made.scalars(), new, strict=True)
            for place, (number, label) in enumerate(row.numbers)
        ]
        await c.execute(insert(lead_numbers), numbers)
        await consents.add_each(c, [one for row in new for one in _consents(row, list_id, now)], now)
    return tuple(added)


async def count(c: AsyncConnection, list_id: int, *, added: int = 0, doubled: int = 0, rejected: int = 0) -> None:
    """Add to a list's figures, in the transaction that adds its leads."""
    await c.execute(
        update(lists)
        .where(lists.c.id == list_id)
        .values(added=lists.c.added + added, doubled=lists.c.doubled + doubled, rejected=lists.c.rejected + rejected)
    )


async def finish(c: AsyncConnection, list_id: int, now: datetime) -> None:
    """The file was read to its end."""
    await c.execute(update(lists).where(lists.c.id == list_id).values(finished_at=now))


async def every(c: AsyncConnection, campaign_id: int) -> tuple[LeadList, ...]:
    """A campaign's lists, the newest first."""
    query = select(lists).where(lists.c.campaign_id == campaign_id).order_by(lists.c.id.desc())
    return tuple(LeadList(**row._mapping) for row in await c.execute(query))


def given_by(row: NewLead, now: datetime) -> Given | None:
    """What this person agreed to, if they are added now."""
    if row.consent is None:
        return None
    return Given(row.consent, row.consent_at or now, row.consent_purpose, row.consent_until)


def _consents(row: NewLead, list_id: int, now: datetime) -> list[tuple[Number, Given, Evidence]]:
    """One for each of the person's numbers."""
    given = given_by(row, now)
    if given is None:
        return []
    evidence = Evidence("import", row.consent_proof or f"list {list_id}", "import")
    return [(number, given, evidence) for number, _ in row.numbers]


def _lead(row: NewLead, campaign_id: int, list_id: int, now: datetime) -> dict[str, Any]:
    return {
        "campaign_id": campaign_id,
        "list_id": list_id,
        "external_id": row.external_id,
        "name": row.name,
        "region": row.region,
        "zone": row.zone,
        "subject": row.subject,
        "grade": row.grade,
        "source": row.source,
        "fields": dict(row.fields),
        "priority": row.priority,
        "status": "new",
        "next_at": now,
        "personal": 0,
        "serial": 0,
        "tries": 0,
        "tries_by_kind": {},
        "created_at": now,
        "changed_at": now,
    }
