"""``runs``: what was run and how it ended; cancel one, approve its deletions."""

from __future__ import annotations

import click

from cli.arguments import ID, REASON, list_options
from cli.commands.status import counts
from cli.output import json_option, print_json, print_table, print_text, say
from cli.stored import StoreGroup
from cli.who import who
from db.access import audit
from db.session import reading, writing
from db.work import runs as stored
from syncs.acts import approval
from syncs.registry import find
from syncs.views.shown import run_line, whole_run

STATUSES = (
    "due", "running", "succeeded", "partial", "failed", "cancelled", "needs_approval", "superseded",
)  # fmt: skip


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
        found = stored.recent(session, sync=name, status=status, before=before, limit=limit)
        lines = [run_line(run) for run in found]
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
        found = whole_run(stored.find(session, run_id))
    if as_json:
        print_json(found)
        return
    lists = ("warnings", "errors_list", "attempts")
    print_table(
        ("", ""), [(key, value) for key, value in found.items() if key not in lists], empty=""
    )
    for warning in found["warnings"]:
        print_text(f"Warning: {warning}")
    for item in found["errors_list"]:
        print_text("Refused: " + ", ".join(f"{key} {value}" for key, value in item.items()))
    for attempt in found["attempts"]:
        print_text(f"Attempt at {attempt['at']}: {attempt['type']}: {attempt['message']}")
    if found["status"] == "needs_approval":
        say(f"If its deletions are right: 'python manage.py runs approve {run_id}'.")
    if found["errors_list"]:
        say(f"Every refused record: 'python manage.py rejects list --sync {found['sync']}'.")


@runs.command()
@click.argument("run_id", metavar="ID", type=ID)
@json_option
def cancel(run_id: int, as_json: bool) -> None:
    """Stop a run: at once when it waits, else between two pages."""
    with writing() as session:
        status = stored.request_cancel(session, run_id)
        sync = stored.find(session, run_id).sync
        audit.note(session, who=who(), what="run.cancel", subject=f"run {run_id}")
    if status == "running":
        say(f"Run {run_id} stops after the page it is writing; 'runs show {run_id}' tells when.")
    else:
        say(f"Run {run_id} is cancelled.")
    say(f"To go on from its checkpoint: 'python manage.py sync {sync} --resume'.")
    if as_json:
        print_json({"run_id": run_id, "status": status, "cancel_requested": True})


@runs.command()
@click.argument("run_id", metavar="ID", type=ID)
@click.option("--why", type=REASON, help="Kept in the audit.")
@json_option
def approve(run_id: int, why: str | None, as_json: bool) -> None:
    """Let the deletions happen that a run left to a person."""
    deleted = approval.approve(run_id, who=who(), why=why)
    with reading() as session:
        status = stored.find(session, run_id).status
    say(f"Run {run_id} is approved: {deleted} records are tombstoned, their values kept.")
    if as_json:
        print_json({"run_id": run_id, "status": status, "deleted": deleted})
