"""What a finished recording may be encoded as.

MP3 is the default. A browser must play it without help: MP3, WAV and FLAC play everywhere. MP3 at 32 kbit/s is 14 MB an
hour against FLAC's 50 and WAV's 115, its constant bit rate lets a player jump by byte range, and an hour takes some
seconds of one core. `-joint_stereo 0` keeps the two sides from sharing bits, or one side's voice leaks into the other.

Opus is not here: Safari plays it in Ogg only since 18.4, encoding takes three times as long, and its coupled stereo
left each side audible in the other, 30 dB below, where with MP3 it is more than 40.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """One way to encode; `muxer` and `codec` are ffmpeg's arguments."""

    name: str
    extension: str
    media_type: str
    muxer: str
    codec: tuple[str, ...]


FORMATS: dict[str, Format] = {
    form.name: form
    for form in (
        Format("mp3", "mp3", "audio/mpeg", "mp3", ("-c:a", "libmp3lame", "-b:a", "32k", "-joint_stereo", "0")),
        Format("flac", "flac", "audio/flac", "flac", ("-c:a", "flac")),
        Format("wav", "wav", "audio/wav", "wav", ("-c:a", "pcm_s16le")),
    )
}

DEFAULT = FORMATS["mp3"]


def of_extension(suffix: str) -> Format:
    """The format of a file by its suffix, with or without the dot.

    Raises:
        ValueError: no such format.
    """
    for form in FORMATS.values():
        if form.extension == suffix.removeprefix("."):
            return form
    raise ValueError(f"no recording format has the extension {suffix!r}")
