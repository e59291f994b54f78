"""How this node does."""

from __future__ import annotations

from importlib.metadata import version

from aiohttp import web
from pydantic import BaseModel

from dialer.core.floor.views import snapshot
from dialer.web.house import HOUSE, House
from dialer.web.routes import Room
from dialer.web.shapes import NodeView, TrunkView

room = Room("node")


class NodeHealth(BaseModel):
    """`failed`: the engine met a mistake of ours and places nothing more; calls that are up go on."""

    name: str
    version: str
    database: str
    tzdata: str
    packs: list[str]
    failed: str | None
    sockets: int
    agents: int
    calls: int
    node: NodeView
    trunks: list[TrunkView]


@room.route("GET /node", "This node: its PBX, its database, its trunks")
async def see(house: House) -> NodeHealth:
    shown = snapshot(house.picture)
    failed = house.engine.failed
    return NodeHealth.model_validate(
        {
            "name": house.settings.node.name,
            "version": version("dialer"),
            "database": house.db.url.get_backend_name(),
            "tzdata": house.rulebook.tzdata,
            "packs": sorted(pack.label for editions in house.rulebook.packs.values() for pack in editions),
            "failed": type(failed).__name__ if failed is not None else None,
            "sockets": len(house.live),
            "agents": len(shown["agent"]),
            "calls": len(shown["call"]),
            "node": shown["node"][""],
            "trunks": list(shown["trunk"].values()),
        }
    )


async def healthz(request: web.Request) -> web.Response:
    """For a load balancer: yes or no, and nothing more to strangers."""
    house = request.app[HOUSE]
    well = house.engine.failed is None and house.picture.store_ok
    return web.Response(text="ok\n" if well else "not ok\n", status=200 if well else 503)
