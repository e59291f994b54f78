from pathlib import Path

import pytest

from dialer.lab import lab
from dialer.lab.lab import LabError, LabPlan
from dialer.lab.runtime import Runtime


async def test_without_any_asterisk_the_lab_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(LabError, match="run script/setup"):
        await lab.up(LabPlan(tmp_path / "lab"))
    assert not (tmp_path / "lab").exists()


def test_a_directory_without_a_lab_has_no_status(tmp_path: Path) -> None:
    assert lab.status(tmp_path) is None


async def test_taking_down_what_is_not_there_does_nothing(tmp_path: Path) -> None:
    await lab.down(tmp_path / "never")
    assert lab.status(tmp_path / "never") is None


@pytest.mark.parametrize(
    ("version", "events"),
    [
        ("20.6.0", "dialer-events-20"),
        ("21.4.1", "dialer-events-20"),
        ("22.0.0", "dialer-events-20"),
        ("22.1.0", "dialer-events"),
        ("22.10.1", "dialer-events"),
        ("23.0.0", "dialer-events"),
    ],
)
def test_each_version_gets_the_event_filters_that_it_understands(version: str, events: str) -> None:
    assert Runtime(None, version).events == events


def test_the_machines_own_asterisk_sees_the_directory_where_it_is(tmp_path: Path) -> None:
    assert Runtime(None, "20.6.0").seen(tmp_path) == tmp_path
    assert Runtime(Path("/root-of-asterisk"), "22.10.1").seen(tmp_path) == Path("/lab")


def test_the_machines_own_asterisk_dies_with_its_keeper_too(tmp_path: Path) -> None:
    command = Runtime(None, "20.6.0").command(tmp_path, "pbx/etc/asterisk.conf")
    assert command[:3] == ["setpriv", "--pdeathsig", "KILL"]
