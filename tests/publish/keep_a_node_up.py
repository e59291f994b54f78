"""A publisher in a process of its own, so that a test can kill it. Argument: the broker's port."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any

from dialer.publish.mqtt import Publisher, Settings


async def main(port: int) -> None:
    async def nothing(*_: Any) -> Any:
        return []

    await Publisher(
        Settings(node="n1", port=port),
        started_at=datetime.now(UTC),
        version="0.1.0",
        next_batch=nothing,
        mark_sent=nothing,
        accept=nothing,
    ).run()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
