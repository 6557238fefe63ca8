"""Lists in pages: ``?limit=&cursor=`` in, ``{"results": […], "next": …}`` out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar
from urllib.parse import urlencode

from flask import request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.datastructures import MultiDict

from api.web import describe
from api.web.body import field_errors
from api.web.problems import FieldError, Problem
from core.document import Json

MOST = 200
LARGEST_ID = 2**63 - 1


class Line(Protocol):
    """What a list is made of: a view with the id of its row."""

    @property
    def id(self) -> int:
        """What the next page goes on below."""

    def dump(self) -> Json:
        """As it is answered."""


Asked = TypeVar("Asked", bound=BaseModel)


class Page(BaseModel):
    """Which part of a list: at most ``limit`` rows below the id ``cursor``, newest first."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    limit: int = Field(default=50, ge=1, le=MOST, description="Rows on a page.")
    cursor: int | None = Field(
        default=None, ge=1, le=LARGEST_ID, description="As `next` has it: rows below this id."
    )

    @property
    def ahead(self) -> int:
        """One more than is answered: whether there is a next page."""
        return self.limit + 1


def asked(model: type[Asked], given: MultiDict[str, str] | None = None) -> Asked:
    """The request's query as ``model``, or what was ``given`` by a form as well; ``Problem`` 400
    names what is unknown, wrong or doubled.
    """
    describe.require(query=model)
    given = request.args if given is None else given
    errors = [
        FieldError(name[:100], "stands here more than once")
        for name, values in given.lists()
        if len(values) > 1 and name in model.model_fields
    ]
    if not errors:
        try:
            return model.model_validate(given.to_dict())
        except ValidationError as error:
            errors = field_errors(error)
    raise Problem(400, "INVALID_QUERY", "Some parameters are wrong.", errors=errors)


def listing(page: Page, lines: Sequence[Line]) -> dict[str, object]:
    """A page of ``lines`` (``page.ahead`` of them were asked for) and where the next one is."""
    results = [line.dump() for line in lines[: page.limit]]
    following = None
    if len(lines) > page.limit:
        asked_for = page.model_dump(exclude_none=True, exclude_defaults=True)
        query = urlencode({**asked_for, "cursor": lines[page.limit - 1].id})
        following = f"{request.path}?{query}"
    return {"results": results, "next": following}
