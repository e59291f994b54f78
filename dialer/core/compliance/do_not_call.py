"""Do-not-call: the lists the number is on, and earlier refusals. The store looks the hits up; this is the rule."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Scope = Literal["company", "campaign", "registry"]


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


def listed(hits: Iterable[ListHit], at: datetime, *scopes: Scope) -> ListHit | None:
    """The first hit of these scopes in force. `since` is not compared: a request counts from when we know of it."""
    return next((hit for hit in hits if hit.scope in scopes and (hit.expires is None or at < hit.expires)), None)
