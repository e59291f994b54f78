import zoneinfo
from importlib import resources
from pathlib import Path

import pytest

from dialer.rules.zone_data import StaleZoneData, pin_zone_data, verify, zone_names


def test_a_version_below_the_minimum_is_refused() -> None:
    pin_zone_data()
    with pytest.raises(StaleZoneData, match=r"2026\.5 is too old"):
        verify("2026.5")
    verify("2026.6")
    verify("2027.1.post0")


def test_old_zone_data_is_noticed_whatever_version_is_claimed(tmp_path: Path) -> None:
    (tmp_path / "America").mkdir()
    # until 2026 Vancouver's clocks were those of Los Angeles
    old = resources.files("tzdata").joinpath("zoneinfo/America/Los_Angeles").read_bytes()
    (tmp_path / "America" / "Vancouver").write_bytes(old)
    zoneinfo.reset_tzpath((str(tmp_path),))
    with pytest.raises(StaleZoneData, match="America/Vancouver"):
        verify("2026.6")


def test_pinning_puts_the_package_before_the_system(tmp_path: Path) -> None:
    zoneinfo.reset_tzpath((str(tmp_path),))
    assert pin_zone_data() >= "2026.6"
    assert zoneinfo.TZPATH == ()


def test_the_package_lists_its_zones() -> None:
    assert {"America/Vancouver", "Asia/Shanghai", "Etc/UTC"} <= zone_names()
