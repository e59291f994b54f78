"""Our own port, and the MQTT broker."""

from __future__ import annotations

import asyncio
import errno
import socket

from dialer.cli.checkup.finding import Finding, address_of, failed, ok
from dialer.config import HttpSettings, MqttSettings

CONNECT_SECONDS = 4.0


async def http(settings: HttpSettings) -> list[Finding]:
    """Free to listen on, or our own service answers there."""
    check, where = "http", f"{settings.host} port {settings.port}"
    if settings.port == 0:
        return [ok(check, f"{settings.host}: a free port is taken at each start")]
    try:
        address = await address_of(settings.host, settings.port)
        _try_to_listen(address, settings.port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            return [failed(check, f"{where}: {error.strerror or error}", "Correct http.host and http.port.")]
    else:
        return [ok(check, f"{where}: free")]
    status = await _health(address, settings.port)
    if status == 200:
        return [ok(check, f"{where}: the dialer is running there")]
    if status == 503:
        to_do = "See its log: the database is lost, or it met a mistake of ours and dials nobody."
        return [failed(check, f"{where}: the dialer runs there and is not well", to_do)]
    return [failed(check, f"{where}: another program listens there", "End it, or choose another http.port.")]


async def mqtt(settings: MqttSettings) -> list[Finding]:
    import aiomqtt

    check, where = "mqtt", f"{settings.host} port {settings.port}"
    if not settings.host:
        return [ok(check, "not used (mqtt.host is empty)")]
    try:
        address = await address_of(settings.host, settings.port)
        password = settings.password.get_secret_value() if settings.password is not None else None
        async with aiomqtt.Client(
            address, settings.port, username=settings.username, password=password, timeout=CONNECT_SECONDS
        ):
            return [ok(check, f"{where}: connected")]
    except (aiomqtt.MqttError, OSError) as error:
        to_do = "Start the broker, or correct mqtt.host, mqtt.port, mqtt.username and DIALER_MQTT__PASSWORD."
        return [failed(check, f"{where}: {error}", to_do)]


def _try_to_listen(address: str, port: int) -> None:
    """As the server would: a port whose last connections are still closing is free. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((address, port))
        probe.listen(1)


async def _health(address: str, port: int) -> int | None:
    """The status of `/healthz` where its body is ours; None where something else answers."""
    host = f"[{address}]" if ":" in address else address
    host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104  compared, not bound
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(host.strip("[]"), port)
            try:
                writer.write(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                answer = await reader.read(64 * 1024)
                while not reader.at_eof() and len(answer) < 64 * 1024:
                    answer += await reader.read(64 * 1024)
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None
    head, _, body = answer.partition(b"\r\n\r\n")
    if body not in (b"ok\n", b"not ok\n"):
        return None
    return 200 if head.split(b" ")[1:2] == [b"200"] else 503
