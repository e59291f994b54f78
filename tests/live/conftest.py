"""A real Asterisk for the tests of this folder: one lab for the whole run, an AMI connection per test."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from dialer.lab import lab as laboratory
from dialer.lab.state import LabState
from tests.live.calls import Calls
from tests.support.raw_ami import RawAmi

SCRIPTS = {"agent05": "refuse", "agent06": "ring", "agent07": "hang-up:2"}
"""agent01 to agent04 answer, talk and stay."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LabState]:
    """A lab that nobody may restart or configure anew; seven agents' phones (see SCRIPTS) and two supervisors'."""
    directory = tmp_path_factory.mktemp("lab") / "main"
    state = await laboratory.up(laboratory.LabPlan(directory, agents=7, supervisors=2, scripts=SCRIPTS))
    yield state
    await laboratory.down(state)


@pytest_asyncio.fixture
async def ami(lab: LabState) -> AsyncIterator[RawAmi]:
    """The dialer's own account, with its rights and its filters."""
    async with RawAmi.connected(lab.ami_port, lab.ami_user, lab.ami_secret) as connection:
        yield connection


@pytest_asyncio.fixture
async def calls(lab: LabState, ami: RawAmi) -> AsyncIterator[Calls]:
    """Places calls as the service does; what is still up at the end of the test is hung up."""
    made = Calls(lab, ami)
    yield made
    await made.hang_up_all()
