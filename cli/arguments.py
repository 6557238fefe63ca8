"""Kinds of argument that many commands take: ids, names, reasons, pages of a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from core.details import printable

F = TypeVar("F", bound=Callable[..., object])

ID = click.IntRange(1, 2**63 - 1)


class Line(click.ParamType[str]):
    """One line of text that a column of ``longest`` characters takes; blanks around it go."""

    name = "text"

    def __init__(self, longest: int) -> None:
        self.longest = longest

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """The text; a usage error when it is empty, too long or more than one line."""
        text = str(value).strip()
        if not text:
            self.fail("must not be empty.", param, ctx)
        if len(text) > self.longest:
            self.fail(f"has {len(text)} characters; {self.longest} is the most.", param, ctx)
        if printable(text) != text:
            self.fail("must be one line without control characters.", param, ctx)
        return text


NAME = Line(100)
REASON = Line(500)


def list_options(command: F) -> F:
    """``--limit`` and ``--before``: a list is read in pages, newest first."""
    limit = click.IntRange(1, 1000)
    for option in (
        click.option("--before", type=ID, help="Go on below this id."),
        click.option("--limit", type=limit, default=50, show_default=True, help="At most N."),
    ):
        command = option(command)
    return command


def check_choice(ids: tuple[int, ...], everything: bool, **filters: object) -> None:
    """Ids or ``--all``, one of both; filters narrow ``--all``."""
    if bool(ids) == everything:
        raise click.UsageError("Give ids, or --all.")
    if ids and any(value is not None for value in filters.values()):
        names = ", ".join(f"--{name}" for name in filters)
        raise click.UsageError(f"{names}: only with --all; ids are exact already.")
