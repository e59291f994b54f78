"""What other programs may ask for, beside the calls: the table itself, without a broker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dialer.core.agent import AgentState
from dialer.core.compliance.consent import Consent, Given
from dialer.core.number import Number
from dialer.publish.commands import CommandRefused
from dialer.remote import Remote
from dialer.store import consents, schema
from dialer.store.consents import Evidence
from tests.service.inside import NUMBER, Inside, inside


def remote(it: Inside) -> Remote:
    service = it.service
    return Remote(service.engine, service.db, service.orders.clock, "CN")


async def agreed(it: Inside, kind: Consent) -> None:
    at = it.service.started_at
    async with it.service.db.begin() as c:
        await consents.add(c, [(Number(NUMBER), Given(kind, at))], Evidence("web", "form 7", "boss"), at)


async def test_a_number_is_blocked_durably_before_the_answer_and_its_lead_is_off_the_desk(tmp_path: Path) -> None:
    async with inside(tmp_path, dial_mode="preview", preview_seconds=600, brand="Winter") as it:
        it.log_in()
        await it.agent(AgentState.RESERVED)
        body = {"number": NUMBER, "brand": "Winter", "proof": "letter 7"}
        assert await remote(it).accept("do-not-call-add", body) == {"added": True}
        (row,) = await it.rows(schema.do_not_call)
        assert (row.scope, row.brand, row.proof, row.source) == ("brand", "Winter", "letter 7", "mqtt")
        await it.agent(AgentState.READY)
        assert await remote(it).accept("do-not-call-add", body) == {"added": False}


async def test_who_opts_out_by_another_program_has_withdrawn_every_consent(tmp_path: Path) -> None:
    async with inside(tmp_path) as it:
        await agreed(it, "express")
        await remote(it).accept("do-not-call-add", {"number": NUMBER})
        (row,) = await it.rows(schema.consents)
        assert row.withdrawn_because == "do not call: mqtt"


async def test_a_consent_is_withdrawn(tmp_path: Path) -> None:
    async with inside(tmp_path) as it:
        await agreed(it, "night")
        body = {"number": NUMBER, "because": "mail 9"}
        assert await remote(it).accept("consent-withdraw", {**body, "kind": "express"}) == {"withdrawn": 0}
        assert await remote(it).accept("consent-withdraw", body) == {"withdrawn": 1}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"number": NUMBER, "brand": "Wintr"}, "no campaign has the brand"),
        ({"number": NUMBER, "brand": "Winter", "channel": "phone"}, "one list"),
        ({"number": NUMBER, "channel": "pigeon"}, "channel"),
        ({"number": NUMBER, "campaign_id": 77}, "no campaign 77"),
        ({"number": "12"}, "expected"),
    ],
)
async def test_a_list_that_is_not_there_is_refused_in_a_sentence(
    tmp_path: Path, body: dict[str, Any], expected: str
) -> None:
    async with inside(tmp_path) as it:
        with pytest.raises(CommandRefused, match=expected):
            await remote(it).accept("do-not-call-add", body)
        assert await it.rows(schema.do_not_call) == []
