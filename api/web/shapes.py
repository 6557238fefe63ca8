"""The shapes that answers share: pages of a list, and problems."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from pydantic import ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from syncs.views.shapes import Shape, Text

Item = TypeVar("Item")

Missing = SkipJsonSchema[None]
"""``str | Missing``, with a default: the field may be missing and is never null."""


class Listing(Shape, Generic[Item]):
    """A page of a list."""

    # A generic model hands its docstring on to none that is made of it.
    model_config = ConfigDict(json_schema_extra={"description": "A page of a list."})

    results: list[Item]
    next: Text = Field(description="The path of the next page; null on the last one.")


class Problem(Shape):
    """Problem details (RFC 9457)."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str = Field(description="For people.")
    code: str = Field(description="For machines; it does not change.")
    correlation_id: Text
    errors: list[WrongField] = Field(default_factory=list, description="At most 20.")


class TillError(Shape):
    """A till's error."""

    error: str = Field(description="A French sentence, for the till's screen.")
    code: str = Field(description="For programs; it does not change.")
    champ: str | Missing = Field(
        default=None, description="The parameter or the place in the body."
    )
    header_required: str | Missing = Field(default=None, description="The header that is missing.")
    index: int | Missing = Field(default=None, description="The sale, from 1.")


class WrongField(Shape):
    """What is wrong with one field."""

    field: str = Field(description="Its path (`filter.task`); empty: the whole.")
    message: str
