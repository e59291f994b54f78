"""The shell around `finish`: a queue of recordings to finish, a few at a time, off the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from dialer.recording.facts import Fault, Finished
from dialer.recording.finish import finish
from dialer.recording.formats import DEFAULT, Format
from dialer.recording.naming import attempt_of, library_path, raw_name

logger = logging.getLogger(__name__)

# Jobs that may wait for their file at the same time: when recording fails altogether every one of them waits out its
# patience, and those behind it must not.
_WAITERS = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """Where recordings are and how they are finished; times in seconds unless they are timedeltas."""

    spool: Path
    root: Path
    format: Format = DEFAULT
    tolerance: timedelta = timedelta(milliseconds=500)
    at_once: int = 1  # each takes one core for the time it encodes
    waiting: int = 10_000
    settle: float = 0.5  # a file whose size did not change for so long is taken as whole
    patience: float = 10.0  # how long a file may be missing, or go on growing, after the end of its call


@dataclass(frozen=True, slots=True)
class Job:
    """A call that is over and whose recording should be in the spool."""

    attempt_id: str
    day: date  # UTC, of the attempt
    recorded: timedelta | None  # from the start of recording to the end of the call; None: nobody saw it start
    notice: Path | None = None
    keep: bool = True  # False: the raw audio belongs to nobody's talk; remove it and report nothing


Report = Callable[[Job, Finished | Fault], Awaitable[None]]


class Library:
    """Takes jobs, finishes them and reports each once. A job lost with the process is found again by its raw audio."""

    def __init__(self, settings: Settings, report: Report) -> None:
        """`report` is awaited with each verdict, several at a time; what it raises ends `run`."""
        self._settings = settings
        self._report = report
        self._queue: asyncio.Queue[Job] = asyncio.Queue(settings.waiting)
        self._held: set[str] = set()
        self._cores = asyncio.Semaphore(settings.at_once)

    def add(self, job: Job) -> Fault | None:
        """Take a job; None where it was taken or is here already. The raw audio of one that was not taken stays.

        Raises:
            ValueError: the attempt's id is none.
        """
        raw_name(job.attempt_id)
        if job.attempt_id in self._held:
            return None
        try:
            self._queue.put_nowait(job)
        except asyncio.QueueFull:
            return Fault("backlog", f"{self._queue.qsize()} recordings are waiting already")
        self._held.add(job.attempt_id)
        return None

    @property
    def waiting(self) -> int:
        """Jobs taken and not yet reported."""
        return len(self._held)

    async def run(self) -> None:
        """Work until cancelled. A finish that is under way then is not reported; the next one finds its result."""
        async with asyncio.TaskGroup() as group:
            for number in range(_WAITERS):
                group.create_task(self._work(), name=f"recording {number}")

    async def drain(self) -> None:
        """Wait until every job taken so far has been reported."""
        await self._queue.join()

    async def _work(self) -> None:
        while True:
            job = await self._queue.get()
            try:
                await self._one(job)
            finally:
                self._held.discard(job.attempt_id)
                self._queue.task_done()

    async def _one(self, job: Job) -> None:
        settings = self._settings
        raw = settings.spool / raw_name(job.attempt_id)
        target = settings.root / library_path(job.attempt_id, job.day, settings.format.extension)
        verdict: Finished | Fault
        if not job.keep:
            await self._whole(raw, target)
            await asyncio.to_thread(raw.unlink, missing_ok=True)
            return
        if await self._whole(raw, target):
            async with self._cores:
                verdict = await asyncio.to_thread(
                    finish, raw, target, notice=job.notice, talk=job.recorded, tolerance=settings.tolerance
                )
        else:
            verdict = Fault("growing", f"still being written {settings.patience:.0f} s after the call")
        match verdict:
            case Finished():
                logger.info("attempt=%s recording finished, %.1f s", job.attempt_id, verdict.seconds)
            case Fault():
                logger.warning("attempt=%s recording %s: %s", job.attempt_id, verdict.kind, verdict.sentence)
        await self._report(job, verdict)

    async def _whole(self, raw: Path, target: Path) -> bool:
        """Wait until Asterisk has closed the file, as far as its size can tell; False where it goes on growing."""
        deadline = asyncio.get_running_loop().time() + self._settings.patience
        before = await asyncio.to_thread(_size, raw)
        while True:
            if before is None and await asyncio.to_thread(target.exists):
                return True
            await asyncio.sleep(self._settings.settle)
            size = await asyncio.to_thread(_size, raw)
            if size is not None and size == before:
                return True
            if asyncio.get_running_loop().time() >= deadline:
                return size is None
            before = size


def orphans(spool: Path, root: Path, known: Collection[str]) -> list[Path]:
    """Files in the spool and the library that belong to no attempt in `known`. Blocking: walks both trees."""
    files = (path for top in (spool, root) for path in top.rglob("*") if path.is_file())
    return sorted(path for path in files if attempt_of(path.name) not in known)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
