"""Is this account fit to dial with? Asked at each login, because a right that is missing shows only as silence.

Without read class `system` no FullyBooted comes, without `call` no OriginateResponse and no Hangup: calls would be
placed and never heard of again.
"""

from __future__ import annotations

import asyncio
import itertools

from dialer.asterisk.protocol import AmiError, AmiProtocol

# What we send, and the write class (any one of them) that Asterisk wants for it.
WRITE_CLASSES: dict[str, str] = {
    "Originate": "originate",
    "Hangup": "call",
    "Redirect": "call",
    "Setvar": "call",
    "CoreShowChannels": "reporting",
    "CoreSettings": "reporting",
}
PROBE_SECONDS = 3.0

_probe_numbers = itertools.count(1)


class Unfit(AmiError):
    """The account lacks something; the text says what."""


async def check(protocol: AmiProtocol, boot_seconds: float) -> str:
    """Asterisk's version, once it has booted and the account was seen to suffice.

    Raises:
        Unfit: a class is missing from the account, or a wanted event from its filter.
        AmiTimeout, AmiDisconnected: it could not be found out.
    """
    await _first(protocol.booted, boot_seconds, protocol)
    if not protocol.booted.done():
        raise Unfit(
            f"no FullyBooted event in {boot_seconds:g} s: the AMI account lacks read class system, "
            "its event filter leaves FullyBooted out, or Asterisk is still starting"
        )
    commands = await protocol.send({"Action": "ListCommands"})
    lacking = sorted({needs for action, needs in WRITE_CLASSES.items() if action not in commands.response.headers})
    if lacking:
        raise Unfit(f"the AMI account lacks write class {', '.join(lacking)}")
    settings = await protocol.send({"Action": "CoreSettings"})
    await _probe(protocol)
    return settings.response.get("AsteriskVersion")


async def _first(event: asyncio.Future[None], seconds: float, protocol: AmiProtocol) -> None:
    """Wait for the event, but not longer than the line lives."""
    waiting: list[asyncio.Future[None] | asyncio.Future[str]] = [event, protocol.lost]
    await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    if protocol.lost.done():
        raise AmiError(protocol.lost.result())


async def _probe(protocol: AmiProtocol) -> None:
    """Originate a local channel to an extension that does not exist: it rings nobody, and its failure has to be told.

    Asterisk looks up the extension that would run first and refuses one it does not have, so an application is named.
    """
    action_id = f"probe-{next(_probe_numbers)}"
    seen = protocol.probes[action_id] = asyncio.get_running_loop().create_future()
    try:
        reply = await protocol.send(
            {
                "Action": "Originate",
                "ActionID": action_id,
                "Channel": "Local/probe@dialer-nowhere",
                "Application": "NoOp",
                "Timeout": "1000",
                "Async": "true",
            }
        )
        if not reply.success:
            raise Unfit(f"Asterisk refuses an Originate: {reply.text}")
        await _first(seen, PROBE_SECONDS, protocol)
        if not seen.done():
            raise Unfit(
                "an Originate was taken and no OriginateResponse came: the AMI account lacks read class call, "
                "or its event filter leaves OriginateResponse out"
            )
    finally:
        del protocol.probes[action_id]
