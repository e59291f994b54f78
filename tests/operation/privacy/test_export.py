from __future__ import annotations

import json
import stat
import zipfile
from pathlib import Path

import pytest

from dialer.operation.privacy.erase import Folders, erase
from dialer.operation.privacy.export import Copy, as_json, collect, write
from dialer.store.session import Database
from tests.operation.privacy.people import FIRST, NAME, NOTE, SECOND, STRANGER, a_past
from tests.store.makers import NOW, RULEBOOK


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "library", tmp_path / "spool")


async def copy(db: Database) -> Copy:
    return await collect(db, FIRST, by="adam", now=NOW)


async def test_a_copy_holds_everything_about_the_person_and_nothing_of_others(
    database: Database, folders: Folders
) -> None:
    past = await a_past(database, folders)
    found = json.loads(as_json(await copy(database)))
    data = found["data"]
    assert found["numbers"] == [FIRST.e164, SECOND.e164]
    assert [(row["campaign"], row["name"]) for row in data["leads"]] == [("Winter", NAME), ("Spring", NAME)]
    assert data["leads"][0]["fields"] == {"street": "Long Lane 7"}
    assert [(row["id"], row["note"], row["disposition"]) for row in data["attempts"]] == [(past.talk, NOTE, "sale")]
    assert [row["attempt_id"] for row in data["recordings"]] == [past.talk]
    assert [row["kind"] for row in data["consents"]] == ["express"]
    assert [row["proof"] for row in data["do_not_call"]] == ["letter of Wang"]
    assert [row["verdict"] for row in data["decisions"]] == ["permit"]
    assert {row["source"] for row in data["imports"]} == {"test"}
    assert set(data) == set(found["meaning"])
    text = as_json(await copy(database))
    assert STRANGER.e164 not in text
    assert "Somebody Else" not in text
    assert "salt" not in text


async def test_a_zip_file_has_the_recordings_too_and_nobody_else_may_read_it(
    database: Database, folders: Folders, tmp_path: Path
) -> None:
    past = await a_past(database, folders)
    file = tmp_path / "wang.zip"
    assert write(await copy(database), file, folders.library) == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as archive:
        assert sorted(archive.namelist()) == ["person.json", f"recordings/{past.talk}.mp3"]
        assert archive.read(f"recordings/{past.talk}.mp3").startswith(b"sound of")
        assert json.loads(archive.read("person.json"))["numbers"] == [FIRST.e164, SECOND.e164]


async def test_a_copy_is_never_written_over_a_file(database: Database, folders: Folders, tmp_path: Path) -> None:
    await a_past(database, folders)
    file = tmp_path / "wang.json"
    write(await copy(database), file, folders.library)
    with pytest.raises(FileExistsError):
        write(await copy(database), file, folders.library)


async def test_of_an_erased_person_the_hashed_line_and_the_erasure_are_left(
    database: Database, folders: Folders
) -> None:
    await a_past(database, folders)
    await erase(database, RULEBOOK, folders, FIRST, by="adam", because="letter", clock=lambda: NOW)
    data = (await collect(database, SECOND, by="adam", now=NOW)).document["data"]
    assert [name for name, rows in data.items() if rows] == ["do_not_call", "erasures"]
