"""The listening: one address, its real port, and an orderly end."""

from __future__ import annotations

import errno
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from dialer.web.app import build
from dialer.web.house import House

log = logging.getLogger(__name__)

# How long requests that are under way may take to finish at the end. Sockets are closed before.
SHUTDOWN_SECONDS = 5.0


class PortTaken(Exception):
    """Somebody listens there already, or the address is not ours; the text says where."""


class AccessLogger(AbstractAccessLogger):
    """Method, the route's pattern, status and time. Paths and queries stay out: they may name people. What went
    well is for debugging only: a busy floor asks many times a second.
    """

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        match = getattr(request, "match_info", None)
        resource = match.route.resource if match is not None else None
        pattern = resource.canonical if resource is not None else "-"
        level = logging.DEBUG if response.status < 400 else logging.INFO if response.status < 500 else logging.WARNING
        self.logger.log(level, "%s %s %s %.0f ms", request.method, pattern, response.status, time * 1000)


@asynccontextmanager
async def serve(house: House, host: str, port: int) -> AsyncIterator[int]:
    """Serve until left; gives the bound port, which port 0 leaves to the system.

    Raises:
        PortTaken:
    """
    runner = web.AppRunner(
        build(house), access_log_class=AccessLogger, access_log=log, shutdown_timeout=SHUTDOWN_SECONDS
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise PortTaken(_sentence(error, host, port)) from None
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _sentence(error: OSError, host: str, port: int) -> str:
    why = {
        errno.EADDRINUSE: "another program listens there",
        errno.EADDRNOTAVAIL: "this machine has no such address",
        errno.EACCES: "this user may not listen there",
    }.get(error.errno or 0, error.strerror or str(error))
    return f"cannot listen on {host} port {port}: {why} (http.host, http.port)"
