"""Every route for every role: the whole product."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from dialer.store.people import User
from dialer.web.access import HELD, TABLE, Access
from dialer.web.app import ROUTES
from dialer.web.routes import PREFIX
from tests.web.floor import PEOPLE, Place

EVERY = sorted(TABLE)
# What is not there, so that a request that is let through changes nothing of this test's people.
NOBODY = {"login": "nobody", "attempt_id": "call-none", "campaign_id": "999", "lead_id": "999", "incident_id": "999",
          "suspension_id": "999"}  # fmt: skip


def filled(what: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: NOBODY[found[1]], what)


@pytest.mark.parametrize("user", PEOPLE, ids=lambda user: f"{user.login}-{user.role}")
async def test_a_route_lets_in_whom_the_table_names_and_nobody_else(place: Place, user: User) -> None:
    for what in EVERY:
        token = await place.token(user.login)
        answer = await place.call(None, filled(what), headers={"Authorization": f"Bearer {token}"})
        if HELD[user.role] >= TABLE[what]:
            assert answer.status not in (401, 403), f"{what}: {answer.text}"
            assert answer.status < 500, f"{what}: {answer.text}"
        else:
            assert (answer.status, answer.word) == (403, "forbidden"), what


async def test_every_route_is_closed_without_a_token_that_is_good(place: Place) -> None:
    expired = await place.token("adam", lasts=timedelta(seconds=-1))
    for what in EVERY:
        if TABLE[what] is Access.PUBLIC:
            continue
        for headers in ({}, {"Authorization": "Bearer guessed"}, {"Authorization": f"Bearer {expired}"}):
            answer = await place.call(None, filled(what), headers=headers)
            assert (answer.status, answer.word) == (401, "signed_out"), what


def test_only_the_sign_in_is_public() -> None:
    assert [what for what in EVERY if TABLE[what] is Access.PUBLIC] == ["POST /sign-in"]


async def test_the_server_has_no_route_besides_the_table(place: Place) -> None:
    served = {f"{route.method} {route.resource.canonical.removeprefix(PREFIX)}"
              for route in place.client.server.app.router.routes()}  # type: ignore[union-attr] # fmt: skip
    assert served - set(TABLE) == {"GET /", "GET /healthz", "GET /api/openapi.json"}
    assert len(ROUTES) == len(TABLE)
