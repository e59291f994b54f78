from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from dialer.web.jobs import Job, JobState, Progress
from tests.web.floor import MONDAY, Place

NUMBERS = ("+442079460123", "+442079460124", "+33612345678")  # France asks for consent


@pytest.fixture
async def at_work(place: Place) -> AsyncIterator[Place]:
    """The API with somebody to do its jobs."""
    running = asyncio.create_task(place.house.jobs.run(place.clock))
    yield place
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def finished(place: Place, campaign_id: int) -> Any:
    async with asyncio.timeout(20):
        while True:
            shown = (await place.call("sue", f"GET /campaigns/{campaign_id}/readiness")).json
            if shown["finished_at"]:
                return shown
            await asyncio.sleep(0)


async def over(job: Job) -> None:
    async with asyncio.timeout(5):
        while True:
            if job.over:
                return
            await asyncio.sleep(0)


async def test_a_campaigns_leads_are_counted_beside_its_calls(at_work: Place) -> None:
    campaign_id = await at_work.campaign("anna", numbers=NUMBERS)
    started = await at_work.call("sue", f"POST /campaigns/{campaign_id}/readiness")
    assert (started.status, started.json["by"]) == (202, "sue")
    job = await finished(at_work, campaign_id)
    assert (job["state"], job["done"], job["total"]) == ("done", 3, 3)
    ready = job["counted"]["readiness"]
    assert (ready["now"], ready["later"], ready["never"]) == (2, 0, 1)
    assert [(reason["code"], reason["decided_by"]) for reason in ready["reasons"]] == [("CONSENT_REQUIRED", "FR")]


async def test_another_instant_may_be_asked_about(at_work: Place) -> None:
    campaign_id = await at_work.campaign("anna", numbers=NUMBERS)
    night = (MONDAY + timedelta(hours=9)).isoformat()
    await at_work.call("sue", f"POST /campaigns/{campaign_id}/readiness", json={"at": night})
    assert (await finished(at_work, campaign_id))["counted"]["readiness"]["later"] == 2


async def test_one_at_a_time_and_it_can_be_stopped(place: Place) -> None:
    campaign_id = await place.campaign("anna", numbers=NUMBERS)
    path = f"/campaigns/{campaign_id}/readiness"
    assert (await place.call("sue", f"POST {path}")).json["state"] == "waiting"
    assert (await place.call("sue", f"POST {path}")).status == 409
    assert (await place.call("sue", f"DELETE {path}")).status == 200
    assert (await place.call("sue", f"GET {path}")).json["state"] == "cancelled"
    assert (await place.call("sue", f"DELETE {path}")).status == 409
    assert (await place.call("sue", f"POST {path}")).status == 202


async def test_nothing_is_shown_before_somebody_asked(place: Place) -> None:
    campaign_id = await place.campaign("anna")
    assert (await place.call("sue", f"GET /campaigns/{campaign_id}/readiness")).status == 404
    assert (await place.call("sue", "POST /campaigns/77/readiness")).status == 404


async def test_a_job_that_runs_is_cancelled_and_the_next_one_goes_on(at_work: Place) -> None:
    jobs, now = at_work.house.jobs, at_work.clock()
    begun = asyncio.Event()

    async def for_ever(_: Progress) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def quick(_: Progress) -> str:
        return "here"

    first = jobs.start("slow", "sue", for_ever, now)
    second = jobs.start("quick", "sue", quick, now)
    assert first is not None
    assert second is not None
    await begun.wait()
    assert jobs.cancel("slow", now)
    await over(second)
    assert (first.state, second.state, second.result) == (JobState.CANCELLED, JobState.DONE, "here")


async def test_a_job_that_fails_says_so_and_the_next_one_goes_on(
    at_work: Place, caplog: pytest.LogCaptureFixture
) -> None:
    jobs, now = at_work.house.jobs, at_work.clock()

    async def broken(_: Progress) -> None:
        raise ZeroDivisionError

    job = jobs.start("broken", "sue", broken, now)
    assert job is not None
    await over(job)
    assert job.state is JobState.FAILED
    assert "job broken failed" in caplog.text
    assert jobs.start("broken", "sue", broken, now) is not None
