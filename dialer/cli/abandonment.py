"""A campaign's abandons for the command line: counted in the database, with the limits that hold at home."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from dialer.config import Settings
    from dialer.core.campaign import Campaign

_PERIODS = {
    "campaign_30_days": "in these 30 days of the campaign",
    "calendar_month": "in this month",
    "day": "today",
}


async def standing(c: AsyncConnection, config: Settings, campaign: Campaign, now: datetime) -> list[dict[str, Any]]:
    """One row for each kind of block that has a limit, as the floor shows it; without what the running service knows
    besides: the rule packs of numbers abroad, and how the last answers went.
    """
    from dialer.core.compliance.abandonment import limits
    from dialer.core.floor.views import standing_view
    from dialer.core.pacing.abandon import Abandons
    from dialer.counting import book
    from dialer.rules.house import house_rules
    from dialer.rules.message import at_home
    from dialer.store import abandonment

    found = await abandonment.count(c, campaign.id, book(config), now)
    abandons = Abandons()
    abandons.counted(config.calling.zone, found.started, found.tallies, found.last_at)
    abandons.meet(limits(at_home(config, house_rules(config), campaign, now)))
    return [standing_view(one) for one in abandons.standing(now)]


def sentence(block: dict[str, Any]) -> str:
    """`0 of 1200 live answers today (0 %), limit 3 % (GB), 38 more would pass it; forecast 0 %; from ... to ...`."""
    when, until = (datetime.fromisoformat(block[key]) for key in ("start", "end"))
    needed = f"{block['more']} more would pass it" if block["more"] else "PASSED"
    counted = f"{block['abandoned']} of {block['answered']} live answers {_PERIODS[block['period']]}"
    return (
        f"{counted} ({block['percent']:g} %), limit {block['limit_percent']:g} % ({block['by']}), {needed}; "
        f"forecast {block['forecast_percent']:g} %; {when:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC"
    )
