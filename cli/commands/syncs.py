"""Syncs by hand: run in this process, without worker or Redis; or enqueued."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import count
from typing import TypeVar

import click

from cli import outcomes
from cli.doorbell import ring
from cli.outcomes import Stage
from cli.output import (
    FAILED,
    PARTIAL,
    json_option,
    print_json,
    say,
)
from cli.progress import Bar
from core.errors import MoulinError, RetriableError
from db import migrate
from syncs import engine, gate, resuming
from syncs.acts import runs as acts
from syncs.declaration import AnySync
from syncs.options import Options
from syncs.registry import SYNCS, require_valid
from syncs.running import dry_run
from syncs.running.walk import Execution, Outcome
from syncs.trying import MOST_FAILURES

LONGEST_WAIT = 60.0
"""A source that asks for more than this by hand gets its rest: exit 69, checkpoint kept."""

F = TypeVar("F", bound=Callable[..., object])
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
    for sync in SYNCS.declared.values():
        for alias in sync.aliases:
            group.add_command(_command(sync, alias))


def _command(sync: AnySync, name: str) -> click.Command:
    command = click.command(name, help=f"{sync.summary}: bring them into the store now.")
    return command(_with_flags(partial(_run, sync), sync))


class Syncs(click.Group):
    """A command for each sync; those of configured connectors are looked up when one is typed."""

    def list_commands(self, _: click.Context) -> list[str]:
        """Every sync there is."""
        return list(SYNCS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of the sync called ``name``; an error when its connector is wrong."""
        known = super().get_command(ctx, name)
        if known is not None:
            return known
        if name in SYNCS:
            return _command(SYNCS[name], name)
        require_valid(name)
        return None


def _any_sync() -> click.Command:
    known = ", ".join(SYNCS.declared)
    group = Syncs("sync", help=f"Run any sync: {known}, or one of a configured connector.")
    for name, sync in SYNCS.declared.items():
        group.add_command(_command(sync, name))
    return group


FLAGS = (
    ("--dry-run", "Compare, write nothing, show what would change."),
    ("--enqueue", "Let a worker run it; print the run's id."),
    ("--resume", "Go on from a stopped run's checkpoint, now."),
    ("--force", "With --auto: even if fresh."),
    ("--auto", "Only if the data is older than its interval (for cron)."),
)
"""What every command that syncs knows, each a field of ``Wish``."""

PERIOD_HELP = {
    "since": "Only what changed from this day or instant on.",
    "until": "Only what changed before this day or instant.",
}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How a sync by hand is requested; ``UsageError`` when that contradicts itself."""

    auto: bool = False
    force: bool = False
    resume: bool = False
    enqueue: bool = False
    dry_run: bool = False

    def __post_init__(self) -> None:
        if self.resume and (self.auto or self.enqueue or self.dry_run):
            raise click.UsageError("--resume stands alone: it goes on here and now.")
        if self.dry_run and (self.auto or self.enqueue):
            raise click.UsageError("--dry-run stands alone: it runs nothing.")


def flags(command: F) -> F:
    """The options of ``FLAGS``."""
    for flag, text in FLAGS:
        command = click.option(flag, is_flag=True, help=text)(command)
    return command


def _with_flags(function: Callable[..., None], sync: AnySync) -> Callable[..., None]:
    def call(**given: object) -> None:
        function(**given)

    for option, kind in sync.known_options.items():
        flag, text = "--" + option.replace("_", "-"), PERIOD_HELP.get(option, f"Only {option} N.")
        # A day or an instant is read by the sync, for every door alike.
        is_date = kind is date
        call = click.option(
            flag, option, type=str if is_date else kind, metavar="DATE" if is_date else None,
            help=text,
        )(call)  # fmt: skip
    return json_option(flags(call))


def _run(
    sync: AnySync, *, auto: bool, force: bool, resume: bool, enqueue: bool, dry_run: bool,
    as_json: bool, **options: object,
) -> None:  # fmt: skip
    wish = Wish(auto=auto, force=force, resume=resume, enqueue=enqueue, dry_run=dry_run)
    chosen = sync.check_options(options)
    migrate.require_current()
    stage = Stage(tell=print_json if as_json else outcomes.report, bar=not as_json)
    sys.exit(carry_out(sync, wish, chosen, stage))


def carry_out(sync: AnySync, wish: Wish, options: Options, stage: Stage) -> int:
    """The exit code of ``wish``, carried out in this process. Raises a run's error, reported."""
    if wish.enqueue:
        return _enqueue(sync, options, stage, force=wish.force or not wish.auto)
    if stage.source is None:
        # Before any run begins: without a key there is nothing to begin.
        sync.source.open().close()
    if wish.dry_run:
        return _compare(sync, options, stage)
    if wish.auto:
        answer = gate.request(sync, trigger="cli", force=wish.force, options=options)
    else:
        answer = resuming.take(sync, options, resume=wish.resume)
    if not isinstance(answer, gate.Enqueued):
        return outcomes.not_now(sync, answer, stage, quiet=wish.auto)
    return _execute(sync, answer.run_id, stage, steal=wish.resume)


def _execute(sync: AnySync, run_id: int, stage: Stage, *, steal: bool) -> int:
    try:
        with Bar(sync.summary, shown=stage.bar) as bar:
            execution = Execution(
                slice_seconds=None, by_hand=True, steal=steal, watch=bar.show, source=stage.source
            )
            outcome = _patiently(sync, run_id, execution)
    except MoulinError:
        # The caller reports the error itself; what was done so far is data.
        stage.tell(engine.statistics(sync, run_id))
        raise
    if outcome.status == "left":
        return outcomes.not_now(sync, gate.Running(run_id), stage, quiet=False)
    statistics = engine.statistics(sync, run_id)
    stage.tell(statistics)
    return EXIT[statistics["status"]]


def _patiently(sync: AnySync, run_id: int, execution: Execution) -> Outcome:
    """Execute to the end, waiting as long as the source asks, within a person's patience."""
    for tries in count(1):
        try:
            return engine.execute(sync, run_id, execution)
        except RetriableError as error:
            wait = error.retry_after
            if wait is None or wait > LONGEST_WAIT or tries == MOST_FAILURES:
                raise
        say(f"The source asks to wait {wait:.0f} s; going on then.")
        try:
            # A little more than the source asked: the store's clock decides, and it began first.
            time.sleep(max(wait, 1.0) + 0.2)
        except KeyboardInterrupt:
            acts.interrupt(run_id)
            raise
    raise AssertionError("counting has no end")


def _enqueue(sync: AnySync, options: Options, stage: Stage, *, force: bool) -> int:
    answer = gate.request(sync, trigger="cli", force=force, options=options)
    if not isinstance(answer, gate.Enqueued):
        return outcomes.not_now(sync, answer, stage, quiet=False)
    ring(sync.task, answer.run_id, f"run {answer.run_id}")
    say(f"Run {answer.run_id} is due; 'python manage.py runs show {answer.run_id}' follows it.")
    stage.tell({"sync": sync.name, "run_id": answer.run_id, "status": "enqueued"})
    return 0


def _compare(sync: AnySync, options: Options, stage: Stage) -> int:
    with Bar(sync.summary, shown=stage.bar) as bar:
        result = dry_run.compare(sync, options, watch=bar.show, source=stage.source)
    stage.tell(result)
    return EXIT[result["status"]]
