"""What a request carries beside its body: parts of the path, the query, headers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from api.openapi import headers, schemas
from api.openapi.schemas import Schema
from api.web.describe import Description, PathSchema

_HOLE = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")

CONVERTERS: dict[str, Schema] = {
    "string": {"type": "string", "minLength": 1, "pattern": "^[^/]+$"},
    "ident": {"type": "integer", "format": "int64", "minimum": 1, "maximum": 10**18 - 1},
    "uuid": {"type": "string", "format": "uuid"},
}
"""What each converter of a route takes."""


def templated(rule: str) -> str:
    """A route's path as OpenAPI writes it: ``/api/ops/runs/{run_id}``."""
    return _HOLE.sub(r"{\2}", rule)


def of(rule: str, description: Description) -> list[Schema]:
    """Every parameter of a view but the one that every request may carry."""
    return [
        *_path(rule, description.path),
        *(_query(description.query) if description.query is not None else ()),
        *({"name": name, "in": "header", **headers.ASKED[name]} for name in description.headers),
    ]


def _path(rule: str, given: Mapping[str, PathSchema]) -> Iterator[Schema]:
    for converter, name in _HOLE.findall(rule):
        more = given.get(name, {})
        schema = {**CONVERTERS[converter or "string"], **(more() if callable(more) else more)}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query(model: type[BaseModel]) -> Iterator[Schema]:
    properties, required = schemas.query(model)
    for name, schema in properties.items():
        description = schema.pop("description", None)
        yield {
            "name": name,
            "in": "query",
            **({"description": description} if description else {}),
            "required": name in required,
            "schema": schema,
        }
