"""Makers of telephone audio: what Asterisk would leave in the spool, and the finished file taken apart again."""

import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt

RATE = 8000


def tone(hertz: float, seconds: float, amplitude: int = 8000) -> npt.NDArray[np.int16]:
    at = np.arange(round(seconds * RATE)) / RATE
    return (np.sin(2 * np.pi * hertz * at) * amplitude).astype("<i2")


def silence(seconds: float) -> npt.NDArray[np.int16]:
    return np.zeros(round(seconds * RATE), "<i2")


def write_raw(path: Path, left: npt.NDArray[np.int16], right: npt.NDArray[np.int16]) -> Path:
    """Interleaved, as MixMonitor's option D writes it."""
    path.write_bytes(np.stack([left, right], axis=1).tobytes())
    return path


def two_tones(path: Path, seconds: float) -> Path:
    """The customer hums 440 Hz, the agent 880 Hz."""
    return write_raw(path, tone(440, seconds), tone(880, seconds))


def decoded(path: Path) -> npt.NDArray[np.int16]:
    """The finished file as (samples, 2), by ffmpeg."""
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-i", path, "-f", "s16le", "-ar", str(RATE), "-ac", "2", "-"]
    audio = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(audio, "<i2").reshape(-1, 2)


def loudest(samples: npt.NDArray[np.int16]) -> float:
    """The frequency with the most energy, in Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * RATE / len(samples))


def strength(samples: npt.NDArray[np.int16], hertz: float) -> float:
    """How much of one frequency there is, as an amplitude."""
    at = np.arange(len(samples)) / RATE
    return float(2 * abs(np.mean(samples * np.exp(-2j * np.pi * hertz * at))))
