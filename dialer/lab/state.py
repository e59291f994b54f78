"""What is known of a lab, and how another process finds it: `lab.json` and the keeper's `pids.json`."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from dialer.lab.processes import Process

STATE_FILE = "lab.json"
PIDS_FILE = "pids.json"


@dataclass(frozen=True, slots=True)
class LabState:
    """Where everything is. `recording_dir` and `prompts` are paths as Asterisk sees them, all others the machine's own.

    `spool` is the same folder as `recording_dir`. `carrier_log` has a CSV row per INVITE that the carrier received:
    seconds since 1970 with a fraction, number without plus, caller id, scenario; `heard_log` has what its listeners
    noticed: seconds since 1970, number, what. `phones` maps a phone to its secret.
    """

    directory: Path
    version: str
    ami_host: str
    ami_port: int
    ami_user: str
    ami_secret: str
    carrier_ami_port: int
    carrier_ami_secret: str
    sip_port: int
    trunks: tuple[str, ...]
    phones: Mapping[str, str]
    recording_dir: str
    spool: Path
    prompts: str
    cdr_file: Path
    carrier_log: Path
    heard_log: Path
    logs: Mapping[str, Path]
    keeper: Process

    def process(self, name: str) -> Process | None:
        """The running `pbx` or `carrier`, None while it is down; another one after each restart."""
        return pids(self.directory).get(name)


def save(state: LabState) -> None:
    file = state.directory / STATE_FILE
    new = file.with_suffix(".new")
    new.touch(mode=0o600)  # it holds the secrets
    new.write_text(json.dumps(asdict(state), default=str, indent=1))
    new.rename(file)


def load(directory: Path) -> LabState | None:
    """The lab last saved in `directory`, running or not."""
    try:
        saved = json.loads((directory / STATE_FILE).read_text())
    except FileNotFoundError:
        return None
    for name in ("directory", "spool", "cdr_file", "carrier_log", "heard_log"):
        saved[name] = Path(saved[name])
    saved["trunks"] = tuple(saved["trunks"])
    saved["logs"] = {name: Path(path) for name, path in saved["logs"].items()}
    saved["keeper"] = Process(**saved["keeper"])
    return LabState(**saved)


def pids(directory: Path) -> dict[str, Process]:
    """The Asterisks that live now, by name, as the keeper noted them."""
    try:
        noted = json.loads((directory / PIDS_FILE).read_text())
    except FileNotFoundError:
        return {}
    found = {name: Process(**process) for name, process in noted.items()}
    return {name: process for name, process in found.items() if process.alive()}
