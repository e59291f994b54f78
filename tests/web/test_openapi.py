from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dialer.web.access import TABLE
from dialer.web.app import ROUTES
from dialer.web.openapi import document
from dialer.web.routes import PREFIX
from tests.web.floor import Place

KEPT = Path(__file__).parents[2] / "docs" / "openapi.json"
DOCUMENT = document(ROUTES)


def parts(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from parts(value)
    elif isinstance(node, list):
        for value in node:
            yield from parts(value)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_kept_document_is_what_the_code_makes() -> None:
    assert json.loads(KEPT.read_text()) == DOCUMENT, "python -m dialer.web > docs/openapi.json"


def test_every_reference_resolves_and_every_component_is_used() -> None:
    refs = {part["$ref"] for part in parts(DOCUMENT) if isinstance(part.get("$ref"), str)}
    assert refs == {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}


def test_every_route_is_in_it_with_its_role() -> None:
    found = {f"{method.upper()} {path.removeprefix(PREFIX)}": op["x-role"] for path, method, op in operations()}
    assert found == {what: access.name.lower() for what, access in TABLE.items()}


def test_it_has_the_shape_of_openapi_31() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert set(DOCUMENT) <= {"openapi", "info", "servers", "tags", "paths", "components"}
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids))
    for path, method, operation in operations():
        where = f"{method} {path}"
        in_path = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
        assert in_path == {part[1:-1] for part in path.split("/") if part.startswith("{")}, where
        assert all({"in", "name", "required", "schema"} == set(one) for one in operation["parameters"]), where
        assert operation["summary"], where
        assert all("description" in response for response in operation["responses"].values()), where
        success = [status for status in operation["responses"] if status < "300"]
        assert len(success) == 1, where
        assert operation["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"]}


def test_every_answer_but_files_and_sockets_has_its_schema() -> None:
    without = set()
    for path, method, operation in operations():
        answers = [response for status, response in operation["responses"].items() if status < "300"]
        if not any("content" in answer for answer in answers):
            without.add(f"{method} {path}")
    files = {f"get {PREFIX}/recordings/{{attempt_id}}/audio", f"post {PREFIX}/ledger/export"}
    assert without == {f"get {PREFIX}/live", *files}


async def test_it_is_served_to_everybody(place: Place) -> None:
    async with place.client.get("/api/openapi.json") as response:
        assert response.status == 200
        assert await response.json() == DOCUMENT
