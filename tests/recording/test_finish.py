import hashlib
import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from dialer.recording import facts
from dialer.recording.facts import Fault, FaultKind, Finished
from dialer.recording.finish import finish
from dialer.recording.formats import FORMATS
from tests.recording.audio import RATE, decoded, loudest, silence, strength, tone, two_tones, write_raw

TOLERANCE = timedelta(milliseconds=500)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    (tmp_path / "spool").mkdir()
    return tmp_path / "spool" / "a1.raw"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "library" / "2026" / "11" / "23" / "a1.mp3"


def finished(raw: Path, target: Path, seconds: float, notice: Path | None = None) -> Finished:
    verdict = finish(raw, target, notice=notice, talk=timedelta(seconds=seconds), tolerance=TOLERANCE)
    assert isinstance(verdict, Finished), verdict
    return verdict


def fault(raw: Path, target: Path, seconds: float, kind: FaultKind, notice: Path | None = None) -> Fault:
    verdict = finish(raw, target, notice=notice, talk=timedelta(seconds=seconds), tolerance=TOLERANCE)
    assert isinstance(verdict, Fault), verdict
    assert verdict.kind == kind, verdict
    return verdict


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", FORMATS)
def test_each_side_keeps_its_own_voice(raw: Path, target: Path, name: str) -> None:
    two_tones(raw, 4)
    made = finished(raw, target.with_suffix("." + FORMATS[name].extension), 4)
    audio = decoded(made.path)
    left, right = audio[RATE : 3 * RATE, 0], audio[RATE : 3 * RATE, 1]
    assert loudest(left) == pytest.approx(440, abs=2)
    assert loudest(right) == pytest.approx(880, abs=2)
    # 40 dB apart: nobody hears one side in the other.
    assert strength(left, 880) < strength(left, 440) / 100
    assert strength(right, 440) < strength(right, 880) / 100
    assert strength(left, 440) == pytest.approx(8000, rel=0.1)
    assert len(audio) / RATE == pytest.approx(4, abs=0.2)


def test_a_finished_recording_is_what_its_facts_say(raw: Path, target: Path) -> None:
    two_tones(raw, 3)
    made = finished(raw, target, 3)
    content = target.read_bytes()
    assert made.path == target
    assert made.sha256 == hashlib.sha256(content).hexdigest()
    assert made.size_bytes == len(content)
    assert made.seconds == made.call_seconds == 3.0
    assert made.silence_share == 0.0
    assert [side.talk_share for side in made.sides] == [0.5, 0.5]
    assert made.sides[0].level_dbfs == pytest.approx(-15.3, abs=0.2)
    assert facts.read(target) == made


def test_the_raw_audio_and_every_half_written_file_are_gone_at_the_end(raw: Path, target: Path, tmp_path: Path) -> None:
    two_tones(raw, 1)
    finished(raw, target, 1)
    assert files(tmp_path) == {"a1.mp3", "a1.json"}


def test_a_call_longer_than_a_block_is_joined_without_a_seam(raw: Path, target: Path) -> None:
    two_tones(raw, 130)
    made = finished(raw, target.with_suffix(".wav"), 130)
    assert made.seconds == 130.0
    audio = decoded(made.path)
    assert np.array_equal(audio[:, 0], tone(440, 130))
    assert np.array_equal(audio[:, 1], tone(880, 130))


@pytest.mark.parametrize("seconds", [1.6, 2.4])
def test_a_length_within_the_tolerance_is_whole(raw: Path, target: Path, seconds: float) -> None:
    two_tones(raw, 2)
    assert finished(raw, target, seconds).seconds == 2.0


@pytest.mark.parametrize(("talked", "kind"), [(10.0, "short"), (2.0, "long")])
def test_a_wrong_length_is_a_fault_and_the_audio_is_kept(
    raw: Path, target: Path, talked: float, kind: FaultKind
) -> None:
    two_tones(raw, 4)
    found = fault(raw, target, talked, kind)
    assert found.kept is not None
    assert found.kept.path == target
    assert found.kept.seconds == 4.0
    assert "4.0 s" in found.sentence
    assert f"{talked:.1f} s" in found.sentence
    assert not raw.exists()
    assert fault(raw, target, talked, kind) == found


