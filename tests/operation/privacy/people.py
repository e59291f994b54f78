"""A person with a past: two campaigns, two numbers, a talk with its recording, a consent, a wish not to be called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from dialer.core.campaign import Campaign
from dialer.core.compliance.consent import Given
from dialer.operation.privacy.erase import Folders
from dialer.store import attempts, closing, consents, do_not_call, installation, recordings
from dialer.store.consents import Evidence
from dialer.store.do_not_call import Listing
from dialer.store.recordings import Recording
from dialer.store.session import Database
from tests.store.makers import NOW, a_campaign, a_close, a_number, after, an_ending, opened, some_leads

FIRST, SECOND, STRANGER = a_number(1), a_number(2), a_number(9)
NAME, NOTE = "Wang Fang 王芳", "asked for Mrs Wang"


@dataclass(slots=True)
class Past:
    winter: Campaign
    spring: Campaign
    talk: str  # the attempt they talked in
    other: str  # a stranger's attempt


async def a_past(db: Database, folders: Folders) -> Past:
    """The person's numbers are FIRST and SECOND in one campaign, SECOND in another; STRANGER is somebody else's."""
    async with db.begin() as c:
        await installation.tag(c, NOW)
        winter, spring = await a_campaign(c), await a_campaign(c, name="Spring")
        private = {"name": NAME, "fields": {"street": "Long Lane 7"}, "external_id": "crm-7", "subject": "contract 7"}
        await some_leads(c, winter, (1, 2), **private)
        talk = await opened(c, winter)
        ending = an_ending(talk, answered_at=NOW, bridged_at=after(seconds=10))
        await attempts.save_ending(c, ending)
        close = a_close(talk, winter, "sale", note=NOTE)
        await closing.close(c, close, NOW)
        await recordings.save(c, a_recording(talk.attempt_id))
        await some_leads(c, winter, 9, name="Somebody Else")
        other = await opened(c, winter)
        await closing.close(c, a_close(other, winter), NOW)
        await some_leads(c, spring, 2, name=NAME)
        evidence = Evidence("web", "form 7", "sue")
        await consents.add(c, [(FIRST, Given("express", NOW - timedelta(days=9)))], evidence, NOW)
        await do_not_call.add(c, SECOND, Listing("web", NAME, NOW, "letter of Wang"), NOW)
    for attempt_id in (talk.attempt_id, other.attempt_id):
        put(folders.library / "2026/11/23" / f"{attempt_id}.mp3")
    put(folders.library / "2026/11/23" / f"{talk.attempt_id}.mp3.json")
    put(folders.spool / f"{talk.attempt_id}.raw")
    return Past(winter, spring, talk.attempt_id, other.attempt_id)


def put(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"sound of " + file.name.encode())


def a_recording(attempt_id: str) -> Recording:
    path = f"2026/11/23/{attempt_id}.mp3"
    return Recording(attempt_id, path, "a" * 64, 60.0, 4000, "mp3", [{"talk_share": 0.5}], NOW)
