"""What requests and answers carry: media types, schemas, the headers of answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from pydantic import TypeAdapter, ValidationError

from api.openapi.headers import ANSWERED
from api.openapi.schemas import Schema
from api.openapi.shared import SHARED
from api.web.describe import JSON, Answer, Describable, Description

Known = Mapping[Describable, Schema]
"""The schema of each type."""

EVERYWHERE = ("X-Request-ID",)
"""Headers of every request and every answer."""


def request(description: Description, schema: Schema) -> Schema:
    """The body of a request; required unless nothing at all, which is read as ``{}``, will do."""
    content: Schema = {"schema": schema}
    if description.example is not None:
        content["example"] = description.example
    return {"required": not _takes_nothing(description.body), "content": {JSON: content}}


def responses(answers: Sequence[Answer], known: Known) -> dict[str, Schema]:
    """Every answer by its status. One that is alone and shared is referred to."""
    alone = Counter(answer.status for answer in answers)
    names = {answer: name for name, answer in SHARED.items() if alone[answer.status] == 1}
    by_status = _written([answer for answer in answers if answer not in names], known)
    for answer in answers:
        if answer in names:
            by_status[str(answer.status)] = {"$ref": f"#/components/responses/{names[answer]}"}
    return dict(sorted(by_status.items()))


def shared(known: Known) -> dict[str, Schema]:
    """The answers that the document has once, by name."""
    return {name: _written([answer], known)[str(answer.status)] for name, answer in SHARED.items()}


def _written(answers: Sequence[Answer], known: Known) -> dict[str, Schema]:
    """Answers by status; one may have several forms, each with a media type of its own."""
    by_status: dict[str, Schema] = {}
    for answer in answers:
        response = by_status.setdefault(
            str(answer.status), {"description": "", "headers": {}, "content": {}}
        )
        when = answer.when or HTTPStatus(answer.status).phrase
        response["description"] = "; or ".join(filter(None, (response["description"], when)))
        response["headers"] |= {
            **{name: ANSWERED[name] | {"required": True} for name in answer.headers},
            **{name: ANSWERED[name] for name in answer.maybe},
            **{name: {"$ref": f"#/components/headers/{name}"} for name in EVERYWHERE},
        }
        response["content"][answer.media_type] = {"schema": _schema(answer, known)}
    return by_status


def _schema(answer: Answer, known: Known) -> Schema:
    if answer.kind is None:
        return {"type": "string"}
    schema = known[answer.kind]
    if not answer.codes:
        return schema
    return {**schema, "properties": {"code": {"enum": sorted(set(answer.codes))}}}


def _takes_nothing(kind: Describable) -> bool:
    try:
        TypeAdapter(kind).validate_python({})
    except ValidationError:
        return False
    return True
