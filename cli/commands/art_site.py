"""``template``: what the art site changed in orders that were taken in, and how its export is."""

from __future__ import annotations

import json
import sys

import click

from cli.arguments import ID, list_options
from cli.output import FAILED, json_option, print_json, print_table, print_text, say
from cli.stored import StoreGroup
from core.settings import settings
from db.session import reading
from syncs.health import look
from syncs.sources.template import SOURCE
from syncs.views import drifts as views

COLUMNS = ("at", "kind", "healthy", "ms", "message")


def register(group: click.Group) -> None:
    """Add the group."""
    group.add_command(template)


@click.group(cls=StoreGroup)
def template() -> None:
    """Look at what the art site changed later, and at how it is."""


@template.group(cls=StoreGroup)
def drifts() -> None:
    """Orders that changed at the site after they were taken in; here they stay as they were."""


@drifts.command("list")
@list_options
@json_option
def list_(limit: int, before: int | None, as_json: bool) -> None:
    """List them, newest first; which fields, and not what they say."""
    with reading() as session:
        drifts = views.recent(session, before=before, limit=limit)
    lines = [line.dump() for line in drifts]
    if as_json:
        print_json(lines)
        return
    rows = [(*(line | {"fields": ", ".join(line["fields"])}).values(),) for line in lines]
    print_table(("id", "order", "run_id", "at", "fields"), rows, empty="No order changed.")


@drifts.command()
@click.argument("drift_id", metavar="ID", type=ID)
@json_option
def show(drift_id: int, as_json: bool) -> None:
    """Show one of them: what is kept here, and what the site said. Personal data is opened."""
    with reading() as session:
        drift = views.find(session, drift_id)
    if as_json:
        print_json(drift.dump())
        return
    print_table(("", ""), list(drift.dump().items())[:-2], empty="")
    for name, change in drift.changes.items():
        print_text(f"{name}:")
        for whose, value in change.items():
            print_text(f"  {whose}  {json.dumps(value, ensure_ascii=False)}")


@template.command()
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=24, show_default=True,
    help="At most N earlier looks.",
)  # fmt: skip
@json_option
def health(limit: int, as_json: bool) -> None:
    """Ask the site now, once, for ten seconds at most; and tell the hourly looks."""
    now = look(SOURCE)
    with reading() as session:
        history = [check.dump() for check in views.looks(session, limit=limit)]
    result = {"healthy": now.healthy, "kind": now.kind, "ms": now.ms, "message": now.message}
    if as_json:
        print_json({"base_url": settings().template_base_url, **result, "history": history})
    else:
        say(f"Now: {now.kind}, {now.ms} ms" + (f": {now.message}" if now.message else "."))
        print_table(COLUMNS, [[look[name] for name in COLUMNS] for look in history],
                    empty="No hourly look yet.")  # fmt: skip
    sys.exit(0 if now.healthy else FAILED)
