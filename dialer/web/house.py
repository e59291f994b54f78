"""What the service hands to the web: the parts it built, by name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from dialer.config import Settings
from dialer.core.campaign import Campaign, under_house_rules
from dialer.core.compliance.do_not_call import Screen
from dialer.core.compliance.packs import Rulebook
from dialer.core.events import Event
from dialer.core.floor.picture import Picture
from dialer.core.number import LAB_PREFIX, Number, parse
from dialer.engine import Engine
from dialer.store.session import Database
from dialer.web.jobs import Jobs
from dialer.web.live import Live
from dialer.web.problems import Problem

# The floor answers within milliseconds; whoever waits this long waits for an engine that has stopped.
FLOOR_ANSWERS = 5.0


@dataclass(frozen=True, slots=True)
class House:
    """`clock` gives aware UTC; `live` is what the engine publishes to."""

    engine: Engine
    db: Database
    settings: Settings
    clock: Callable[[], datetime]
    live: Live
    screen: Screen
    jobs: Jobs = field(default_factory=Jobs)

    @property
    def picture(self) -> Picture:
        """The live picture, to be read and never changed."""
        return self.engine.floor.picture

    @property
    def rulebook(self) -> Rulebook:
        """The rules in force: they may be read again while the service runs."""
        return self.picture.rulebook

    @property
    def lab(self) -> bool:
        """The lab's rules are loaded, so that its made-up numbers count as numbers."""
        return LAB_PREFIX in self.rulebook.prefixes

    def parse(self, text: str) -> Number:
        """A number as people write it here. Raises `BadNumber`."""
        return parse(text, self.settings.calling.region, lab=self.lab)

    def under_rules(self, campaign: Campaign) -> Campaign:
        """With what the house and the trunk's carrier ask for, as the floor holds it."""
        return under_house_rules(campaign, self.settings.overlays(campaign.trunk), self.settings.calling.purposes)

    async def ask(self, wish: Event) -> None:
        """Ask the floor for what a person wants; back when the picture shows it.

        Raises:
            ImpossibleTurn: it cannot be; the text says why.
            Problem: the engine does not answer.
        """
        try:
            async with asyncio.timeout(FLOOR_ANSWERS):
                await self.engine.ask(wish)
        except TimeoutError:
            raise Problem("unavailable", "The dialer's engine does not answer.") from None


HOUSE = web.AppKey("house", House)
