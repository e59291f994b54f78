"""One sentence on standard error, exit status 1, no traceback."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from dialer.cli.failures import sentences
from dialer.store.campaigns import NoSuchCampaign
from tests.cli.desk import Desk


def test_no_configuration_is_said_with_what_makes_one(empty: Desk) -> None:
    empty.config.unlink()
    assert "dialer init" in empty.refused("campaign", "list")


def test_a_wrong_key_and_a_wrong_value_are_both_named(empty: Desk) -> None:
    empty.write(http={"prot": 80}, ami={"port": 99999})
    said = empty.refused("campaign", "list").splitlines()
    assert [line.split(": ")[2] for line in said] == ["ami.port", "http.prot"]


def test_a_wrong_value_in_the_environment_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALER_HTTP__PORT", "eighty")
    assert "http.port" in desk.refused("campaign", "list")


def test_the_configuration_may_be_named_by_the_environment(desk: Desk) -> None:
    environment = os.environ | {"DIALER_CONFIG": str(desk.config)}
    done = subprocess.run(
        [sys.executable, "-m", "dialer", "campaign", "list", "--json"], env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == '{\n  "campaigns": []\n}'


def test_text_that_is_no_toml_is_said_with_its_line(empty: Desk) -> None:
    empty.config.write_text("[node\n")
    assert "line 1" in empty.refused("campaign", "list")


def test_a_database_without_tables_is_said_and_no_file_is_left(empty: Desk) -> None:
    assert "`dialer init` makes them" in empty.refused("campaign", "list")
    assert not (empty.home / "data").exists() or not any((empty.home / "data").iterdir())


def test_a_database_server_that_is_not_there_is_said_without_its_password(desk: Desk) -> None:
    desk.write(database={"url": "postgresql+asyncpg://dialer:s3cret@127.0.0.1:1/dialer"})
    said = desk.refused("campaign", "list")
    assert "127.0.0.1:1" in said
    assert "s3cret" not in said


def test_a_file_that_is_no_database_is_said(empty: Desk) -> None:
    (empty.home / "data").mkdir()
    empty.file("data/dialer.db", "this is no database" * 100)
    assert empty.refused("campaign", "list").startswith("dialer: database")


def test_tables_of_a_later_version_are_said(desk: Desk) -> None:
    import sqlite3

    with sqlite3.connect(desk.home / "data/dialer.db") as c:
        c.execute("UPDATE alembic_version SET version_num = '9999'")
    c.close()
    assert "later version" in desk.refused("campaign", "list")


def test_several_failures_at_once_are_each_said_once() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "data/x")
    group = ExceptionGroup("tasks", [full, ExceptionGroup("more", [NoSuchCampaign("no campaign 7"), full])])
    assert sentences(group) == ["data/x: No space left on device", "no campaign 7"]


def test_a_mistake_of_ours_keeps_its_traceback() -> None:
    assert sentences(ZeroDivisionError()) is None
    assert sentences(ExceptionGroup("tasks", [ZeroDivisionError(), NoSuchCampaign("x")])) is None


def test_a_full_disk_is_one_sentence(desk: Desk) -> None:
    desk.campaign()
    file = desk.file("leads.csv", "name,phone\n" + "".join(f"A,1380013{n:04}\nB,12\n" for n in range(1500)))
    said = desk.refused("leads", "import", file, "-c", "1", "--report", "/dev/full")
    assert said == "dialer: No space left on device"
