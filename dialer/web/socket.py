"""The WebSocket: a watcher's line, written out; what a client writes is not read."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from aiohttp import web

from dialer.web.access import HELD, Access
from dialer.web.guard import Person, check_origin, whose
from dialer.web.house import House
from dialer.web.live import SIGNED_OUT, Watcher
from dialer.web.problems import Problem
from dialer.web.routes import Room

room = Room("live")

HEARTBEAT = 20.0  # seconds between pings; a peer that does not answer by half of that is gone
# A sign-in may end on another node, or by its time: asked again this often.
ASK_AGAIN = timedelta(seconds=30)


@room.route("GET /live", "The live picture over a WebSocket", status=101, also=("cross_site",))
async def live(house: House, who: Person, request: web.Request) -> web.WebSocketResponse:
    """First a `SnapshotMessage`, then a `ChangesMessage` for each change, numbered by `seq` without a gap.

    An agent sees themselves, their call and their campaigns; supervisors and administrators see all. Closes with 1001
    when the service stops, 1008 when the sign-in ends, 1013 when the client did not keep up: then connect again.
    """
    check_origin(request, house.settings)
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT, compress=False, max_msg_size=1024)
    if not socket.can_prepare(request).ok:
        raise Problem("bad_request", "A WebSocket is expected here.")
    await socket.prepare(request)
    all_of_it = HELD[who.user.role] >= Access.SUPERVISOR
    watcher = Watcher(who.login, who.session, None if all_of_it else who.login)
    house.live.watch(watcher)
    try:
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(_write(socket, watcher), name=f"socket of {who.login}, out")
            asking = group.create_task(_ask_again(house, who, watcher), name=f"socket of {who.login}, token")
            async for _ in socket:  # only pings, pongs and the close are of interest
                pass
            writing.cancel()
            asking.cancel()
    finally:
        house.live.leave(watcher)
    return socket


async def _write(socket: web.WebSocketResponse, watcher: Watcher) -> None:
    while True:
        item = await watcher.queue.get()
        if isinstance(item, int):
            await socket.close(code=item)
            return
        try:
            await socket.send_str(item)
        except ConnectionError:
            return  # gone; the reading side sees it, too


async def _ask_again(house: House, who: Person, watcher: Watcher) -> None:
    while not watcher.closed:
        await asyncio.sleep(ASK_AGAIN.total_seconds())
        now = await whose(house, who.token)
        if now is None or now.user.role is not who.user.role:
            watcher.close(SIGNED_OUT)
