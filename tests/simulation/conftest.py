"""One rulebook for all simulated days."""

from pathlib import Path

import pytest

import dialer.lab.packs
from dialer.core.compliance.packs import Rulebook
from dialer.rules.load import load


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The shipped rules and the lab's: its numbers, +999, may be called at any hour."""
    return load([Path(dialer.lab.packs.__file__).with_name("lab.toml")])
