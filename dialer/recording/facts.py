"""What is known about a finished recording, and what can be wrong with one.

The facts lie beside the audio as `<attempt id>.json`. With them a second run gives the same answer as the first without
decoding anything, and a library can be read without its database.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from dialer.recording.naming import FACTS

FaultKind = Literal[
    "missing",  # Asterisk left nothing
    "empty",  # a file without one whole sample
    "short",  # less than the time it should cover
    "long",  # more than that: another call's audio, or a clock that jumped
    "growing",  # still being written long after the call ended
    "damaged",  # finished once, and no longer what its checksum says
    "encode_failed",
    "disk_full",
    "unreadable",  # the spool or the library refuses us
    "backlog",  # too many are waiting; the raw audio stays where it is
]


@dataclass(frozen=True, slots=True)
class Side:
    """One channel. Levels are in dB below full scale, -90.3 for digital silence."""

    level_dbfs: float
    peak_dbfs: float
    talk_share: float  # this side's part of all that was spoken: both sides together make 1, or 0 where nobody spoke
    silence_share: float  # of the call's time


@dataclass(frozen=True, slots=True)
class Finished:
    """A whole recording in the library. `sides` are the customer's (left) and the agent's (right)."""

    path: Path
    format: str
    sha256: str
    size_bytes: int
    seconds: float  # of the file, with the notice
    notice_seconds: float
    sides: tuple[Side, Side]
    silence_share: float  # of the call's time, neither side heard
    stray_bytes: int = 0  # at the end of the raw audio, less than one sample of both sides

    @property
    def call_seconds(self) -> float:
        """What was recorded of the call itself."""
        return self.seconds - self.notice_seconds

    @property
    def one_way(self) -> bool:
        """One side spoke and the other was never heard: a phone or a network that carried sound one way only."""
        return sorted(side.silence_share == 1.0 for side in self.sides) == [False, True]


@dataclass(frozen=True, slots=True)
class Fault:
    """An incident about a recording. Where audio could be kept it is in the library all the same, as `kept`."""

    kind: FaultKind
    sentence: str
    kept: Finished | None = None


_ADAPTER: TypeAdapter[Finished] = TypeAdapter(Finished)


def facts_path(audio: Path) -> Path:
    """Where the facts about a finished file are."""
    return audio.with_suffix(FACTS)


def to_json(finished: Finished) -> bytes:
    """The facts as they are kept: the path is the name alone, so that a library can be moved."""
    return _ADAPTER.dump_json(_ADAPTER.validate_python(asdict(finished) | {"path": finished.path.name}), indent=1)


def read(audio: Path) -> Finished | None:
    """The facts kept beside a finished file; None where there are none, or nothing that can be understood."""
    try:
        kept = _ADAPTER.validate_json(facts_path(audio).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    return _ADAPTER.validate_python(asdict(kept) | {"path": audio})


def judge(finished: Finished, recorded: timedelta | None, tolerance: timedelta) -> Finished | Fault:
    """The verdict on a finished recording: as long as the time it should cover, or a fault that keeps it.

    `recorded` None: nobody saw when recording began, so there is nothing to hold the length against.
    """
    if recorded is None:
        return finished
    missing = recorded.total_seconds() - finished.call_seconds
    if abs(missing) <= tolerance.total_seconds():
        return finished
    lasted = f"{finished.call_seconds:.1f} s were recorded of {recorded.total_seconds():.1f} s"
    return Fault("short" if missing > 0 else "long", lasted, kept=finished)
