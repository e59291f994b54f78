from __future__ import annotations

import pytest

from dialer.core.compliance.consent import Given
from dialer.core.number import Number
from dialer.store import consents
from dialer.store.consents import BadConsent, Evidence, checked
from dialer.store.session import Database
from tests.store.makers import NOW, a_number, after

ONE, TWO = a_number(1), a_number(2)
FORM = Evidence("web", "form 7", "boss")


async def _on_file(database: Database, number: Number) -> list[str]:
    async with database.read() as c:
        found = consents.read(await c.execute(consents.GIVEN, {"dialed": [number.e164]}))
    return sorted(one.kind for one in found.get(number, ()))


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        ({}, []),
        ({"kind": "night"}, ["contract", "express"]),
        ({"purpose": "debt"}, ["express"]),  # who has agreed to whatever we sell withdraws that too
        ({"kind": "contract", "purpose": "debt"}, ["express", "night"]),
    ],
)
async def test_what_is_withdrawn_is_all_or_a_kind_or_a_purpose(
    database: Database, chosen: dict[str, str], left: list[str]
) -> None:
    given = [Given("express", NOW, "insurance"), Given("night", NOW), Given("contract", NOW, "debt")]
    async with database.begin() as c:
        await consents.add(c, [(ONE, one) for one in given], FORM, NOW)
        await consents.withdraw(c, ONE, by="anna", because="asked", now=after(hours=1), **chosen)  # type: ignore[arg-type]
    assert await _on_file(database, ONE) == left


async def test_everything_stays_on_file_with_who_ended_it_and_why(database: Database) -> None:
    async with database.begin() as c:
        await consents.add(c, [(ONE, Given("express", NOW, expires=after(days=9)))], FORM, NOW)
        assert await consents.withdraw(c, ONE, by="a" * 60, because="letter 8", now=after(hours=1)) == 1
        assert await consents.withdraw(c, ONE, by="anna", because="again", now=after(hours=2)) == 0
        assert await consents.withdrawn(c, after(hours=1)) == {ONE}
        assert await consents.withdrawn(c, after(hours=2)) == frozenset()
        (entry,) = await consents.entries(c, ONE)
        assert await consents.entries(c, TWO) == ()
    assert entry.given == Given("express", NOW, None, after(days=9), after(hours=1))
    assert (entry.evidence, entry.added_at, entry.withdrawn_because) == (FORM, NOW, "letter 8")
    assert entry.withdrawn_by == "a" * 32


@pytest.mark.parametrize(
    ("given", "proof", "expected"),
    [
        (Given("express", NOW), " ", "proves"),
        (Given("express", NOW, expires=NOW), "form 7", "ends after it begins"),
        (Given("appointment", NOW), "form 7", "span"),
    ],
)
def test_a_consent_that_nobody_could_rely_on_is_refused(given: Given, proof: str, expected: str) -> None:
    with pytest.raises(BadConsent, match=expected):
        checked(given, proof)


def test_an_appointment_is_its_span() -> None:
    given = Given("appointment", NOW, expires=after(hours=1))
    assert checked(given, "call-1") is given
