"""The zone data that calling hours are computed with: the pinned `tzdata` package, never the operating system's copy.

Six places changed their rules in 2026 (IANA 2026b to 2026f). A system that still has 2025 data is wrong there by an
hour, and calls an hour too early or too late.
"""

import zoneinfo
from datetime import UTC, datetime, timedelta
from importlib import metadata, resources

MINIMUM = (2026, 6)

_WITNESSES = {
    # zone -> its offset in December 2026, which older data gets wrong
    "America/Vancouver": timedelta(hours=-7),
    "Africa/Casablanca": timedelta(hours=0),
}


class StaleZoneData(RuntimeError):
    """The zone data in use is too old or not the package's: hours would be wrong, so nothing starts."""


def pin_zone_data() -> str:
    """Make `zoneinfo` read the package in the whole process, and return its version. Raises `StaleZoneData`."""
    zoneinfo.reset_tzpath(())
    zoneinfo.ZoneInfo.clear_cache()
    version = metadata.version("tzdata")
    verify(version)
    return version


def verify(version: str) -> None:
    """Check the version's number, and that what `zoneinfo` really loads behaves like it."""
    if tuple(int(part) for part in version.split(".")[:2]) < MINIMUM:
        raise StaleZoneData(f"tzdata {version} is too old; at least {MINIMUM[0]}.{MINIMUM[1]} is needed")
    for zone, offset in _WITNESSES.items():
        # no_cache: an object that was built before the pin would hide what is loaded now
        found = datetime(2026, 12, 1, tzinfo=UTC).astimezone(zoneinfo.ZoneInfo.no_cache(zone)).utcoffset()
        if found != offset:
            raise StaleZoneData(f"{zone} is not at {offset} in December 2026: old zone data is being read")


def zone_names() -> frozenset[str]:
    """Every zone the package has, whatever the search path is."""
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return frozenset(listed.split())
