"""An erased person leaves no trace of who they were, and their wish not to be called goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy import select, update

from dialer.core.compliance.do_not_call import unscreened
from dialer.core.compliance.gate import Refusal, check
from dialer.core.compliance.packs import Recording as RecordingRule
from dialer.core.compliance.packs import Rulebook
from dialer.operation.privacy.erase import Erased, Folders, erase, look, sweep
from dialer.store import attempts, do_not_call, incidents, installation, outbox, person, questions, recordings, sealing
from dialer.store.attempts import LeadNotHeld
from dialer.store.erasure import UnderWay
from dialer.store.person import TooManyLeads
from dialer.store.schema import attempts as attempts_table
from dialer.store.schema import decisions as decisions_table
from dialer.store.schema import erasures, lead_numbers, metadata
from dialer.store.schema import outbox as outbox_table
from dialer.store.schema import recordings as recordings_table
from dialer.store.session import Database
from dialer.store.verification import verify
from tests.operation.privacy.people import FIRST, NAME, NOTE, SECOND, STRANGER, Past, a_past, put
from tests.store.makers import NOW, RULEBOOK, a_campaign, a_number, after, an_order, claimed, opened, some_leads

TRACES = (FIRST.e164, SECOND.e164, NAME, "王芳", "Long Lane", "crm-7", "contract 7", NOTE, "letter of Wang", "form 7")


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "library", tmp_path / "spool")


def clock(at: datetime = NOW) -> Callable[[], datetime]:
    return lambda: at


async def erased(db: Database, folders: Folders, rules: Rulebook = RULEBOOK, number: Any = FIRST) -> Erased:
    return await erase(db, rules, folders, number, by="adam", because="letter of 20 November", clock=clock())


async def dump(db: Database) -> str:
    """Every cell of every table."""
    async with db.read() as c:
        rows = [f"{table.name}: {tuple(row)!r}" for table in metadata.sorted_tables
                for row in await c.execute(select(table))]  # fmt: skip
    return "\n".join(rows)


def keeping(days: int) -> Rulebook:
    """The lab's pack demands that recordings are kept."""
    (pack,) = RULEBOOK.packs["LAB"]
    packs = MappingProxyType({"LAB": (replace(pack, recording=RecordingRule(keep_days=days)),)})
    return replace(RULEBOOK, packs=packs)


async def test_nothing_in_any_table_or_folder_tells_who_it_was(database: Database, folders: Folders) -> None:
    past = await a_past(database, folders)
    before = await dump(database)
    assert all(trace in before for trace in TRACES)
    done = await erased(database, folders)
    after_it = await dump(database)
    assert [trace for trace in TRACES if trace in after_it] == []
    assert done.numbers == (FIRST, SECOND)
    assert (done.what["leads"], done.what["lead_numbers"], done.what["attempts"]) == (2, 3, 1)
    assert (done.what["consents"], done.what["do_not_call"], done.what["recordings"], done.files) == (1, 1, 1, 1)
    left = sorted(file.name for file in folders.library.rglob("*") if file.is_file())
    assert left == [f"{past.other}.mp3"]
    assert not list(folders.spool.iterdir())


async def test_another_person_keeps_everything(database: Database, folders: Folders) -> None:
    await a_past(database, folders)
    await erased(database, folders)
    async with database.read() as c:
        found = await person.everything(c, await person.find(c, STRANGER))
    assert [row["name"] for row in found["leads"]] == ["Somebody Else"]
    assert [row["number"] for row in found["attempts"]] == [STRANGER.e164]
    assert found["decisions"][0]["number"] == STRANGER.e164


async def test_any_of_their_numbers_erases_the_whole_person(database: Database, folders: Folders) -> None:
    await a_past(database, folders)
    done = await erased(database, folders, number=SECOND)
    assert done.numbers == (FIRST, SECOND)


async def test_the_wish_not_to_be_called_still_blocks_the_number_when_it_is_imported_again(
    database: Database, folders: Folders
) -> None:
    past = await a_past(database, folders)
    await erased(database, folders)
    async with database.begin() as c:
        await some_leads(c, past.winter, 2)
        assert await do_not_call.hits(c, [SECOND]) != {}
        question = await questions.about(c, past.winter, SECOND, unscreened, NOW)
    verdict = check(RULEBOOK, question, NOW)
    assert isinstance(verdict, Refusal)
    assert verdict.rule == "DNC_INTERNAL"


async def test_a_number_without_such_a_wish_may_be_imported_as_a_new_lead(database: Database, folders: Folders) -> None:
    past = await a_past(database, folders)
    await erased(database, folders)
    async with database.begin() as c:
        await some_leads(c, past.winter, 1)
        again = await person.find(c, FIRST)
    assert len(again.leads) == 1
    assert (again.numbers, again.attempts) == ((FIRST,), ())


