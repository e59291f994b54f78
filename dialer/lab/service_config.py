"""The configuration of a dialer that works on a lab: the lab's ports, secrets and folders, all else as shipped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from dialer.lab.state import LabState


def text(
    lab: LabState, home: Path, *, http_port: int = 0, database: str = "", mqtt: Mapping[str, object] | None = None
) -> str:
    """A `config.toml` for a service whose data live in `home`. `http_port` 0 takes a free one."""
    sections: dict[str, Mapping[str, object]] = {
        "node": {"name": "lab", "data": str(home / "data")},
        "database": {"url": database or f"sqlite+aiosqlite:///{home / 'data' / 'dialer.db'}"},
        "ami": {
            "host": lab.ami_host,
            "port": lab.ami_port,
            "username": lab.ami_user,
            "secret_file": str(home / "data" / "ami.secret"),
        },
        "asterisk": {
            "recordings": lab.recording_dir,
            "recordings_here": str(lab.spool),
            "call_records": str(lab.cdr_file),
        },
        "recordings": {"library": str(home / "recordings")},
        "http": {"port": http_port},
        "calling": {
            "region": "US",
            "drain_seconds": 10,
            "zone": "Etc/UTC",
            "abandon_message": f"{lab.prompts}/abandon",
            "thanks": f"{lab.prompts}/thanks",
        },
    }
    if mqtt is not None:
        sections["mqtt"] = mqtt
    lines = ["# Written for a lab; a new lab writes it anew."]
    for name, values in sections.items():
        lines += [
            "",
            f"[{name}]",
            *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()),
        ]
    for trunk in lab.trunks:
        lines += ["", "[[trunks]]", f"name = {json.dumps(trunk)}", "lines = 20", "calls_per_second = 5"]
    return "\n".join(lines) + "\n"


def write(lab: LabState, home: Path, **more: object) -> Path:
    """Write the configuration and the AMI secret below `home`; returns the configuration's path."""
    data = home / "data"
    data.mkdir(parents=True, exist_ok=True)
    secret = data / "ami.secret"
    secret.touch(mode=0o600)
    secret.write_text(lab.ami_secret + "\n")
    path = home / "config.toml"
    path.write_text(text(lab, home, **more))  # type: ignore[arg-type]
    return path
