"""``acts``: acts on many rows; look at how far one has come, or stop it."""

from __future__ import annotations

from typing import get_args

import click

from cli.arguments import ID, REASON, list_options
from cli.bulk import COUNTS, report
from cli.output import json_option, print_json, print_table, say
from cli.stored import StoreGroup
from cli.who import by
from db.session import reading
from syncs.acts.bulk import asking
from syncs.views import acts as views
from syncs.views.acts import ActStatus

STATUSES = get_args(ActStatus)


def register(group: click.Group) -> None:
    """Add the group."""
    group.add_command(acts)


@click.group(cls=StoreGroup)
def acts() -> None:
    """Look at acts on many failures or rejects, or stop one."""


@acts.command("list")
@click.option("--status", type=click.Choice(STATUSES), help="Only those that are this.")
@list_options
@json_option
def list_(status: str | None, limit: int, before: int | None, as_json: bool) -> None:
    """List acts on many rows, newest first."""
    with reading() as session:
        lines = views.recent(session, status=status, before=before, limit=limit)
    if as_json:
        print_json([line.dump() for line in lines])
        return
    names = ("id", "kind", "status", *COUNTS, "who", "why", "asked_at")
    rows = [[getattr(line, name) for name in names] for line in lines]
    print_table(names, rows, empty="None.")


@acts.command()
@click.argument("act_id", metavar="ID", type=ID)
@json_option
def show(act_id: int, as_json: bool) -> None:
    """Show one act: how far it has come, what is tried again, and what was refused."""
    with reading() as session:
        act = views.find(session, act_id)
    if as_json:
        print_json(act.dump())
        return
    report(act)
    filters = ", ".join(f"{name} {value}" for name, value in act.filter.items())
    say(f"Asked for by {act.who}: {filters or 'every open one'}. Why: {act.why or '–'}.")
    for attempt in act.attempts:
        say(f"Attempt at {attempt['at']}: {attempt['type']}: {attempt['message']}")
    if act.status in ("due", "running"):
        say(f"To stop it: 'python manage.py acts stop {act_id}'.")


@acts.command()
@click.argument("act_id", metavar="ID", type=ID)
@click.option("--why", type=REASON, help="Kept in the audit.")
@json_option
def stop(act_id: int, why: str | None, as_json: bool) -> None:
    """Stop an act: at once when nobody is at it, else before its next slice. What it has done
    stays done, what is left stays open.
    """
    act = asking.stop(act_id, by=by(why))
    if act.status == "stopped":
        say(f"Act {act_id} is stopped; {act.left} are left as they were.")
    else:
        say(f"Act {act_id} stops before its next slice; 'acts show {act_id}' tells when.")
    if as_json:
        print_json(act.dump())
