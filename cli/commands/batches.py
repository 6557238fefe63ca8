"""``batches``: what tills sent, one request each, and what became of it."""

from __future__ import annotations

import json
from typing import get_args

import click

from cli.arguments import ID, list_options
from cli.output import json_option, print_attempts, print_json, print_table, say
from cli.stored import StoreGroup
from core.document import Json
from db.session import reading
from syncs.sales.process import TASK
from syncs.views import batches as views
from syncs.views.batches import BatchStatus

STATUSES = get_args(BatchStatus)


def register(group: click.Group) -> None:
    """Add the group."""
    group.add_command(batches)


@click.group(cls=StoreGroup)
def batches() -> None:
    """Look at what the tills sent."""


@batches.command("list")
@click.option("--shop", "shop_id", metavar="ID", type=ID, help="Only this shop's.")
@click.option("--status", type=click.Choice(STATUSES))
@list_options
@json_option
def list_(
    shop_id: int | None, status: str | None, limit: int, before: int | None, as_json: bool
) -> None:
    """List batches of sales, newest first."""
    with reading() as session:
        batches = views.recent(session, shop_id=shop_id, status=status, before=before, limit=limit)
    lines = [line.dump() for line in batches]
    if as_json:
        print_json(lines)
        return
    columns = (
        "id", "shop_id", "terminal", "status", "count", "accepted", "refused", "received_at",
        "done_at", "failures", "error",
    )  # fmt: skip
    print_table(columns, [[line[name] for name in columns] for line in lines], empty="None.")


@batches.command()
@click.argument("which", metavar="ID|BATCH_ID")
@json_option
def show(which: str, as_json: bool) -> None:
    """Show one batch, by its number here or by the batch_id a till was told: every attempt that
    failed, and what the till is answered.
    """
    with reading() as session:
        batch = views.find(session, which, opened=True).dump()
    if as_json:
        print_json(batch)
        return
    result = batch.pop("result")
    print_table(
        ("", ""), [(key, value) for key, value in batch.items() if key != "attempts"], empty=""
    )
    print_attempts(batch["attempts"])
    if result is not None:
        # As the till reads it; ASCII where a terminal might obey what an article is called.
        click.echo(json.dumps(result, indent=2))
    _advise(batch)


def _advise(batch: Json) -> None:
    if batch["status"] == "failed":
        say(
            f"Its failure stands under 'python manage.py failed list --task {TASK}'; when the "
            "cause is cured, 'python manage.py failed retry' works the batch off after all."
        )
    elif batch["refused"]:
        say("What was refused: 'python manage.py rejects list --sync sales'.")
