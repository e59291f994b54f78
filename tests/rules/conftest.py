import zoneinfo
from collections.abc import Iterator
from importlib import resources

import pytest

from dialer.core.compliance.packs import Rulebook
from dialer.rules.load import load


@pytest.fixture(autouse=True)
def zone_data_as_before() -> Iterator[None]:
    """Loading pins the zone data of the whole process: leave it pinned, whatever a test did to it."""
    yield
    zoneinfo.reset_tzpath(())
    zoneinfo.ZoneInfo.clear_cache()


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """All shipped packs, and nothing else."""
    return load()


@pytest.fixture(scope="session")
def book() -> Rulebook:
    """The shipped packs and the made-up ones that no law would have."""
    with resources.as_file(resources.files("dialer.rules").joinpath("engine.toml")) as made_up:
        return load([made_up])
