"""``connectors events``: what vendors announced; look at it, or have it processed once more."""

from __future__ import annotations

from typing import get_args

import click

from cli.arguments import ID, REASON, list_options
from cli.doorbell import ring
from cli.output import json_option, print_attempts, print_json, print_table, say
from cli.stored import StoreGroup
from cli.who import by
from db.session import reading
from syncs.acts import webhooks as acts
from syncs.views import webhooks as views
from syncs.views.webhooks import EventState
from syncs.webhooks.receive import TASK

STATES = get_args(EventState)


@click.group(cls=StoreGroup)
def events() -> None:
    """Look at what vendors announced, and replay it."""


@events.command("list")
@click.option("--connector", metavar="NAME", help="Only this one's.")
@click.option("--state", type=click.Choice(STATES), help="Only those that are this.")
@list_options
@json_option
def list_(
    connector: str | None, state: str | None, limit: int, before: int | None, as_json: bool
) -> None:
    """List events of webhooks, newest first."""
    with reading() as session:
        events = views.recent(session, connector=connector, state=state, before=before, limit=limit)
    lines = [line.dump() for line in events]
    if as_json:
        print_json(lines)
        return
    columns = ("id", "connector", "kind", "subject", "state", "received_at", "failures", "error")
    print_table(columns, [[line[name] for name in columns] for line in lines], empty="None.")


@events.command()
@click.argument("event_id", metavar="ID", type=ID)
@json_option
def show(event_id: int, as_json: bool) -> None:
    """Show one event with every attempt that failed."""
    with reading() as session:
        event = views.find(session, event_id).dump()
    if as_json:
        print_json(event)
        return
    attempts = event.pop("attempts")
    print_table(("", ""), list(event.items()), empty="")
    print_attempts(attempts)
    if event["state"] == "failed":
        say(f"After a fix: 'python manage.py connectors events replay {event_id}'.")


@events.command()
@click.argument("event_id", metavar="ID", type=ID)
@click.option("--why", type=REASON, help="Kept in the audit.")
@json_option
def replay(event_id: int, why: str | None, as_json: bool) -> None:
    """Process an event once more, whatever came of it: its object is asked for anew."""
    done = acts.replay(event_id, by=by(why))
    ring(TASK, event_id, f"event {event_id}")
    say(f"Event {event_id} is due; 'connectors events show {event_id}' tells what becomes of it.")
    if as_json:
        print_json(done.dump())
