"""One ffmpeg that is fed audio block by block and leaves an encoded file."""

from __future__ import annotations

import errno
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import IO

from dialer.recording.formats import Format
from dialer.recording.measure import RATE, SIDES

_NO_SPACE = ("No space left on device", "File too large", "Disk quota exceeded")


class EncodeFailed(Exception):
    """ffmpeg did not leave a whole file; the message is its own last words."""


@contextmanager
def encoder(target: Path, form: Format, limit: float) -> Iterator[IO[bytes]]:
    """Give a pipe that takes interleaved 16-bit samples; after it the file is whole and every byte was written.

    `limit` is in seconds, after which the program is killed. It runs at low priority: nobody waits for it, and calls do
    wait for the processor. Nothing of the call is written into the file's tags, so the same audio gives the same bytes.

    Raises:
        OSError: with ENOSPC where the disk is full; as the system says where the program cannot be started.
        EncodeFailed: for every other way it can go wrong, and when the limit is reached.
    """
    command = ["nice", "-n", "15", "ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-xerror", "-y"]
    command += ["-f", "s16le", "-ar", str(RATE), "-ac", str(SIDES), "-i", "pipe:0", "-map_metadata", "-1"]
    command += ["-fflags", "+bitexact", "-flags:a", "+bitexact", *form.codec, "-f", form.muxer, f"file:{target}"]
    # A file and not a pipe for what it says: nobody reads while we write, and a full pipe would stop us both.
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said)
        watchdog = Timer(limit, process.kill)
        watchdog.start()
        assert process.stdin is not None
        pipe_broke = False
        try:
            try:
                yield process.stdin
                process.stdin.close()
            except BrokenPipeError:  # ffmpeg gave up; its words are the cause
                pipe_broke = True
            process.wait()
        finally:
            watchdog.cancel()
            if process.poll() is None:
                process.kill()
                process.wait()
            with suppress(BrokenPipeError):
                process.stdin.close()
        said.seek(0)
        words = said.read(4000).decode(errors="replace").strip()
    # At this log level every line is an error, also where the exit code is 0.
    if pipe_broke or process.returncode != 0 or words:
        if any(sign in words for sign in _NO_SPACE):
            raise OSError(errno.ENOSPC, "the library's disk is full")
        raise EncodeFailed(words or f"ffmpeg ended with {process.returncode}, or took more than {limit:.0f} s")
