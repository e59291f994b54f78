"""A short piece of a finished recording, for a coach's form, a dispute or a complaint."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from pydub import AudioSegment

from dialer.recording.formats import DEFAULT, Format
from dialer.recording.measure import RATE, SIDES

# pydub holds a piece whole, several times over while it encodes: ten minutes of it are some 60 MB.
LONGEST = timedelta(minutes=10)
_FADE_MS = 10  # a cut in mid-wave clicks
_DECODE_LIMIT = 60  # seconds


class ExcerptFailed(Exception):
    """The recording is damaged, or ends before the piece begins."""


def excerpt(path: Path, start: timedelta, end: timedelta, form: Format = DEFAULT) -> bytes:
    """The encoded piece from `start` to `end`, both counted from the beginning of the file. Blocking, for a thread.

    Raises:
        ValueError: the piece is empty, begins before the file, or is longer than `LONGEST`.
        FileNotFoundError: no such recording.
        ExcerptFailed: no audio could be read at that place.
    """
    if not timedelta(0) <= start < end:
        raise ValueError("an excerpt begins in the recording and ends after its beginning")
    if end - start > LONGEST:
        raise ValueError(f"an excerpt is at most {LONGEST.total_seconds() / 60:.0f} minutes long")
    piece = _decoded(path, start, end).fade_in(_FADE_MS).fade_out(_FADE_MS)
    encoded = BytesIO()
    piece.export(encoded, format=form.muxer, parameters=[*form.codec, "-map_metadata", "-1"])
    return encoded.getvalue()


def _decoded(path: Path, start: timedelta, end: timedelta) -> AudioSegment:
    # Not pydub's own way: it would read a whole WAV, or decode everything before the piece.
    if not path.exists():
        raise FileNotFoundError(path)
    piece = ["-ss", f"{start.total_seconds():.3f}", "-t", f"{(end - start).total_seconds():.3f}", "-i", f"file:{path}"]
    pcm = ["-f", "s16le", "-ar", str(RATE), "-ac", str(SIDES), "pipe:1"]
    try:
        done = subprocess.run(
            ["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", *piece, *pcm],
            capture_output=True,
            timeout=_DECODE_LIMIT,
        )
    except subprocess.TimeoutExpired as error:
        raise ExcerptFailed(f"{path.name} could not be read in {_DECODE_LIMIT} s") from error
    if done.returncode or not done.stdout:
        raise ExcerptFailed(f"{path.name} has no audio at {start}")
    return AudioSegment.from_raw(BytesIO(done.stdout), sample_width=2, frame_rate=RATE, channels=SIDES)
