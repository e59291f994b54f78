"""Rule packs are changed under a running service."""

from __future__ import annotations

from pathlib import Path

from dialer.core.compliance.packs import Rulebook
from dialer.service import Service
from dialer.store import schema
from tests.service.inside import inside
from tests.support.running import eventually

OPEN = """\
version = "1"
[[pack]]
id = "MINE"
name = "mine"
overlay = true
windows = { daily = ["00:00-24:00"] }
status = "contract"
confidence = "high"
"""


def _everywhere(service: Service, holds: str) -> bool:
    """The version of the pack is this one for the floor, the check in front of a call, the pages and the service."""
    books: list[Rulebook] = [
        service.rulebook, service.orders.rulebook, service.house.rulebook, service.engine.floor.picture.rulebook,
    ]  # fmt: skip
    return {book.packs["MINE"][0].version for book in books} == {holds}


async def test_changed_packs_are_used_and_bad_ones_are_an_incident(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(OPEN)
    async with inside(tmp_path, config={"rules": {"packs": [file]}}) as it:
        assert _everywhere(it.service, "1")
        file.write_text(OPEN.replace('"1"', '"2"'))
        await it.until(lambda: _everywhere(it.service, "2"))
        file.write_text(OPEN.replace('"1"', '"3"').replace("24:00", "25:00"))
        (told,) = await it.incidents("rules_refused")
        assert "mine.toml:6: pack MINE.windows.daily" in told.sentence
        assert _everywhere(it.service, "2")
        file.write_text(OPEN.replace('"1"', '"4"'))
        await it.until(lambda: _everywhere(it.service, "4"))


async def test_the_next_call_meets_the_new_rule(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(OPEN)
    trunk = {"name": "carrier", "overlays": ["MINE"]}
    async with inside(tmp_path, config={"rules": {"packs": [file]}, "trunks": [trunk]}) as it:
        file.write_text(OPEN.replace('"1"', '"2"').replace('["00:00-24:00"]', "[]"))
        await it.until(lambda: _everywhere(it.service, "2"))
        it.log_in()

        async def refused() -> list[tuple[str, str]]:
            return [(row.rule, row.decided_by) for row in await it.rows(schema.decisions) if row.verdict == "refusal"]

        assert await eventually(refused, 30, "no refusal") == [("OUTSIDE_WINDOW", "MINE")]
        assert it.pbx.rung("call") == []
