"""`dialer doctor` and `dialer lab` against a real Asterisk."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dialer.cli.app import app
from dialer.lab import service_config
from dialer.lab.state import LabState

pytestmark = pytest.mark.live


def _dialer(config: Path | None, *words: str, stdin: str | None = None, status: int = 0) -> Any:
    before = ["--config", str(config)] if config is not None else []
    result = CliRunner().invoke(app, [*before, *words, "--json"], input=stdin)
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


def _levels(shown: dict[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in shown["checks"]:
        found.setdefault(one["check"], set()).add(one["level"])
    return found


async def test_a_healthy_set_up_has_nothing_that_failed(lab: LabState, tmp_path: Path) -> None:
    config = service_config.write(lab, tmp_path)

    def examine() -> dict[str, Any]:
        _dialer(config, "init", "--password-stdin", stdin="a long enough password")
        _dialer(config, "agent", "add", "wang", "--name", "王芳", "--endpoint", "agent01", "--generate")
        shown: dict[str, Any] = _dialer(config, "doctor")
        return shown

    shown = await asyncio.to_thread(examine)
    levels = _levels(shown)
    assert {check for check, found in levels.items() if found == {"ok"}} >= {
        "python", "config", "zone data", "rule packs", "database", "data folder", "recordings", "spool", "ami",
        "asterisk", "dialplan", "phones", "pbx clock", "mqtt", "http", "clock",
    }  # fmt: skip
    said = {one["found"] for one in shown["checks"] if one["check"] == "trunks"}
    assert "unreachable: known to Asterisk, and does not answer" in said
    assert levels["trunks"] == {"ok", "warning"}


async def test_a_wrong_secret_a_missing_trunk_and_a_missing_phone_are_named(lab: LabState, tmp_path: Path) -> None:
    config = service_config.write(lab, tmp_path)
    with config.open("a") as file:
        file.write('\n[[trunks]]\nname = "forgotten"\n')

    def examine() -> tuple[dict[str, Any], dict[str, Any]]:
        _dialer(config, "init", "--password-stdin", stdin="a long enough password")
        _dialer(config, "agent", "add", "wang", "--name", "王芳", "--endpoint", "agent99", "--generate")
        missing = _dialer(config, "doctor", status=1)
        (tmp_path / "data/ami.secret").write_text("not the secret\n")
        return missing, _dialer(config, "doctor", status=1)

    missing, refused = await asyncio.to_thread(examine)
    failed = {one["found"] for one in missing["checks"] if one["level"] == "failed"}
    assert failed == {
        "forgotten: Asterisk has no PJSIP endpoint of this name",
        "Asterisk has no endpoint agent99 (wang)",
    }
    (ami,) = [one for one in refused["checks"] if one["check"] == "ami"]
    assert "refused the login" in ami["found"]


async def test_a_lab_is_started_found_and_ended_from_the_command_line(tmp_path: Path) -> None:
    folder = ("--dir", str(tmp_path))

    def live() -> None:
        try:
            started = _dialer(None, "lab", "up", "--agents", "1", "--supervisors", "0", *folder)
            assert started["phones"] == ["agent01"]
            assert _dialer(None, "lab", "status", *folder)["pids"] == started["pids"]
            assert Path(started["config"]).is_file()
            logged = CliRunner().invoke(app, ["lab", "logs", "pbx", "-n", "500", *folder])
            assert "Asterisk" in logged.output
        finally:
            _dialer(None, "lab", "down", *folder)
        assert _dialer(None, "lab", "status", *folder, status=1)["running"] is False

    await asyncio.to_thread(live)
