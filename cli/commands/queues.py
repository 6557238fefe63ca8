"""``queues``: what lies in the broker; look at it, or purge a queue."""

from __future__ import annotations

import click

from cli.arguments import REASON
from cli.output import json_option, print_json, print_table, say
from cli.stored import StoreCommand
from cli.who import by
from db.work.failures import UNREAD
from syncs.acts import queues as acts
from syncs.views import queues as views
from syncs.views.queues import Queue


def register(group: click.Group) -> None:
    """Add the group."""
    group.add_command(queues)


@click.group()
def queues() -> None:
    """Look at the broker's queues, or purge one. What must be done is in the store."""


@queues.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the queues: how long each is, and what it holds."""
    every = views.every()
    if as_json:
        print_json([queue.dump() for queue in every])
        return
    columns = ("queue", "messages", "unacked", "holds", "next")
    print_table(columns, [_line(queue) for queue in every], empty="")
    for queue in every:
        _advise(queue)


@queues.command(cls=StoreCommand)
@click.argument("names", metavar="QUEUE...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--why", type=REASON, help="Kept in the audit.")
@json_option
def purge(names: tuple[str, ...], yes: bool, why: str | None, as_json: bool) -> None:
    """Delete what waits in these queues; what is due in the store is rung for again by itself."""
    chosen = [acts.require(name) for name in dict.fromkeys(names)]
    if not yes:
        click.confirm(f"Purge {', '.join(chosen)}?", abort=True, err=True)
    purged = [acts.purge(name, by=by(why)) for name in chosen]
    for one in purged:
        say(f"{one.queue}: {one.messages} purged.")
    say(
        "Batches and runs that are due come back by themselves within half a minute, for the "
        "store knows them; any other task comes back with its schedule."
    )
    if as_json:
        print_json([one.dump() for one in purged])


def _line(queue: Queue) -> tuple[object, ...]:
    holds = ", ".join(f"{count} {task}" for task, count in queue.holds.items())
    return (queue.name, queue.messages, queue.unacked, holds or None, queue.oldest)


def _advise(queue: Queue) -> None:
    if queue.wrong_type is not None:
        say(
            f"In the place of {queue.name} is a {queue.wrong_type} and no queue; a worker takes it "
            f"away within seconds, or 'python manage.py queues purge {queue.name}'."
        )
    if UNREAD in queue.holds:
        say(
            f"{queue.name} holds messages that nobody can read; a worker passes over them and "
            f"keeps what can be said of them: 'python manage.py failed list --task {UNREAD}'."
        )
