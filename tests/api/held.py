"""Every answer that a test gets, held against the OpenAPI document of the application."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from api.openapi import headers
from api.openapi.document import document, operations
from api.openapi.parameters import templated
from tests.described import DESCRIBED, note

Schema = dict[str, Any]

_DOCUMENTS: list[Schema] = []


def described(app: Flask) -> Schema:
    """The document; it comes of the code alone, so that one will do for all applications."""
    if not _DOCUMENTS:
        _DOCUMENTS.append(document(app))
        DESCRIBED.update(_promised(app))
    return _DOCUMENTS[0]


class Client(FlaskClient):
    """A client whose every answer is as the document says, or its test fails."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        # Read and closed, as a server does: what is to happen after an answer has happened.
        kwargs.setdefault("buffered", True)
        answer = super().open(*args, **kwargs)
        hold(self.application, answer)
        return answer


def hold(app: Flask, answer: TestResponse) -> None:
    """Fail when the answer's status, media type, headers or body is not described."""
    request = answer.request
    operation = _operation(app, request.path, request.method.upper())
    if operation is None or answer.status_code == 500:
        return  # no operation of ours; nobody foresaw it, and its test says so
    what = f"{request.method} {request.path}: {answer.status_code}"
    told = operation["responses"].get(str(answer.status_code))
    assert told, f"{what} is not described"
    told = resolve(described(app), told)
    _hold_headers(described(app), answer, told["headers"], what)
    media_type = answer.mimetype or ""
    assert media_type in told["content"], f"{what} in {media_type} is not described"
    if media_type.endswith("json") and request.method != "HEAD":
        schema = json.dumps(told["content"][media_type]["schema"])
        for error in _validator(schema).iter_errors(json.loads(answer.text)):
            raise AssertionError(f"{what} is not as described: {error}")
    note(operation["operationId"], answer.status_code, _code(answer))


def _code(answer: TestResponse) -> str | None:
    # A HEAD has the media type of a body, and none.
    body = answer.get_json(silent=True) if (answer.mimetype or "").endswith("json") else None
    return body.get("code") if isinstance(body, dict) else None


def _promised(app: Flask) -> Iterator[str]:
    with app.app_context():
        for each in operations(app):
            yield from (f"{each.ident} {answer.status}" for answer in each.answers)
            for answer in each.description.answers:
                yield from (f"{each.ident} {answer.status} {code}" for code in answer.codes)


def resolve(whole: Schema, part: Schema) -> Schema:
    """``part``, or what it refers to."""
    if "$ref" not in part:
        return part
    found = whole
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def _operation(app: Flask, path: str, method: str) -> Schema | None:
    method = "GET" if method == "HEAD" else method
    try:
        rule, _ = app.url_map.bind("localhost").match(path, method, return_rule=True)
    except HTTPException:
        return None
    found: Schema | None = described(app)["paths"].get(templated(rule.rule))
    return None if found is None else found.get(method.lower())


def _hold_headers(whole: Schema, answer: TestResponse, told: Schema, what: str) -> None:
    for name in headers.ANSWERED:
        given = answer.headers.get(name)
        if name not in told:
            assert given is None, f"{what} with {name} is not described"
            continue
        header = resolve(whole, told[name])
        assert given is not None or not header.get("required"), f"{what} has no {name}"
        if given is not None:
            value = int(given) if header["schema"]["type"] == "integer" else given
            assert jsonschema_rs.is_valid(header["schema"], value), f"{what}, {name}: {given}"


@cache
def _validator(schema: str) -> jsonschema_rs.Validator:
    whole = {**json.loads(schema), "components": _DOCUMENTS[0]["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