def test_a_recording_that_is_not_there_is_missing(raw: Path, target: Path) -> None:
    assert fault(raw, target, 10, "missing").kept is None


@pytest.mark.parametrize("content", [b"", b"\1\2\3"])
def test_a_file_without_one_sample_is_empty_and_stays(raw: Path, target: Path, content: bytes) -> None:
    raw.write_bytes(content)
    fault(raw, target, 10, "empty")
    assert raw.exists()
    assert not target.parent.exists()


@pytest.mark.parametrize("stray", [1, 2, 3])
def test_a_torn_last_sample_is_left_out_and_counted(raw: Path, target: Path, stray: int) -> None:
    two_tones(raw, 2)
    with raw.open("ab") as file:
        file.write(b"\x7f" * stray)
    made = finished(raw, target.with_suffix(".wav"), 2)
    assert (made.stray_bytes, made.seconds) == (stray, 2.0)
    assert len(decoded(made.path)) == 2 * RATE


def test_a_side_that_was_never_heard_is_one_way_audio(raw: Path, target: Path) -> None:
    write_raw(raw, silence(3), tone(880, 3))
    made = finished(raw, target, 3)
    assert made.one_way
    assert made.sides[0].silence_share == 1.0
    assert made.sides[1].talk_share == 1.0


def test_two_silent_sides_are_not_one_way(raw: Path, target: Path) -> None:
    write_raw(raw, silence(2), silence(2))
    assert not finished(raw, target, 2).one_way


