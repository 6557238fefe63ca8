"""The query parameters of tills, and the French error of a wrong one."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from functools import partial
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from flask import request
from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError

from api.till import cursors
from api.till.cursors import Place
from api.till.errors import TillError
from api.web import describe
from core.details import printable

LONGEST_NAME = 60
_FORMAT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:T(?P<time>\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)"
    r"(?P<offset>Z|[+ -]\d\d:\d\d)?)?",
    re.ASCII,
)
# Programs mean "always" by the years 1 and 9999, from which no calendar counts on.
_EARLIEST, _LATEST = date(1970, 1, 1), date(2199, 12, 31)


class Query(BaseModel):
    """A query: the description of each field is the end of its French error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


Asked = TypeVar("Asked", bound=Query)


def _when(text: object) -> date | datetime:
    match = _FORMAT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("no date")
    day = date.fromisoformat(match["day"])
    day = min(max(day, _EARLIEST), _LATEST)
    if match["time"] is None:
        return day
    # A "+" that nobody escaped arrives as a space; before an offset it can mean nothing else.
    offset = (match["offset"] or "").replace(" ", "+")
    return datetime.combine(day, time.fromisoformat(match["time"] + offset))


When = Annotated[date | datetime, PlainValidator(_when, json_schema_input_type=date | datetime)]
"""A day of the shop, or a moment; one without an offset is the shop's."""
WHEN = "doit être une date AAAA-MM-JJ ou un instant ISO 8601, comme 2026-11-21T14:30:00+01:00"


def cursor(kind: bytes) -> PlainValidator:
    """How a list's cursor is read; ``kind`` is one byte, the list's own."""
    return PlainValidator(partial(cursors.read, kind), json_schema_input_type=str)


CURSOR = "doit être repris tel quel de « next »"


def asked(model: type[Asked]) -> Asked:
    """The request's query as ``model``; ``TillError`` names the first parameter that is unknown,
    doubled or wrong.
    """
    describe.require(query=model)
    for name, given in request.args.lists():
        if name not in model.model_fields:
            raise wrong(name, "n'existe pas ici")
        if len(given) > 1:
            raise wrong(name, "ne peut être donné qu'une fois")
    try:
        return model.model_validate(request.args.to_dict())
    except ValidationError as error:
        name = str(error.errors(include_input=False, include_url=False)[0]["loc"][0])
        raise wrong(name, model.model_fields[name].description or "est invalide") from None


def wrong(name: str, reason: str) -> TillError:
    """400: the parameter ``name`` and, in French, what it must be."""
    name = printable(name)[:LONGEST_NAME]
    message = f"Paramètre invalide: {name} {reason}"
    return TillError(400, "INVALID_QUERY", message, champ=name)


def following(kind: bytes, place: Place) -> str:
    """The address of the page after ``place``: this request's, with another cursor."""
    query = {**request.args.to_dict(), "cursor": cursors.write(kind, place)}
    return f"{request.path}?{urlencode(query)}"
