"""Recordings, supervision, incidents: what is kept beside a call."""

from __future__ import annotations

from dataclasses import replace

from dialer.core.commands import RaiseIncident, SaveSupervision
from dialer.core.events import SpyMode
from dialer.store import incidents, outbox, recordings, supervision
from dialer.store.incidents import IncidentState
from dialer.store.recordings import Filter, Recording
from dialer.store.session import Database
from tests.store.makers import NOW, a_campaign, after, closed, some_leads


def a_recording(attempt_id: str) -> Recording:
    return Recording(
        attempt_id, f"2026/11/23/{attempt_id}.mp3", "0" * 64, 60.5, 1234, "mp3", [{"talk_share": 0.4}], NOW
    )


async def test_a_recording_is_found_with_its_call(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1, 2)
        first = await closed(c, campaign, "sale")
        second = await closed(c, campaign, "not_interested", now=after(minutes=5), agent="bert")
        for order in (first, second):
            await recordings.save(c, a_recording(order.attempt_id))
        kept = await recordings.find(c, first.attempt_id)
        everything = [k.recording.attempt_id for k in await recordings.matching(c, Filter())]
        berts = [k.recording.attempt_id for k in await recordings.matching(c, Filter(agent_id="bert"))]
        sales = [k.recording.attempt_id for k in await recordings.matching(c, Filter(disposition="sale"))]
        early = [k.recording.attempt_id for k in await recordings.matching(c, Filter(start=NOW, end=after(minutes=5)))]
        known = await recordings.known(c)
        missing = await recordings.find(c, "call-abc123-9-9")
    assert kept is not None
    assert kept.recording == a_recording(first.attempt_id)
    assert (kept.agent_id, kept.lead_id, kept.disposition) == ("anna", first.prospect.lead.id, "sale")
    assert everything == [second.attempt_id, first.attempt_id]
    assert berts == [second.attempt_id]
    assert sales == early == [first.attempt_id]
    assert known == set(everything)
    assert missing is None


async def test_a_recording_finished_again_replaces_its_row(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        order = await closed(c, campaign, "sale")
        await recordings.save(c, a_recording(order.attempt_id))
        await recordings.save(c, replace(a_recording(order.attempt_id), seconds=61.0))
        (kept,) = await recordings.matching(c, Filter())
    assert kept.recording.seconds == 61.0


async def test_talks_without_a_recording_or_a_reason_are_unfinished(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1, 2, 3, 4, 5)
        kept, missing, full, silent = [await closed(c, campaign, "sale") for _ in range(4)]
        await closed(c, campaign, "busy")
        await recordings.save(c, a_recording(kept.attempt_id))
        await incidents.raise_one(c, RaiseIncident("recording_missing", "gone", NOW, missing.attempt_id))
        await incidents.raise_one(c, RaiseIncident("recording_disk_full", "full", NOW, full.attempt_id))
        await incidents.raise_one(c, RaiseIncident("agent_phone", "dead", NOW, silent.attempt_id))
        rest = await recordings.unfinished(c)
    assert {row[0] for row in rest} == {full.attempt_id, silent.attempt_id}
    assert {row[1:] for row in rest} == {(after(seconds=80), 60.0)}


async def test_who_listened_to_a_recording_is_kept(database: Database) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        order = await closed(c, campaign, "sale")
        await recordings.save(c, a_recording(order.attempt_id))
        await recordings.log_access(c, order.attempt_id, "boss", "play", NOW)
        await recordings.log_access(c, order.attempt_id, "boss", "download", after(minutes=1))
        assert await recordings.accesses(c, order.attempt_id) == (
            ("boss", "play", NOW),
            ("boss", "download", after(minutes=1)),
        )


async def test_a_stretch_of_listening_told_twice_is_kept_once(database: Database) -> None:
    stretch = SaveSupervision("boss", "anna", "call-abc123-1-1", SpyMode.WHISPER, NOW, after(seconds=30))
    later = SaveSupervision("boss", "anna", None, SpyMode.LISTEN, after(seconds=30), after(seconds=60))
    async with database.begin() as c:
        for one in (stretch, stretch, later):
            await supervision.save(c, one)
        assert await supervision.between(c, NOW, after(hours=1)) == (stretch, later)
        assert await supervision.of_attempt(c, "call-abc123-1-1") == (stretch,)


async def test_an_incident_is_open_until_seen_and_seen_until_closed(database: Database) -> None:
    order = RaiseIncident("ami_down", "the link to Asterisk is down", NOW)
    async with database.begin() as c:
        first = await incidents.raise_one(c, order)
        assert await incidents.raise_one(c, replace(order, at=after(seconds=1))) == first
        assert await incidents.set_state(c, first, IncidentState.SEEN, "boss", after(minutes=1))
        assert not await incidents.set_state(c, first, IncidentState.SEEN, "anna", after(minutes=2))
        second = await incidents.raise_one(c, replace(order, at=after(minutes=3)))
        assert second != first
        assert await incidents.set_state(c, first, IncidentState.CLOSED, "boss", after(minutes=4))
        assert not await incidents.set_state(c, first, IncidentState.OPEN, "boss", after(minutes=5))
        assert [i.id for i in await incidents.every(c)] == [second, first]
        (closed_one,) = await incidents.every(c, IncidentState.CLOSED)
        told = await outbox.next_batch(c, 10)
    assert (closed_one.who, closed_one.changed_at, closed_one.at) == ("boss", after(minutes=4), NOW)
    assert [(row.topic, row.payload["at"]) for row in told] == [
        ("incident", NOW.isoformat()), ("incident", after(minutes=3).isoformat()),
    ]  # fmt: skip
