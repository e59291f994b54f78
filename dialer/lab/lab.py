"""A laboratory: a PBX with the product's configuration, and a carrier that plays customers and agents' phones.

`up` starts one in a directory of its own, `status` finds it again from another process, `down` ends it. Labs do not
share ports or files, so several run side by side.
"""

import asyncio
import json
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dialer.lab import ami, instance, phones, prompts, runtime, state
from dialer.lab.processes import Process
from dialer.lab.state import LabState

READY_WITHIN = 20.0
"""Seconds for both Asterisks to boot and all phones to register; two quiet cores need three."""

_SITE_FILES = ("manager.conf", "extensions.conf", "rtp.conf", "pjsip/transport.conf")

_owned: dict[Path, subprocess.Popen[bytes]] = {}  # keepers of the labs that this process has started


class LabError(Exception):
    """The lab cannot start or end; one sentence says why or what to do."""


@dataclass(frozen=True, slots=True)
class LabPlan:
    """What to start. `scripts` gives phones other manners than `hold`: see `dialer.lab.phones.SCRIPTS`.

    A lab ends with the process that started it, unless it is to `stay` until `down`. `event_filters` is one of
    manager.conf's templates; empty means the one that this Asterisk's version needs.
    """

    directory: Path
    agents: int = 4
    supervisors: int = 1
    scripts: Mapping[str, str] = field(default_factory=dict)
    stay: bool = False
    event_filters: str = ""


async def up(plan: LabPlan) -> LabState:
    """Starts a lab and returns when both Asterisks have booted, the trunk answers and every phone has registered.

    The directory is made; it must be empty or hold only an ended lab, which is replaced. Raises LabError.
    """
    try:
        found = await runtime.find()
        voices = await prompts.ensure(runtime.cache())
    except (runtime.NoAsterisk, prompts.PromptsMissing) as missing:
        raise LabError(str(missing)) from None
    directory = plan.directory.resolve()
    _clear(directory)
    shutil.copytree(voices, directory / "prompts")
    silent, ports = _ports()
    with silent:
        settings = _settings(plan, directory, found, ports)
        instance.write(settings)
        keeper = _start_keeper(directory, found, plan.stay, silent)
    started = _state(settings, found, keeper)
    state.save(started)
    try:
        await ready(started)
    except BaseException:
        await down(started)
        raise
    return started


async def ready(lab: LabState) -> None:
    """Waits until both Asterisks have booted, the trunk answers and every phone has registered; after a restart, too.

    Raises LabError when that takes longer than READY_WITHIN.
    """
    try:
        async with asyncio.timeout(READY_WITHIN):
            while not await _is_ready(lab):
                if not lab.keeper.alive():
                    raise LabError(f"The lab's keeper ended; see {lab.directory / 'keeper.log'}.")
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise LabError(f"The lab was not ready within {READY_WITHIN:.0f} s; see its logs in {lab.directory}.") from None


async def down(lab: LabState | Path) -> None:
    """Ends a lab, from any process; its files stay. Does nothing when it has ended already.

    Raises LabError when one of its processes cannot be ended within seven seconds.
    """
    known = lab if isinstance(lab, LabState) else state.load(lab)
    if known is None:
        return
    directory = known.directory
    processes = [known.keeper, *state.pids(directory).values()]
    known.keeper.signal(signal.SIGTERM)
    if not await _ended(processes, 5):
        for process in processes:
            process.signal(signal.SIGKILL)
        if not await _ended(processes, 2):
            raise LabError(f"The lab in {directory} did not end.")
    owned = _owned.pop(directory, None)
    if owned is not None:
        owned.communicate()  # reaps it and closes its pipe
    (directory / state.STATE_FILE).unlink(missing_ok=True)


def status(directory: Path) -> LabState | None:
    """The lab that runs in `directory`, or None."""
    known = state.load(directory)
    return known if known is not None and known.keeper.alive() else None


def _clear(directory: Path) -> None:
    if directory.exists():
        if status(directory) is not None:
            raise LabError(f"A lab is already running in {directory}.")
        if any(directory.iterdir()) and not (directory / "keeper.json").exists():
            raise LabError(f"{directory} holds something else; a lab needs a directory of its own.")
        shutil.rmtree(directory)
    directory.mkdir(parents=True)


