"""The OpenAPI 3.1 document, made from the routes: what is not in a handler's signature is not in here."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Literal

from pydantic import TypeAdapter

from dialer.web.access import Access
from dialer.web.guard import COOKIE, HEADER
from dialer.web.problems import MEDIA_TYPE, PROBLEMS, ProblemView
from dialer.web.routes import PREFIX, Route
from dialer.web.shapes import ChangesMessage, SnapshotMessage

Schema = dict[str, Any]
_Use = tuple[str, Literal["validation", "serialization"]]

_REF = "#/components/schemas/{model}"


def document(routes: Iterable[Route]) -> Schema:
    """The whole document, in a fixed order."""
    every = sorted(routes, key=lambda route: (route.path, route.method))
    schemas, components = _schemas(every)
    paths: dict[str, Schema] = {}
    for route in every:
        paths.setdefault(PREFIX + route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Dialer",
            "version": "1",
            "description": "Times are ISO 8601 with their zone; one without is refused. Of phone numbers the last "
            "three digits are shown. See docs/api.md.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in sorted({route.room for route in every})],
        "paths": paths,
        "components": {
            "schemas": _pointed_at(paths, components),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": COOKIE,
                    "description": f"With the header {HEADER} on everything but GET.",
                },
            },
        },
    }


def _schemas(routes: list[Route]) -> tuple[dict[_Use, Schema], Schema]:
    """The schema for each use, and the models they point to."""
    uses: list[tuple[str, Literal["validation", "serialization"], TypeAdapter[Any]]] = [
        ("ProblemView", "serialization", TypeAdapter(ProblemView)),
        ("SnapshotMessage", "serialization", TypeAdapter(SnapshotMessage)),
        ("ChangesMessage", "serialization", TypeAdapter(ChangesMessage)),
    ]
    for route in routes:
        if route.body is not None:
            uses.append((f"{_id(route)} body", "validation", route.body))
        if route.query is not None:
            uses.append((f"{_id(route)} query", "validation", route.query))
        if route.answer is not None:
            uses.append((f"{_id(route)} answer", "serialization", route.answer))
        for name, adapter in route.params.items():
            uses.append((f"{_id(route)} {name}", "validation", adapter))
    made, definitions = TypeAdapter.json_schemas(uses, ref_template=_REF)
    return dict(made), dict(sorted(definitions["$defs"].items()))


def _pointed_at(paths: Schema, components: Schema) -> Schema:
    """The components that something needs: a query's model is taken apart into parameters and is not among them."""
    needed: set[str] = set()
    left: list[Any] = [paths]
    while left:
        match left.pop():
            case {"$ref": str(ref)} if (name := ref.rpartition("/")[2]) not in needed:
                needed.add(name)
                left.append(components[name])
            case dict(part):
                left.extend(part.values())
            case list(part):
                left.extend(part)
            case _:
                pass
    return {name: schema for name, schema in components.items() if name in needed}


def _operation(route: Route, schemas: dict[_Use, Schema]) -> Schema:
    operation: Schema = {
        "operationId": _id(route),
        "tags": [route.room],
        "summary": route.summary,
        "x-role": route.access.name.lower(),
        "parameters": _parameters(route, schemas),
        "responses": {str(route.status): _success(route, schemas), **_problems(route)},
        "security": [] if route.access is Access.PUBLIC else [{"token": []}, {"cookie": []}],
    }
    if route.description:
        operation["description"] = route.description
    if route.form is not None:
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": route.form}}}
    if route.body is not None:
        schema = schemas[(f"{_id(route)} body", "validation")]
        operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return operation


def _parameters(route: Route, schemas: dict[_Use, Schema]) -> list[Schema]:
    found: list[Schema] = [
        {"in": "path", "name": name, "required": True, "schema": schemas[(f"{_id(route)} {name}", "validation")]}
        for name in route.params
    ]
    if route.query is not None:
        model = route.query.json_schema(ref_template=_REF)
        required = model.get("required", ())
        for name, schema in model["properties"].items():
            found.append({"in": "query", "name": name, "required": name in required, "schema": schema})
    return found


def _success(route: Route, schemas: dict[_Use, Schema]) -> Schema:
    words = HTTPStatus(route.status).phrase
    if route.status == HTTPStatus.SWITCHING_PROTOCOLS:
        messages = [{"$ref": _REF.format(model=model.__name__)} for model in (SnapshotMessage, ChangesMessage)]
        return {"description": words, "x-messages": messages}
    if route.answer is None:
        return {"description": words}
    schema = schemas[(f"{_id(route)} answer", "serialization")]
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _problems(route: Route) -> dict[str, Schema]:
    words = set(route.also)
    if route.access is not Access.PUBLIC:
        words |= {"signed_out", "cross_site"}
    if route.access > Access.AGENT:
        words.add("forbidden")
    if route.body is not None:
        words |= {"bad_request", "media_type", "too_large"}
    if route.body is not None or route.query is not None or route.params:
        words.add("invalid")
    by_status: dict[int, list[str]] = {}
    for word in sorted(words):
        status, title = PROBLEMS[word]
        by_status.setdefault(status, []).append(f"{title} (`{word}`)")
    content = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="ProblemView")}}}
    return {str(s): {"description": "; ".join(titles), "content": content} for s, titles in sorted(by_status.items())}


def _id(route: Route) -> str:
    return f"{route.room}.{route.handler.__name__}".replace("-", "_")
