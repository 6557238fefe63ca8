"""What is wrong with a configuration, each problem at its path and in plain words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from connectors.sections import Auth
from core.config import Problem, Where, dotted

SECRETS = frozenset({"token", "password", "client_secret", "signature_key", "username"})
_NAMED = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}").fullmatch
_WRITTEN = (
    "is written out; a secret belongs into the environment, and here stands its name, like "
    "${{{name}}}"
)
_WORDS = {
    "missing": "is missing",
    "too_short": "names none; leave it out for all of them",
    "model_type": "must be a mapping (key: value)",
    "model_attributes_type": "must be a mapping (key: value)",
    "dict_type": "must be a mapping (key: value)",
    "tuple_type": "must be a list",
    "date_from_datetime_parsing": "must be a day, as in 2025-01-31",
    "date_parsing": "must be a day, as in 2025-01-31",
    "date_type": "must be a day, as in 2025-01-31",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "string_pattern_mismatch": "holds characters that cannot be there",
}


def sentences(problems: Iterable[Problem]) -> Iterator[str]:
    """``square.auth.token: is missing.``."""
    for where, what in problems:
        yield f"{dotted(where) or 'the configuration'}: {what}."


def of_secrets(value: object, where: Where) -> Iterator[Problem]:
    """Secrets that are written out; the values are not repeated."""
    if isinstance(value, Mapping):
        for key, inside in value.items():
            if key not in SECRETS:
                yield from of_secrets(inside, (*where, key))
            elif inside is not None and not (isinstance(inside, str) and _NAMED(inside)):
                name = "_".join(map(str, (*where, key))).replace("_auth", "").upper()
                yield (*where, key), _WRITTEN.format(name=name)


def of_auth(given: object, where: Where, known: Collection[Where]) -> Iterator[Problem]:
    """What the method needs and was not given, and what it does not read; ``known`` are places of
    which something else is said.
    """
    try:
        auth = Auth.model_validate(given)
    except ValidationError:
        return
    for key in sorted(auth.needed):
        if not getattr(auth, key) and (*where, key) not in known:
            yield (*where, key), f"is missing; the method {auth.method} needs it"
    for key in sorted(auth.model_fields_set - auth.allowed):
        reason = "with pkce there is none" if auth.pkce else f"the method {auth.method} has none"
        yield (*where, key), f"is not read: {reason}; remove it"


def of_validation(
    error: ValidationError, where: Where, model: type[BaseModel]
) -> Iterator[Problem]:
    """Each error of ``model``'s validation."""
    for found in error.errors(include_input=False, include_url=False, include_context=False):
        yield (*where, *found["loc"]), _words(found, model)


def _words(found: ErrorDetails, model: type[BaseModel]) -> str:
    if found["type"] == "extra_forbidden":
        return _unknown(str(found["loc"][-1]), _known(found["loc"][:-1], model))
    said = _WORDS.get(found["type"]) or found["msg"].removeprefix("Value error, ")
    return re.sub(r"^(Input|String) should (be|have)", r"must \2", said).rstrip(".")


def _unknown(key: str, known: list[str]) -> str:
    near = get_close_matches(key, known, n=1)
    hint = f"perhaps '{near[0]}' is meant" if near else f"known are {', '.join(sorted(known))}"
    return f"is not known; {hint}"


def _known(loc: Where, model: type[BaseModel]) -> list[str]:
    for step in loc:
        annotation = model.model_fields[str(step)].annotation
        model = next(each for each in (annotation, *get_args(annotation)) if _is_model(each))
    return list(model.model_fields)


def _is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
