"""Who looks at every order that would ring somebody in the instant before its bytes are written, and at the ledger."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.service.inside import Inside

PERMIT_LASTS = timedelta(seconds=5)
QUIET = {"Login", "Ping", "ListCommands", "CoreSettings", "CoreShowChannels", "Hangup", "Setvar", "Redirect", "Filter"}
"""What else is said to Asterisk. None of it can ring anybody: see the contexts below."""

PHONES = {"PJSIP/phone1", "PJSIP/phone-bea", "PJSIP/phone-cid", "PJSIP/phone-dan"}


@dataclass
class Sent:
    """An order to ring somebody over a trunk, and what the ledger held at that moment."""

    leg: str
    number: str
    at: datetime
    kept: list[tuple[str, str, datetime]]  # verdict, number, when


@dataclass
class Witness:
    """Stands between the service and the line to Asterisk, and reads the database file for itself."""

    it: Inside
    sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._file = sqlite3.connect(str(self.it.service.db.url.database))
        self._ask = self.it.service.ami.ask
        self.it.service.ami.ask = self.ask  # type: ignore[method-assign]

    async def ask(self, action: Any, **more: Any) -> Any:
        channel = str(action.get("Channel", ""))
        if action["Action"] == "Originate" and "@" in channel:
            leg = str(action["ActionID"])
            rows = self._file.execute(
                "SELECT verdict, number, at FROM decisions WHERE attempt_id = ?", (leg,)
            ).fetchall()
            kept = [(verdict, number, _utc(at)) for verdict, number, at in rows]
            number = "+" + channel.removeprefix("PJSIP/").partition("@")[0]
            self.sent.append(Sent(leg, number, datetime.now(UTC), kept))
        return await self._ask(action, **more)

    def vouches(self) -> None:
        """Each call had its one permit, and nothing reached Asterisk that was not seen here."""
        self._file.close()
        assert self.sent
        for one in self.sent:
            [(verdict, number, decided)] = one.kept
            assert (verdict, number) == ("permit", one.number)
            assert decided <= one.at < decided + PERMIT_LASTS
        assert len({one.leg for one in self.sent}) == len(self.sent)
        wire = [
            block for visit in self.it.pbx.fake.visits for block in bytes(visit.received).split(b"\r\n\r\n") if block
        ]
        # A probe rings an extension that nobody has: the line's own proof that failures are told.
        probes = [block for block in wire if b"\r\nActionID: probe-" in block]
        assert {_value(block, b"Channel") for block in probes} == {"Local/probe@dialer-nowhere"}
        wire = [block for block in wire if block not in probes]
        orders = [block for block in wire if b"Originate" in block]
        outward = [block for block in orders if b"@" in block]
        assert sorted(_value(block, b"ActionID") for block in outward) == sorted(one.leg for one in self.sent)
        assert {_value(block, b"Channel") for block in orders if block not in outward} <= PHONES
        assert {_value(block, b"Action") for block in wire if block not in orders} <= QUIET
        assert all(_value(block, b"Context").startswith("dialer-") for block in wire if b"\r\nContext: " in block)


def _utc(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _value(block: bytes, name: bytes) -> str:
    [value] = [line.partition(b": ")[2] for line in block.split(b"\r\n") if line.startswith(name + b": ")]
    return value.decode()
