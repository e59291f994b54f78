"""The lab's keeper: a small process that owns the two Asterisks, starts one again that dies, and takes both down.

It ends by SIGTERM or, unless the lab is to stay, when its standard input closes: the process that asked for the lab has
ended, however that happened. Its own sudden death takes the Asterisks along: each is started to be killed with it.

Run as `python -m dialer.lab.keeper DIRECTORY`; reads `keeper.json`, writes `pids.json` there after every start.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from dialer.lab.processes import Process

RESTARTS = 20
"""An Asterisk that dies more often than this is left dead: its configuration is broken, and a restart hides it."""


async def keep(directory: Path) -> None:
    plan = json.loads((directory / "keeper.json").read_text())
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    if not plan["stay"]:
        os.set_blocking(sys.stdin.fileno(), False)
        loop.add_reader(sys.stdin.fileno(), _end_of_input, stop)
    running: dict[str, Process] = {}

    async def run(name: str, command: list[str], pid_file: Path) -> None:
        for _ in range(RESTARTS):
            _forget(pid_file)  # before the start: a quick Asterisk has written the new one when we come to look
            process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
            try:
                running[name] = await _inner(process, pid_file)
                _write(directory, running)
                await process.wait()
            finally:
                await _end(process, running.pop(name, None))
            sys.stderr.write(f"{name} ended with {process.returncode}\n")
            sys.stderr.flush()
            await asyncio.sleep(0.2)

    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(run(name, given["command"], Path(given["pid_file"])))
            for name, given in plan["asterisks"].items()
        ]
        await stop.wait()
        for task in tasks:
            task.cancel()


def _end_of_input(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 1024):
        stop.set()


async def _inner(outer: asyncio.subprocess.Process, pid_file: Path) -> Process:
    """Asterisk itself, a child of `outer` when that is bwrap. Raises ChildProcessError when it does not start."""
    while outer.returncode is None:
        if (found := _noted(pid_file)) is not None:
            return found
        await asyncio.sleep(0.02)
    raise ChildProcessError(f"it ended with {outer.returncode} before it had started")


def _forget(pid_file: Path) -> None:
    pid_file.unlink(missing_ok=True)


def _noted(pid_file: Path) -> Process | None:
    try:
        return Process.of(int(pid_file.read_text()))
    except (FileNotFoundError, ValueError):  # not yet, or just being written
        return None


async def _end(outer: asyncio.subprocess.Process, asterisk: Process | None) -> None:
    """Asks Asterisk to stop, which writes out recordings and the last rows, and waits two seconds for it."""
    if outer.returncode is not None:
        return
    if asterisk is not None:
        asterisk.signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(outer.wait(), 2)
        except TimeoutError:
            pass
        else:
            return
    outer.kill()
    await outer.wait()


def _write(directory: Path, running: dict[str, Process]) -> None:
    pids = {name: {"pid": process.pid, "started": process.started} for name, process in running.items()}
    new = directory / "pids.json.new"
    new.write_text(json.dumps(pids))
    new.rename(directory / "pids.json")


if __name__ == "__main__":
    asyncio.run(keep(Path(sys.argv[1])))
