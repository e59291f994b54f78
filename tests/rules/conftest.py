import zoneinfo
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def zone_data_as_before() -> Iterator[None]:
    """Loading pins the zone data of the whole process: leave it pinned, whatever a test did to it."""
    yield
    zoneinfo.reset_tzpath(())
    zoneinfo.ZoneInfo.clear_cache()
