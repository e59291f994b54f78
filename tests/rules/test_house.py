"""The rules of a house, and reading them again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dialer.config import BadConfig, RulesSettings, Settings, TrunkSettings
from dialer.core.compliance.packs import BadPack, Rulebook
from dialer.rules.house import Watched, house_rules, reload

OWN = """\
version = "1"
[[pack]]
id = "MY-TRUNK"
name = "my carrier"
overlay = true
windows = { daily = ["09:00-18:00"] }
status = "contract"
confidence = "high"
"""


def _settings(*packs: Path, overlays: tuple[str, ...] = ("MY-TRUNK",)) -> Settings:
    return Settings(rules=RulesSettings(packs=packs), trunks=(TrunkSettings(name="t1", overlays=overlays),))


def test_the_sites_own_packs_stand_beside_the_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(OWN)
    assert {"MY-TRUNK", "US"} <= house_rules(_settings(tmp_path)).packs.keys()
    assert "MY-TRUNK" in house_rules(_settings(tmp_path / "mine.toml")).packs


def test_a_pack_that_the_configuration_names_and_nobody_has_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="there is no rule pack 'MY-TRUNK'"):
        house_rules(_settings(tmp_path))


def test_what_is_wrong_with_new_rules_is_told_and_raises_nothing(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(OWN)
    assert isinstance(reload(_settings(file)), Rulebook)
    file.write_text(OWN.replace("18:00", "25:00"))
    refused = reload(_settings(file))
    assert isinstance(refused, BadPack)
    assert "mine.toml:6" in str(refused)
    file.write_text(OWN.replace("MY-TRUNK", "OTHER"))
    assert isinstance(reload(_settings(file)), BadConfig)
    file.unlink()
    assert isinstance(reload(_settings(file)), BadPack)


def test_a_change_counts_once_two_looks_agree(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(OWN)
    files = Watched((tmp_path, tmp_path / "gone.toml"))
    assert [files.changed(), files.changed()] == [False, False]
    file.write_text(OWN + "\n")
    assert [files.changed(), files.changed(), files.changed()] == [False, True, False]


def test_a_file_that_still_grows_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(OWN)
    files = Watched((file,))
    for size in range(1, 4):
        file.write_text(OWN + "\n" * size)
        assert not files.changed()
    assert files.changed()


def test_a_file_that_was_put_back_is_no_change(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(OWN)
    state = file.stat()
    files = Watched((file,))
    file.write_text(OWN + "\n")
    assert not files.changed()
    file.write_text(OWN)
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert [files.changed(), files.changed()] == [False, False]


@pytest.mark.parametrize("how", ["added", "removed"])
def test_a_file_that_comes_or_goes_is_a_change(tmp_path: Path, how: str) -> None:
    (tmp_path / "mine.toml").write_text(OWN)
    files = Watched((tmp_path,))
    if how == "added":
        (tmp_path / "more.toml").write_text(OWN)
    else:
        (tmp_path / "mine.toml").unlink()
    assert [files.changed(), files.changed()] == [False, True]
