from pathlib import Path

import pytest

from dialer.core.compliance.packs import Rulebook
from dialer.rules.load import load


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The shipped rules."""
    return load()


@pytest.fixture(scope="session")
def engine_rulebook() -> Rulebook:
    """The shipped rules and made-up packs that no law would have."""
    return load([Path(__file__).with_name("engine.toml")])
