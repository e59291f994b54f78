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


# --- whose list ------------------------------------------------------------------------------------------------------


async def test_a_brands_list_and_a_channels_are_their_own(place: Place) -> None:
    await place.campaign("anna", brand="Winter")
    for own in ({"brand": "Winter"}, {"channel": "email"}, {}):
        answer = await place.call("sue", "POST /do-not-call", json={"number": OTHER, **own})
        assert (answer.status, answer.json["added"]) == (201, True)
    found = (await place.call("adam", "POST /do-not-call/search", json={"number": OTHER})).json["entries"]
    assert [(one["scope"], one["brand"], one["channel"]) for one in found] == [
        ("company", None, None),
        ("channel", None, "email"),
        ("brand", "Winter", None),
    ]
    body = {"number": OTHER, "because": "asked back in", "brand": "Winter"}
    assert (await place.call("adam", "POST /do-not-call/remove", json=body)).json["removed"] is True
    assert (await place.call("adam", "POST /do-not-call/remove", json=body)).json["removed"] is False


async def test_a_list_of_two_things_or_of_nothing_there_is_is_refused(place: Place) -> None:
    campaign_id = await place.campaign("anna", brand="Winter")
    for own in ({"brand": "Winter", "campaign_id": campaign_id}, {"brand": ""}, {"channel": "pigeon"}):
        assert (await place.call("sue", "POST /do-not-call", json={"number": OTHER, **own})).status == 422, own
    mistyped = await place.call("sue", "POST /do-not-call", json={"number": OTHER, "brand": "Wintr"})
    assert (mistyped.status, mistyped.word) == (404, "not_found")
    assert "Winter" in mistyped.text


async def test_who_wants_no_mail_may_be_called_on(place: Place) -> None:
    await place.campaign("anna")
    await place.call("anna", "POST /agent/log-in")
    await place.settled()
    await place.call("anna", "POST /agent/dial")
    await place.ordered(cmd.Originate)
    await place.call("sue", "POST /do-not-call", json={"number": NUMBER, "channel": "email"})
    await place.settled()
    assert not [order for order in place.performed if isinstance(order, cmd.HangupLeg)]


async def test_who_opts_out_of_a_brand_is_called_for_it_no_more(place: Place) -> None:
    await place.campaign("anna", brand="Winter")
    await place.call("anna", "POST /agent/log-in")
    await place.settled()
    await place.talk()
    answer = await place.call("anna", "POST /agent/opt-out", json={"scope": "brand"})
    assert (answer.status, answer.json["scope"], answer.json["brand"]) == (200, "brand", "Winter")


async def test_a_brand_cannot_be_opted_out_of_where_there_is_none(place: Place) -> None:
    await place.campaign("anna")
    await place.call("anna", "POST /agent/log-in")
    await place.settled()
    answer = await place.call("anna", "POST /agent/opt-out", json={"scope": "brand"})
    assert (answer.status, answer.word) == (409, "impossible")
