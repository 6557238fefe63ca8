"""Bodies, read strictly: one meaning for every reader, or a 400 that names the place."""

from __future__ import annotations

from typing import TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError

from api.web import describe
from api.web.problems import FieldError, Problem
from core import strict_json
from core.details import printable
from core.strict_json import StrictError

MOST_BYTES = 2 * 1024 * 1024
MOST_ERRORS = 20
INVALID = "Some fields are wrong; nothing was done."

Model = TypeVar("Model", bound="Body")


class Body(BaseModel):
    """What a request may carry: no field too many, no type guessed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


def load(model: type[Model]) -> Model:
    """The request's body as ``model``; none at all is read as ``{}``.

    Raises ``Problem``: 413, 415, 400 when it is no strict JSON, 422 when fields are wrong.
    """
    describe.require(body=model)
    return check(model, read())


def read() -> object:
    """The request's body; none at all is read as ``{}``. ``Problem``: 413, 415, 400."""
    raw = request.get_data(cache=False)
    if not raw:
        return {}
    if request.mimetype != "application/json" or not plain():
        raise Problem(415, "UNSUPPORTED_MEDIA_TYPE", "Send application/json, UTF-8, uncompressed.")
    return parse(raw)


def check(model: type[Model], value: object) -> Model:
    """``value`` as ``model``, or a 422 that names every wrong field."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Problem(422, "INVALID_FIELDS", INVALID, errors=field_errors(error)) from None


def field_errors(error: ValidationError) -> list[FieldError]:
    """The errors that pydantic lists, without any value of the request."""
    errors = error.errors(include_input=False, include_url=False, include_context=False)
    return [FieldError(_path(item["loc"]), item["msg"]) for item in errors[:MOST_ERRORS]]


def parse(raw: bytes) -> object:
    """The JSON in ``raw``: fractions as ``Decimal``. ``Problem`` 400 where it is not strict."""
    try:
        return strict_json.parse(raw)
    except StrictError as error:
        errors = () if error.path is None else (FieldError(error.path, error.what),)
        raise Problem(400, error.code, str(error), errors=errors) from None


def plain() -> bool:
    """Whether this request's headers declare its body UTF-8 and not compressed."""
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    return charset in {"utf-8", "utf8"} and encoding == "identity"


def _path(steps: tuple[str | int, ...]) -> str:
    return printable(".".join(map(str, steps)))[:200]
