"""``runs``: what was run and how it ended; cancel one, approve its deletions."""

from __future__ import annotations

from typing import get_args

import click

from cli.arguments import ID, REASON, list_options
from cli.commands.status import counts
from cli.outcomes import say_approval
from cli.output import json_option, print_json, print_table, print_text, say
from cli.stored import StoreGroup
from cli.who import by
from cli.words import warning
from db.session import reading
from syncs.acts import runs as acts
from syncs.registry import find
from syncs.views import runs as views
from syncs.views.runs import Run
from syncs.views.shapes import RunStatus

STATUSES = get_args(RunStatus)


def register(group: click.Group) -> None:
    """Add the group."""
    group.add_command(runs)


@click.group(cls=StoreGroup)
def runs() -> None:
    """Look at runs, cancel one, approve its deletions."""


@runs.command("list")
@click.option("--sync", help="Only this sync's.")
@click.option("--status", type=click.Choice(STATUSES), help="Only those that are this.")
@list_options
@json_option
def list_(
    sync: str | None, status: str | None, limit: int, before: int | None, as_json: bool
) -> None:
    """List runs, newest first."""
    name = find(sync).name if sync is not None else None
    with reading() as session:
        runs = views.recent(session, sync=name, status=status, before=before, limit=limit)
    lines = [line.dump() for line in runs]
    if as_json:
        print_json(lines)
        return
    columns = ("id", "sync", "status", "trigger", "began", "seconds", "counts")
    rows = [
        (*(line[key] for key in ("id", "sync", "status", "trigger", "started_at", "seconds")),
         counts(line))
        for line in lines
    ]  # fmt: skip
    print_table(columns, rows, empty="No run matches; 'python manage.py sync NAME' makes one.")


@runs.command()
@click.argument("run_id", metavar="ID", type=ID)
@json_option
def show(run_id: int, as_json: bool) -> None:
    """Show one run: counts, refused records, warnings, and every attempt that failed."""
    with reading() as session:
        run = views.find(session, run_id)
    if as_json:
        print_json(run.dump())
    else:
        _print(run)


@runs.command()
@click.argument("run_id", metavar="ID", type=ID)
@json_option
def cancel(run_id: int, as_json: bool) -> None:
    """Stop a run: at once when it waits, else between two pages."""
    done = acts.cancel(run_id, by=by())
    with reading() as session:
        sync = views.find(session, run_id).sync
    if done.status == "running":
        say(f"Run {run_id} stops after the page it is writing; 'runs show {run_id}' tells when.")
    else:
        say(f"Run {run_id} is cancelled.")
    say(f"To go on from its checkpoint: 'python manage.py sync {sync} --resume'.")
    if as_json:
        print_json(done.dump())


@runs.command()
@click.argument("run_id", metavar="ID", type=ID)
@click.option("--why", type=REASON, help="Kept in the audit.")
@json_option
def approve(run_id: int, why: str | None, as_json: bool) -> None:
    """Let the deletions happen that a run left to a person, or expect a lost field no longer."""
    done = acts.approve(run_id, by=by(why))
    if done.fields:
        say(f"No longer expected of the source: {', '.join(done.fields)}.")
    if done.deleted or not done.fields:
        say(f"Run {run_id} is approved: {done.deleted} records are tombstoned, their values kept.")
    if as_json:
        print_json(done.dump())


def _print(run: Run) -> None:
    lists = ("warnings", "errors_list", "attempts")
    print_table(
        ("", ""), [(key, value) for key, value in run.dump().items() if key not in lists], empty=""
    )
    for kept in run.warnings:
        print_text(f"Warning: {warning(kept)}")
    for item in run.errors_list:
        print_text("Refused: " + ", ".join(f"{key} {value}" for key, value in item.items()))
    for attempt in run.attempts:
        print_text(f"Attempt at {attempt['at']}: {attempt['type']}: {attempt['message']}")
    say_approval(run.id, run.status, run.warnings)
    if run.errors_list:
        say(f"Every refused record: 'python manage.py rejects list --sync {run.sync}'.")
