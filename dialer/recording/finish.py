"""Finish one recording: read the raw audio, join the notice, measure, encode, check, file it away.

Blocking, for a thread. Memory does not grow with the call: pydub, which wants whole files, is given a minute at a time.
The order of the last steps is what makes it safe to kill at any point and safe to run again: audio and facts are
written under other names and synced, facts are renamed, audio is renamed, and only then the raw audio goes. A file
under its final name is therefore whole, and the raw audio is there as long as it is not.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from pydub import AudioSegment
from pydub.exceptions import CouldntDecodeError

from dialer.recording import facts
from dialer.recording.encode import EncodeFailed, encoder
from dialer.recording.facts import Fault, Finished
from dialer.recording.formats import Format, of_extension
from dialer.recording.measure import FRAME_BYTES, RATE, SIDES, Meter
from dialer.recording.naming import PART, checked

BLOCK_SECONDS = 60
_BLOCK = BLOCK_SECONDS * RATE * FRAME_BYTES
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def finish(
    raw: Path, target: Path, *, notice: Path | None, talk: timedelta | None, tolerance: timedelta
) -> Finished | Fault:
    """Turn Asterisk's raw audio into the file `target`, whose extension names the format.

    `raw` is interleaved two-channel signed 16-bit little-endian audio at 8 kHz (MixMonitor with option D: left what
    came from the customer, right what was sent to them). `talk` is the time it should cover, `tolerance` how far off
    it may be. `notice` is a prompt put in front; its length does not count.

    Running it again, also after a crash at any point, gives the same answer. A fault leaves the raw audio where it is,
    except that a recording of the wrong length is finished all the same and comes as the fault's `kept`.

    Raises:
        ValueError: the target's name is not an attempt id with a known extension.
    """
    checked(target.stem)
    form = of_extension(target.suffix)
    try:
        earlier = _earlier(raw, target)
        if isinstance(earlier, Fault):
            return earlier
        return facts.judge(earlier or _made(raw, target, form, notice), talk, tolerance)
    except _Faulty as faulty:
        return faulty.fault
    except EncodeFailed as failed:
        return Fault("encode_failed", str(failed))
    except OSError as error:
        if error.errno in _DISK_FULL:
            return Fault("disk_full", f"{error.strerror}; the raw audio is kept")
        return Fault("unreadable", f"{error.strerror}: {error.filename}")


class _Faulty(Exception):
    def __init__(self, fault: Fault) -> None:
        self.fault = fault


def _earlier(raw: Path, target: Path) -> Finished | Fault | None:
    """What an earlier run left: a whole recording, nothing, or (with the raw audio gone) a fault."""
    kept = facts.read(target) if target.exists() else None
    whole = kept is not None and kept.size_bytes == target.stat().st_size and kept.sha256 == _sha256(target)
    if kept is not None and whole:
        raw.unlink(missing_ok=True)
        return kept
    if raw.exists():
        return None
    if target.exists():
        return Fault("damaged", "the finished file is not what was written, and the raw audio is gone")
    return Fault("missing", "no raw audio was left in the spool")


def _made(raw: Path, target: Path, form: Format, notice: Path | None) -> Finished:
    size = raw.stat().st_size
    if size < FRAME_BYTES:
        raise _Faulty(Fault("empty", f"the raw audio has {size} bytes"))
    front = _prompt(notice) if notice else None
    notice_seconds = front.frame_count() / RATE if front else 0.0
    target.parent.mkdir(parents=True, exist_ok=True)
    part, facts_part = _part(target), _part(facts.facts_path(target))
    part.unlink(missing_ok=True)  # an ffmpeg that outlived its killed dialer may still hold this one
    meter = Meter()
    try:
        with encoder(part, form, limit=limit_seconds(size)) as pipe:
            for block in _blocks(raw):
                meter.add(block.raw_data)
                pipe.write((front + block if front else block).raw_data)
                front = None
        _sync(part)
        finished = Finished(
            path=target,
            format=form.name,
            sha256=_sha256(part),
            size_bytes=part.stat().st_size,
            seconds=meter.samples / RATE + notice_seconds,
            notice_seconds=notice_seconds,
            sides=meter.sides(),
            silence_share=meter.silence_share(),
            stray_bytes=size % FRAME_BYTES,
        )
        facts_part.write_bytes(facts.to_json(finished))
        _sync(facts_part)
        facts_part.replace(facts.facts_path(target))
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
        facts_part.unlink(missing_ok=True)
    _sync(target.parent)
    raw.unlink()
    return finished


def limit_seconds(raw_bytes: int) -> float:
    """How long encoding may take: an hour took some ten seconds of a free core, sixty times that is a sick machine."""
    return 60 + raw_bytes / (FRAME_BYTES * RATE) / 6


def _blocks(raw: Path) -> Iterator[AudioSegment]:
    """The raw audio a minute at a time, whole samples only."""
    with raw.open("rb") as file:
        while block := file.read(_BLOCK):
            whole = block[: len(block) - len(block) % FRAME_BYTES]
            yield AudioSegment.from_raw(BytesIO(whole), sample_width=2, frame_rate=RATE, channels=SIDES)


def _prompt(path: Path) -> AudioSegment:
    """A prompt as Asterisk keeps them (`.sln` is headless 8 kHz mono; pydub knows the rest), heard on both sides."""
    try:
        if path.suffix == ".sln":
            prompt = AudioSegment.from_raw(BytesIO(path.read_bytes()), sample_width=2, frame_rate=RATE, channels=1)
        else:
            with path.open("rb") as file:  # by name pydub would leave it open
                prompt = AudioSegment.from_file(file, format=path.suffix.removeprefix("."))
    except (CouldntDecodeError, FileNotFoundError, IndexError) as error:
        raise EncodeFailed(f"the notice {path.name} cannot be read") from error
    return prompt.set_sample_width(2).set_frame_rate(RATE).set_channels(SIDES)


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}{PART}")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    """Until this returns a full or failing disk may not have said so."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
