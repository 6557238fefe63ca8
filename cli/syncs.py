"""Syncs by hand: run here, in this process, without worker or Redis; or enqueued."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any, NoReturn

import click

from cli.doorbell import ring
from cli.output import (
    FAILED,
    PARTIAL,
    UNAVAILABLE,
    json_option,
    print_json,
    print_table,
    say,
    when,
)
from cli.progress import Bar
from core.errors import ConfigurationError, MoulinError, RetriableError
from db import migrate, runs
from db.session import writing
from syncs import connect, dry_run, engine, gate
from syncs.declaration import AnySync, Options
from syncs.ending import MOST_FAILURES
from syncs.registry import SYNCS
from syncs.walk import Manner, Outcome

LONGEST_WAIT = 60.0
"""A source that asks for more than this by hand gets its rest: exit 69, checkpoint kept."""

SHOWN = 10
EXIT = {
    "succeeded": 0,
    "enqueued": 0,
    "fresh": 0,
    "partial": PARTIAL,
    "needs_approval": PARTIAL,
    "failed": FAILED,
    "cancelled": FAILED,
    "superseded": FAILED,
}


def register(group: click.Group) -> None:
    """``sync NAME``, and one command for each alias of each declared sync."""
    group.add_command(_any_sync())
    for sync in SYNCS.values():
        for alias in sync.aliases:
            group.add_command(_command(sync, alias))


def _command(sync: AnySync, name: str) -> click.Command:
    command = click.command(name, help=f"{sync.summary}: bring them into the store now.")
    return command(_with_flags(partial(_run, sync), sync))


def _any_sync() -> click.Command:
    known = ", ".join(SYNCS)
    group = click.Group("sync", help=f"Run any declared sync: {known}.")
    for name, sync in SYNCS.items():
        group.add_command(_command(sync, name))
    return group


def _with_flags(function: Callable[..., None], sync: AnySync) -> Callable[..., None]:
    def call(**given: Any) -> None:
        function(**given)

    for option, kind in sync.options.items():
        flag = "--" + option.replace("_", "-")
        call = click.option(flag, option, type=kind, help=f"Only {option} N.")(call)
    for flag, text in (
        ("--dry-run", "Compare, write nothing, show what would change."),
        ("--enqueue", "Let a worker run it; print the run's id."),
        ("--resume", "Go on from a stopped run's checkpoint, now."),
        ("--force", "With --auto: even if fresh."),
        ("--auto", "Only if the data is older than its interval (for cron)."),
    ):
        call = click.option(flag, is_flag=True, help=text)(call)
    return json_option(call)


def _run(
    sync: AnySync, *, auto: bool, force: bool, resume: bool, enqueue: bool, dry_run: bool,
    as_json: bool, **options: Any,
) -> None:  # fmt: skip
    if resume and (auto or enqueue or dry_run):
        raise click.UsageError("--resume stands alone: it goes on here and now.")
    if dry_run and (auto or enqueue):
        raise click.UsageError("--dry-run stands alone: it runs nothing.")
    chosen = sync.check_options(options)
    migrate.require_current()
    if enqueue:
        _enqueue(sync, chosen, force=force or not auto, as_json=as_json)
    # Before any run begins: without a key there is nothing to begin.
    connect.to_source(sync.connector).close()
    if dry_run:
        _compare(sync, chosen, as_json=as_json)
    if auto:
        answer = gate.request(sync, trigger="cli", force=force, options=chosen)
    else:
        answer = gate.take(sync, chosen, resume=resume)
    if not isinstance(answer, gate.Enqueued):
        _not_now(sync, answer, as_json=as_json, quiet=auto)
    _execute(sync, answer.run_id, steal=resume, as_json=as_json)


def _execute(sync: AnySync, run_id: int, *, steal: bool, as_json: bool) -> NoReturn:
    try:
        with Bar(sync.summary, shown=not as_json) as bar:
            manner = Manner(slice_seconds=None, by_hand=True, steal=steal, watch=bar.show)
            outcome = _patiently(sync, run_id, manner)
    except MoulinError:
        # The error itself is said by whoever catches it; what was done so far is data.
        _report(engine.statistics(sync, run_id), as_json=as_json)
        raise
    if outcome.status == "left":
        _not_now(sync, gate.Running(run_id), as_json=as_json, quiet=False)
    statistics = engine.statistics(sync, run_id)
    _report(statistics, as_json=as_json)
    sys.exit(EXIT[statistics["status"]])


def _patiently(sync: AnySync, run_id: int, manner: Manner) -> Outcome:
    """Execute to the end, waiting as long as the source asks, within a person's patience."""
    for tries in count(1):
        try:
            return engine.execute(sync, run_id, manner)
        except RetriableError as error:
            wait = error.retry_after
            if wait is None or wait > LONGEST_WAIT or tries == MOST_FAILURES:
                raise
        say(f"The source asks to wait {wait:.0f} s; going on then.")
        try:
            # A little more than told: the store's clock decides, and it began first.
            time.sleep(max(wait, 1.0) + 0.2)
        except KeyboardInterrupt:
            with writing() as session:
                runs.request_cancel(session, run_id)
            raise
    raise AssertionError("counting has no end")


