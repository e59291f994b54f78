import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from dialer.publish.asyncapi import asyncapi, yaml
from dialer.publish.topics import TOPICS, CallStatus, Incident, level_of, topic, topics_below
from tests.publish.makers import NOW, call


def test_the_committed_document_is_what_the_code_says() -> None:
    committed = Path(__file__).parents[2] / "docs" / "asyncapi.yaml"
    assert committed.read_text() == yaml(asyncapi()), "python -m dialer.publish.asyncapi > docs/asyncapi.yaml"


def test_every_topic_is_a_channel_with_an_operation_and_a_message() -> None:
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    for key, found in TOPICS.items():
        channel = document["channels"][key]
        assert channel["address"] == f"dialer/{{node}}/{found.pattern}"
        assert set(channel["parameters"]) == set(re.findall(r"{(\w+)}", channel["address"]))
        [operation] = [one for one in document["operations"].values() if one["channel"]["$ref"] == f"#/channels/{key}"]
        assert operation["action"] == ("receive" if key == "command" else "send")
        assert operation["bindings"]["mqtt"] == {"qos": 1, "retain": found.retained}


def test_every_reference_in_the_document_leads_somewhere() -> None:
    document = asyncapi()

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [found for inner in value.values() for found in references(inner)]
        return [found for inner in value for found in references(inner)] if isinstance(value, list) else []

    found = references(document)
    assert len(found) > len(TOPICS)
    for reference in found:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_yaml_keeps_order_nesting_and_strings_that_look_like_something_else() -> None:
    document = {"b": {"list": ["no", 1, {"x": None}], "empty": {}, "none": []}, "a b": True}
    assert yaml(document) == (
        'b:\n  list:\n    - "no"\n    - 1\n    -\n      x: null\n  empty: {}\n  none: []\n"a b": true\n'
    )


def test_topics_are_named_by_node_kind_and_thing() -> None:
    assert topic("n1", "status") == "dialer/n1/status"
    assert topic("n1", "agent", "ann") == "dialer/n1/agent/ann"
    assert topic("n1", "campaign", 7) == "dialer/n1/campaign/7"
    assert topics_below("n1", "command") == "dialer/n1/command/#"


@pytest.mark.parametrize("level", ["", "a/b", "+", "#", "a b", "a\n", "$SYS", None, "-", "a" * 65])
def test_a_level_that_could_reach_another_topic_is_refused(level: str | None) -> None:
    with pytest.raises(ValueError, match="topic level"):
        topic("n1", "agent", level)


@pytest.mark.parametrize("node", ["", "N1", "a/b", "#", "+", "-a", "a" * 33])
def test_a_bad_name_of_a_node_is_refused(node: str) -> None:
    with pytest.raises(ValueError, match="node's name"):
        topic(node, "status")


def test_the_level_of_a_topic_is_found_again_and_no_other() -> None:
    assert level_of("n1", "command", "dialer/n1/command/pause") == "pause"
    for strange in ("dialer/n1/command/", "dialer/n1/command/a/b", "dialer/n2/command/pause", "dialer/n1/reply/pause"):
        assert level_of("n1", "command", strange) is None


def test_no_payload_has_room_for_a_phone_number() -> None:
    for name in (name for found in TOPICS.values() for name in found.payload.model_fields):
        assert "phone" not in name
        assert "number" not in name.replace("number_end", "")
    with pytest.raises(ValidationError):
        call().model_validate(call().model_dump() | {"number_end": "5551234"})
    with pytest.raises(ValidationError):
        CallStatus.model_validate(call().model_dump() | {"number": "+13125551234"})


@pytest.mark.parametrize(
    ("said", "goes_out"),
    [
        ("trunk lost while +13125551234 rang", "trunk lost while …234 rang"),
        ("13125551234/13125559876", "…234/…876"),
        ("2 of 1500 calls on 2026-11-23", "2 of 1500 calls on 2026-11-23"),
    ],
)
def test_a_number_in_a_sentence_goes_out_as_its_last_three_digits(said: str, goes_out: str) -> None:
    assert Incident(event_id="1", kind="trunk", sentence=said, at=NOW).sentence == goes_out


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        Incident(event_id="1", kind="trunk", sentence="", at=NOW.replace(tzinfo=None))
