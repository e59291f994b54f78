"""Do-not-call: the lists the number is on, and earlier refusals. The store looks the hits up; this is the rule."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from dialer.core.number import Number

OwnScope = Literal["company", "brand", "campaign", "channel"]
Scope = Literal["company", "brand", "campaign", "channel", "registry"]

OWN: Final[tuple[OwnScope, ...]] = ("company", "brand", "campaign", "channel")
"""The scopes of the company's own lists: all of it, one of its brands, one campaign, one way of reaching people."""

CHANNEL: Final = "phone"
"""The channel this program reaches people by. Who wants no mail may still be called."""


@dataclass(frozen=True, slots=True)
class ListHit:
    """The number is on a list. `scope` "registry" is a national or state list, such as TPS, known by `list_name`.

    `source` says who put it there (agent, import, carrier, registry). `expires` None means for good; until that instant
    the hit holds, and time is never offered as its cure: a person may add to the list meanwhile.
    """

    list_name: str
    scope: Scope
    source: str
    since: datetime
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Screened:
    """What the registries say of one number: those it is on, and how old (name, instant) each of those asked is. None
    in place of the instant: the registry is there and cannot be read.
    """

    hits: tuple[ListHit, ...] = ()
    snapshots: tuple[tuple[str, datetime | None], ...] = ()


Screen = Callable[[Number], Screened]


def unscreened(number: Number) -> Screened:
    """The answer of an installation that keeps no registry."""
    return Screened()


def listed(hits: Iterable[ListHit], at: datetime, *scopes: Scope) -> ListHit | None:
    """The first hit of these scopes in force. `since` is not compared: a request counts from when we know of it."""
    return next((hit for hit in hits if hit.scope in scopes and (hit.expires is None or at < hit.expires)), None)
