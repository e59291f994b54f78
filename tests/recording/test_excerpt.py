from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from dialer.recording.excerpt import LONGEST, ExcerptFailed, excerpt
from dialer.recording.finish import finish
from dialer.recording.formats import FORMATS
from tests.recording.audio import RATE, decoded, loudest, tone, write_raw


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def recording(tmp_path: Path, extension: str = "mp3") -> Path:
    """The customer: 4 s of 440 Hz, then 4 s of 660 Hz; the agent: 880 Hz all the time."""
    raw = write_raw(tmp_path / "a1.raw", np.concatenate([tone(440, 4), tone(660, 4)]), tone(880, 8))
    target = tmp_path / f"a1.{extension}"
    finish(raw, target, notice=None, talk=seconds(8), tolerance=seconds(0.5))
    return target


@pytest.mark.parametrize("name", FORMATS)
def test_an_excerpt_is_the_piece_that_was_asked_for(tmp_path: Path, name: str) -> None:
    form = FORMATS[name]
    piece = tmp_path / f"piece.{form.extension}"
    piece.write_bytes(excerpt(recording(tmp_path, form.extension), seconds(5), seconds(7), form))
    audio = decoded(piece)
    assert len(audio) / RATE == pytest.approx(2, abs=0.2)
    middle = audio[RATE // 2 : RATE * 3 // 2]
    assert [loudest(middle[:, side]) for side in (0, 1)] == pytest.approx([660, 880], abs=2)


def test_an_excerpt_past_the_end_stops_at_the_end(tmp_path: Path) -> None:
    piece = tmp_path / "piece.wav"
    piece.write_bytes(excerpt(recording(tmp_path), seconds(7), seconds(20), FORMATS["wav"]))
    assert len(decoded(piece)) / RATE == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (3, 2), (0, LONGEST.total_seconds() + 1)])
def test_a_piece_that_makes_no_sense_is_refused(tmp_path: Path, start: float, end: float) -> None:
    with pytest.raises(ValueError, match="excerpt"):
        excerpt(tmp_path / "a1.mp3", seconds(start), seconds(end))


def test_a_piece_of_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        excerpt(tmp_path / "a1.mp3", seconds(0), seconds(1))
    with pytest.raises(ExcerptFailed):
        excerpt(recording(tmp_path), seconds(60), seconds(61))
    (tmp_path / "b1.mp3").write_bytes(b"no audio")
    with pytest.raises(ExcerptFailed):
        excerpt(tmp_path / "b1.mp3", seconds(0), seconds(1))
