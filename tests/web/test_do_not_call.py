from __future__ import annotations

from dialer.core import commands as cmd
from tests.web.floor import NUMBER, Place

OTHER = "+12125550177"


async def test_a_number_is_added_found_and_taken_off_with_who_and_why(place: Place) -> None:
    body = {"number": "+1 (212) 555-0177", "asked_by": "Mrs Smith", "proof": "letter 7"}
    added = await place.call("sue", "POST /do-not-call", json=body)
    assert (added.status, added.json["added"], added.json["number_ends"]) == (201, True, "177")
    found = (await place.call("adam", "POST /do-not-call/search", json={"number": OTHER})).json
    [entry] = found["entries"]
    assert (entry["asked_by"], entry["proof"], entry["source"], entry["removed_at"]) == (
        "Mrs Smith",
        "letter 7",
        "web",
        None,
    )

    gone = await place.call("adam", "POST /do-not-call/remove", json={"number": OTHER, "because": "asked back in"})
    assert gone.json == {"number_ends": "177", "removed": True}
    [entry] = (await place.call("adam", "POST /do-not-call/search", json={"number": OTHER})).json["entries"]
    assert (entry["removed_by"], entry["removed_because"]) == ("adam", "asked back in")


async def test_lists_are_counted(place: Place) -> None:
    campaign_id = await place.campaign("anna")
    await place.call("sue", "POST /do-not-call", json={"number": OTHER})
    await place.call("sue", "POST /do-not-call", json={"number": OTHER, "campaign_id": campaign_id})
    lists = (await place.call("sue", "GET /do-not-call")).json["lists"]
    assert [(one["scope"], one["campaign_id"], one["numbers"]) for one in lists] == [
        ("campaign", campaign_id, 1),
        ("company", None, 1),
    ]


async def test_a_number_added_while_its_phone_rings_is_hung_up(place: Place) -> None:
    await place.campaign("anna")
    await place.call("anna", "POST /agent/log-in")
    await place.settled()
    await place.call("anna", "POST /agent/dial")
    sent = await place.ordered(cmd.Originate)
    await place.call("sue", "POST /do-not-call", json={"number": NUMBER})
    assert (await place.ordered(cmd.HangupLeg)).leg_id == sent.attempt_id


async def test_what_is_no_number_is_refused_without_repeating_it(place: Place) -> None:
    for text in ("12345", "call me", "+1 212 555 0177 ext 5", "\x00", "", "+1212555017700000"):
        answer = await place.call("adam", "POST /do-not-call", json={"number": text})
        assert answer.status == 422, text
        assert answer.json["errors"][0]["field"] == "body.number"
        assert not text.strip("\x00") or text not in answer.text


async def test_a_list_of_a_campaign_that_is_not_there(place: Place) -> None:
    answer = await place.call("sue", "POST /do-not-call", json={"number": OTHER, "campaign_id": 77})
    assert (answer.status, answer.word) == (404, "not_found")


async def test_a_removal_needs_its_reason(place: Place) -> None:
    answer = await place.call("adam", "POST /do-not-call/remove", json={"number": OTHER})
    assert [error["field"] for error in answer.json["errors"]] == ["body.because"]
