"""Work that takes longer than a request may wait: started by one request, looked at and stopped by others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
Work = Callable[[Progress], Awaitable[Any]]


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class Job:
    """One piece of work. `done` of `total` are its own units; `result` is there when it is done."""

    key: str
    by: str
    asked_at: datetime
    work: Work
    state: JobState = JobState.WAITING
    done: int = 0
    total: int = 0
    finished_at: datetime | None = None
    result: Any = None
    _task: asyncio.Task[None] | None = None

    @property
    def over(self) -> bool:
        return self.state not in (JobState.WAITING, JobState.RUNNING)

    def progress(self, done: int, total: int) -> None:
        self.done, self.total = done, total

    def end(self, state: JobState, now: datetime) -> None:
        self.state, self.finished_at = state, now


class Jobs:
    """The last job of each key. They run one after the other: each has the machine beside the calls to itself."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._queue: asyncio.Queue[Job] = asyncio.Queue()

    def start(self, key: str, by: str, work: Work, now: datetime) -> Job | None:
        """Put work in line; None where there is work of this key that is not over."""
        before = self._jobs.get(key)
        if before is not None and not before.over:
            return None
        job = self._jobs[key] = Job(key, by, now, work)
        self._queue.put_nowait(job)
        return job

    def find(self, key: str) -> Job | None:
        return self._jobs.get(key)

    def cancel(self, key: str, now: datetime) -> bool:
        """Stop it where it stands; False where nothing of this key waits or runs."""
        job = self._jobs.get(key)
        if job is None or job.over:
            return False
        job.end(JobState.CANCELLED, now)
        if job._task is not None:
            job._task.cancel()
        return True

    async def run(self, clock: Callable[[], datetime]) -> None:
        """Work until cancelled."""
        while True:
            job = await self._queue.get()
            if job.over:
                continue
            job.state = JobState.RUNNING
            async with asyncio.TaskGroup() as group:
                job._task = group.create_task(_one(job, clock), name=f"job {job.key}")
            job._task = None


async def _one(job: Job, clock: Callable[[], datetime]) -> None:
    try:
        result = await job.work(job.progress)
    except Exception:
        log.exception("job %s failed", job.key)
        job.end(JobState.FAILED, clock())
    else:
        if not job.over:
            job.result = result
            job.end(JobState.DONE, clock())
