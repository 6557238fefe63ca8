"""The OpenAPI 3.1 document of an application, made of its routes and their descriptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from inspect import cleandoc
from typing import cast

from flask import Flask
from werkzeug.routing import Rule as Route

from api.openapi import bodies, headers, parameters, schemas, security, shared
from api.openapi.bodies import EVERYWHERE
from api.openapi.schemas import Schema
from api.openapi.tags import TAGS, tag_of
from api.web import access
from api.web.describe import Answer, Description
from api.web.describe import of as description_of
from core.version import version

ABOUT = """\
What the web process of Moulin answers. Everything in it is made from the code: paths from its
routes, roles from its access rules, schemas from the models that read requests.

Lists come in pages: follow `next` until it is null. Every GET answers HEAD too. A method that an
address does not know is a 405 with `Allow`; what nobody foresaw is a 500 with the code `INTERNAL`,
and the log has it under the correlation id."""


@dataclass(frozen=True)
class Operation:
    """One method of one route, with what was declared beside its view."""

    method: str
    route: Route
    view: Callable[..., object]
    rule: access.Rule
    description: Description

    @property
    def ident(self) -> str:
        """Unique, for clients that are generated."""
        endpoint: str = self.route.endpoint
        return endpoint.replace(".", "_")

    @property
    def shared(self) -> tuple[str, ...]:
        """The names of its answers that others give too."""
        return shared.names(self.rule, self.description, in_path=bool(self.route.arguments))

    @property
    def answers(self) -> list[Answer]:
        """Every answer, those of one status and one form made one, by status."""
        given = (shared.SHARED[name] for name in self.shared)
        merged: dict[tuple[int, str], Answer] = {}
        for answer in (*self.description.answers, *given):
            key = (answer.status, answer.media_type)
            merged[key] = _merge(merged[key], answer) if key in merged else answer
        return sorted(merged.values(), key=lambda answer: answer.status)


def operations(app: Flask) -> Iterator[Operation]:
    """Every operation of ``app`` that is described, in the order of its routes."""
    for route in app.url_map.iter_rules():
        view = app.view_functions[route.endpoint]
        rule, described = access.rule_of(app, route.endpoint), description_of(view)
        if rule is not None and described is not None:
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield Operation(method, route, view, rule, described)


def document(app: Flask) -> Schema:
    """The document; no part of it is written down anywhere else."""
    # The audiences are registered with the application.
    with app.app_context():
        return _document(list(operations(app)))


def _document(every: Sequence[Operation]) -> Schema:
    answered, asked, components = schemas.components(
        {answer.kind for answer in _answers(every) if answer.kind is not None},
        {each.description.body for each in every if each.description.body is not None},
    )
    paths: dict[str, Schema] = {}
    for operation in every:
        path = parameters.templated(operation.route.rule)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(
            operation, answered, asked
        )
    whole = {
        "openapi": "3.1.0",
        "info": {"title": "Moulin", "version": version(), "description": ABOUT},
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": bodies.shared(answered),
            **_everywhere(),
            "securitySchemes": security.schemes(),
        },
    }
    return cast("Schema", _marked_down(whole))


def _everywhere() -> Schema:
    """The headers of every request and every answer."""
    return {
        "headers": {name: headers.ANSWERED[name] | {"required": True} for name in EVERYWHERE},
        "parameters": {
            name: {"name": name, "in": "header", **headers.ASKED[name]} for name in EVERYWHERE
        },
    }


def _answers(every: Sequence[Operation]) -> Iterator[Answer]:
    yield from shared.SHARED.values()
    for operation in every:
        yield from operation.answers


def _operation(operation: Operation, answered: bodies.Known, asked: bodies.Known) -> Schema:
    description = operation.description
    summary, _, more = cleandoc(operation.view.__doc__ or "").partition("\n\n")
    entry: Schema = {
        "tags": [tag_of(operation.route.rule)],
        "summary": " ".join(summary.split()),
        "operationId": operation.ident,
        "security": security.of(operation.rule),
        "parameters": [
            *parameters.of(operation.route.rule, description),
            *({"$ref": f"#/components/parameters/{name}"} for name in EVERYWHERE),
        ],
    }
    if more:
        entry["description"] = more
    if description.body is not None:
        entry["requestBody"] = bodies.request(description, asked[description.body])
    entry["responses"] = bodies.responses(operation.answers, answered)
    return entry


def _marked_down(part: object) -> object:
    """Docstrings write ``code`` as reStructuredText does, OpenAPI's descriptions are Markdown."""
    if isinstance(part, dict):
        return {key: _marked_down(inside) for key, inside in part.items()}
    if isinstance(part, list):
        return [_marked_down(inside) for inside in part]
    return part.replace("``", "`") if isinstance(part, str) else part


def _merge(one: Answer, other: Answer) -> Answer:
    """Two errors of one status: either's code, and when either happens."""
    return replace(
        one,
        codes=(*one.codes, *other.codes),
        when="; or ".join(filter(None, (one.when, other.when))),
        headers=tuple(name for name in one.headers if name in other.headers),
        maybe=tuple(dict.fromkeys((*one.maybe, *other.maybe, *one.headers, *other.headers))),
    )
