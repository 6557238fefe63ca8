"""``status``: how each declared sync is doing, what waits for a person, how much there is."""

from __future__ import annotations

from dataclasses import asdict

import click

from cli.output import json_option, print_json, print_table, say, when
from cli.stored import StoreCommand
from db import bulk
from db.session import reading
from db.work import overview
from syncs.sales.process import TASK
from syncs.views import status as syncs_status
from syncs.views.advice import advice
from syncs.views.status import SyncStatus

COLUMNS = (
    "sync", "state", "last success", "age", "last run", "counts", "rejects", "failures",
    "not before",
)  # fmt: skip
SHOWN_COUNTS = ("created", "updated", "unchanged", "deleted", "errors")


def register(group: click.Group) -> None:
    """Add the command."""
    group.add_command(status)


@click.command(cls=StoreCommand)
@json_option
def status(as_json: bool) -> None:
    """Tell how every sync is doing, and what waits for a person."""
    with reading() as session:
        found = syncs_status.every(session)
        totals = overview.totals(session)
        by_task = overview.open_failures(session)
        waiting, terminals = overview.waiting(session), overview.terminals(session)
        now = bulk.now(session)
    failures, failed_batches = sum(by_task.values()), by_task.get(TASK, 0)
    if as_json:
        print_json(
            {
                "at": now,
                "syncs": [asdict(item) for item in found],
                "totals": {**asdict(totals), "open_failures": failures},
                "tills": {
                    "waiting_batches": waiting.batches,
                    "waiting_since": waiting.since,
                    "failed_batches": failed_batches,
                    "terminals": sum(terminals.values()),
                    "terminals_of_level_0": terminals.get(0, 0),
                },
            }
        )
        return
    print_table(COLUMNS, map(_row, found), empty="No sync is declared.")
    click.echo(
        f"{totals.products} products ({totals.products_without_shop} without a shop), "
        f"{totals.categories} categories, {totals.tombstones} tombstones; "
        f"{failures} failed tasks wait."
    )
    click.echo(
        f"{sum(terminals.values())} terminals ({terminals.get(0, 0)} of level 0); "
        f"{waiting.batches} batches of sales wait{_since(waiting)}, {failed_batches} failed; "
        f"{totals.products_below_zero} articles below zero."
    )
    for sentence in dict.fromkeys(filter(None, map(_advice, found))):
        say(sentence)
    if totals.products_without_shop:
        say(
            "Products without a shop are sold by no till: 'python manage.py shop add' with their "
            "site, then sync the products."
        )
    if failed_batches:
        say(f"Batches of sales failed: 'python manage.py failed list --task {TASK}' tells why.")
    if terminals.get(0):
        say(
            "A terminal of level 0 is known by its serial alone, which anybody may have read: "
            "'python manage.py terminal level SERIAL 1' asks for a token as well."
        )


def _since(waiting: overview.Waiting) -> str:
    return f" (the first since {when(waiting.since)})" if waiting.since else ""


def _row(item: SyncStatus) -> tuple[object, ...]:
    run = item.last_run
    return (
        item.sync,
        item.state,
        item.last_success_at or "never",
        _age(item.age),
        f"{run.id} {run.status}" if run else None,
        counts(run.counts) if run else None,
        item.open_rejects,
        item.open_failures,
        item.next_allowed_at,
    )


def counts(found: dict[str, int]) -> str:
    """``120 read: 3 created, 117 unchanged``; what did not happen is left away."""
    did = [f"{found[name]} {name}" for name in SHOWN_COUNTS if found[name]]
    return f"{found['total']} read" + (": " + ", ".join(did) if did else "")


def _age(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    minutes = int(max(seconds, 0) // 60)
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60:02} min" if hours else f"{minutes} min"


def _advice(item: SyncStatus) -> str | None:
    return advice(item, since=when(item.last_success_at))
