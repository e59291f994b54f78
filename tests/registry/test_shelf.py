from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from dialer.core.number import Number
from dialer.registry import manifest
from dialer.registry.shelf import INTERVAL, Shelf, folder_of
from tests.registry.keeper import NOW, NUMBERS, Keeper, day, lines

LISTED, OTHER = Number(f"+{NUMBERS[0]}"), Number("+12125550100")
LATER = NOW + INTERVAL


@pytest.fixture
def loaded(keeper: Keeper) -> Keeper:
    keeper.load(lines(NUMBERS))
    return keeper


def test_a_folder_that_is_not_there_holds_no_registry(tmp_path: Path) -> None:
    shelf = Shelf(folder_of(tmp_path))
    assert shelf.screened(LISTED, NOW).snapshots == ()
    assert shelf.troubles(NOW) == ()


def test_a_hit_names_the_registry_and_every_one_that_was_asked(loaded: Keeper) -> None:
    loaded.load(lines([12125550100]), name="US-TX-NO-CALL", as_of=day(1))
    shelf = Shelf(loaded.folder)
    found = shelf.screened(LISTED, NOW)
    assert [(hit.list_name, hit.scope, hit.source, hit.since, hit.expires) for hit in found.hits] == [
        ("US-DNC", "registry", "registry", day(20), None)
    ]
    assert found.snapshots == (("US-DNC", day(20)), ("US-TX-NO-CALL", day(1)))
    assert [hit.list_name for hit in shelf.screened(OTHER, NOW).hits] == ["US-TX-NO-CALL"]
    assert [one.name for one in shelf.manifests(NOW)] == ["US-DNC", "US-TX-NO-CALL"]


def test_a_number_on_two_registries_is_named_by_both(loaded: Keeper) -> None:
    loaded.load(lines(NUMBERS), name="TPS")
    assert [hit.list_name for hit in Shelf(loaded.folder).screened(LISTED, NOW).hits] == ["TPS", "US-DNC"]


def test_every_miss_is_the_same_object(loaded: Keeper) -> None:
    shelf = Shelf(loaded.folder)
    first = shelf.screened(OTHER, NOW)
    assert first.hits == ()
    assert shelf.screened(OTHER, NOW) is first
    assert shelf.screened(Number("+12125550101"), NOW + timedelta(hours=1)) is first


def test_a_new_snapshot_counts_at_the_next_look(loaded: Keeper) -> None:
    shelf = Shelf(loaded.folder)
    assert not shelf.screened(OTHER, NOW).hits
    loaded.load(lines([*NUMBERS, 12125550100]), as_of=day(21))
    assert not shelf.screened(OTHER, NOW + INTERVAL / 2).hits
    found = shelf.screened(OTHER, LATER)
    assert found.hits[0].since == day(21)
    assert found.snapshots == (("US-DNC", day(21)),)


def test_two_changes_within_one_tick_of_the_disk_are_both_seen(loaded: Keeper) -> None:
    """The folder's time stamp may be the same before and after; the real time is what makes it suspect."""
    changed = os.stat(loaded.folder)
    now = NOW.fromtimestamp(changed.st_mtime, NOW.tzinfo)
    shelf = Shelf(loaded.folder)
    assert not shelf.screened(OTHER, now).hits
    loaded.load("12125550100\n", "add")
    os.utime(loaded.folder, ns=(changed.st_atime_ns, changed.st_mtime_ns))
    assert shelf.screened(OTHER, now + INTERVAL).hits


def test_a_clock_set_back_stops_no_looking(loaded: Keeper) -> None:
    shelf = Shelf(loaded.folder)
    assert not shelf.screened(OTHER, NOW + timedelta(days=1)).hits
    loaded.load("12125550100\n", "add")
    assert shelf.screened(OTHER, NOW).hits


def test_a_registry_taken_away_is_no_longer_asked(loaded: Keeper) -> None:
    shelf = Shelf(loaded.folder)
    assert shelf.screened(LISTED, NOW).hits
    (loaded.folder / "US-DNC.json").unlink()
    assert shelf.screened(LISTED, LATER).snapshots == ()
    assert not shelf.screened(LISTED, LATER).hits


def cut(loaded: Keeper, file: Path) -> None:
    replaced(file, file.read_bytes()[:-1])


def swapped(loaded: Keeper, file: Path) -> None:
    other = loaded.load(lines(NUMBERS[:999]), name="TPS").manifest
    replaced(file, (loaded.folder / other.file).read_bytes())
    (loaded.folder / "TPS.json").unlink()


def one_bit(loaded: Keeper, file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    replaced(file, bytes(content))


def gone(loaded: Keeper, file: Path) -> None:
    file.unlink()


def empty(loaded: Keeper, file: Path) -> None:
    replaced(file, b"")


def manifest_cut(loaded: Keeper, file: Path) -> None:
    path = loaded.folder / "US-DNC.json"
    replaced(path, path.read_bytes()[:-9])


def manifest_of_another(loaded: Keeper, file: Path) -> None:
    path = loaded.folder / "US-DNC.json"
    replaced(path, path.read_bytes().replace(b'"US-DNC"', b'"TPS"'))


def replaced(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [cut, swapped, one_bit, gone, empty, manifest_cut, manifest_of_another])
def test_a_damaged_registry_counts_as_missing_and_says_so(loaded: Keeper, damage: object) -> None:
    made = manifest.read(loaded.folder, "US-DNC")
    assert made is not None
    assert callable(damage)
    damage(loaded, loaded.folder / made.file)
    shelf = Shelf(loaded.folder)
    assert shelf.screened(LISTED, NOW).snapshots == (("US-DNC", None),)
    [(name, sentence)] = shelf.troubles(NOW)
    assert name == "US-DNC"
    assert sentence.startswith("registry US-DNC: ")


def test_a_registry_that_is_loaded_again_is_no_trouble_any_more(loaded: Keeper) -> None:
    made = manifest.read(loaded.folder, "US-DNC")
    assert made is not None
    gone(loaded, loaded.folder / made.file)
    shelf = Shelf(loaded.folder)
    assert shelf.troubles(NOW)
    loaded.load(lines(NUMBERS))
    assert shelf.screened(LISTED, LATER).hits
    assert shelf.troubles(LATER) == ()


def test_a_snapshot_swept_away_between_manifest_and_map_is_asked_for_again(
    loaded: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = manifest.read

    def read_slowly(folder: Path, name: str) -> manifest.Manifest | None:
        monkeypatch.setattr(manifest, "read", read)
        found = read(folder, name)
        loaded.load("12125550100\n", "add", as_of=day(21))  # and the one just read about is gone
        return found

    shelf = Shelf(loaded.folder)
    monkeypatch.setattr(manifest, "read", read_slowly)
    assert shelf.screened(OTHER, NOW).hits
    assert shelf.troubles(NOW) == ()


def test_a_folder_that_cannot_be_read_is_a_trouble(keeper: Keeper) -> None:
    keeper.folder.write_text("no folder")
    shelf = Shelf(keeper.folder)
    assert shelf.screened(LISTED, NOW).snapshots == ()
    assert shelf.troubles(NOW) == (("", "the folder of the registries cannot be read: Not a directory"),)


def test_who_has_a_snapshot_mapped_keeps_it_while_it_is_replaced(loaded: Keeper) -> None:
    shelf = Shelf(loaded.folder)
    assert shelf.screened(LISTED, NOW).hits
    loaded.load(lines(range(12125550100, 12125551100)), as_of=day(21))
    assert shelf.screened(LISTED, NOW).hits  # the file has no name any more, and is whole
    assert not shelf.screened(LISTED, LATER).hits
