"""`dialer bench` says what it measured, on what, and against which goal. How fast we are is no test's business."""

from __future__ import annotations

import pytest

from dialer.bench.measure import compared, percentile
from tests.cli.desk import Desk


def test_a_ratio_is_the_median_of_its_pairs_with_their_range() -> None:
    found = compared("x", [2.0, 3.0, 9.0], [1.0, 1.0, 1.0], "<= 4", lambda ratio: ratio <= 4, unit="s")
    assert (found.ratio, found.low, found.high, found.met) == (3.0, 2.0, 9.0, True)
    assert found.details == {"ours": 3.0, "baseline": 1.0, "pairs": 3, "unit": "s"}


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(n) for n in range(1, 201)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([7.0], 0.99)) == (101.0, 199.0, 7.0)


@pytest.mark.parametrize("name", ["gate", "dnc", "ledger", "pick"])
def test_a_benchmark_names_goal_machine_and_versions(desk: Desk, name: str) -> None:
    for found in desk.json("bench", name, "--scale", "0.0005"):
        assert {"name", "ratio", "low", "high", "goal", "met", "machine", "versions"} <= found.keys()
        assert found["low"] <= found["ratio"] <= found["high"]


def test_an_unknown_benchmark_is_refused_by_name(desk: Desk) -> None:
    desk.run("bench", "speed", status=2)
    assert "gate" in desk.said
