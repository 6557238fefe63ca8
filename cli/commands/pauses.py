"""``syncs pause|resume``: let no run of a sync begin, and let them begin again."""

from __future__ import annotations

import click

from cli.arguments import REASON
from cli.output import json_option, print_json, say
from cli.stored import StoreGroup
from cli.who import by
from syncs.acts import syncs as acts
from syncs.registry import find


def register(group: click.Group) -> None:
    """Add the group."""
    group.add_command(syncs)


@click.group(cls=StoreGroup)
def syncs() -> None:
    """Pause and resume syncs ('status' shows how they are, 'sync NAME' runs one)."""


@syncs.command()
@click.argument("name")
@click.option("--why", type=REASON, help="Kept in the audit.")
@json_option
def pause(name: str, why: str | None, as_json: bool) -> None:
    """Let no run begin; one that is running stops between two slices, its checkpoint kept."""
    done = acts.pause(find(name), by=by(why))
    say(f"{done.sync} is paused; 'python manage.py syncs resume {done.sync}' ends that.")
    if as_json:
        print_json(done.dump())


@syncs.command()
@click.argument("name")
@click.option("--why", type=REASON, help="Kept in the audit.")
@json_option
def resume(name: str, why: str | None, as_json: bool) -> None:
    """Let runs begin again."""
    done = acts.resume(find(name), by=by(why))
    say(
        f"{done.sync} may run again: at its next slot, or now with 'python manage.py sync "
        f"{done.sync}'."
    )
    if as_json:
        print_json(done.dump())
