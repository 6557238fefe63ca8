"""What a view takes and what it answers, declared beside it with ``describe``.

Paths come from the routes, roles from ``api.web.access``, and the answers that many views share
from ``api.openapi.shared``: no description repeats them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import current_app, request
from pydantic import BaseModel

from api.web.shapes import Problem, TillError

JSON = "application/json"
PROBLEM = "application/problem+json"
HTML = "text/html"
Describable = Any
"""Whatever pydantic can describe: a model, a union of them, ``dict[str, …]``."""

PathSchema = Mapping[str, object] | Callable[[], Mapping[str, object]]

View = TypeVar("View", bound=Callable[..., object])


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer: a status, ``when`` it is given, and its body.

    ``kind`` is a type that pydantic can describe, None for a text of ``media_type``; an error
    carries one of ``codes``. ``headers`` are always there, ``maybe`` are sometimes; both name
    entries of ``api.openapi.headers``.
    """

    status: int = 200
    kind: Describable = None
    when: str = ""
    codes: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    media_type: str = JSON


@dataclass(frozen=True, kw_only=True)
class Description:
    """A view's own answers, and the models that read its query and its body.

    ``body`` is what pydantic can describe; ``example`` of it. ``headers`` a request may carry
    name entries of ``api.openapi.headers``. ``path`` has a schema for a part of the path whose
    converter is too general, or a function that gives one when the document is made. ``shares``
    names answers of ``api.openapi.shared.SHARED`` that do not follow from the role.
    """

    answers: tuple[Answer, ...]
    query: type[BaseModel] | None = None
    body: Describable = None
    example: object = None
    headers: tuple[str, ...] = ()
    path: Mapping[str, PathSchema] = field(default_factory=dict)
    shares: tuple[str, ...] = ()

    @property
    def is_page(self) -> bool:
        """Whether every answer is HTML; its errors are pages too."""
        return all(answer.media_type == HTML for answer in self.answers)


_DESCRIPTIONS: dict[Callable[..., object], Description] = {}


def describe(
    *answers: Answer,
    query: type[BaseModel] | None = None,
    body: Describable = None,
    example: object = None,
    headers: tuple[str, ...] = (),
    path: Mapping[str, PathSchema] | None = None,
    shares: tuple[str, ...] = (),
) -> Callable[[View], View]:
    """Describe a view (see ``Description``); goes below the route's decorator."""
    description = Description(
        answers=answers, query=query, body=body, example=example, headers=headers,
        path=path or {}, shares=shares,
    )  # fmt: skip

    def mark(view: View) -> View:
        _DESCRIPTIONS[view] = description
        return view

    return mark


def of(view: Callable[..., object]) -> Description | None:
    """How ``view`` was described; None when its author forgot it."""
    return _DESCRIPTIONS.get(view)


def refuses(
    status: int,
    *codes: str,
    when: str = "",
    headers: tuple[str, ...] = (),
    maybe: tuple[str, ...] = (),
) -> Answer:
    """A problem with one of ``codes``."""
    return Answer(
        status=status, kind=Problem, when=when, codes=codes, headers=headers, maybe=maybe,
        media_type=PROBLEM,
    )  # fmt: skip


def refuses_till(
    status: int, *codes: str, when: str = "", headers: tuple[str, ...] = (),
    maybe: tuple[str, ...] = (),
) -> Answer:  # fmt: skip
    """An error in the tills' own form, with one of ``codes``."""
    return Answer(
        status=status, kind=TillError, when=when, codes=codes, headers=headers, maybe=maybe
    )


def require(*, query: type[BaseModel] | None = None, body: type[BaseModel] | None = None) -> None:
    """That the view of this request reads what it is described with, and nothing else.

    ``LookupError`` otherwise: a document that differs from the code is worse than
    none. A view without a description reads what it likes; it is in no document.
    """
    described = of(current_app.view_functions[request.endpoint or ""])
    if described is None:
        return
    for what, given in (("query", query), ("body", body)):
        if given is not None and given is not getattr(described, what):
            raise LookupError(f"{request.endpoint} is not described with the {what} {given}")
