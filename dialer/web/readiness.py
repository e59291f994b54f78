"""Readiness: what would become of a campaign's leads if it dialed now, or at another instant."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from dialer.operation.readiness.count import BESIDE_CALLS, Counted, of_campaign
from dialer.store import campaigns
from dialer.web.fields import Body, Id, Moment, Nothing
from dialer.web.guard import Person
from dialer.web.house import House
from dialer.web.jobs import Job, JobState, Progress
from dialer.web.problems import Problem
from dialer.web.routes import Room

room = Room("readiness")


class When(Body):
    """`at` null: now."""

    at: Moment | None = None


class BucketView(BaseModel):
    start: datetime
    leads: int


class ReasonView(BaseModel):
    """The leads that one rule holds back. `waits`: until `first_at` at the earliest; else waiting does not help, and
    `cure` says what would (null: nothing).
    """

    code: str
    decided_by: str | None
    zone: str | None
    waits: bool
    leads: int
    first_at: datetime | None
    sentence: str
    sentence_zh: str
    cure: str | None
    cure_zh: str | None


class ReadinessView(BaseModel):
    """`now` + `later` + `never` = `leads`. `hours`: 48 full hours, the first that of `at`; `days`: of 24 hours each,
    those after them in which leads become callable.
    """

    at: datetime
    leads: int
    now: int
    later: int
    never: int
    hours: list[BucketView]
    days: list[BucketView]
    reasons: list[ReasonView]


class CountedView(BaseModel):
    """`readiness` is of the leads that wait to be called. `complete` false: of the first ones alone."""

    readiness: ReadinessView
    waiting: int
    calling: int
    done: int
    complete: bool


class ReadinessJob(BaseModel):
    """Leads looked at, `done` of `total`; `counted` when all are."""

    state: JobState
    by: str
    asked_at: datetime
    finished_at: datetime | None
    done: int
    total: int
    counted: CountedView | None


@room.route(
    "POST /campaigns/{campaign_id}/readiness",
    "Ask the gate about every lead that waits to be called",
    status=202,
    also=("not_found", "impossible"),
)
async def start(house: House, who: Person, campaign_id: Id, body: When) -> ReadinessJob:
    """Nothing is placed and nothing is kept. It runs beside the calls; `GET` shows how far it is, and the result."""
    async with house.db.read() as c:
        campaign = (await campaigns.get(c, campaign_id)).campaign

    async def count(progress: Progress) -> Counted:
        at = body.at or house.clock()
        ruled = house.under_rules(campaign)
        return await of_campaign(
            house.db, house.rulebook, ruled, house.screen, at, progress=progress, span=BESIDE_CALLS
        )

    job = house.jobs.start(_key(campaign_id), who.login, count, house.clock())
    if job is None:
        raise Problem("impossible", "The leads of this campaign are being looked at already.")
    return _view(job)


@room.route("GET /campaigns/{campaign_id}/readiness", "How far it is, or what came of it", also=("not_found",))
async def show(house: House, campaign_id: Id) -> ReadinessJob:
    job = house.jobs.find(_key(campaign_id))
    if job is None:
        raise Problem("not_found", f"Nobody has asked for the readiness of campaign {campaign_id} since the start.")
    return _view(job)


@room.route("DELETE /campaigns/{campaign_id}/readiness", "Stop looking", also=("impossible",))
async def stop(house: House, campaign_id: Id) -> Nothing:
    if not house.jobs.cancel(_key(campaign_id), house.clock()):
        raise Problem("impossible", "Nothing of this campaign is being looked at.")
    return Nothing()


def _key(campaign_id: int) -> str:
    return f"readiness:{campaign_id}"


def _view(job: Job) -> ReadinessJob:
    counted = None if job.result is None else CountedView.model_validate(job.result, from_attributes=True)
    return ReadinessJob(
        state=job.state,
        by=job.by,
        asked_at=job.asked_at,
        finished_at=job.finished_at,
        done=job.done,
        total=job.total,
        counted=counted,
    )