@pytest.mark.parametrize("suffix", [".wav", ".sln"])
def test_the_notice_is_heard_first_on_both_sides_and_does_not_count(
    raw: Path, target: Path, tmp_path: Path, suffix: str
) -> None:
    two_tones(raw, 3)
    notice = tmp_path / f"notice{suffix}"
    pcm = ["-ar", "16000"] if suffix == ".wav" else ["-ar", "8000", "-f", "s16le"]
    sine = ["-f", "lavfi", "-i", "sine=frequency=1500:duration=2"]
    subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", *sine, "-ac", "1", *pcm, notice], check=True)
    made = finished(raw, target, 3, notice)
    assert made.notice_seconds == pytest.approx(2, abs=0.01)
    assert made.seconds == pytest.approx(5, abs=0.01)
    assert made.call_seconds == pytest.approx(3)
    audio = decoded(target)
    said, talked = audio[RATE // 2 : RATE * 3 // 2], audio[RATE * 3 : RATE * 4]
    assert [loudest(said[:, side]) for side in (0, 1)] == pytest.approx([1500, 1500], abs=2)
    assert [loudest(talked[:, side]) for side in (0, 1)] == pytest.approx([440, 880], abs=2)
    assert [side.talk_share for side in made.sides] == [0.5, 0.5]


@pytest.mark.parametrize("content", [None, b"no audio"])
def test_a_notice_that_cannot_be_read_is_a_fault_and_the_raw_audio_stays(
    raw: Path, target: Path, tmp_path: Path, content: bytes | None
) -> None:
    two_tones(raw, 2)
    notice = tmp_path / "notice.wav"
    if content is not None:
        notice.write_bytes(content)
    assert "notice.wav" in fault(raw, target, 2, "encode_failed", notice).sentence
    assert raw.exists()
    assert not target.exists()


def test_the_same_audio_gives_the_same_bytes(raw: Path, target: Path) -> None:
    two_tones(raw, 2)
    first = finished(raw, target, 2)
    two_tones(raw, 2)
    assert finished(raw, target.parent / "copy" / "a1.mp3", 2).sha256 == first.sha256


def test_finishing_twice_is_harmless(raw: Path, target: Path) -> None:
    two_tones(raw, 2)
    first = finished(raw, target, 2)
    written = target.stat().st_mtime_ns
    assert finished(raw, target, 2) == first
    assert target.stat().st_mtime_ns == written


def test_a_crash_before_the_raw_audio_went_is_finished_by_the_next_run(raw: Path, target: Path) -> None:
    two_tones(raw, 2)
    first = finished(raw, target, 2)
    two_tones(raw, 2)
    assert finished(raw, target, 2) == first
    assert not raw.exists()


def test_a_crash_between_the_two_renames_is_finished_by_the_next_run(raw: Path, target: Path) -> None:
    two_tones(raw, 2)
    first = finished(raw, target, 2)
    two_tones(raw, 2)
    target.rename(target.with_name(".a1.mp3.part"))
    assert finished(raw, target, 2) == first
    assert files(target.parent) == {"a1.mp3", "a1.json"}


def test_a_half_written_file_of_a_crash_is_replaced(raw: Path, target: Path) -> None:
    two_tones(raw, 2)
    target.parent.mkdir(parents=True)
    target.with_name(".a1.mp3.part").write_bytes(b"half")
    target.with_name(".a1.json.part").write_bytes(b"half")
    finished(raw, target, 2)
    assert files(target.parent) == {"a1.mp3", "a1.json"}


def test_a_damaged_file_is_made_again_while_the_raw_audio_is_there(raw: Path, target: Path) -> None:
    two_tones(raw, 2)
    first = finished(raw, target, 2)
    target.write_bytes(target.read_bytes()[:-1] + b"\0")
    two_tones(raw, 2)
    assert finished(raw, target, 2) == first


@pytest.mark.parametrize("damage", ["cut", "no facts", "torn facts"])
def test_a_damaged_file_without_raw_audio_is_a_fault(raw: Path, target: Path, damage: str) -> None:
    two_tones(raw, 2)
    finished(raw, target, 2)
    match damage:
        case "cut":
            os.truncate(target, 100)
        case "no facts":
            target.with_suffix(".json").unlink()
        case _:
            target.with_suffix(".json").write_text("{")
    fault(raw, target, 2, "damaged")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("mounting needs root")
    yield place
    subprocess.run(["umount", place], check=True)


# Four times the disk, again four times, and one that all but fits and fails as its last part is written.
@pytest.mark.parametrize(("extension", "seconds"), [("wav", 16), ("mp3", 60), ("mp3", 16.3)])
def test_a_full_disk_is_a_fault_that_leaves_the_raw_audio_and_no_litter(
    raw: Path, small_disk: Path, extension: str, seconds: float
) -> None:
    two_tones(raw, seconds)
    before = raw.read_bytes()
    fault(raw, small_disk / f"a1.{extension}", seconds, "disk_full")
    assert files(small_disk) == set()
    assert raw.read_bytes() == before


def test_a_recording_is_finished_once_the_disk_has_room_again(raw: Path, small_disk: Path) -> None:
    two_tones(raw, 10)
    (small_disk / "other").write_bytes(b"x" * 60_000)
    fault(raw, small_disk / "a1.mp3", 10, "disk_full")
    (small_disk / "other").unlink()
    assert finished(raw, small_disk / "a1.mp3", 10).seconds == 10.0


def test_a_library_that_cannot_be_written_is_a_fault(raw: Path, tmp_path: Path) -> None:
    two_tones(raw, 1)
    (tmp_path / "library").write_text("a file where the folder should be")
    fault(raw, tmp_path / "library" / "a1.mp3", 1, "unreadable")
    assert raw.exists()


def test_a_program_that_hangs_is_killed_and_reported(
    raw: Path, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_tones(raw, 120)
    (tmp_path / "bin").mkdir()
    hanging = tmp_path / "bin" / "ffmpeg"
    hanging.write_text("#!/bin/sh\nexec sleep 60\n")
    hanging.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr("dialer.recording.finish.limit_seconds", lambda size: 0.2)
    fault(raw, target, 120, "encode_failed")
    assert raw.exists()


@pytest.mark.parametrize("name", ["../a1.mp3", "A1.mp3", "a1.exe"])
def test_a_target_that_is_no_recording_is_our_own_mistake(raw: Path, target: Path, name: str) -> None:
    two_tones(raw, 1)
    bad = target.with_name(name) if "/" not in name else target.with_name("..mp3")
    with pytest.raises(ValueError):
        finish(raw, bad, notice=None, talk=timedelta(seconds=1), tolerance=TOLERANCE)
