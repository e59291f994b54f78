"""A set-up of its own for each test: a folder with configuration, secret and database, and the command line in it."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from dialer.cli.app import app

PASSWORD = "a long enough password"


class Desk:
    """Runs `dialer`. The configuration is that of a site in China with one trunk, and with nobody at the AMI port."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.config = home / "config.toml"
        self.settings: dict[str, dict[str, object]] = {
            "node": {"data": str(home / "data")},
            "database": {"url": f"sqlite+aiosqlite:///{home / 'data/dialer.db'}"},
            "ami": {"port": closed_port(), "secret_file": str(home / "data/ami.secret")},
            "asterisk": {"recordings": str(home / "spool"), "call_records": str(home / "cdr/dialer.csv")},
            "recordings": {"library": str(home / "recordings")},
            "http": {"port": closed_port()},
            "calling": {"region": "CN"},
        }

    def write(self, **sections: dict[str, object]) -> None:
        """Write the configuration, with these keys changed."""
        for name, values in sections.items():
            self.settings.setdefault(name, {}).update(values)
        lines = []
        for name, values in self.settings.items():
            lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
        self.config.write_text("\n".join([*lines, "[[trunks]]", 'name = "carrier"', ""]))

    def run(self, *words: str, stdin: str | None = None, status: int = 0) -> str:
        """Standard output of a command that ends with this status; standard error is `self.said`."""
        result = CliRunner().invoke(app, ["--config", str(self.config), *words], input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code == status, result.output
        self.said = result.stderr
        return result.stdout

    def json(self, *words: str, stdin: str | None = None, status: int = 0) -> Any:
        """What a command prints with `--json`; nothing else may be on standard output."""
        return json.loads(self.run(*words, "--json", stdin=stdin, status=status))

    def refused(self, *words: str, stdin: str | None = None) -> str:
        """The one sentence of a command that fails."""
        assert self.run(*words, stdin=stdin, status=1) == ""
        assert "Traceback" not in self.said
        return self.said.strip()

    def file(self, name: str, content: str | bytes) -> str:
        path = self.home / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def campaign(self, name: str = "家装回访", *more: str) -> dict[str, Any]:
        made: dict[str, Any] = self.json(
            "campaign", "create", name, "--mode", "progressive", "--trunk", "carrier", *more
        )
        return made


def closed_port() -> int:
    """Nobody listens there now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
