"""Which Asterisk the lab runs: the machine's own from version 20 on, or the private root of script/asterisk-root."""

import asyncio
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

OLDEST = 20


class NoAsterisk(Exception):
    """There is no Asterisk to run; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """`root` is the private root's folder, or None for the machine's own Asterisk. `version` is like `22.10.1`."""

    root: Path | None
    version: str

    def seen(self, directory: Path) -> Path:
        """Where Asterisk finds the lab's directory."""
        return directory if self.root is None else Path("/lab")

    def command(self, directory: Path, configuration: str) -> list[str]:
        """Runs Asterisk in the foreground with `configuration`, a path below the lab's directory.

        Either way it is killed with the process that starts it: a lab never outlives its keeper.
        """
        asterisk = ["asterisk", "-f", "-n", "-C", str(self.seen(directory) / configuration)]
        if self.root is None:
            return ["setpriv", "--pdeathsig", "KILL", *asterisk]
        return [*_enter(self.root), "--bind", str(directory), "/lab", *_names(directory), *asterisk]

    def has_module(self, name: str) -> bool:
        """Looked for in the places where distributions and a build from source put modules."""
        lib = (self.root or Path("/")) / "usr/lib"
        return any(any(lib.glob(f"{folder}/{name}.so")) for folder in ("asterisk/modules", "*/asterisk/modules"))

    @property
    def events(self) -> str:
        """manager.conf's template of event filters that this version understands."""
        return "dialer-events" if _parts(self.version) >= (22, 1) else "dialer-events-20"


def cache() -> Path:
    """The folder for what can be made again: the private root, the voices."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dialer"


async def find() -> Runtime:
    """Raises NoAsterisk."""
    if shutil.which("asterisk"):
        version = await _version(["asterisk"])
        if version and _parts(version) >= (OLDEST,):
            return Runtime(None, version)
    root = cache() / "asterisk-22-root"
    if not root.is_dir():
        raise NoAsterisk(
            f"There is no Asterisk {OLDEST} or later on this machine and no private one: run script/setup."
        )
    if shutil.which("bwrap") is None:
        raise NoAsterisk("The private Asterisk needs bubblewrap (bwrap): run script/setup.")
    version = await _version([*_enter(root), "asterisk"])
    if version is None:
        raise NoAsterisk(f"The private Asterisk in {root} does not start: remove that folder and run script/setup.")
    return Runtime(root, version)


def _enter(root: Path) -> list[str]:
    return [
        *("bwrap", "--die-with-parent", "--ro-bind", str(root), "/", "--proc", "/proc", "--dev", "/dev"),
        *("--tmpfs", "/tmp", "--tmpfs", "/run"),  # noqa: S108  inside the root, not the machine's
    ]


def _names(directory: Path) -> list[str]:
    # Asterisk looks up its own host's name for every call; a resolver that cannot answer costs seconds each time.
    return [
        "--ro-bind",
        str(directory / "hosts"),
        "/etc/hosts",
        "--ro-bind",
        str(directory / "resolv.conf"),
        "/etc/resolv.conf",
    ]


async def _version(asterisk: list[str]) -> str | None:
    process = await asyncio.create_subprocess_exec(
        *asterisk, "-V", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    out, _ = await process.communicate()
    found = re.match(rb"Asterisk (?:certified/)?(\d+(?:\.\d+)*)", out)
    return found[1].decode() if found else None


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
