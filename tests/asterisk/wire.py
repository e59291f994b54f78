"""A protocol on a wire that the test holds in its hand: no socket, every byte and every packet as the test wants."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable

from dialer.asterisk.protocol import AmiProtocol, Message

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
WANTED = frozenset({"Hangup", "Newstate"})


class Wire(asyncio.Transport):
    """The transport's end of it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.aborted


class Ear:
    """A protocol and what it told."""

    def __init__(self, banner: bytes = BANNER, wanted: frozenset[str] = WANTED) -> None:
        self.told: list[Message] = []
        self.counts: Counter[str] = Counter()
        self.wire = Wire()
        self.protocol = AmiProtocol(wanted, self.told.append, self.counts)
        self.protocol.connection_made(self.wire)
        self.protocol.data_received(banner)

    def hear(self, data: bytes, size: int = 1 << 20) -> list[Message]:
        """Feed the bytes in packets of this size; all that was told since the beginning."""
        for at in range(0, len(data), size):
            self.protocol.data_received(data[at : at + size])
        return self.told

    def hear_pieces(self, pieces: Iterable[bytes]) -> list[Message]:
        for piece in pieces:
            self.protocol.data_received(piece)
        return self.told
