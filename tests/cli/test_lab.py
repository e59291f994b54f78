"""Where no lab runs; a running one is in tests/live."""

from __future__ import annotations

from pathlib import Path

from tests.cli.desk import Desk


def test_without_a_lab_status_says_so_and_down_does_nothing(empty: Desk, tmp_path: Path) -> None:
    folder = ("--dir", str(tmp_path / "none"))
    assert empty.json("lab", "status", *folder, status=1)["running"] is False
    assert "No lab runs" in empty.run("lab", "status", *folder, status=1)
    assert empty.json("lab", "down", *folder) == {"running": False, "was_running": False}
    assert "there is no log" in empty.refused("lab", "logs", *folder)


def test_a_folder_that_holds_something_else_is_left_alone(empty: Desk, tmp_path: Path) -> None:
    mine = tmp_path / "mine/lab"
    mine.mkdir(parents=True)
    (mine / "letter.txt").write_text("dear")
    assert "a directory of its own" in empty.refused("lab", "up", "--dir", str(tmp_path / "mine"))
    assert (mine / "letter.txt").read_text() == "dear"
