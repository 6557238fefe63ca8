"""The shapes that views and answers are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from core.document import Json
from db.models.base import Base

Text = str | None
"""Most columns may be empty."""

Id = Annotated[int, Field(ge=1)]
Count = int

Amount = Annotated[str, Field(pattern=r"^-?[0-9]+\.[0-9]{2,4}$", examples=["40000.00"])]
"""In the shop's currency, as text: two decimals, up to four when it has them."""

RunStatus = Literal[
    "due", "running", "succeeded", "partial", "failed", "cancelled", "needs_approval", "superseded"
]


class Shape(BaseModel):
    """A value with these fields and no other; a field with a default may be missing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def of(cls, row: Base) -> Self:
        """The row's columns of the same names."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})

    def dump(self) -> Json:
        """The fields that were given, in the order of their declaration; moments stay moments."""
        return self.model_dump(exclude_unset=True)


class Kept(BaseModel):
    """A value as the store has it, maybe by an older version: there may be more fields."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Attempt(Kept):
    """One try's error; no value of a record is in it."""

    at: Text = None
    type: str
    code: Text = None
    message: str
    traceback: Text = None
    task_id: Text = None


@dataclass(frozen=True)
class As:
    """``Annotated[Json, As(Attempt)]``: a document that is described as ``model`` and
    stays what was stored, letter for letter.
    """

    model: type[Kept]

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            lambda value, _: value,
            handler.generate_schema(self.model),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda value: value),
        )


Attempts = list[Annotated[Json, As(Attempt)]]
"""Every try that failed, oldest first."""
