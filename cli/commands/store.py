"""The store and the settings: ``migrate`` and ``check``."""

from __future__ import annotations

import sys
from contextlib import suppress
from itertools import chain
from typing import Any

import click
from sqlalchemy.exc import DBAPIError

from cli import words
from cli.output import PARTIAL, WRONG_SETTINGS, json_option, print_json, print_table, say, when
from cli.words import sentence
from core import crypto
from core.errors import ConfigurationError
from core.settings import settings
from db import migrate as migrations
from db.session import reading
from syncs import intervals
from syncs.registry import SOURCES, SYNCS, connectors
from syncs.source import AnySource
from syncs.views import connectors as views
from syncs.views import outbox, shops, silence


def register(group: click.Group) -> None:
    """Add the commands."""
    group.add_command(migrate)
    group.add_command(check)


@click.command()
def migrate() -> None:
    """Bring the store's tables to this version; safe to repeat."""
    migrations.upgrade()
    say(f"The store is at revision {migrations.current()}.")


@click.command()
@json_option
def check(as_json: bool) -> None:
    """Report all that is wrong with the settings and the store, which articles no till can sell,
    which vendors announce nothing any more, and which commands to vendors wait, at once.
    """
    wrong = _findings()
    findings = wrong or _attention()
    if as_json:
        print_json({"ok": not findings, "problems": findings})
    else:
        print_table(("problem",), [[finding] for finding in findings], empty="All is well.")
    if findings:
        sys.exit(WRONG_SETTINGS if wrong else PARTIAL)


def _findings() -> list[str]:
    # settings() itself reports every wrong setting at once; the rest needs right ones.
    settings()
    problems: list[str] = []
    known = {sync.setting for sync in SYNCS.values()}
    for kind, given in (
        ("SYNC_INTERVAL", settings().sync_intervals),
        ("SYNC_SCHEDULE", settings().sync_schedules),
    ):
        problems += [
            f"{kind}_{name}: there is no such sync; there are {', '.join(sorted(known))}."
            for name in given
            if name not in known
        ]
    for sync in SYNCS.values():
        problems += _problems(intervals.schedule, sync)
    problems += _sources()
    problems += [problem for each in connectors().invalid for problem in each.problems]
    problems += _store()
    return problems


def _sources() -> list[str]:
    problems: list[str] = []
    for source in SOURCES.values():
        if source.is_wanted:
            # A key may be in the store; when that does not answer, `_store` reports it.
            with suppress(DBAPIError):
                problems += _problems(_open, source)
    return problems


def _open(source: AnySource) -> None:
    source.open().close()


def _store() -> list[str]:
    try:
        problems = _problems(migrations.require_current)
        return problems or _problems(crypto.key_ids)
    except DBAPIError as error:
        return [f"DATABASE_URL: the store does not answer ({type(error.orig).__name__})."]


def _attention() -> list[str]:
    """What is no wrong setting, and waits for a person."""
    with reading() as session:
        waiting = [*map(words.unsold, shops.unsold(session))]
        waiting += chain.from_iterable(map(words.connector, views.every(session)))
        waiting += [words.silent(each, since=when(each.since)) for each in silence.silent(session)]
        waiting += words.commands(outbox.waiting(session))
        processes = views.differing(session)
    return [*waiting, words.differing(processes)] if processes else waiting


def _problems(function: Any, *arguments: Any) -> list[str]:
    try:
        function(*arguments)
    except ConfigurationError as error:
        return [sentence(problem) for problem in error.sentences]
    return []
