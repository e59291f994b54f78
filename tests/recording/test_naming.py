from datetime import date
from pathlib import PurePosixPath

import pytest

from dialer.recording.formats import FORMATS, of_extension
from dialer.recording.naming import attempt_of, library_path, raw_name

DAY = date(2026, 11, 23)


def test_a_recording_lies_under_its_day_and_is_named_by_its_attempt() -> None:
    assert library_path("a1-7f", DAY, "mp3") == PurePosixPath("2026/11/23/a1-7f.mp3")
    assert raw_name("a1-7f") == "a1-7f.raw"


@pytest.mark.parametrize(
    "attempt_id", ["", "../etc/passwd", "a/b", "a.b", "A1", "-rf", "a b", "a\n", "\u00e4", "a" * 65, "+4930123"]
)
def test_an_id_that_could_be_a_path_or_an_option_is_refused(attempt_id: str) -> None:
    with pytest.raises(ValueError, match="not an attempt id"):
        raw_name(attempt_id)
    with pytest.raises(ValueError, match="not an attempt id"):
        library_path(attempt_id, DAY, "mp3")


@pytest.mark.parametrize("name", ["a1.raw", "a1.mp3", "a1.json", ".a1.mp3.part", ".a1.json.part"])
def test_every_file_of_an_attempt_names_it(name: str) -> None:
    assert attempt_of(name) == "a1"


@pytest.mark.parametrize("name", ["Notes.txt", "..", ".DS_Store", "..part"])
def test_a_strange_file_belongs_to_no_attempt(name: str) -> None:
    assert attempt_of(name) is None


def test_every_format_is_found_by_its_extension() -> None:
    assert [of_extension("." + form.extension) for form in FORMATS.values()] == list(FORMATS.values())
    with pytest.raises(ValueError, match="exe"):
        of_extension(".exe")
