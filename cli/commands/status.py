"""``status``: how each declared sync is doing, what waits for a person, how much there is."""

from __future__ import annotations

from collections.abc import Iterator

import click

from cli import words
from cli.output import json_option, print_json, print_table, say, when
from cli.stored import StoreCommand
from db.session import reading
from syncs.sales.process import TASK
from syncs.sales.refused import NAME as REFUSED
from syncs.views import overview as views
from syncs.views.advice import advice
from syncs.views.overview import Overview, Tills, Totals
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
        overview = views.find(session)
    if as_json:
        print_json(overview.dump())
        return
    print_table(COLUMNS, map(_row, overview.syncs), empty="No sync is declared.")
    _print_counts(overview.totals, overview.tills)
    waiting = overview.outbox
    click.echo(
        f"{waiting.waiting + waiting.sending} commands to vendors wait for a worker, "
        f"{waiting.approval + waiting.unknown} for a person."
    )
    for sentence in (
        *dict.fromkeys(filter(None, map(_advice, overview.syncs))),
        *_advise(overview),
    ):
        say(sentence)


def _print_counts(totals: Totals, tills: Tills) -> None:
    click.echo(
        f"{totals.products} products ({totals.products_without_shop} without a shop, "
        f"{totals.products_without_till} without a till), "
        f"{totals.categories} categories, {totals.tombstones} tombstones; "
        f"{totals.open_failures} failed tasks wait."
    )
    since = f" (the first since {when(tills.waiting_since)})" if tills.waiting_since else ""
    click.echo(
        f"{tills.terminals} terminals ({tills.terminals_of_level_0} of level 0); "
        f"{tills.waiting_batches} batches of sales wait{since}, {tills.failed_batches} failed; "
        f"{tills.refused_sales} sales refused; {totals.products_below_zero} articles below zero."
    )


def _advise(overview: Overview) -> Iterator[str]:
    yield from map(words.unsold, overview.unsold)
    yield from _advise_on_connectors(overview)
    yield from words.commands(overview.outbox)
    for act in overview.acts:
        yield (
            f"Act {act.id} ({act.kind}) is at work: {act.matching - act.left} of {act.matching}. "
            f"'python manage.py acts show {act.id}'; to stop it: 'acts stop {act.id}'."
        )
    if overview.tills.failed_batches:
        yield f"Batches of sales failed: 'python manage.py failed list --task {TASK}' tells why."
    if overview.tills.refused_sales:
        yield (
            f"Refused sales wait for a person: 'python manage.py rejects list --sync {REFUSED}' "
            "names them. After a fix 'python manage.py rejects replay ID' sells one; with --number "
            "NEW under another number, where its own is another sale's (CONFLIT_FACTURE)."
        )
    if overview.tills.terminals_of_level_0:
        yield (
            "A terminal of level 0 is known by its serial alone, which anybody may have read: "
            "'python manage.py terminal level SERIAL 1' asks for a token as well."
        )


def _advise_on_connectors(overview: Overview) -> Iterator[str]:
    for connector in overview.connectors:
        yield from words.connector(connector)
    for each in overview.silent:
        yield words.silent(each, since=when(each.since))
    if overview.processes:
        yield words.differing(overview.processes)


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


def counts(numbers: dict[str, int]) -> str:
    """``120 read: 3 created, 117 unchanged``; what did not happen is left away."""
    did = [f"{numbers[name]} {name}" for name in SHOWN_COUNTS if numbers[name]]
    return f"{numbers['total']} read" + (": " + ", ".join(did) if did else "")


def _age(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    minutes = int(max(seconds, 0) // 60)
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60:02} min" if hours else f"{minutes} min"


def _advice(item: SyncStatus) -> str | None:
    sentence = advice(item, since=when(item.last_success_at))
    return words.sentence(sentence) if sentence is not None else None
