"""A person: all numbers that are theirs as far as we know, and all that is kept about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.number import Number
from dialer.store.number_hash import number_hash, secret
from dialer.store.schema import (
    attempts,
    campaigns,
    consents,
    decisions,
    do_not_call,
    erasures,
    incidents,
    lead_numbers,
    leads,
    lists,
    recording_accesses,
    recordings,
    supervision,
    transfers,
)

MOST_LEADS: Final = 200
"""A person is in a campaign once. Numbers that tie more leads together than this are no one person's."""

Rows = list[dict[str, Any]]


class TooManyLeads(Exception):
    """Numbers that several leads share tie more of them together than one person can be."""


@dataclass(frozen=True, slots=True)
class Person:
    """Sorted. `leads` and `attempts` are ids; `hashes` those of the numbers, where the installation has a secret."""

    numbers: tuple[Number, ...]
    leads: tuple[int, ...]
    attempts: tuple[str, ...]
    hashes: tuple[str, ...]

    @property
    def texts(self) -> list[str]:
        return [number.e164 for number in self.numbers]


async def find(c: AsyncConnection, number: Number) -> Person:
    """Whose number this is: the leads that have it, in every campaign, their other numbers, the leads that have those,
    and so on. A number that is no lead's is a person, too.

    Raises:
        TooManyLeads:
    """
    texts, lead_ids, more = {number.e164}, set[int](), {number.e164}
    while more:
        theirs = select(lead_numbers.c.lead_id).where(lead_numbers.c.number.in_(more))
        new = set(await c.scalars(theirs)) - lead_ids
        lead_ids |= new
        if len(lead_ids) > MOST_LEADS:
            raise TooManyLeads(f"numbers that leads share tie more than {MOST_LEADS} of them to the one asked about")
        own = select(lead_numbers.c.number).where(
            lead_numbers.c.lead_id.in_(new), lead_numbers.c.number.startswith("+")
        )
        more = set(await c.scalars(own)) - texts if new else set()
        texts |= more
    tried = select(attempts.c.id).where(or_(attempts.c.lead_id.in_(lead_ids), attempts.c.number.in_(texts)))
    numbers = tuple(Number(text) for text in sorted(texts))
    key = await secret(c)
    hashes = tuple(number_hash(key, one) for one in numbers) if key is not None else ()
    return Person(numbers, tuple(sorted(lead_ids)), tuple(sorted(await c.scalars(tried))), hashes)


async def everything(c: AsyncConnection, person: Person) -> dict[str, Rows]:
    """All rows about this person by the name of their table, as they are; the oldest first."""
    asked: dict[str, Select[Any]] = {
        "leads": select(*leads.c, campaigns.c.name.label("campaign"))
        .join(campaigns, campaigns.c.id == leads.c.campaign_id)
        .where(leads.c.id.in_(person.leads)),
        "lead_numbers": select(lead_numbers).where(lead_numbers.c.lead_id.in_(person.leads)),
        "imports": select(lists).where(lists.c.id.in_(select(leads.c.list_id).where(leads.c.id.in_(person.leads)))),
        "attempts": select(attempts).where(attempts.c.id.in_(person.attempts)),
        "transfers": select(transfers).where(transfers.c.number.in_(person.texts)),
        "recordings": select(recordings).where(recordings.c.attempt_id.in_(person.attempts)),
        "recording_accesses": select(recording_accesses).where(recording_accesses.c.attempt_id.in_(person.attempts)),
        "supervision": select(supervision).where(supervision.c.attempt_id.in_(person.attempts)),
        "incidents": select(incidents).where(incidents.c.attempt_id.in_(person.attempts)),
        "consents": select(consents).where(consents.c.number.in_(person.texts)),
        "do_not_call": select(do_not_call).where(
            or_(do_not_call.c.number.in_(person.texts), do_not_call.c.number_hash.in_(person.hashes))
        ),
        "decisions": select(decisions).where(about(person)),
        "erasures": select(erasures).where(erasures.c.number_hash.in_(person.hashes)),
    }
    return {name: await _rows(c, query.order_by(query.selected_columns[0])) for name, query in asked.items()}


def about(person: Person) -> ColumnElement[bool]:
    """The gate's answers about this person."""
    return or_(decisions.c.number.in_(person.texts), decisions.c.lead_id.in_(person.leads))


async def permits_of(c: AsyncConnection, person: Person) -> dict[str, list[str]]:
    """The rule packs, as id@version, under which each attempt was permitted; what has no kept permit is left out."""
    query = select(decisions.c.attempt_id, decisions.c.packs).where(
        decisions.c.lead_id.in_(person.leads), decisions.c.verdict == "permit", decisions.c.attempt_id.is_not(None)
    )
    return {row.attempt_id: list(row.packs) for row in await c.execute(query.order_by(decisions.c.id))}


async def _rows(c: AsyncConnection, query: Select[Any]) -> Rows:
    return [dict(row._mapping) for row in await c.execute(query)]
