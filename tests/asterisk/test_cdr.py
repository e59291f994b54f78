"""The PBX's call records as witness."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dialer.asterisk import cdr
from dialer.core.events import Witnessed
from dialer.core.outcome import Cause

CONF = Path(__file__).parents[2] / "asterisk_conf" / "cdr_custom.conf"


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def row(
    attempt: str,
    said: str = "ANSWERED",
    answer: float = 101.25,
    end: float = 110.5,
    other: str = "PJSIP/a-1",
    key: str = "",
) -> str:
    return f'"{attempt}",7,"{said}",100.000000,{answer:.6f},{end:.6f},9.250000,"PJSIP/carrier-1","{other}","{key}"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "dialer.csv"


def test_an_answered_and_bridged_attempt_is_witnessed(file: Path) -> None:
    file.write_text(row("call-a-1-1") + row("call-a-2-1") + row("call-a-3-1"))
    assert cdr.find(file, "call-a-2-1") == Witnessed("call-a-2-1", at(110.5), at(101.25), at(101.25), Cause.NORMAL)


def test_an_attempt_that_nobody_answered_has_no_answer_time(file: Path) -> None:
    file.write_text(row("call-a-1-1", "BUSY", answer=0, other=""))
    assert cdr.find(file, "call-a-1-1") == Witnessed("call-a-1-1", at(110.5), None, None, Cause.BUSY)


def test_an_answered_attempt_without_a_second_leg_was_not_bridged(file: Path) -> None:
    file.write_text(row("call-a-1-1", other=""))
    assert cdr.find(file, "call-a-1-1") == Witnessed("call-a-1-1", at(110.5), at(101.25), None, Cause.NORMAL)


def test_two_rows_of_one_attempt_are_put_together(file: Path) -> None:
    file.write_text(row("call-a-1-1", end=103, other="") + row("call-a-1-1", answer=103.5, end=120) + row("call-a-2-1"))
    assert cdr.find(file, "call-a-1-1") == Witnessed("call-a-1-1", at(120), at(101.25), at(103.5), Cause.NORMAL)


@pytest.mark.parametrize("keys", [("", "opt-out"), ("opt-out", "")])
def test_the_key_is_witnessed_whichever_row_has_it(file: Path, keys: tuple[str, str]) -> None:
    file.write_text("".join(row("call-a-1-1", key=key) for key in keys) + row("call-a-2-1"))
    found, other = cdr.find(file, "call-a-1-1"), cdr.find(file, "call-a-2-1")
    assert found is not None
    assert other is not None
    assert (found.opted_out, other.opted_out) == (True, False)


def test_a_row_from_before_there_was_that_column_is_read(file: Path) -> None:
    file.write_text(row("call-a-1-1").replace(',""\n', "\n"))
    found = cdr.find(file, "call-a-1-1")
    assert found is not None
    assert not found.opted_out


def test_an_id_that_is_part_of_another_is_not_that_other(file: Path) -> None:
    file.write_text(row("call-a-1-11"))
    assert cdr.find(file, "call-a-1-1") is None


def test_no_row_and_no_file_are_no_witness(file: Path) -> None:
    assert cdr.find(file, "call-a-1-1") is None
    file.write_text("")
    assert cdr.find(file, "call-a-1-1") is None


def test_a_row_that_is_still_being_written_does_not_count_yet(file: Path) -> None:
    file.write_text(row("call-a-1-1") + row("call-a-2-1").removesuffix("\n"))
    assert cdr.find(file, "call-a-2-1") is None
    assert cdr.find(file, "call-a-1-1") is not None
    file.write_text(row("call-a-2-1").removesuffix("\n"))
    assert cdr.find(file, "call-a-2-1") is None


@pytest.mark.parametrize("block", [1, 7, 100, 113, 65536])
def test_every_row_is_found_however_the_blocks_fall(file: Path, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cdr, "BLOCK", block)
    file.write_text("".join(row(f"call-a-{n}-1", end=200 + n) for n in range(30)))
    for n in range(30):
        witnessed = cdr.find(file, f"call-a-{n}-1")
        assert witnessed is not None
        assert witnessed.ended_at == at(200 + n)


def test_damaged_rows_are_passed_over(file: Path) -> None:
    file.write_bytes(row("call-a-1-1").encode() + b'\xff\x00"call-a-1-1"\n"call-a-1-1",1,2\n\n')
    assert cdr.find(file, "call-a-1-1") is not None


def test_no_more_is_read_than_allowed(file: Path) -> None:
    file.write_text(row("call-a-1-1") + row("call-a-2-1") * 1000)
    assert cdr.find(file, "call-a-1-1", limit=10_000) is None
    assert cdr.find(file, "call-a-1-1") is not None


def test_the_columns_are_those_that_asterisk_is_told_to_write() -> None:
    (line,) = re.findall(r"^dialer\.csv => (.*)$", CONF.read_text(), re.MULTILINE)
    assert tuple(re.findall(r"CDR\((\w+)", line)) == cdr.COLUMNS
