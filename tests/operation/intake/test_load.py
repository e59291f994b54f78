from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from dialer.core.campaign import Campaign
from dialer.core.number import Number
from dialer.operation.intake import load as intake
from dialer.operation.intake.header import BadHeader
from dialer.operation.intake.load import BATCH, Intake, Report, load
from dialer.operation.intake.rules import Reading, RowError
from dialer.store import leads, lists
from dialer.store import schema as t
from dialer.store.campaigns import NoSuchCampaign
from dialer.store.session import Database
from tests.store.makers import NOW, a_campaign, claimed

READING = Reading(None, frozenset({"Etc/UTC"}), lab=True)


async def _campaign(database: Database) -> Campaign:
    async with database.begin() as c:
        return await a_campaign(c)


async def _load(database: Database, file: Path, campaign: Campaign, *, dry_run: bool = False) -> Report:
    order = Intake(campaign.id, "winter", "fair", "anna", READING, dry_run)
    return await load(database, file, order, clock=lambda: NOW)


def _file(tmp_path: Path, rows: Iterator[str] | list[str], header: str = "name,phone") -> Path:
    file = tmp_path / "leads.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return file


def _figures(report: Report) -> tuple[int, int, int, int]:
    return report.rows, report.added, report.doubled, report.rejected


async def test_every_row_is_added_doubled_or_rejected(database: Database, tmp_path: Path) -> None:
    campaign = await _campaign(database)
    file = _file(tmp_path, ["Li,+999001", "Han,+999002", "Li,+999001", "bad,12", "short"])
    seen: list[RowError] = []
    order = Intake(campaign.id, "winter", "fair", "anna", READING)
    report = await load(database, file, order, clock=lambda: NOW, rejected=seen.append)
    assert _figures(report) == (5, 2, 1, 2)
    assert report.reasons == {"NUMBER_NO_COUNTRY": 1, "TOO_FEW_CELLS": 1}
    assert [(error.row, error.code) for error in report.errors] == [(5, "NUMBER_NO_COUNTRY"), (6, "TOO_FEW_CELLS")]
    assert tuple(seen) == report.errors
    async with database.begin() as c:
        assert [p.lead.name for p in await claimed(c, campaign, 5)] == ["Li", "Han"]
        (kept,) = await lists.every(c, campaign.id)
    assert (kept.id, kept.added, kept.doubled, kept.rejected, kept.finished_at) == (report.list_id, 2, 1, 2, NOW)


async def test_the_same_file_twice_adds_nothing(database: Database, tmp_path: Path) -> None:
    campaign = await _campaign(database)
    file = _file(tmp_path, [f"Lead {k},+999{k:05d}" for k in range(BATCH + 20)])
    assert _figures(await _load(database, file, campaign)) == (BATCH + 20, BATCH + 20, 0, 0)
    assert _figures(await _load(database, file, campaign)) == (BATCH + 20, 0, BATCH + 20, 0)
    async with database.read() as c:
        assert (await leads.counts(c, campaign.id, NOW))["total"] == BATCH + 20


async def test_a_dry_run_says_what_a_real_one_would_do_and_does_nothing(database: Database, tmp_path: Path) -> None:
    campaign = await _campaign(database)
    await _load(database, _file(tmp_path, ["Li,+999001,"], "name,phone,phone2"), campaign)
    rows = ["Han,+999002,+999003", "Li,+999001,+999004", "Wu,+999004,", "Han,+999003,", "bad,1,"]
    rows += [f"Lead {k},+9991{k:05d},+9992{k:05d}" for k in range(BATCH)] + ["late,+999100001,", "last,+999004,"]
    file = _file(tmp_path, rows, "name,phone,phone2")
    dry = await _load(database, file, campaign, dry_run=True)
    async with database.read() as c:
        assert await c.scalar(select(func.count()).select_from(t.leads)) == 1
        assert len(await lists.every(c, campaign.id)) == 1
    real = await _load(database, file, campaign)
    assert dry.list_id is None
    assert _figures(dry) == _figures(real) == (BATCH + 7, BATCH + 2, 4, 1)
    assert dry.errors == real.errors


