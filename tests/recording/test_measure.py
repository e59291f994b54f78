import numpy as np
import pytest

from dialer.recording.facts import Side
from dialer.recording.measure import Meter
from tests.recording.audio import silence, tone


def measured(left: np.ndarray, right: np.ndarray, *, blocks: int = 1) -> Meter:
    meter = Meter()
    for block in np.split(np.stack([left, right], axis=1), blocks):
        meter.add(block.tobytes())
    return meter


def test_a_full_scale_sine_is_three_decibels_below_full_scale() -> None:
    left, right = measured(tone(400, 1, amplitude=32767), tone(400, 1, amplitude=3277)).sides()
    assert left.level_dbfs == pytest.approx(-3.01, abs=0.05)
    assert left.peak_dbfs == pytest.approx(0, abs=0.05)
    assert right.level_dbfs == pytest.approx(-23.01, abs=0.05)


def test_the_talk_of_both_sides_is_shared_out_between_them() -> None:
    customer = np.concatenate([tone(300, 1), silence(9)])
    agent = np.concatenate([silence(5), tone(300, 3), silence(2)])
    meter = measured(customer, agent)
    left, right = meter.sides()
    assert left.talk_share == pytest.approx(0.25, abs=0.01)
    assert right.talk_share == pytest.approx(0.75, abs=0.01)
    assert left.silence_share == pytest.approx(0.9, abs=0.01)
    assert right.silence_share == pytest.approx(0.7, abs=0.01)
    assert meter.silence_share() == pytest.approx(0.6, abs=0.01)


def test_a_silent_side_has_the_level_of_digital_silence() -> None:
    left, right = measured(tone(300, 1), silence(1)).sides()
    assert right == Side(pytest.approx(-90.3, abs=0.1), pytest.approx(-90.3, abs=0.1), 0.0, 1.0)
    assert left.talk_share == 1.0


def test_line_noise_is_not_talk_and_quiet_speech_is() -> None:
    noise, quiet = measured(tone(300, 1, amplitude=100), tone(300, 1, amplitude=500)).sides()
    assert (noise.silence_share, quiet.silence_share) == (1.0, 0.0)


def test_blocks_change_nothing() -> None:
    customer = np.concatenate([tone(300, 3), silence(3)])
    agent = np.concatenate([silence(2), tone(500, 2, amplitude=1000), silence(2)])
    whole, blocks = measured(customer, agent), measured(customer, agent, blocks=6)
    assert whole.sides() == blocks.sides()
    assert whole.silence_share() == blocks.silence_share()


def test_the_loudest_negative_sample_is_full_scale() -> None:
    lowest = np.full(160, -32768, "<i2")
    assert measured(lowest, silence(0.02)).sides()[0].peak_dbfs == 0.0


@pytest.mark.parametrize("audio", [b"", b"\1\0\1\0"])
def test_less_than_a_frame_is_silence(audio: bytes) -> None:
    meter = Meter()
    meter.add(audio)
    assert meter.silence_share() == 1.0
    assert [side.silence_share for side in meter.sides()] == [1.0, 1.0]
