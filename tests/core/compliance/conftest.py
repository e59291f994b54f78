from importlib import resources

import pytest

from dialer.core.compliance.packs import Rulebook
from dialer.rules.load import load
from dialer.rules.zone_data import pin_zone_data


@pytest.fixture(scope="session", autouse=True)
def pinned_zone_data() -> None:
    """The zone data that is decided with, for those tests too that load no rules."""
    pin_zone_data()


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The shipped rules."""
    return load()


@pytest.fixture(scope="session")
def engine_rulebook() -> Rulebook:
    """The shipped rules and made-up packs that no law would have."""
    with resources.as_file(resources.files("dialer.rules").joinpath("engine.toml")) as made_up:
        return load([made_up])
