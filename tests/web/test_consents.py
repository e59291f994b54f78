from __future__ import annotations

from datetime import timedelta

import pytest

from dialer.core import commands as cmd
from tests.web.floor import MONDAY, NUMBER, Place

OTHER = "+12125550177"
FORM = {"number": OTHER, "kind": "express", "proof": "form 7"}


async def test_a_consent_is_entered_found_and_withdrawn_with_who_and_why(place: Place) -> None:
    made = await place.call("adam", "POST /consents", json={**FORM, "purpose": "insurance"})
    assert (made.status, made.json["number_ends"]) == (201, "177")
    gone = await place.call("sue", "POST /consents/withdraw", json={"number": OTHER, "because": "letter 8"})
    assert gone.json["withdrawn"] == 1
    (entry,) = (await place.call("adam", "POST /consents/search", json={"number": OTHER})).json["consents"]
    assert (entry["kind"], entry["purpose"], entry["proof"], entry["by"]) == ("express", "insurance", "form 7", "adam")
    assert (entry["withdrawn_by"], entry["withdrawn_because"]) == ("sue", "letter 8")


@pytest.mark.parametrize(
    "change",
    [
        {"proof": ""},
        {"proof": " "},
        {"kind": "yes"},
        {"purpose": "Life Insurance"},
        {"expires": MONDAY.isoformat()},
        {"kind": "appointment"},
        {"number": "12"},
    ],
)
async def test_a_consent_nobody_could_rely_on_is_refused(place: Place, change: dict[str, str]) -> None:
    assert (await place.call("adam", "POST /consents", json={**FORM, **change})).status == 422


async def test_who_opts_out_has_withdrawn_what_they_agreed_to(place: Place) -> None:
    await place.call("adam", "POST /consents", json=FORM)
    await place.call("sue", "POST /do-not-call", json={"number": OTHER, "proof": "letter 9"})
    (entry,) = (await place.call("adam", "POST /consents/search", json={"number": OTHER})).json["consents"]
    assert entry["withdrawn_because"] == "do not call: letter 9"


async def test_what_is_agreed_to_in_a_call_has_the_call_as_its_proof(place: Place) -> None:
    await place.campaign("anna")
    await place.call("anna", "POST /agent/log-in")
    await place.settled()
    early = await place.call("anna", "POST /agent/consent", json={"kind": "night"})
    assert (early.status, early.word) == (409, "impossible")
    attempt_id = await place.talk()
    hour = {"since": MONDAY.isoformat(), "expires": (MONDAY + timedelta(hours=1)).isoformat()}
    made = await place.call("anna", "POST /agent/consent", json={"kind": "appointment", **hour})
    (entry,) = made.json["consents"]
    assert (entry["source"], entry["proof"], entry["by"]) == ("agent", attempt_id, "anna")
    named = await place.call("anna", "POST /agent/consent", json={"kind": "express", "attempt_id": attempt_id})
    assert len(named.json["consents"]) == 2
    foreign = await place.call("ben", "POST /agent/consent", json={"kind": "express", "attempt_id": attempt_id})
    assert (foreign.status, foreign.word) == (404, "not_found")
    gone = await place.call("anna", "POST /agent/consent/withdraw", json={"kind": "express"})
    assert gone.json["withdrawn"] == 1


async def test_a_contract_is_not_made_on_an_agents_screen(place: Place) -> None:
    assert (await place.call("anna", "POST /agent/consent", json={"kind": "contract"})).status == 422


async def test_a_withdrawal_where_no_consent_is_needed_leaves_the_ringing_phone_alone(place: Place) -> None:
    await place.campaign("anna")
    await place.call("anna", "POST /agent/log-in")
    await place.settled()
    await place.call("anna", "POST /agent/dial")
    await place.ordered(cmd.Originate)
    await place.call("sue", "POST /consents/withdraw", json={"number": NUMBER, "because": "letter 8"})
    await place.settled()
    assert not [order for order in place.performed if isinstance(order, cmd.HangupLeg)]
