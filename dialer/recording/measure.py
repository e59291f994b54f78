"""Level, silence and talk of each side, gathered block by block.

A frame is 20 ms, the packet time of telephone audio. It counts as heard above -45 dBFS: speech on a telephone line lies
around -26 dBFS (ITU-T P.56 active level, the usual planning value), line noise and comfort noise below -50.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dialer.recording.facts import Side

RATE = 8000  # samples a second and side
SIDES = 2
FRAME_BYTES = 2 * SIDES  # one 16-bit sample of each side

_FULL_SCALE = 32768.0
_WINDOW = RATE // 50
_HEARD = (_FULL_SCALE * 10 ** (-45 / 20)) ** 2  # mean square
_FLOOR_DBFS = 20 * math.log10(1 / _FULL_SCALE)


@dataclass(slots=True)
class Meter:
    """Sums over the blocks seen so far. Blocks must be whole multiples of 20 ms, but for the last."""

    samples: int = 0
    windows: int = 0
    nobody: int = 0
    squares: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(SIDES))
    peaks: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(SIDES, np.int64))
    heard: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(SIDES, np.int64))

    def add(self, block: bytes) -> None:
        """Take interleaved 16-bit little-endian samples. A last frame under 20 ms counts for the level only."""
        audio = np.frombuffer(block, dtype="<i2").reshape(-1, SIDES)
        if not len(audio):
            return
        squares = audio.astype(np.float32) ** 2
        self.samples += len(audio)
        self.squares += squares.sum(axis=0, dtype=np.float64)
        self.peaks = np.maximum(self.peaks, np.abs(audio.astype(np.int32)).max(axis=0))
        whole = len(audio) // _WINDOW
        loud = squares[: whole * _WINDOW].reshape(whole, _WINDOW, SIDES).mean(axis=1) > _HEARD
        self.windows += whole
        self.heard += loud.sum(axis=0)
        self.nobody += int(whole - loud.any(axis=1).sum())

    def sides(self) -> tuple[Side, Side]:
        """Left and right."""
        return self._side(0), self._side(1)

    def silence_share(self) -> float:
        """The share of time in which neither side was heard; 1 for a recording of less than one frame."""
        return self.nobody / self.windows if self.windows else 1.0

    def _side(self, channel: int) -> Side:
        spoken, heard = int(self.heard.sum()), int(self.heard[channel])
        return Side(
            level_dbfs=_dbfs(math.sqrt(self.squares[channel] / self.samples)) if self.samples else _FLOOR_DBFS,
            peak_dbfs=_dbfs(float(self.peaks[channel])),
            talk_share=heard / spoken if spoken else 0.0,
            silence_share=1 - heard / self.windows if self.windows else 1.0,
        )


def _dbfs(amplitude: float) -> float:
    return max(_FLOOR_DBFS, 20 * math.log10(amplitude / _FULL_SCALE)) if amplitude > 0 else _FLOOR_DBFS
