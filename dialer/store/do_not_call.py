"""The company's do-not-call lists, its brands', its campaigns' and its channels': who asked, when, with what proof,
until when.

A row is never deleted. Taking a number off is a dated fact on its row, and a later request makes a new one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Text, and_, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.campaign import Campaign
from dialer.core.compliance.do_not_call import CHANNEL, ListHit, OwnScope
from dialer.core.number import Number
from dialer.store import campaigns, consents, locks, signals
from dialer.store.campaigns import NoSuchCampaign
from dialer.store.number_hash import number_hash, secret
from dialer.store.schema import LOGIN
from dialer.store.schema import do_not_call as table
from dialer.store.together import among
from dialer.store.upsert import insert_new

# Parameters of one statement stay far below what SQLite (32,766) and PostgreSQL (32,767) take.
_CHUNK = 2_000

CHANNELS = (CHANNEL, "sms", "email", "post")
"""Ways of reaching people that one may ask not to be reached by. Only the telephone's list stops calls."""

WHOLE = "list:"
"""Begins the source of a row that came with a list which is replaced as a whole; the list's name follows."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Why a number may not be called, and by whom: by one campaign, by the campaigns of a brand, over a channel, or,
    where none of these is named, by nobody in the company. `expires` None: for good.
    """

    source: str  # agent, import, web, carrier ...
    asked_by: str  # the callee's or the entering person's name or login
    since: datetime
    proof: str = ""  # an attempt's id, a letter's reference
    campaign_id: int | None = None
    expires: datetime | None = None
    brand: str | None = None
    channel: str | None = None

    def __post_init__(self) -> None:
        scope_of(self.campaign_id, self.brand, self.channel)

    @property
    def scope(self) -> OwnScope:
        return scope_of(self.campaign_id, self.brand, self.channel)


@dataclass(frozen=True, slots=True)
class ListCount:
    scope: OwnScope
    campaign_id: int | None
    source: str
    numbers: int
    brand: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Blocked:
    """A number that was put on a list: for a campaign, for a brand, or for all."""

    number: Number
    campaign_id: int | None = None
    brand: str | None = None


class NoSuchBrand(NoSuchCampaign):
    """No campaign calls in the name of this brand: its list would bind nobody."""


def scope_of(campaign_id: int | None, brand: str | None, channel: str | None) -> OwnScope:
    """Which kind of list is meant. Raises ValueError where more than one is, or an empty name."""
    named: list[OwnScope] = []
    if campaign_id is not None:
        named.append("campaign")
    if brand is not None:
        named.append("brand")
    if channel is not None:
        named.append("channel")
    if len(named) > 1 or brand == "" or (channel is not None and channel not in CHANNELS):
        raise ValueError("expected one list: of a campaign, of a brand, of a channel or of the whole company")
    return named[0] if named else "company"


async def known(c: AsyncConnection, campaign_id: int | None, brand: str | None) -> None:
    """Make sure that whom the list is for is there: a name mistyped would protect nobody.

    Raises:
        NoSuchCampaign, NoSuchBrand:
    """
    if campaign_id is not None:
        await campaigns.get(c, campaign_id)
    if brand is not None:
        brands = {record.campaign.brand for record in await campaigns.every(c)} - {""}
        if brand not in brands:
            there_are = f"there are: {', '.join(sorted(brands))}" if brands else "no campaign names one"
            raise NoSuchBrand(f"no campaign has the brand {brand!r}; {there_are}")


async def add(c: AsyncConnection, number: Number, listing: Listing, now: datetime) -> bool:
    """Put a number on a list because its owner, or somebody for them, wants it; False where it already stands there for
    at least as long.

    Once this is committed no new call is opened to the number: an attempt that is being opened has its row before, or
    sees this one. Every process is told. Who wants no calls of the company has also withdrawn what they agreed to.
    """
    await locks.hold(c, (number,))
    added = await add_many(c, (number,), listing, now) == 1
    if listing.scope == "company":
        because = f"do not call: {listing.proof or listing.source}"
        await consents.withdraw(c, number, by=listing.asked_by or listing.source, because=because, now=now)
    return added


