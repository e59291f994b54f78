"""A process of its own that puts numbers on the company's list: each line of its input is one, each line of its output
the same number and the moment when the database had it, in seconds since 1970.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime

from dialer.core.number import Number
from dialer.store import do_not_call
from dialer.store.do_not_call import Listing
from dialer.store.session import Database


async def main(url: str) -> None:
    db = Database(url)
    async with db.read():
        pass  # connected before the first line comes
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        now = datetime.now(UTC)
        async with db.begin() as c:
            await do_not_call.add(c, Number(line.strip()), Listing("test", "callee", now), now)
        print(line.strip(), time.time(), flush=True)
    await db.close()


asyncio.run(main(sys.argv[1]))
