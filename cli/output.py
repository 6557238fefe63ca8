"""What commands print: data on stdout (tables, or JSON for machines), messages on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import TypeVar
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from core.details import printable
from core.settings import settings

FAILED, PARTIAL, UNAVAILABLE, WRONG_SETTINGS = 1, 3, 69, 78
WIDEST = 2000
"""Columns of a table that is not read on a terminal."""

JSON_WRITTEN = "moulin.json_written"
"""Set once a command has printed its JSON: a machine reads one document, never two."""

F = TypeVar("F", bound=Callable[..., object])


@cache
def screen() -> Console:
    """Where messages go."""
    return Console(stderr=True, highlight=False)


def json_option(command: F) -> F:
    """``--json``: one JSON document on stdout, nothing else there."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")(command)


def say(message: str) -> None:
    """A message for people, on stderr."""
    screen().print(_safe(message), markup=False, soft_wrap=True)


def say_error(message: str, *, code: str) -> None:
    """What went wrong and what to do, on stderr; with ``--json`` on stdout as well."""
    context = click.get_current_context(silent=True)
    written = context is not None and context.find_root().meta.get(JSON_WRITTEN, False)
    if "--json" in sys.argv and not written:
        print_json({"status": "failed", "error": message, "code": code})
    screen().print(f"Error: {_safe(message)}", markup=False, soft_wrap=True, style="red")


def print_json(value: object) -> None:
    """One JSON document; moments as ISO 8601 in UTC, amounts as text."""
    text = json.dumps(value, ensure_ascii=False, default=_plain, indent=2)
    if not _writable(text):
        text = json.dumps(value, default=_plain, indent=2)
    click.echo(text)
    context = click.get_current_context(silent=True)
    if context is not None:
        context.find_root().meta[JSON_WRITTEN] = True


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """A table on stdout; ``empty`` when there is no row."""
    lines = list(rows)
    if not lines:
        say(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in lines:
        table.add_row(*(Text(_cell(value)) for value in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        # In a file or a pipe a line may be as long as it must.
        whole = console.options.update(max_width=WIDEST)
        console.width = Measurement.get(console, whole, table).maximum
    console.print(table)


def print_attempts(attempts: Iterable[Mapping[str, object]]) -> None:
    """Every try that failed, with its traceback."""
    for number, attempt in enumerate(attempts, 1):
        print_text(f"\nAttempt {number}, {attempt['at']}, task {attempt.get('task_id') or '–'}")
        print_text(f"{attempt['type']} ({attempt.get('code') or '–'}): {attempt['message']}")
        print_text(str(attempt.get("traceback") or ""))


def print_text(text: str) -> None:
    """Lines of text on stdout, safe for a terminal whatever a source put into them."""
    click.echo(_safe(text))


def when(moment: datetime | None) -> str:
    """A moment as people of the shop read it, in the configured time zone."""
    if moment is None:
        return "never"
    return moment.astimezone(ZoneInfo(settings().timezone)).strftime("%Y-%m-%d %H:%M:%S")


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return when(value)
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list):
        return _safe(json.dumps(value, ensure_ascii=False, default=str))
    return _safe(str(value))


def _safe(text: str) -> str:
    """Its lines as a terminal may have them: a source's text must not move anybody's cursor."""
    lines = "\n".join(map(printable, text.splitlines()))
    return lines if _writable(lines) else ascii(lines)


def _writable(text: str) -> bool:
    """Whether stdout's encoding has these characters: half a character is in none."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
