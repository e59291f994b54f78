"""The running service seals what its gate decided, the last of it when it stops."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from dialer.store import decisions, schema
from dialer.store.decisions import Wanted
from dialer.store.session import Database
from dialer.store.verification import verify
from tests.service.inside import inside


async def test_a_stopped_service_leaves_every_dial_with_its_sealed_permit(tmp_path: Path) -> None:
    async with inside(tmp_path) as it:
        it.log_in()
        attempt = await it.pbx.placed()
    db = Database(f"sqlite:///{tmp_path / 'dialer.db'}")
    async with db.read() as c:
        report = await verify(c)
        rows = (await c.execute(select(schema.attempts))).all()
        kept = [one async for one, _ in decisions.matching(c, Wanted(campaign_id=it.campaign))]
    await db.close()
    assert (report.intact, report.awaiting) == (True, 0)
    assert report.sealed == len(kept) > 0
    assert [row.id for row in rows] == [attempt]
    (permit,) = [one for one in kept if one.attempt_id == attempt]
    assert permit.verdict == "permit"
    assert permit.packs
    assert permit.inputs
    assert permit.tzdata
