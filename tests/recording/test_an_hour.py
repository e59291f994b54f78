import json
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from dialer.recording.facts import Finished
from dialer.recording.finish import finish
from tests.recording import finish_an_hour
from tests.recording.audio import RATE, decoded

HOUR = 3600
NOISE = 600  # seconds of it, at the beginning and the end; between them both are silent
ENV = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
BOUND_MB = 64  # over the idle process; the raw audio alone is 115


@pytest.fixture
def hour(tmp_path: Path) -> Path:
    """An hour that takes no room on the disk but for its noise."""
    noise = np.random.default_rng(7).integers(-4000, 4000, (NOISE // 2 * RATE, 2), "<i2").tobytes()
    raw = tmp_path / "a1.raw"
    with raw.open("wb") as file:
        file.write(noise)
        file.seek(HOUR * RATE * 4 - len(noise))
        file.write(noise)
    return raw


def command(raw: Path, target: Path) -> list[str]:
    return [sys.executable, "-W", "ignore", finish_an_hour.__file__, str(raw), str(target), str(HOUR)]


def test_an_hour_is_finished_in_bounded_memory(hour: Path, tmp_path: Path) -> None:
    assert hour.stat().st_size > 115_000_000
    done = subprocess.run(command(hour, tmp_path / "a1.mp3"), capture_output=True, text=True, timeout=100, env=ENV)
    assert done.returncode == 0, done.stderr
    took = json.loads(done.stdout)
    assert took["seconds"] == HOUR
    assert took["silence_share"] == pytest.approx(1 - NOISE / HOUR, abs=0.001)
    assert 1 < took["megabytes"] < BOUND_MB


def test_a_dialer_killed_while_it_finishes_leaves_all_the_audio_for_the_next(hour: Path, tmp_path: Path) -> None:
    target = tmp_path / "library" / "a1.mp3"
    part = target.with_name(".a1.mp3.part")
    process = subprocess.Popen(command(hour, target), env=ENV)
    try:
        deadline = time.monotonic() + 20
        while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert part.stat().st_size > 0
    finally:
        process.kill()
        process.wait()
    assert not target.exists()
    os.truncate(hour, 60 * RATE * 4)  # a minute is enough for the second run
    made = finish(hour, target, notice=None, talk=timedelta(minutes=1), tolerance=timedelta(0))
    assert isinstance(made, Finished)
    assert sorted(path.name for path in target.parent.iterdir()) == ["a1.json", "a1.mp3"]
    assert len(decoded(target)) / RATE == pytest.approx(60, abs=0.2)
