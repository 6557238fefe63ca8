"""``syncs pause|resume``: let no run of a sync begin, and let them begin again."""

from __future__ import annotations

import click

from cli.arguments import REASON
from cli.output import json_option, print_json, say
from cli.stored import StoreGroup
from cli.who import who
from db.access import audit
from db.session import writing
from db.work import states
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
    chosen = _set(name, paused=True, why=why)
    say(f"{chosen} is paused; 'python manage.py syncs resume {chosen}' ends that.")
    if as_json:
        print_json({"sync": chosen, "paused": True})


@syncs.command()
@click.argument("name")
@click.option("--why", type=REASON, help="Kept in the audit.")
@json_option
def resume(name: str, why: str | None, as_json: bool) -> None:
    """Let runs begin again."""
    chosen = _set(name, paused=False, why=why)
    say(f"{chosen} may run again: at its next slot, or now with 'python manage.py sync {chosen}'.")
    if as_json:
        print_json({"sync": chosen, "paused": False})


def _set(name: str, *, paused: bool, why: str | None) -> str:
    chosen = find(name).name
    what = "sync.pause" if paused else "sync.resume"
    with writing() as session:
        states.pause(session, chosen, paused=paused)
        audit.note(session, who=who(), what=what, subject=chosen, why=why)
    return chosen