async def add_many(c: AsyncConnection, numbers: Iterable[Number], listing: Listing, now: datetime) -> int:
    """Put many numbers on a list, from an iterator that need not fit in memory; returns how many that changed.

    A number already there stays as it is, with two exceptions. A longer listing ends the shorter one and takes its
    place. And so does a person's own request where the number came with a list that is replaced as a whole: else the
    request would go with the list.
    """
    changed, rest = 0, iter(numbers)
    while chunk := {number.e164 for number in islice(rest, _CHUNK)}:
        query = select(table.c.number, table.c.expires, table.c.source)
        present = {row.number: row for row in await c.execute(query.where(_on(listing), table.c.number.in_(chunk)))}
        replaced = [number for number, row in present.items() if _replaces(listing, row)]
        if replaced:
            await c.execute(
                update(table)
                .where(_on(listing), table.c.number.in_(replaced))
                .values(removed_at=now, removed_by=None, removed_because="replaced by a later listing")
            )
        new = sorted(chunk - present.keys()) + sorted(replaced)
        if new:
            rows = [_row(number, listing, now) for number in new]
            ids = list(await c.scalars(insert_new(c, table).returning(table.c.id), rows))
            if listing.channel in (None, CHANNEL):
                await signals.send(c, "listed", ids)
            changed += len(ids)
    return changed


async def remove(
    c: AsyncConnection,
    number: Number,
    campaign_id: int | None,
    *,
    by: str,
    because: str,
    now: datetime,
    brand: str | None = None,
    channel: str | None = None,
) -> bool:
    """Take a number off a list, with who and why; False where it was not on it. What is left of an erased number is
    taken off too.
    """
    key = await secret(c)
    same = table.c.number == number.e164
    if key is not None:
        same = or_(same, table.c.number_hash == number_hash(key, number))
    done = await c.execute(
        update(table)
        .where(_on_list(campaign_id, brand, channel), same)
        .values(removed_at=now, removed_by=by[: LOGIN.length], removed_because=because)
    )
    return done.rowcount > 0


async def remove_many(
    c: AsyncConnection, numbers: Iterable[Number], listing: Listing, *, by: str, because: str, now: datetime
) -> int:
    """Take off this list what came there by this listing's source, of these numbers; returns how many that were."""
    removed, rest = 0, iter(numbers)
    while chunk := [number.e164 for number in islice(rest, _CHUNK)]:
        done = await c.execute(
            update(table)
            .where(_on(listing), table.c.source == listing.source, table.c.number.in_(chunk))
            .values(removed_at=now, removed_by=by[: LOGIN.length], removed_because=because)
        )
        removed += done.rowcount
    return removed


async def page(c: AsyncConnection, listing: Listing, after: int, limit: int) -> list[tuple[int, Number]]:
    """What came on this list by this listing's source, from the row after `after` on: ids and numbers."""
    query = select(table.c.id, table.c.number).where(
        _on(listing), table.c.source == listing.source, table.c.number.is_not(None), table.c.id > after
    )
    return [(row.id, Number(row.number)) for row in await c.execute(query.order_by(table.c.id).limit(limit))]


def _standing(column: ColumnElement[Any], name: str) -> Select[Any]:
    """What stands on the lists that a campaign obeys about those that `column` knows by the values bound to `name`."""
    scopes = or_(
        table.c.scope == "company",
        table.c.channel == CHANNEL,
        table.c.campaign_id == bindparam("of_campaign", type_=BigInteger()),
        table.c.brand == bindparam("of_brand", type_=Text()),
    )
    return select(
        table.c.id, column.label("known_by"), table.c.scope, table.c.campaign_id, table.c.brand, table.c.channel,
        table.c.source, table.c.since, table.c.expires,
    ).where(table.c.removed_at.is_(None), scopes, among(column, name))  # fmt: skip


# Two queries, so that each uses its own index in both databases.
HITS = _standing(table.c.number, "dialed")
ERASED = _standing(table.c.number_hash, "hashes")


async def hits(
    c: AsyncConnection, numbers: Iterable[Number], campaign: Campaign | None = None
) -> dict[Number, tuple[ListHit, ...]]:
    """The lists each number stands on: the company's and the telephone's, and those of this campaign and its brand.
    Numbers on none are left out. A number that was erased is known by its hash.
    """
    found: dict[Number, tuple[ListHit, ...]] = {}
    key, rest = await secret(c), iter(numbers)
    while chunk := set(islice(rest, _CHUNK)):
        bound = values(chunk, key, campaign)
        rows = [row for query in (HITS, ERASED) for row in await c.execute(query, bound)]
        found |= read(rows, chunk, key, campaign)
    return found


