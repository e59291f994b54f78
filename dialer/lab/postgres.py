"""A private PostgreSQL: its own cluster in a temporary folder, reached by a Unix socket alone, gone when it stops."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import asyncpg

USER = "postgres"
_BINARIES = "/usr/lib/postgresql"


class PostgresMissing(Exception):
    """No PostgreSQL server is installed here."""


def binaries() -> Path:
    """The folder of the newest installed server.

    Raises:
        PostgresMissing: none is installed.
    """
    found = [p.parent for p in Path(_BINARIES).glob("*/bin/initdb")]
    if not found:
        raise PostgresMissing(f"no PostgreSQL below {_BINARIES}: install it (apt-get install postgresql)")
    return max(found, key=lambda p: int(re.sub(r"\D.*", "", p.parent.name) or 0))


def _memory() -> Path | None:
    """A folder in memory where there is room: a database for each test is mostly files copied."""
    memory = Path("/dev/shm")  # noqa: S108 -- mkdtemp makes a folder of our own in it
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1_000_000_000
    return memory if roomy else None


class Cluster:
    """A server of our own. A `durable` one lives on disk and syncs as a site's would; any other lives in memory where
    there is room, and does not outlive a power cut.
    """

    def __init__(self, *, durable: bool = False, shared_buffers: str = "32MB") -> None:
        self.bin = binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="dialer-pg-", dir=None if durable else _memory()))
        self._settings = ["listen_addresses=", f"unix_socket_directories={self.folder}", "max_connections=60",
                          f"shared_buffers={shared_buffers}", "logging_collector=off"]  # fmt: skip
        if not durable:
            self._settings += ["fsync=off", "full_page_writes=off", "synchronous_commit=off"]
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        self.template: str | None = None
        if os.getuid() == 0:  # initdb refuses to run as root
            os.chown(self.folder, pwd.getpwnam(USER).pw_uid, pwd.getpwnam(USER).pw_gid)
        self._run("initdb", "--pgdata", self._data, "--username", USER, "--auth", "trust", "--encoding", "UTF8",
                  "--locale", "C.UTF-8", "--no-sync")  # fmt: skip

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _as_user(self, program: str, *arguments: str) -> list[str]:
        command = [str(self.bin / program), *arguments]
        if os.getuid() != 0:
            return command
        return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--pdeathsig=INT", *command]

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(self._as_user(program, *arguments), cwd=self.folder, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr.decode(errors='replace')}")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        arguments = [word for setting in self._settings for word in ("-c", setting)]
        log = (self.folder / "server.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                self._as_user("postgres", "-D", self._data, *arguments), cwd=self.folder, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 30
        ready = [str(self.bin / "pg_isready"), "-q", "-h", str(self.folder)]
        while subprocess.run(ready, check=False).returncode:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'server.log').read_text()[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop at once: open connections are cut, as in a fast shutdown."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
            self._process = None

    def remove(self) -> None:
        """Stop, and take everything away."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    async def create(self, template: str | None = None) -> str:
        """A new database, a copy of the template's where one is named."""
        self._databases += 1
        name = f"t{self._databases}"
        await self._statement(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'}")
        return name

    async def drop(self, name: str) -> None:
        """Away with it, and with whoever is connected."""
        await self._statement(f"DROP DATABASE {name} WITH (FORCE)")

    async def _statement(self, statement: str) -> None:
        connection = await asyncpg.connect(host=str(self.folder), user=USER, database="postgres")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
