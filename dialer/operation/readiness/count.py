"""Counts a campaign's readiness, or that of a file's rows: a span of leads at a time, in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from dialer.core.campaign import Campaign
from dialer.core.compliance.consent import Given, in_force
from dialer.core.compliance.do_not_call import Screen
from dialer.core.compliance.packs import Rulebook
from dialer.operation.readiness.judging import Fate, Judge
from dialer.operation.readiness.rules import Readiness, Tally, no_number
from dialer.store import readiness as store
from dialer.store.lists import NewLead, given_by
from dialer.store.questions import asked
from dialer.store.readiness import WaitingLead
from dialer.store.session import Database

SPAN: Final = 1000
"""Leads read and judged at a time, where nobody else waits."""

BESIDE_CALLS: Final = 200
"""Leads at a time in a service: its loop is held up for some milliseconds and not for tens."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Counted:
    """`readiness` is of the leads that wait to be called; `calling` have a call at this moment, `done` need no more.
    `complete` False: only the first leads were looked at. `asked`: questions that reached the gate itself; `packs`, as
    id@version, had a say in them.
    """

    readiness: Readiness
    waiting: int
    calling: int
    done: int
    complete: bool
    asked: int
    packs: frozenset[str]


async def of_campaign(
    db: Database,
    rulebook: Rulebook,
    campaign: Campaign,
    screen: Screen,
    at: datetime,
    *,
    progress: Progress = lambda done, total: None,
    most: int | None = None,
    span: int = SPAN,
    share: bool = True,
) -> Counted:
    """Ask the gate about every waiting lead of a campaign (under the house's and the trunk's rules) as if it were `at`.

    A lead that is due later is asked about at that time, with what is known now. `most`: no more leads than about so
    many, the oldest first. `progress` is told leads done and in all. Cancelled, it leaves nothing behind.
    """
    async with db.read() as c:
        standing = await store.standing(c, campaign.id)
        spans = await store.spans(c, campaign.id, span)
    chosen = spans if most is None else spans[: max(most // span, 1)]
    judge, tally, done = Judge(rulebook, share=share), Tally(at), 0
    progress(0, standing.waiting)
    for first, last in chosen:
        async with db.read() as c:
            found = await store.waiting(c, campaign.id, first, last)
        for fate in await _fates(db, judge, campaign, found, {}, screen, at):
            tally.add(fate)
        done += len(found)
        progress(done, max(standing.waiting, done))
    return Counted(
        tally.readiness(),
        standing.waiting,
        standing.calling,
        standing.done,
        complete=len(chosen) == len(spans),
        asked=judge.asked,
        packs=frozenset(judge.packs),
    )


class Ahead:
    """Asks about rows that are no leads yet, as they come from a file."""

    def __init__(self, db: Database, rulebook: Rulebook, campaign: Campaign, screen: Screen, at: datetime) -> None:
        """`campaign` under the house's and the trunk's rules; `at`: the instant (aware) asked about."""
        self._db, self._campaign, self._screen, self._at = db, campaign, screen, at
        self._judge, self._tally = Judge(rulebook), Tally(at)

    async def look(self, rows: Sequence[NewLead]) -> None:
        """Ask what would become of these people if they were added now."""
        found, given = {}, {}
        for place, row in enumerate(rows):
            numbers = tuple(number for number, _ in row.numbers)
            found[place] = WaitingLead(row, self._at, numbers, numbers)
            consent = given_by(row, self._at)
            if consent is not None:
                given[place] = consent
        for fate in await _fates(self._db, self._judge, self._campaign, found, given, self._screen, self._at):
            self._tally.add(fate)

    def readiness(self) -> Readiness:
        return self._tally.readiness()


async def _fates(
    db: Database,
    judge: Judge,
    campaign: Campaign,
    found: Mapping[int, WaitingLead],
    given: Mapping[int, Given],
    screen: Screen,
    at: datetime,
) -> list[Fate]:
    """Where a number is in no range, the lead goes on with its next: as the dialer does when it is refused. `given` are
    consents that are not on file yet.
    """
    fates = dict.fromkeys(found, no_number())
    left = {key: lead.living for key, lead in found.items() if lead.living}
    while left:
        who = {key: (found[key].row, living[0], found[key].own) for key, living in left.items()}
        async with db.read() as c:
            questions = await asked(c, campaign, who, screen, at)
        for key in given.keys() & left.keys():
            agreed = questions[key].consents | in_force((given[key],), campaign.rules.purposes, at)
            questions[key] = replace(questions[key], consents=agreed)
        wanted = [(questions[key], max(at, found[key].due)) for key in left]
        answers = dict(zip(left, await asyncio.to_thread(judge.fates, wanted), strict=True))
        fates |= answers
        left = {
            key: living[1:] for key, living in left.items() if answers[key].code == "NUMBER_INVALID" and len(living) > 1
        }
    return list(fates.values())
