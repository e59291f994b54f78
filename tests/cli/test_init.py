"""From nothing to a set-up, step by step, and again."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.cli.desk import PASSWORD, Desk


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An empty folder, and we are in it."""
    monkeypatch.chdir(tmp_path)
    desk = Desk(tmp_path)
    desk.config = Path("config.toml")
    return desk


def test_an_empty_folder_becomes_a_set_up(bare: Desk) -> None:
    shown = bare.run("init", "--login", "chen", "--name", "陈经理", "--password-stdin", stdin=PASSWORD)
    assert "config.toml: written" in shown
    assert "dialer.d/manager.conf" in shown
    assert bare.json("check-config")["ok"] is True
    assert [user["name"] for user in bare.json("agent", "list")["users"]] == ["陈经理"]


def test_secrets_are_random_and_for_their_owner_alone(bare: Desk) -> None:
    shown = bare.run("init", "--password-stdin", stdin=PASSWORD)
    for name in ("data/ami.secret", "data/manager.conf"):
        assert stat.S_IMODE(Path(name).stat().st_mode) == 0o600
    secret = Path("data/ami.secret").read_text().strip()
    assert len(secret) == 48
    assert f"secret = {secret}" in Path("data/manager.conf").read_text()
    assert secret not in shown
    assert PASSWORD not in shown


def test_twice_changes_nothing(bare: Desk) -> None:
    bare.run("init", "--password-stdin", stdin=PASSWORD)
    before = {path: path.read_bytes() for path in (Path("config.toml"), Path("data/ami.secret"))}
    again = bare.json("init", "--login", "other", "--password-stdin", stdin="another password")
    assert {path: path.read_bytes() for path in before} == before
    assert (again["config_written"], again["secret_made"], again["administrator"]) == (False, False, "admin")
    assert len(bare.json("agent", "list")["users"]) == 1


def test_force_writes_the_configuration_anew_and_keeps_the_old_one(bare: Desk) -> None:
    bare.run("init", "--password-stdin", stdin=PASSWORD)
    with bare.config.open("a") as file:
        file.write("# mine\n")
    bare.run("init", "--force")
    assert "# mine" not in bare.config.read_text()
    assert "# mine" in Path("config.toml.old").read_text()


@pytest.mark.parametrize("password", ["", "elevenchars", "x" * 201])
def test_a_password_of_the_wrong_length_is_refused_and_nobody_is_made(bare: Desk, password: str) -> None:
    assert "12 to 200 characters" in bare.refused("init", "--password-stdin", stdin=password)
    assert bare.json("agent", "list") == {"users": []}


def test_without_a_terminal_the_password_has_to_come_from_somewhere(bare: Desk) -> None:
    assert "--password-stdin" in bare.refused("init")


def test_an_administrators_login_that_cannot_be_is_named(bare: Desk) -> None:
    assert bare.refused("init", "--login", "Chen Li", "--password-stdin", stdin=PASSWORD).startswith("dialer: login:")


def test_the_model_of_the_configuration_is_read_without_a_complaint(bare: Desk) -> None:
    bare.run("init", "--generate")
    checks = bare.json("check-config")["checks"]
    assert {one["check"]: one["level"] for one in checks if one["check"] == "config"} == {"config": "ok"}