async def test_an_intake_that_was_interrupted_adds_only_the_rest_when_run_again(
    database: Database, tmp_path: Path
) -> None:
    campaign = await _campaign(database)
    file = _file(tmp_path, [f"Lead {k},+999{k:05d}" for k in range(3 * BATCH)])

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    order = Intake(campaign.id, "winter", "fair", "anna", READING)
    with pytest.raises(KeyboardInterrupt):
        await load(database, file, order, clock=lambda: NOW, progress=stop)
    async with database.read() as c:
        (cut,) = await lists.every(c, campaign.id)
    assert (cut.added, cut.finished_at) == (BATCH, None)
    assert _figures(await _load(database, file, campaign)) == (3 * BATCH, 2 * BATCH, BATCH, 0)


async def test_progress_is_told_in_bytes_up_to_the_end(sqlite: Database, tmp_path: Path) -> None:
    campaign = await _campaign(sqlite)
    file = _file(tmp_path, [f"Lead {k},+999{k:05d}" for k in range(2 * BATCH)])
    told: list[tuple[int, int]] = []
    order = Intake(campaign.id, "winter", "fair", "anna", READING)
    await load(sqlite, file, order, clock=lambda: NOW, progress=lambda done, total: told.append((done, total)))
    size = file.stat().st_size
    assert told[-1] == (size, size)
    assert told == sorted(told)


async def test_a_chinese_spreadsheets_file_is_read_as_it_is(database: Database, tmp_path: Path) -> None:
    campaign = await _campaign(database)
    file = tmp_path / "客户.csv"
    file.write_bytes("姓名,手机,车型\r\n李雷,＋９９９００１,轿车\r\n".encode("gb18030"))
    report = await _load(database, file, campaign)
    assert (report.encoding, report.added) == ("gb18030", 1)
    async with database.begin() as c:
        (prospect,) = await claimed(c, campaign)
    assert (prospect.lead.name, prospect.lead.fields, prospect.number.label) == ("李雷", {"车型": "轿车"}, "手机")
    assert prospect.number.number == Number("+999001")


async def test_a_file_without_phones_adds_no_list(database: Database, tmp_path: Path) -> None:
    campaign = await _campaign(database)
    with pytest.raises(BadHeader):
        await _load(database, _file(tmp_path, ["Li,x"], "name,city"), campaign)
    async with database.read() as c:
        assert await lists.every(c, campaign.id) == ()


async def test_a_campaign_that_is_not_there_takes_no_file(database: Database, tmp_path: Path) -> None:
    order = Intake(7, "winter", "fair", "anna", READING)
    with pytest.raises(NoSuchCampaign):
        await load(database, _file(tmp_path, []), order, clock=lambda: NOW)


async def test_a_report_names_so_many_errors_and_counts_them_all(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "NAMED", 3)
    campaign = await _campaign(sqlite)
    report = await _load(sqlite, _file(tmp_path, ["x,1"] * 10), campaign)
    assert (len(report.errors), report.rejected, report.reasons) == (3, 10, {"NUMBER_NO_COUNTRY": 10})


_READ_ALL = """
import resource, sys
from dialer.operation.intake.rules import Reading, read_rows
from dialer.operation.intake.text import sniff
def chunks():
    yield b"name,phone\\n"
    for _ in range(200):
        yield b"Li,1\\n" * 1000
    yield b"y" * 1000
    for _ in range(200):
        yield b"x" * 1_000_000
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = sum(1 for _ in read_rows(chunks(), "utf-8", Reading(None, frozenset())))
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(rows, (after - before) // 1024)
"""


def test_a_line_of_two_hundred_megabytes_takes_no_such_memory() -> None:
    done = subprocess.run([sys.executable, "-c", _READ_ALL], capture_output=True, text=True, check=True)
    rows, grown = map(int, done.stdout.split())
    assert rows == 200_002  # the header and the endless line, too
    assert grown < 30
