"""A schema as rows of a table: each field's path, its kind in words, its description."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from api.openapi.schemas import Schema

DEEPEST = 5
"""Levels of fields that a page shows; a model may contain itself."""
_BOUNDS = (
    ("minimum", "≥ {}"), ("maximum", "≤ {}"), ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"), ("minItems", "at least {}"), ("maxItems", "at most {}"),
)  # fmt: skip
_LARGE = 10**12
"""A bound this large is only what a column holds."""


@dataclass(frozen=True)
class Field:
    """One row; ``path`` as in ``results[].id``, empty for the whole."""

    path: str
    kind: str
    text: str
    required: bool


@dataclass(frozen=True)
class Form:
    """One shape: its name or kind, what it means, its fields."""

    kind: str
    text: str
    rows: list[Field]


class Reader:
    """Reads the schemas of one document."""

    def __init__(self, document: Schema) -> None:
        self._document = document

    def resolve(self, part: Schema) -> Schema:
        """``part``, or what it refers to, with what is given beside the reference."""
        resolved = dict(part)
        while "$ref" in resolved:
            target: Schema = self._document
            for step in resolved.pop("$ref").removeprefix("#/").split("/"):
                target = target[step]
            resolved = {**target, **resolved}
        return resolved

    def forms(self, schema: Schema) -> list[Form]:
        """The forms ``schema`` allows, mostly one."""
        whole = self.resolve(schema)
        return [self._form(self.resolve(each)) for each in whole.get("anyOf", [whole])]

    def kind(self, schema: Schema) -> str:
        """The kind in words: ``integer, ≥ 1``, ``text or null``, ``"open"``."""
        whole = self.resolve(schema)
        if "anyOf" in whole:
            words = [self.kind(each) for each in whole["anyOf"]]
            return " or ".join(dict.fromkeys(words))
        if "const" in whole:
            return json.dumps(whole["const"], ensure_ascii=False)
        if "enum" in whole:
            return " | ".join(json.dumps(each, ensure_ascii=False) for each in whole["enum"])
        if whole.get("type") == "array":
            return ", ".join((f"list of {self.kind(whole.get('items', {}))}", *_bounds(whole)))
        return ", ".join((_word(whole), *_bounds(whole)))

    def _form(self, schema: Schema) -> Form:
        # Of a list, the description of its items.
        inner = self.resolve(schema.get("items", schema))
        text = inner.get("description", "") if "title" in inner else ""
        rows = list(self._inside(schema, "", DEEPEST))
        return Form(self.kind(schema), text, rows)

    def _inside(self, schema: Schema, path: str, deep: int) -> Iterator[Field]:
        whole = self.resolve(schema)
        if not deep:
            return
        if whole.get("type") == "array":
            yield from self._inside(whole.get("items", {}), f"{path}[]", deep - 1)
        for each in whole.get("anyOf", ()):
            yield from self._inside(each, path, deep)
        required = whole.get("required", ())
        for name, inner in whole.get("properties", {}).items():
            inner_path = f"{path}.{name}" if path else name
            resolved = self.resolve(inner)
            text = "" if "title" in resolved else resolved.get("description", "")
            yield Field(inner_path, self.kind(inner), text, required=name in required)
            yield from self._inside(inner, inner_path, deep - 1)


def _word(schema: Schema) -> str:
    if "title" in schema:
        return str(schema["title"])
    kind = schema.get("type", "anything")
    return str(schema.get("format") or {"string": "text", "number": "number"}.get(kind, kind))


def _bounds(schema: Schema) -> Iterator[str]:
    for name, words in _BOUNDS:
        value = schema.get(name)
        if value is not None and not (isinstance(value, int) and abs(value) >= _LARGE):
            yield words.format(value)
    if "examples" in schema:
        yield f"like {json.dumps(schema['examples'][0], ensure_ascii=False)}"
    elif "pattern" in schema:
        yield f"matching {schema['pattern']}"
