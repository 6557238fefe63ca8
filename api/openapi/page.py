"""The document as ``/docs`` shows it: groups of operations, each with all there is to know."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from api.openapi.bodies import EVERYWHERE
from api.openapi.fields import Field, Form, Reader
from api.openapi.schemas import REF, Schema
from api.web.describe import JSON

ERRORS = ("Problem", "TillError")
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Parameter:
    """Something a request may carry beside its body."""

    place: str
    field: Field


@dataclass(frozen=True)
class Body:
    """The body of a request or of an answer, in one media type."""

    media_type: str
    forms: Sequence[Form]


@dataclass(frozen=True)
class Response:
    """One answer; ``codes`` are an error's, ``error`` is its form."""

    status: str
    phrase: str
    text: str
    headers: Sequence[Field]
    error: str
    codes: Sequence[str]
    bodies: Sequence[Body]


@dataclass(frozen=True)
class Operation:
    """One operation."""

    ident: str
    method: str
    path: str
    summary: str
    text: str
    who: str
    parameters: Sequence[Parameter]
    body: Body | None
    required: bool
    example: str
    answers: Sequence[Response]


@dataclass(frozen=True)
class Group:
    """The operations of one tag."""

    name: str
    text: str
    operations: Sequence[Operation]


def errors(document: Schema) -> list[Form]:
    """The forms that errors have."""
    reader = Reader(document)
    return [form for name in ERRORS for form in reader.forms({"$ref": REF + name})]


def groups(document: Schema) -> list[Group]:
    """Everything in ``document``, by tag."""
    reader = Reader(document)
    operations = [
        (operation["tags"][0], _operation(reader, method, path, operation))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]
    return [
        Group(
            tag["name"],
            tag["description"],
            [one for name, one in operations if name == tag["name"]],
        )
        for tag in document["tags"]
    ]


def _operation(reader: Reader, method: str, path: str, operation: Schema) -> Operation:
    body = operation.get("requestBody")
    given = [reader.resolve(each) for each in operation["parameters"]]
    return Operation(
        ident=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        text=operation.get("description", ""),
        who=_who(operation["security"]),
        parameters=list(_parameters(reader, given)),
        body=next(_bodies(reader, body["content"])) if body else None,
        required=bool(body and body["required"]),
        example=_example(method, path, given, operation),
        answers=[_response(reader, *each) for each in operation["responses"].items()],
    )


def _who(ways: Sequence[Schema]) -> str:
    if not ways:
        return "everybody"
    roles = [role for way in ways for role in way.get("bearer", ())]
    if not roles:
        return "a till"
    return f"{roles[0]}, and this machine" if {} in ways else roles[0]


def _parameters(reader: Reader, given: Sequence[Schema]) -> Iterator[Parameter]:
    for parameter in given:
        if parameter["name"] not in EVERYWHERE:
            text, required = parameter.get("description", ""), parameter.get("required", False)
            kind = reader.kind(parameter["schema"])
            yield Parameter(
                parameter["in"], Field(parameter["name"], kind, text, required=required)
            )


def _response(reader: Reader, status: str, answer: Schema) -> Response:
    resolved = reader.resolve(answer)
    error, codes, bodies = "", [], {}
    for media_type, content in resolved["content"].items():
        named = content["schema"].get("properties", {}).get("code", {}).get("enum")
        if named is None:
            bodies[media_type] = content
        else:
            error, codes = reader.kind(content["schema"]), named
    return Response(
        status,
        HTTPStatus(int(status)).phrase,
        resolved["description"],
        list(_headers(reader, resolved.get("headers", {}))),
        error,
        codes,
        list(_bodies(reader, bodies)),
    )


def _headers(reader: Reader, headers: Schema) -> Iterator[Field]:
    for name, header in headers.items():
        if name not in EVERYWHERE:
            kind, always = reader.kind(header["schema"]), header.get("required", False)
            yield Field(name, kind, header["description"], required=always)


def _bodies(reader: Reader, content: Schema) -> Iterator[Body]:
    for media_type, media in content.items():
        yield Body(media_type, reader.forms(media["schema"]))


def _example(method: str, path: str, given: Sequence[Schema], operation: Schema) -> str:
    """The request as curl sends it."""
    for parameter in given:
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", _value(parameter["schema"]))
    lines = ["curl" if method == "get" else f"curl -X {method.upper()}"]
    lines[0] += f' "$MOULIN{path}"'
    ways = operation["security"]
    if any("bearer" in way for way in ways):
        lines.append('-H "Authorization: Bearer $TOKEN"')
    elif ways:
        lines.append('-H "X-Device-Serial: $SERIAL"')
    media = operation.get("requestBody", {}).get("content", {}).get(JSON, {})
    if "example" in media:
        lines.append(f"-H 'Content-Type: {JSON}'")
        body = json.dumps(media["example"], ensure_ascii=False, indent=2)
        lines.append(f"-d {shlex.quote(body)}")
    return " \\\n  ".join(lines)


def _value(schema: Schema) -> str:
    """A value that the schema allows."""
    if "enum" in schema:
        return str(schema["enum"][0])
    words = {"integer": "7", "string": "0b8bd7d4-4c2c-4d38-9f1c-0f1f2f5b7c11"}
    return words[schema["type"]]