async def test_the_attempts_themselves_stay_for_the_reports(database: Database, folders: Folders) -> None:
    past = await a_past(database, folders)
    await erased(database, folders)
    async with database.read() as c:
        row = (await c.execute(select(attempts_table).where(attempts_table.c.id == past.talk))).one()
    assert (row.disposition, row.talked, row.number[0]) == ("sale", True, "x")


async def test_the_gates_answers_lose_the_number_and_the_salt_and_nothing_else(
    database: Database, folders: Folders
) -> None:
    past = await a_past(database, folders)
    query = select(decisions_table).where(decisions_table.c.attempt_id == past.talk)
    async with database.read() as c:
        before = (await c.execute(query)).one()._asdict()
    await erased(database, folders)
    async with database.read() as c:
        now = (await c.execute(query)).one()._asdict()
    assert now == before | {"number": None, "salt": None}


async def test_the_sealed_ledger_still_proves_itself(database: Database, folders: Folders) -> None:
    await a_past(database, folders)
    await sealing.seal(database, clock())
    await erased(database, folders)
    async with database.read() as c:
        report = await verify(c)
    assert (report.intact, report.seals, report.erased) == (True, 1, 1)


async def test_news_not_yet_sent_loses_the_last_digits_and_what_was_sent_is_gone(
    database: Database, folders: Folders
) -> None:
    past = await a_past(database, folders)
    async with database.begin() as c:
        await outbox.add(c, "outcome", {"attempt_id": past.talk, "number_end": FIRST.last3}, NOW)
        sent = [row.id for row in await outbox.next_batch(c, 100) if row.payload["attempt_id"] == past.talk][:1]
        await outbox.mark_sent(c, sent, NOW)
    await erased(database, folders)
    async with database.read() as c:
        rows = [row.payload for row in await c.execute(select(outbox_table))]
    assert [row["number_end"] for row in rows if row["attempt_id"] == past.talk] == [""]
    assert [row["number_end"] for row in rows if row["attempt_id"] == past.other] == [STRANGER.last3]


async def test_who_erased_what_and_why_is_kept_under_the_hash(database: Database, folders: Folders) -> None:
    await a_past(database, folders)
    await erased(database, folders)
    async with database.read() as c:
        rows = (await c.execute(select(erasures))).all()
    assert [(row.by, row.because, row.what["leads"]) for row in rows] == [("adam", "letter of 20 November", 2)] * 2
    assert {len(row.number_hash) for row in rows} == {64}


async def test_done_again_it_changes_nothing(database: Database, folders: Folders) -> None:
    await a_past(database, folders)
    await erased(database, folders)
    before = await dump(database)
    again = await erased(database, folders)
    assert not any(again.what.values())
    assert await dump(database) == before


async def test_a_number_that_nobody_has_is_erased_from_the_lists_all_the_same(
    database: Database, folders: Folders
) -> None:
    await a_past(database, folders)
    async with database.begin() as c:
        await do_not_call.add(c, a_number(77), do_not_call.Listing("web", "sue", NOW), NOW)
    done = await erased(database, folders, number=a_number(77))
    assert (done.what["leads"], done.what["do_not_call"]) == (0, 1)
    async with database.read() as c:
        assert a_number(77) in await do_not_call.hits(c, [a_number(77)])


# --- what stands in the way ------------------------------------------------------------------------------------------


async def test_nobody_is_erased_while_a_call_with_them_is_up(database: Database, folders: Folders) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        await opened(c, campaign)
        await installation.tag(c, NOW)
    before = await dump(database)
    with pytest.raises(UnderWay, match="is up"):
        await erased(database, folders)
    assert await dump(database) == before


async def test_nobody_is_erased_while_their_recording_is_being_finished(database: Database, folders: Folders) -> None:
    past = await a_past(database, folders)
    async with database.begin() as c:
        await c.execute(recordings_table.delete().where(recordings_table.c.attempt_id == past.talk))
    with pytest.raises(UnderWay, match="not finished yet"):
        await erased(database, folders)


async def test_audio_that_was_never_finished_goes_too(database: Database, folders: Folders) -> None:
    past = await a_past(database, folders)
    async with database.begin() as c:
        await c.execute(recordings_table.delete().where(recordings_table.c.attempt_id == past.talk))
        await incidents.raise_one(c, _broken(past))
    done = await erased(database, folders)
    assert done.files == 1
    assert not list(folders.spool.iterdir())
    async with database.read() as c:
        assert await recordings.unfinished(c) == ()


