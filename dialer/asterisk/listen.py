"""The stream of events as the engine wants it: link changes and facts about our legs, in order.

One thing needs a memory. When an Originate fails, Asterisk sends an OriginateResponse without the true cause, and a
Hangup with it before or after: the Hangup is the end. Only where no channel could be made at all (no such endpoint,
a trunk or phone that is known to be unreachable) no Hangup comes, the response alone is the end, and its fields are the
same in both cases. So it is remembered which legs have had a channel.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from dialer.asterisk.connection import Ami, Item
from dialer.asterisk.protocol import Message
from dialer.asterisk.translate import leg_id, to_event
from dialer.core.events import Event
from dialer.core.remembered import LiveLeg

REMEMBERED = 20_000  # legs; an Originate is over minutes after its channel was made


class Listener:
    """Turns what comes from `Ami.messages()` into events; keep one across reconnects."""

    def __init__(self) -> None:
        self._channels: dict[str, None] = {}  # leg ids in the order they were first seen

    async def events(self, ami: Ami) -> AsyncIterator[Event]:
        """Everything that happened, until the connection is closed."""
        async for item in ami.messages():
            event = self.event(item)
            if event is not None:
                yield event

    def event(self, item: Item) -> Event | None:
        """The fact in one item, if it is one."""
        if not isinstance(item, Message):
            return item
        if item.name != "OriginateResponse":
            if (leg := leg_id(item.get("Uniqueid"))) is not None:
                self._remember(leg[2])
        elif item.get("ActionID") in self._channels:
            return None  # its Hangup says why
        return to_event(item)

    def know(self, legs: Iterable[LiveLeg]) -> None:
        """These legs live, as a resync has found: their channels were made while nobody listened."""
        for leg in legs:
            self._remember(leg.leg_id)

    def _remember(self, identity: str) -> None:
        self._channels[identity] = None
        if len(self._channels) > REMEMBERED:
            del self._channels[next(iter(self._channels))]
