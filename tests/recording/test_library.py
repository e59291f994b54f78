import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dialer.recording.facts import Fault, Finished
from dialer.recording.finish import finish
from dialer.recording.library import Job, Library, Settings, orphans
from tests.recording.audio import two_tones

DAY = datetime(2026, 11, 23, tzinfo=UTC).date()


def job(attempt_id: str = "a1", seconds: float = 1.0) -> Job:
    return Job(attempt_id, DAY, timedelta(seconds=seconds))


class Reports(list[tuple[str, Finished | Fault]]):
    async def take(self, job: Job, verdict: Finished | Fault) -> None:
        self.append((job.attempt_id, verdict))


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    (tmp_path / "spool").mkdir()
    return tmp_path / "spool"


@pytest.fixture
def settings(tmp_path: Path, spool: Path) -> Settings:
    return Settings(spool=spool, root=tmp_path / "library", settle=0.01, patience=0.1)


@asynccontextmanager
async def running(library: Library) -> AsyncIterator[None]:
    task = asyncio.create_task(library.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 (what is waited for is a file or a list, not an event)
            await asyncio.sleep(0.005)


async def test_recordings_are_finished_and_each_is_reported_once(settings: Settings) -> None:
    reports = Reports()
    library = Library(settings, reports.take)
    async with running(library):
        for attempt_id in ("a1", "a2", "a3"):
            two_tones(settings.spool / f"{attempt_id}.raw", 1)
            assert library.add(job(attempt_id)) is None
        await library.drain()
    assert sorted(attempt_id for attempt_id, _ in reports) == ["a1", "a2", "a3"]
    for attempt_id, verdict in reports:
        assert isinstance(verdict, Finished)
        assert verdict.path == settings.root / "2026" / "11" / "23" / f"{attempt_id}.mp3"
    assert library.waiting == 0
    assert list(settings.spool.iterdir()) == []


async def test_what_belongs_to_no_talk_is_removed_and_not_reported(settings: Settings) -> None:
    reports = Reports()
    library = Library(settings, reports.take)
    two_tones(settings.spool / "a1.raw", 0.2)
    async with running(library):
        for attempt_id in ("a1", "never-recorded"):
            assert library.add(Job(attempt_id, DAY, None, keep=False)) is None
        await library.drain()
    assert reports == []
    assert list(settings.spool.iterdir()) == []
    assert not settings.root.exists()


async def test_a_missing_recording_is_reported_and_logged(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    reports = Reports()
    library = Library(settings, reports.take)
    with caplog.at_level(logging.WARNING):
        async with running(library):
            library.add(job())
            await library.drain()
    [(attempt_id, verdict)] = reports
    assert isinstance(verdict, Fault)
    assert (attempt_id, verdict.kind) == ("a1", "missing")
    assert "attempt=a1 recording missing" in caplog.text


async def test_missing_recordings_do_not_hold_up_those_that_are_there(settings: Settings) -> None:
    reports = Reports()
    library = Library(Settings(settings.spool, settings.root, settle=0.01, patience=60), reports.take)
    two_tones(settings.spool / "whole.raw", 1)
    async with running(library):
        for number in range(5):
            library.add(job(f"gone{number}"))
        library.add(job("whole"))
        await until(lambda: bool(reports))
    assert [attempt_id for attempt_id, _ in reports] == ["whole"]


async def test_a_file_that_comes_late_is_waited_for(settings: Settings) -> None:
    reports = Reports()
    library = Library(Settings(settings.spool, settings.root, settle=0.01, patience=10), reports.take)
    async with running(library):
        library.add(job())
        await until(lambda: library._queue.empty())
        two_tones(settings.spool / "a1.raw", 1)
        await library.drain()
    assert isinstance(reports[0][1], Finished)


async def test_a_file_that_never_stops_growing_is_a_fault_and_stays(settings: Settings) -> None:
    reports = Reports()
    raw = settings.spool / "a1.raw"
    stop = threading.Event()

    def grow() -> None:
        with raw.open("ab", buffering=0) as file:
            while not stop.is_set():
                file.write(b"\0" * 4)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        library = Library(settings, reports.take)
        async with running(library):
            library.add(job())
            await library.drain()
    finally:
        stop.set()
        writer.join()
    verdict = reports[0][1]
    assert isinstance(verdict, Fault)
    assert verdict.kind == "growing"
    assert raw.exists()


async def test_the_same_job_twice_is_one_job(settings: Settings) -> None:
    reports = Reports()
    library = Library(settings, reports.take)
    two_tones(settings.spool / "a1.raw", 1)
    assert library.add(job()) is None
    assert library.add(job()) is None
    assert library.waiting == 1
    async with running(library):
        await library.drain()
    assert len(reports) == 1


async def test_a_job_added_again_later_gives_the_same_answer_at_once(settings: Settings) -> None:
    reports = Reports()
    two_tones(settings.spool / "a1.raw", 1)
    library = Library(Settings(settings.spool, settings.root, settle=0.01, patience=60), reports.take)
    async with running(library):
        library.add(job())
        await library.drain()
        library.add(job())
        async with asyncio.timeout(5):
            await library.drain()
    assert reports[0] == reports[1]


async def test_a_full_queue_refuses_and_touches_nothing(settings: Settings) -> None:
    library = Library(Settings(settings.spool, settings.root, waiting=1), Reports().take)
    two_tones(settings.spool / "a2.raw", 1)
    assert library.add(job("a1")) is None
    refused = library.add(job("a2"))
    assert refused is not None
    assert refused.kind == "backlog"
    assert (settings.spool / "a2.raw").exists()


async def test_a_bad_id_is_our_own_mistake(settings: Settings) -> None:
    with pytest.raises(ValueError, match="not an attempt id"):
        Library(settings, Reports().take).add(job("../a1"))


async def test_the_event_loop_goes_on_while_a_recording_is_finished(settings: Settings) -> None:
    reports = Reports()
    library = Library(settings, reports.take)
    two_tones(settings.spool / "a1.raw", 300)
    longest = 0.0
    loop = asyncio.get_running_loop()
    async with running(library):
        library.add(job(seconds=300))
        before = loop.time()
        while not reports:
            await asyncio.sleep(0.001)
            longest, before = max(longest, loop.time() - before), loop.time()
    assert isinstance(reports[0][1], Finished)
    assert longest < 0.5  # the job itself takes more than a second


async def test_no_more_than_the_limit_are_finished_at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    busy, most = 0, 0
    guard = threading.Lock()

    def counting(*args: Any, **kwargs: Any) -> Finished | Fault:
        nonlocal busy, most
        with guard:
            busy += 1
            most = max(most, busy)
        try:
            return finish(*args, **kwargs)
        finally:
            with guard:
                busy -= 1

    monkeypatch.setattr("dialer.recording.library.finish", counting)
    reports = Reports()
    library = Library(Settings(settings.spool, settings.root, settle=0.01, at_once=2), reports.take)
    async with running(library):
        for number in range(6):
            two_tones(settings.spool / f"a{number}.raw", 2)
            library.add(job(f"a{number}", 2))
        await library.drain()
    assert len(reports) == 6
    assert most == 2


def test_files_that_belong_to_no_attempt_are_found_in_both_places(tmp_path: Path, spool: Path) -> None:
    root = tmp_path / "library" / "2026" / "11" / "23"
    root.mkdir(parents=True)
    for path in (spool / "a1.raw", spool / "b1.raw", root / "a1.mp3", root / "a1.json", root / ".b2.mp3.part"):
        path.touch()
    (root / "Notes.txt").touch()
    assert orphans(spool, tmp_path / "library", {"a1"}) == sorted(
        [spool / "b1.raw", root / ".b2.mp3.part", root / "Notes.txt"]
    )
