"""Audiences: callers under one prefix with authentication, errors and schemes of their own.

Each is declared in its own folder and registered in this module, so that access, problems and the
OpenAPI document need not import that folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from flask import Flask, Response, current_app

_KEY = "audiences"


class FieldProblem(Protocol):
    """What is wrong with one field: its path."""

    @property
    def field(self) -> str:
        """The field's path."""


class Refusal(Protocol):
    """What ended a request: ``api.web.problems.Problem``."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def code(self) -> str:
        """For machines."""

    @property
    def errors(self) -> Sequence[FieldProblem]:
        """What is wrong with each field."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Further headers of the answer."""


@dataclass(frozen=True, kw_only=True)
class Audience:
    """The callers of the views that ``allow(role)``, all of them below ``prefix``.

    ``authenticate`` lets a request pass or raises; ``refuse`` answers a problem in their shape.
    ``schemes`` are OpenAPI security schemes, ``ways`` which of them are enough together, ``tag``
    the name of their operations' group.
    """

    role: str
    prefix: str
    tag: str
    authenticate: Callable[[], None]
    refuse: Callable[[Refusal], Response]
    schemes: Mapping[str, Mapping[str, str]]
    ways: tuple[tuple[str, ...], ...]


def register(app: Flask, audience: Audience) -> None:
    """Let ``audience`` in from now on."""
    app.extensions.setdefault(_KEY, []).append(audience)


def every(app: Flask | None = None) -> Sequence[Audience]:
    """The audiences of ``app``, by default of the current application."""
    audiences: Sequence[Audience] = (app or current_app).extensions.get(_KEY, ())
    return audiences


def of_role(role: str) -> Audience | None:
    """The audience whose views require ``role``; None: operators."""
    return next((each for each in every() if each.role == role), None)


def of_path(path: str) -> Audience | None:
    """The audience whose prefix ``path`` has; None when it has none."""
    return next((each for each in every() if path.startswith(each.prefix)), None)
