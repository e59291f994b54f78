from __future__ import annotations

import shutil
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.desk import PASSWORD, Desk


@pytest.fixture(autouse=True)
def zone_data_as_before() -> Iterator[None]:
    """Loading the rules pins the zone data of the whole process: leave it pinned, whatever a test did to it."""
    yield
    zoneinfo.reset_tzpath(())
    zoneinfo.ZoneInfo.clear_cache()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `dialer init` makes, once."""
    desk = Desk(tmp_path_factory.mktemp("template"))
    desk.write()
    desk.run("init", "--password-stdin", stdin=PASSWORD)
    return desk.home / "data"


@pytest.fixture
def empty(tmp_path: Path) -> Desk:
    """A configuration and nothing else."""
    desk = Desk(tmp_path)
    desk.write()
    return desk


@pytest.fixture
def desk(empty: Desk, template: Path) -> Desk:
    """Set up, with an administrator and no campaign."""
    shutil.copytree(template, empty.home / "data")
    return empty
