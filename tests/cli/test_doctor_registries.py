"""What the doctor says of the do-not-call registries on the machine."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from dialer.cli.checkup.registries import registries
from dialer.config import Settings
from dialer.core.compliance.packs import Rulebook
from dialer.registry.acceptance import Order
from dialer.registry.build import build
from dialer.registry.shelf import folder_of
from dialer.rules.load import load

DRAWN_UP = datetime(2026, 11, 1, tzinfo=UTC)


@cache
def rulebook() -> Rulebook:
    return load()


def with_registry(data: Path, name: str) -> Settings:
    file = data / "keeper.txt"
    file.write_text("+12125550123\n+12125550124\n")
    build(folder_of(data), name, Order("load", file, DRAWN_UP, "test"), DRAWN_UP + timedelta(hours=1))
    return Settings(node={"data": data})


@pytest.mark.parametrize(("days", "level"), [(0, "ok"), (27, "ok"), (29, "warning"), (30, "warning"), (31, "failed")])
def test_a_registry_is_named_before_it_is_too_old(tmp_path: Path, days: int, level: str) -> None:
    settings = with_registry(tmp_path, "US-DNC")
    (found,) = registries(settings, rulebook(), DRAWN_UP + timedelta(days=days, hours=1))
    assert (found.check, found.level) == ("registry US-DNC", level)
    assert f"{days} days old" in found.found


def test_a_name_that_no_pack_knows_is_a_warning(tmp_path: Path) -> None:
    (found,) = registries(with_registry(tmp_path, "US-DNX"), rulebook(), DRAWN_UP + timedelta(days=1))
    assert (found.level, "no rule pack knows" in found.found) == ("warning", True)


def test_a_list_without_an_age_limit_is_never_too_old(tmp_path: Path) -> None:
    (found,) = registries(with_registry(tmp_path, "TPS"), rulebook(), DRAWN_UP + timedelta(days=400))
    assert found.level == "ok"


def test_a_damaged_snapshot_fails_and_says_so(tmp_path: Path) -> None:
    settings = with_registry(tmp_path, "US-DNC")
    (snapshot,) = folder_of(tmp_path).glob("*.roaring")
    snapshot.write_bytes(b"")
    (found,) = registries(settings, rulebook(), DRAWN_UP + timedelta(days=1))
    assert (found.check, found.level) == ("registry US-DNC", "failed")


def test_none_loaded_is_no_fault(tmp_path: Path) -> None:
    (found,) = registries(Settings(node={"data": tmp_path}), rulebook(), DRAWN_UP)
    assert (found.check, found.level) == ("registries", "ok")
