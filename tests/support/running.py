"""The service as a process of its own, its users as clients of its API, and a condition that is waited for."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

T = TypeVar("T")
READY_SECONDS = 60.0  # a busy machine imports for long


async def eventually(there: Callable[[], Awaitable[T | None]], within: float, what: Callable[[], str] | str) -> T:
    """What `there` gives once it gives something; asked fifty times a second. Fails with `what` when it never does."""
    deadline = time.monotonic() + within
    while True:
        found = await there()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {what if isinstance(what, str) else what()}")
        await asyncio.sleep(0.02)


class Running:
    """`dialer run` with one configuration: started, killed and started again as the test wants."""

    def __init__(self, home: Path, config: Path, lab: Path | None = None) -> None:
        self.home, self.config, self.lab = home, config, lab
        self.process: subprocess.Popen[bytes] | None = None
        self.base = ""
        self.log_file = home / "service.log"

    async def start(self) -> None:
        """Returns once it answers requests."""
        port_file = self.home / "port.json"
        port_file.unlink(missing_ok=True)
        self.process = self.launch("--port-file", str(port_file))

        async def answers() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, f"the service ended at once: {self.log()[-2000:]}"
            return port_file.exists()

        await eventually(answers, READY_SECONDS, self.log)
        self.base = f"http://127.0.0.1:{json.loads(port_file.read_text())['port']}"

    def launch(self, *options: str) -> subprocess.Popen[bytes]:
        """A process of this node, ready or not."""
        with self.log_file.open("ab") as log:
            return subprocess.Popen(self.command(*options), stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def command(self, *options: str) -> list[str]:
        """What is typed to run this node."""
        lab = ("--lab", str(self.lab)) if self.lab is not None else ()
        return [sys.executable, "-m", "dialer", "--config", str(self.config), "run", *lab, *options]

    def kill(self) -> None:
        """As a power cut: `kill -9`."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def terminate(self) -> None:
        """Ask it to stop."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    async def ended(self, within: float) -> int:
        """Its exit status."""
        process = self.process
        assert process is not None

        async def over() -> bool:
            return process.poll() is not None

        await eventually(over, within, self.log)
        self.process = None
        return int(process.returncode)

    def log(self) -> str:
        """All it has said, over all its lives."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""


class Refused(Exception):
    """The API said no; `status` and the problem's own words."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status}: {problem}")
        self.status, self.problem = status, problem


class Person:
    """A signed-in user."""

    def __init__(self, session: aiohttp.ClientSession, running: Running, login: str, token: str) -> None:
        self.login = login
        self._session, self._running = session, running
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str) -> dict[str, Any]:
        return await self._ask("GET", path)

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        return await self._ask("POST", path, body)

    async def delete(self, path: str) -> dict[str, Any]:
        return await self._ask("DELETE", path)

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        url = f"{self._running.base}/api/v1{path}"
        async with self._session.request(method, url, json=body, headers=self._headers) as response:
            answer: dict[str, Any] = await response.json(content_type=None)
            if response.status >= 400:
                raise Refused(response.status, answer)
            return answer