def _broken(past: Past) -> Any:
    from dialer.core.commands import RaiseIncident

    return RaiseIncident("recording_encode_failed", "it could not be encoded", NOW, past.talk)


async def test_a_lead_in_a_hopper_cannot_be_called_any_more(database: Database, folders: Folders) -> None:
    async with database.begin() as c:
        campaign = await a_campaign(c)
        await some_leads(c, campaign, 1)
        (prospect,) = await claimed(c, campaign)
    await erased(database, folders)
    async with database.begin() as c:
        with pytest.raises(LeadNotHeld):
            await attempts.open(c, an_order(prospect, campaign), RULEBOOK, campaign, NOW, unscreened)


async def test_numbers_that_tie_together_more_than_one_person_are_refused(
    database: Database, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person, "MOST_LEADS", 1)
    await a_past(database, folders)
    with pytest.raises(TooManyLeads):
        await erased(database, folders)


# --- recordings that must stay ---------------------------------------------------------------------------------------


async def test_a_recording_that_a_rule_keeps_stays_until_then_and_nobody_hears_it(
    database: Database, folders: Folders
) -> None:
    past = await a_past(database, folders)
    done = await erased(database, folders, keeping(730))
    file = folders.library / "2026/11/23" / f"{past.talk}.mp3"
    ((kept),) = done.kept
    assert (kept.attempt_id, kept.duty.pack, kept.duty.days, kept.duty.until) == (
        past.talk, "LAB", 730, NOW + timedelta(days=730),
    )  # fmt: skip
    assert (done.files, done.what["recordings_kept"], file.exists()) == (0, 1, True)
    async with database.read() as c:
        assert await recordings.find(c, past.talk) is None

    assert await sweep(database, folders, clock(after(days=729))) == 0
    assert file.exists()
    assert await sweep(database, folders, clock(after(days=730))) == 1
    assert not file.exists()


async def test_a_duty_that_is_over_keeps_nothing(database: Database, folders: Folders) -> None:
    await a_past(database, folders)
    rules = keeping(30)
    done = await erase(database, rules, folders, FIRST, by="adam", because="letter", clock=clock(after(days=31)))
    assert (done.kept, done.files) == ((), 1)


async def test_a_file_that_could_not_be_deleted_is_deleted_the_next_time(database: Database, folders: Folders) -> None:
    past = await a_past(database, folders)
    file = folders.library / "2026/11/23" / f"{past.talk}.mp3"
    async with database.begin() as c:
        found = update(recordings_table).where(recordings_table.c.attempt_id == past.talk)
        await c.execute(found.values(erase_after=NOW))  # a crash came between the rows and the files
    assert file.exists()
    assert await sweep(database, folders, clock()) == 1
    assert not file.exists()
    assert await sweep(database, folders, clock()) == 0


async def test_a_path_that_leads_out_of_the_library_deletes_nothing_there(
    database: Database, folders: Folders, tmp_path: Path
) -> None:
    past = await a_past(database, folders)
    elsewhere = tmp_path / "elsewhere" / f"{past.talk}.mp3"
    put(elsewhere)
    async with database.begin() as c:
        found = update(recordings_table).where(recordings_table.c.attempt_id == past.talk)
        await c.execute(found.values(path=f"../elsewhere/{past.talk}.mp3"))
    await erased(database, folders)
    assert elsewhere.exists()


# --- a look beforehand -----------------------------------------------------------------------------------------------


async def test_a_look_tells_what_would_go_and_changes_nothing(database: Database, folders: Folders) -> None:
    await a_past(database, folders)
    before = await dump(database)
    plan = await look(database, keeping(730), FIRST, NOW)
    assert await dump(database) == before
    assert (plan.numbers, plan.campaigns, plan.hindrance, plan.before) == (
        (FIRST, SECOND), ("Spring", "Winter"), None, None,
    )  # fmt: skip
    assert (plan.rows["leads"], plan.rows["attempts"], plan.rows["decisions"], len(plan.kept)) == (2, 1, 1, 1)


async def test_a_look_after_it_tells_when_it_was(database: Database, folders: Folders) -> None:
    await a_past(database, folders)
    await erased(database, folders)
    plan = await look(database, RULEBOOK, FIRST, NOW)
    assert plan.before == NOW
    assert plan.rows["leads"] == 0


async def test_an_erased_number_is_no_number_that_could_be_dialed(database: Database, folders: Folders) -> None:
    await a_past(database, folders)
    await erased(database, folders)
    async with database.read() as c:
        texts = list(await c.scalars(select(lead_numbers.c.number).order_by(lead_numbers.c.id)))
    assert [text[0] for text in texts] == ["x", "x", "+", "x"]
