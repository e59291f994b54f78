"""The AsyncAPI document of our topics, made from the table the code itself uses.

`python -m dialer.publish.asyncapi > docs/asyncapi.yaml` writes the committed copy; a test holds the two together.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from pydantic.json_schema import models_json_schema

from dialer.publish.topics import TOPICS, Topic

_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$-]*")


def asyncapi() -> dict[str, Any]:
    """The document, AsyncAPI 3.0, from the dialer's point of view: it sends state, it receives commands."""
    _, schemas = models_json_schema(
        [(found.payload, "serialization" if found.sent else "validation") for found in TOPICS.values()],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Dialer",
            "version": "1.0.0",
            "description": (
                "State of nodes, agents, calls and campaigns (retained), outcomes and incidents (at least once), and"
                " commands. Everything is one JSON object, QoS 1. No topic and no payload holds a phone number."
            ),
        },
        "defaultContentType": "application/json",
        "servers": {"broker": _broker()},
        "channels": {key: _channel(key, found) for key, found in TOPICS.items()},
        "operations": {_operation_name(key, found): _operation(key, found) for key, found in TOPICS.items()},
        "components": {
            "messages": {
                found.payload.__name__: {
                    "summary": found.summary,
                    "payload": {"$ref": f"#/components/schemas/{found.payload.__name__}"},
                }
                for found in TOPICS.values()
            },
            "schemas": schemas["$defs"],
        },
    }


def _broker() -> dict[str, Any]:
    will = {"topic": "dialer/{node}/status", "qos": 1, "retain": True, "message": "A NodeStatus whose state is lost."}
    return {
        "host": "{host}:{port}",
        "protocol": "mqtt",
        "protocolVersion": "3.1.1",
        "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": "1883"}},
        "bindings": {"mqtt": {"clientId": "dialer-{node}", "cleanSession": True, "lastWill": will}},
    }


def _channel(key: str, found: Topic) -> dict[str, Any]:
    levels = (("node", "The node's name."), *found.levels)
    name = found.payload.__name__
    return {
        "address": f"dialer/{{node}}/{found.pattern}",
        "summary": found.summary,
        "parameters": {level: {"description": description} for level, description in levels},
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
    }


def _operation_name(key: str, found: Topic) -> str:
    return f"{'send' if found.sent else 'receive'}_{key}"


def _operation(key: str, found: Topic) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "action": "send" if found.sent else "receive",
        "channel": {"$ref": f"#/channels/{key}"},
        "bindings": {"mqtt": {"qos": 1, "retain": found.retained}},
    }
    if key == "command":
        operation["reply"] = {
            "channel": {"$ref": "#/channels/reply"},
            "address": {"location": "$message.payload#/reply_to", "description": "Else reply/<id>."},
        }
    return operation


def yaml(document: dict[str, Any]) -> str:
    """The document as YAML 1.2, keys in their order. Strings are written as JSON, which every YAML reader takes."""
    return "".join(line + "\n" for line in _lines(document, ""))


def _lines(value: dict[str, Any] | list[Any], indent: str) -> list[str]:
    if isinstance(value, dict):
        entries = [(f"{indent}{_key(key)}:", inner) for key, inner in value.items()]
    else:
        entries = [(f"{indent}-", inner) for inner in value]
    return [line for head, inner in entries for line in _entry(head, inner, indent)]


def _entry(head: str, inner: Any, indent: str) -> list[str]:
    if isinstance(inner, dict | list) and inner:
        return [head, *_lines(inner, indent + "  ")]
    return [f"{head} {json.dumps(inner, ensure_ascii=False)}"]


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else json.dumps(key)


if __name__ == "__main__":
    sys.stdout.write(yaml(asyncapi()))
