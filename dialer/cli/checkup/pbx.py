"""The PBX over AMI: reached, let in, with the rights it takes, and with the trunks, phones and dialplan we need."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Iterable, Mapping

from dialer.asterisk import translate
from dialer.asterisk.action import plain
from dialer.asterisk.connection import Ami, AmiSettings
from dialer.asterisk.protocol import AmiError
from dialer.cli.checkup.finding import Finding, address_of, failed, ok, skipped, warning
from dialer.config import BadConfig, Settings
from dialer.core.events import LinkDown, LinkUp

CHECKS = ("asterisk", "dialplan", "trunks", "phones", "pbx clock")

# What the dialplan of asterisk_conf/extensions.conf offers us.
CONTEXTS = ("dialer-customer", "dialer-agent", "dialer-transfer", "dialer-supervisor")

OLDEST = 20
# Fails to bridge a channel that was spied on: https://github.com/asterisk/asterisk/issues/2134
SPY_BROKEN = (22, 11)

CLOCKS_APART = 2.0  # seconds; call records are compared with our own times
AT_ONCE = 20  # questions under way


async def pbx(settings: Settings, phones: Mapping[str, str]) -> list[Finding]:
    """`phones`: endpoint -> login. Asks and changes nothing; its login rings nobody."""
    where = f"{settings.ami.host} port {settings.ami.port}"
    try:
        secret = settings.ami.password()
        address = await address_of(settings.ami.host, settings.ami.port)
        account = AmiSettings(
            address, settings.ami.port, settings.ami.username, secret, connect_seconds=2.0, boot_seconds=3.0
        )
    except BadConfig as error:
        found = failed("ami", str(error), "`dialer init` makes the secret; asterisk_conf/ shows Asterisk's side.")
        return [found, *skipped(CHECKS, "AMI is not reached")]
    except (OSError, ValueError) as error:
        return [
            failed("ami", f"{where}: {error}", "Correct the [ami] section."),
            *skipped(CHECKS, "AMI is not reached"),
        ]
    ami = Ami(account, translate.WANTED)
    async with asyncio.TaskGroup() as g:
        g.create_task(ami.run(), name="ami")
        try:
            return await _asked(ami, where, settings, phones)
        finally:
            ami.close()


async def _asked(ami: Ami, where: str, settings: Settings, phones: Mapping[str, str]) -> list[Finding]:
    async for item in ami.messages():
        if isinstance(item, LinkDown):
            return [_down(where, item.reason), *skipped(CHECKS, "AMI is not reached")]
        if isinstance(item, LinkUp):
            break
    try:
        return [
            ok("ami", f"{where}: logged in as {settings.ami.username}, with all rights and events it takes"),
            _version(ami.asterisk),
            await _dialplan(ami),
            *await _trunks(ami, [trunk.name for trunk in settings.trunks]),
            *await _phones(ami, phones),
            await _clock(ami),
        ]
    except AmiError as error:
        return [failed("ami", f"{where}: {error}", "Look at Asterisk's log.")]


def _down(where: str, reason: str) -> Finding:
    """What to do about it, by what was said."""
    for words, to_do in (
        ("refused the login", "Put the secret of ami.secret_file into Asterisk's manager.conf, then `manager reload`."),
        ("write class", "Give the account the rights of asterisk_conf/manager.conf."),
        ("read class", "Give the account the rights and event filters of asterisk_conf/manager.conf."),
        ("no Asterisk manager", "Something else listens there: correct ami.host and ami.port."),
    ):  # fmt: skip
        if words in reason:
            return failed("ami", f"{where}: {reason}", to_do)
    system = re.match(r"\[Errno (\d+)\]", reason)
    reason = os.strerror(int(system[1])).lower() if system else reason
    return failed("ami", f"{where}: {reason}", "Start Asterisk, or correct ami.host and ami.port; see manager.conf.")


def _version(text: str) -> Finding:
    parts = tuple(int(part) for part in re.findall(r"\d+", text)[:2])
    if parts[:1] < (OLDEST,):
        return failed("asterisk", f"Asterisk {text} is too old", f"Install Asterisk {OLDEST} or later; best is 22 LTS.")
    if parts == SPY_BROKEN:
        found = f"Asterisk {text} fails to bridge a call after a supervisor has listened in (asterisk#2134)"
        return warning("asterisk", found, "Use 22.10, or a release that mends it.")
    return ok("asterisk", f"Asterisk {text}")


async def _dialplan(ami: Ami) -> Finding:
    missing = []
    for context in CONTEXTS:
        reply = await ami.ask({"Action": "ShowDialPlan", "Context": context})
        if not reply.success:
            missing.append(context)
    if missing:
        to_do = "Install asterisk_conf/extensions.conf, then `asterisk -rx 'dialplan reload'`."
        return failed("dialplan", f"Asterisk has no context {', '.join(missing)}", to_do)
    return ok("dialplan", "the dialer's contexts are there")


async def _trunks(ami: Ami, names: list[str]) -> list[Finding]:
    if not names:
        return [failed("trunks", "the configuration has no trunk", "Add a [[trunks]] block for each way out.")]
    found = []
    for name, state in zip(names, await _device_states(ami, names), strict=True):
        if state == "INVALID":
            to_do = "Add it to Asterisk's pjsip.conf, or correct the name in [[trunks]]."
            found.append(failed("trunks", f"{name}: Asterisk has no PJSIP endpoint of this name", to_do))
        elif state == "UNAVAILABLE":
            to_do = "Ask the carrier, and look at `pjsip show endpoint` and the firewall."
            found.append(warning("trunks", f"{name}: known to Asterisk, and does not answer", to_do))
        else:
            found.append(ok("trunks", f"{name}: known to Asterisk, and up as far as it knows"))
    return found


async def _phones(ami: Ami, phones: Mapping[str, str]) -> list[Finding]:
    names = sorted(phones)
    states = dict(zip(names, await _device_states(ami, names), strict=True))
    unknown = [f"{name} ({phones[name]})" for name, state in states.items() if state == "INVALID"]
    away = [f"{name} ({phones[name]})" for name, state in states.items() if state == "UNAVAILABLE"]
    found = []
    if unknown:
        to_do = "Add them to Asterisk's pjsip.conf, or correct them: `dialer agent set LOGIN --endpoint PHONE`."
        found.append(failed("phones", f"Asterisk has no endpoint {_some(unknown)}", to_do))
    if away:
        found.append(warning("phones", f"not registered: {_some(away)}", "They ring once their phones are on."))
    here = len(names) - len(unknown) - len(away)
    if here or not found:
        found.append(ok("phones", f"{here} registered" if names else "no user has a phone yet"))
    return found


async def _clock(ami: Ami) -> Finding:
    before = time.time()
    reply = await ami.ask({"Action": "Ping"})
    ours = (before + time.time()) / 2
    try:
        apart = float(reply.response.get("Timestamp")) - ours
    except ValueError:
        return ok("pbx clock", "Asterisk does not say what time it is")
    if abs(apart) > CLOCKS_APART:
        to_do = "Run chrony or systemd-timesyncd on both machines."
        return warning("pbx clock", f"Asterisk's clock is {apart:+.1f} s from ours", to_do)
    return ok("pbx clock", "Asterisk's clock agrees with ours")


async def _device_states(ami: Ami, endpoints: Iterable[str]) -> list[str]:
    return await _values(ami, [f"DEVICE_STATE(PJSIP/{plain('endpoint', name)})" for name in endpoints])


async def _values(ami: Ami, expressions: list[str]) -> list[str]:
    """What Asterisk says for each dialplan expression. `Getvar` is allowed with the rights the dialer has anyway."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def value(expression: str) -> str:
        async with turn:
            reply = await ami.ask({"Action": "Getvar", "Variable": expression})
            return reply.response.get("Value")

    return list(await asyncio.gather(*(value(one) for one in expressions)))


def _some(names: list[str], shown: int = 10) -> str:
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")