def _ports() -> tuple[socket.socket, dict[str, int]]:
    """Free ports, and the bound socket of the silent trunk, which the keeper holds open and never reads."""
    kinds = {"pbx_ami": True, "carrier_ami": True, "pbx_sip": False, "trunk_sip": False, "phones_sip": False}
    held = {name: socket.socket(type=socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) for name, tcp in kinds.items()}
    held["silent"] = socket.socket(type=socket.SOCK_DGRAM)
    for one in held.values():
        one.bind(("", 0))
    ports = {name: int(one.getsockname()[1]) for name, one in held.items()}
    silent = held.pop("silent")
    for one in held.values():
        one.close()
    return silent, ports


def _settings(plan: LabPlan, directory: Path, found: runtime.Runtime, ports: Mapping[str, int]) -> instance.Settings:
    names = phones.names(plan.agents, plan.supervisors)
    strangers = sorted(plan.scripts.keys() - set(names))
    if strangers:
        raise LabError(f"The plan has a script for {strangers[0]}, but the lab has no such phone.")
    return instance.Settings(
        directory=directory,
        seen=found.seen(directory),
        site_files=_SITE_FILES + (("modules.conf",) if found.has_module("res_cdrel_custom") else ()),
        events=plan.event_filters or found.events,
        ami_user="dialer",
        ports=ports,
        ami_secret=secrets.token_hex(16),
        carrier_secret=secrets.token_hex(16),
        secrets={name: secrets.token_hex(12) for name in names},
        scripts={name: plan.scripts.get(name, "hold") for name in names},
    )


def _state(settings: instance.Settings, found: runtime.Runtime, keeper: Process) -> LabState:
    directory, seen = settings.directory, settings.seen
    return LabState(
        directory=directory,
        version=found.version,
        ami_host="127.0.0.1",
        ami_port=settings.ports["pbx_ami"],
        ami_user=settings.ami_user,
        ami_secret=settings.ami_secret,
        carrier_ami_port=settings.ports["carrier_ami"],
        carrier_ami_secret=settings.carrier_secret,
        sip_port=settings.ports["pbx_sip"],
        trunks=tuple(instance.TRUNKS),
        phones=settings.secrets,
        recording_dir=str(seen / "spool"),
        spool=directory / "spool",
        prompts=str(seen / "prompts"),
        cdr_file=directory / "pbx/log/cdr-custom/dialer.csv",
        carrier_log=directory / "invites.csv",
        heard_log=directory / "heard.csv",
        logs={name: directory / name / "log/messages.log" for name in ("pbx", "carrier")},
        keeper=keeper,
    )


def _start_keeper(directory: Path, found: runtime.Runtime, stay: bool, silent: socket.socket) -> Process:
    asterisks = {
        name: {
            "command": found.command(directory, f"{name}/etc/asterisk.conf"),
            "pid_file": str(directory / name / "run/asterisk.pid"),
        }
        for name in ("pbx", "carrier")
    }
    (directory / "keeper.json").write_text(json.dumps({"stay": stay, "asterisks": asterisks}, indent=1))
    with (directory / "keeper.log").open("wb") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "dialer.lab.keeper", str(directory)],
            stdin=subprocess.DEVNULL if stay else subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=[silent.fileno()],
        )
    _owned[directory] = keeper
    process = Process.of(keeper.pid)
    if process is None:
        raise LabError(f"The lab's keeper ended at once; see {directory / 'keeper.log'}.")
    return process


async def _is_ready(lab: LabState) -> bool:
    """An endpoint that has registered, or answers OPTIONS, is a device not in use; one that has not is unavailable."""
    questions = [f"DEVICE_STATE(PJSIP/{endpoint})" for endpoint in ("carrier", *lab.phones)]
    try:
        states = await ami.values(lab.ami_host, lab.ami_port, lab.ami_user, lab.ami_secret, questions)
    except (OSError, EOFError):
        return False
    return all(state == "NOT_INUSE" for state in states)


async def _ended(processes: list[Process], within: float) -> bool:
    """Waits for all to end, at most `within` seconds."""
    deadline = time.monotonic() + within
    while any(process.alive() for process in processes):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True