def values(numbers: Iterable[Number], key: str | None, campaign: Campaign | None) -> dict[str, Any]:
    """What `HITS` and `ERASED` are bound to; `key` is the installation's secret."""
    wanted = list(numbers)
    return {
        "dialed": [number.e164 for number in wanted],
        "hashes": [number_hash(key, number) for number in wanted] if key is not None else [],
        "of_campaign": campaign.id if campaign is not None else None,
        "of_brand": campaign.brand if campaign is not None else None,
    }


def read(
    rows: Iterable[Any], numbers: Iterable[Number], key: str | None, campaign: Campaign | None
) -> dict[Number, tuple[ListHit, ...]]:
    """The answer of `hits`, from the rows of `HITS` and `ERASED`."""
    found: dict[Number, list[ListHit]] = {}
    whose: dict[str, Number] = {}
    for row in sorted(rows, key=lambda row: row.id):
        if not whose:  # most numbers stand on no list
            for number in numbers:
                whose[number.e164] = number
                if key is not None:
                    whose[number_hash(key, number)] = number
        hit = ListHit(_name(row, campaign), row.scope, row.source, row.since, row.expires)
        found.setdefault(whose[row.known_by], []).append(hit)
    return {number: tuple(lists) for number, lists in found.items()}


async def counts(c: AsyncConnection, now: datetime) -> tuple[ListCount, ...]:
    """How many numbers are on each list at `now`, by who put them there."""
    columns = (table.c.scope, table.c.campaign_id, table.c.brand, table.c.channel, table.c.source)
    rows = await c.execute(
        select(*columns, func.count().label("numbers"))
        .where(table.c.removed_at.is_(None), or_(table.c.expires.is_(None), table.c.expires > now))
        .group_by(*columns)
        .order_by(*columns)
    )
    return tuple(ListCount(**row._mapping) for row in rows)


async def blocked(c: AsyncConnection, since: datetime) -> tuple[Blocked, ...]:
    """What was put on a list at or after `since`. Ask again from a little before the last answer: rows become visible
    in the order of their commits, not of their times.
    """
    return await _blocked(c, table.c.added_at >= since)


async def blocked_among(c: AsyncConnection, first: int, last: int) -> tuple[Blocked, ...]:
    """What the rows `first` to `last` block."""
    return await _blocked(c, table.c.id.between(first, last))


async def _blocked(c: AsyncConnection, condition: ColumnElement[bool]) -> tuple[Blocked, ...]:
    rows = await c.execute(
        select(table.c.number, table.c.campaign_id, table.c.brand)
        .where(condition, table.c.removed_at.is_(None), table.c.number.is_not(None))
        .where(or_(table.c.channel.is_(None), table.c.channel == CHANNEL))
        .order_by(table.c.added_at, table.c.id)
    )
    return tuple(Blocked(Number(row.number), row.campaign_id, row.brand) for row in rows)


def _name(row: Any, campaign: Campaign | None) -> str:
    """The list as people call it."""
    match row.scope:
        case "campaign":
            return f"campaign {campaign.name if campaign is not None else row.campaign_id}"
        case "brand":
            return f"brand {row.brand}"
        case "channel":
            return f"channel {row.channel}"
        case _:
            return str(row.scope)


def _on(listing: Listing) -> ColumnElement[bool]:
    return _on_list(listing.campaign_id, listing.brand, listing.channel)


def _on_list(campaign_id: int | None, brand: str | None, channel: str | None) -> ColumnElement[bool]:
    """Present on exactly this list."""
    scope = scope_of(campaign_id, brand, channel)
    named = {"campaign": (table.c.campaign_id, campaign_id), "brand": (table.c.brand, brand),
             "channel": (table.c.channel, channel)}  # fmt: skip
    own = [column == value for column, value in [named[scope]]] if scope in named else []
    return and_(table.c.removed_at.is_(None), table.c.scope == scope, *own)


def _replaces(listing: Listing, present: Any) -> bool:
    if present.expires is not None and (listing.expires is None or listing.expires > present.expires):
        return True
    own_request = present.source.startswith(WHOLE) and not listing.source.startswith(WHOLE)
    return own_request and listing.expires == present.expires


def _row(number: str, listing: Listing, now: datetime) -> dict[str, object]:
    return {
        "number": number,
        "scope": listing.scope,
        "campaign_id": listing.campaign_id,
        "brand": listing.brand,
        "channel": listing.channel,
        "source": listing.source,
        "proof": listing.proof,
        "asked_by": listing.asked_by,
        "since": listing.since,
        "expires": listing.expires,
        "added_at": now,
    }
