"""A broken set-up is told what is wrong with it, in time and without a traceback."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from dialer.cli.checkup.finding import Finding, apart, in_time
from dialer.cli.checkup.machine import Clock, rules
from dialer.config import Settings
from tests.cli.desk import Desk, closed_port
from tests.support.fake_ami import SECRET, FakeAmi, block, fake_ami
from tests.support.mosquitto import Broker, broker

__all__ = ["broker"]

AT_MOST = 10.0


@pytest.fixture
async def pbx(desk: Desk) -> AsyncIterator[FakeAmi]:
    """A fake manager that the configuration points to."""
    async with fake_ami() as fake:
        fake.answers["Getvar"] = block("Response: Success", "Value: NOT_INUSE")
        fake.answers["Ping"] = lambda _visit, _action: block(
            "Response: Success", "Ping: Pong", f"Timestamp: {time.time():.6f}"
        )
        (desk.home / "data/ami.secret").write_text(SECRET)
        desk.write(ami={"port": fake.port})
        yield fake


def _by_check(shown: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in shown["checks"]:
        found.setdefault(one["check"], []).append(one)
    return found


def _examine(desk: Desk, status: int = 1) -> dict[str, list[dict[str, Any]]]:
    began = time.monotonic()
    shown = desk.json("doctor", status=status)
    assert time.monotonic() - began < AT_MOST
    assert shown["ok"] is (status == 0)
    assert desk.said == ""
    for one in shown["checks"]:
        assert one["to_do"] or one["level"] in ("ok", "skipped"), one
    return _by_check(shown)


async def _examined(desk: Desk, status: int = 1) -> dict[str, list[dict[str, Any]]]:
    """In a thread, while the fake answers."""
    return await asyncio.to_thread(_examine, desk, status)


def test_nothing_listens_and_no_folder_is_there(desk: Desk) -> None:
    found = _examine(desk)
    (ami,) = found["ami"]
    assert ami["level"] == "failed"
    assert "connection refused" in ami["found"]
    assert {found[check][0]["level"] for check in ("asterisk", "dialplan", "trunks", "phones")} == {"skipped"}
    assert found["spool"][0]["level"] == found["call records"][0]["level"] == "failed"
    assert {found[check][0]["level"] for check in ("config", "database", "rule packs", "http")} == {"ok"}
    assert "failed" in desk.run("doctor", status=1)


def test_without_a_configuration_the_rest_is_not_looked_at(empty: Desk) -> None:
    empty.config.write_text("[nonsense]\n")
    found = _examine(empty)
    assert "nonsense" in found["config"][0]["found"]
    assert found["database"][0]["level"] == "skipped"


def test_a_missing_secret_and_a_database_never_made(empty: Desk) -> None:
    found = _examine(empty)
    assert "ami.secret_file" in found["ami"][0]["found"]
    assert "no tables yet" in found["database"][0]["found"]


def test_something_that_takes_connections_and_says_nothing(desk: Desk) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen(5)
        desk.write(ami={"port": mute.getsockname()[1]}, http={"port": mute.getsockname()[1]},
                   mqtt={"host": "127.0.0.1", "port": mute.getsockname()[1]})  # fmt: skip
        found = _examine(desk)
    assert found["ami"][0]["level"] == found["http"][0]["level"] == found["mqtt"][0]["level"] == "failed"
    assert "another program" in found["http"][0]["found"]


async def test_a_manager_that_answers_everything(desk: Desk, pbx: FakeAmi) -> None:
    await asyncio.to_thread(desk.run, "agent", "add", "wang", "--name", "W", "--endpoint", "agent01", "--generate")
    (desk.home / "spool").mkdir()
    (desk.home / "cdr").mkdir()
    (desk.home / "cdr/dialer.csv").touch()
    found = await _examined(desk, status=0)
    checks = ("ami", "asterisk", "dialplan", "trunks", "phones", "pbx clock", "spool", "call records")
    assert {found[check][0]["level"] for check in checks} == {"ok"}
    assert not pbx.named("Originate")


async def test_a_wrong_secret_is_said(desk: Desk, pbx: FakeAmi) -> None:
    (desk.home / "data/ami.secret").write_text("wrong")
    found = await _examined(desk)
    assert "refused the login" in found["ami"][0]["found"]
    assert "wrong" not in found["ami"][0]["found"]


async def test_a_right_that_is_missing_is_named(desk: Desk, pbx: FakeAmi) -> None:
    pbx.rights.remove("Originate")
    found = await _examined(desk)
    assert "write class originate" in found["ami"][0]["found"]


async def test_a_manager_that_stops_answering_is_not_waited_for(desk: Desk, pbx: FakeAmi) -> None:
    pbx.answers["Getvar"] = None
    found = await _examined(desk)
    assert found["ami"][0]["level"] == "failed"


async def test_trunk_phone_and_dialplan_unknown_to_asterisk_are_named(desk: Desk, pbx: FakeAmi) -> None:
    await asyncio.to_thread(desk.run, "agent", "add", "wang", "--name", "W", "--endpoint", "agent01", "--generate")
    pbx.answers["Getvar"] = block("Response: Success", "Value: INVALID")
    pbx.answers["ShowDialPlan"] = block("Response: Error", "Message: Did not find context")
    found = await _examined(desk)
    assert found["trunks"][0]["found"] == "carrier: Asterisk has no PJSIP endpoint of this name"
    assert found["phones"][0]["found"] == "Asterisk has no endpoint agent01 (wang)"
    assert "dialer-customer" in found["dialplan"][0]["found"]


async def test_what_is_only_down_is_a_warning(desk: Desk, pbx: FakeAmi) -> None:
    await asyncio.to_thread(desk.run, "agent", "add", "wang", "--name", "W", "--endpoint", "agent01", "--generate")
    pbx.answers["Getvar"] = block("Response: Success", "Value: UNAVAILABLE")
    pbx.answers["Ping"] = block("Response: Success", "Ping: Pong", f"Timestamp: {time.time() - 60:.6f}")
    found = await _examined(desk)
    assert {found[check][0]["level"] for check in ("trunks", "phones", "pbx clock")} == {"warning"}


@pytest.mark.parametrize(("version", "level"), [("22.11.0", "warning"), ("18.2.0", "failed"), ("20.9.1", "ok")])
async def test_asterisks_own_version_is_judged(desk: Desk, pbx: FakeAmi, version: str, level: str) -> None:
    pbx.answers["CoreSettings"] = block("Response: Success", f"AsteriskVersion: {version}")
    assert (await _examined(desk))["asterisk"][0]["level"] == level


@pytest.mark.mosquitto
def test_a_broker_is_connected_to(desk: Desk, broker: Broker) -> None:
    desk.write(mqtt={"host": "127.0.0.1", "port": broker.port})
    assert _examine(desk)["mqtt"][0]["level"] == "ok"
    broker.kill()
    assert _examine(desk)["mqtt"][0]["level"] == "failed"


def test_a_host_that_nobody_knows_is_said(desk: Desk) -> None:
    desk.write(ami={"host": "pbx.invalid"}, mqtt={"host": "broker.invalid"})
    found = _examine(desk)
    assert found["ami"][0]["level"] == found["mqtt"][0]["level"] == "failed"


def test_a_port_that_is_free_is_ok(desk: Desk) -> None:
    desk.write(http={"port": closed_port()})
    assert _examine(desk)["http"][0]["found"].endswith("free")


def test_folders_that_cannot_be_are_each_a_finding(desk: Desk) -> None:
    desk.file("a-file", "")
    desk.write(recordings={"library": str(desk.home / "a-file/below")},
               asterisk={"recordings": str(desk.home / ("x" * 300))})  # fmt: skip
    found = _examine(desk)
    assert "is a file" in found["recordings"][0]["found"]
    assert found["spool"][0]["level"] == "failed"
    assert found["data folder"][0]["level"] == "ok"


async def test_a_check_that_breaks_is_a_finding_and_one_that_hangs_is_not_waited_for() -> None:
    async def breaks() -> list[Finding]:
        raise KeyError("x")

    async def hangs() -> list[Finding]:
        return await apart(threading.Event().wait)  # type: ignore[return-value]

    assert "KeyError" in (await in_time("a", breaks()))[0].found
    assert "no answer in 0.05 s" in (await in_time("b", hangs(), 0.05))[0].found


def test_a_clock_that_is_set_while_we_look_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    assert clock.looked()[0].level == "ok"
    started = time.time()
    monkeypatch.setattr(time, "time", lambda: started + 3600)
    assert "+36" in clock.looked()[0].found


@pytest.mark.parametrize(
    ("year", "month", "level"), [(2026, 12, "ok"), (2027, 3, "ok"), (2027, 4, "warning"), (2029, 1, "warning")]
)
def test_zone_data_grow_old(year: int, month: int, level: str) -> None:
    now = datetime(year, month, 1, tzinfo=UTC)
    (found,) = [one for one in rules(Settings(), now)[0] if one.check == "zone data"]
    assert found.level == level
