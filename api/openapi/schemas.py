"""JSON Schemas (2020-12) from the types that the code works with, made by pydantic."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core.core_schema import WithDefaultSchema

from api.web.describe import Describable
from core.document import Json

REF = "#/components/schemas/"
_TEMPLATE = REF + "{model}"
_OF_A_KIND = re.compile(r"^(\w+)\[(\w+)\]$")

Schema = Json
"""JSON Schema, or any other object of the document."""


class Generator(GenerateJsonSchema):
    """Pydantic's, without titles that repeat a field's name, and with names that read well."""

    def field_title_should_be_set(self, schema: object) -> bool:
        """Never."""
        return False

    def default_schema(self, schema: WithDefaultSchema) -> JsonSchemaValue:
        """The schema, without its default in an answer: there a default means a missing field."""
        generated = super().default_schema(schema)
        if self.mode == "serialization":
            generated.pop("default", None)
        return generated

    def normalize_name(self, name: str) -> str:
        """``Listing[Run]`` becomes ``RunListing``."""
        return super().normalize_name(_OF_A_KIND.sub(r"\2\1", name))


def components(
    answered: Iterable[Describable], asked: Iterable[Describable]
) -> tuple[dict[Describable, Schema], dict[Describable, Schema], dict[str, Schema]]:
    """The schema of each type that is answered, of each that is asked for, and the models they
    refer to by name.
    """
    inputs: list[tuple[Describable, JsonSchemaMode, TypeAdapter[Describable]]] = [
        *((kind, "serialization", TypeAdapter(kind)) for kind in answered),
        *((kind, "validation", TypeAdapter(kind)) for kind in asked),
    ]
    # In this order, whatever the order of the sets they come from.
    inputs.sort(key=lambda each: (each[1], str(each[0])))
    by_type, shared = TypeAdapter.json_schemas(
        inputs, ref_template=_TEMPLATE, schema_generator=Generator
    )
    by_mode: dict[str, dict[Describable, Schema]] = {"serialization": {}, "validation": {}}
    for (kind, mode), schema in by_type.items():
        by_mode[mode][kind] = dict(schema)
    return by_mode["serialization"], by_mode["validation"], shared.get("$defs", {})


def query(model: type[BaseModel]) -> tuple[dict[str, Schema], set[str]]:
    """Each parameter that ``model`` reads with its schema, and the names of those required."""
    whole = model.model_json_schema(schema_generator=Generator, ref_template=_TEMPLATE)
    properties = {
        name: _without_null(schema) for name, schema in whole.get("properties", {}).items()
    }
    return properties, set(whole.get("required", ()))


def _without_null(schema: Schema) -> Schema:
    """``schema`` without null, which a query cannot have: its parameter is missing instead."""
    kinds = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    if rest.get("default", ...) is None:
        del rest["default"]
    if not kinds:
        return rest
    return rest | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds})
