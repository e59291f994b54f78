from __future__ import annotations

import logging
import socket

import pytest
from aiohttp import ClientSession

from dialer.core import events as ev
from dialer.web.house import House
from dialer.web.server import PortTaken, serve


async def test_it_serves_on_a_free_port_and_stops(house: House) -> None:
    async with ClientSession() as client:
        async with serve(house, "127.0.0.1", 0) as port, client.get(f"http://127.0.0.1:{port}/") as page:
            assert page.status == 200
            assert '<a href="/api/openapi.json">' in await page.text()
        with pytest.raises(OSError, match="Connect"):
            await client.get(f"http://127.0.0.1:{port}/")


async def test_a_taken_port_is_one_clear_sentence(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port}: another program listens there"):
            async with serve(house, "127.0.0.1", port):
                pass


async def test_an_address_that_is_not_ours_is_said(house: House) -> None:
    with pytest.raises(PortTaken, match="no such address"):
        async with serve(house, "192.0.2.1", 0):
            pass


async def test_health_is_yes_or_no_to_strangers(house: House) -> None:
    async with ClientSession() as client, serve(house, "127.0.0.1", 0) as port:
        async with client.get(f"http://127.0.0.1:{port}/healthz") as well:
            assert (well.status, await well.text()) == (200, "ok\n")
        await house.ask(ev.StoreDown("no disk left"))
        async with client.get(f"http://127.0.0.1:{port}/healthz") as ill:
            assert (ill.status, await ill.text()) == (503, "not ok\n")


async def test_the_log_names_routes_and_not_what_was_asked_for(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "dialer.web.server"):
        async with ClientSession() as client, serve(house, "127.0.0.1", 0) as port:
            await client.get(f"http://127.0.0.1:{port}/api/v1/users/12125550123?number=12125550123")
    assert "GET /api/v1/users/{login} 401" in caplog.text
    assert "12125550123" not in caplog.text