def _enqueue(sync: AnySync, options: Options, *, force: bool, as_json: bool) -> NoReturn:
    answer = gate.request(sync, trigger="cli", force=force, options=options)
    if not isinstance(answer, gate.Enqueued):
        _not_now(sync, answer, as_json=as_json, quiet=False)
    ring(sync.task, answer.run_id, f"run {answer.run_id}")
    say(f"Run {answer.run_id} is due; 'python manage.py runs show {answer.run_id}' follows it.")
    if as_json:
        print_json({"sync": sync.name, "run_id": answer.run_id, "status": "enqueued"})
    sys.exit(0)


def _compare(sync: AnySync, options: Options, *, as_json: bool) -> NoReturn:
    with Bar(sync.summary, shown=not as_json) as bar:
        found = dry_run.compare(sync, options, watch=bar.show)
    _report(found, as_json=as_json)
    if not as_json:
        rows = [(item[sync.item], item["would"]) for item in found["differences"]]
        changes = "Nothing else would change." if found["deleted"] else "Nothing would change."
        print_table((sync.item, "would"), rows, empty=changes)
        say("Nothing was written. What only the database can refuse, a dry run cannot foresee.")
    sys.exit(EXIT[found["status"]])


def _not_now(sync: AnySync, answer: gate.Answer, *, as_json: bool, quiet: bool) -> NoReturn:
    """Say why nothing runs; cron (``--auto``) stays quiet about it."""
    found: dict[str, Any] = {"sync": sync.name, "status": answer.status, "total": 0}
    match answer:
        case gate.Fresh(since=since):
            say(f"{sync.name} is fresh: it was last brought in at {when(since)}.")
        case gate.Running(run_id=run_id):
            found["run_id"] = run_id
            say(f"{sync.name} is being run (run {run_id}). If its process is dead: --resume.")
        case gate.Waiting(not_before=moment):
            found["not_before"] = moment
            say(f"{sync.name} waits until {when(moment)}: its source or a failure asks for it.")
        case gate.NotConfigured():
            raise ConfigurationError(connect.NO_TEMPLATE)
        case gate.Paused():
            say(f"{sync.name} is paused; 'python manage.py syncs resume {sync.name}' ends that.")
    if as_json:
        print_json(found)
    sys.exit(0 if quiet or isinstance(answer, gate.Fresh) else UNAVAILABLE)


def _report(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    names = ("status", "total", "created", "updated", "unchanged", "deleted", "errors", "pages")
    print_table(names, [[found[name] for name in names]], empty="")
    for warning in found["warnings"][:SHOWN]:
        say(f"Warning: {warning}")
    if len(found["warnings"]) > SHOWN:
        more = len(found["warnings"]) - SHOWN
        say(f"… and {more} more warnings; --json, or 'runs show', tells them all.")
    for item in found["errors_list"][:SHOWN]:
        ident = next(iter(item.values()))
        say(f"Refused: {ident if ident is not None else '(no id)'}: {item['error']}")
    if found["errors"]:
        say("All refused records: python manage.py rejects list --sync " + found["sync"])
