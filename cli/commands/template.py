"""``sync_template``: the art site's tables, each in a run of its own; one that fails stops none."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from cli.commands.syncs import Wish, carry_out, flags
from cli.outcomes import Stage, remarks
from cli.output import FAILED, PARTIAL, UNAVAILABLE, json_option, print_json, print_table, say
from cli.words import sentences
from connectors.template import SpooledExport
from core.document import Json
from core.errors import MoulinError, RetriableError
from db import migrate
from db.session import reading
from syncs import gate
from syncs.declaration import AnySync
from syncs.sources.template import PATHS, SOURCE, SYNCS

BY_NAME: dict[str, AnySync] = {sync.name.partition(".")[2]: sync for sync in SYNCS}
COUNTS = ("total", "created", "updated", "unchanged", "deleted", "errors")
GOOD = (0, PARTIAL)


def register(group: click.Group) -> None:
    """Add the command."""
    group.add_command(sync_template)


@click.command("sync_template")
@click.option(
    "--only", multiple=True, type=click.Choice(list(BY_NAME)), metavar="NAME",
    help=f"Only this table, again for more: {', '.join(BY_NAME)}.",
)  # fmt: skip
@click.option("--full", is_flag=True, help="From the site's whole export, asked for once.")
@flags
@json_option
def sync_template(only: tuple[str, ...], full: bool, as_json: bool, **given: bool) -> None:
    """Bring the art site's tables into the store now, each in a run of its own."""
    wish = Wish(**given)
    if full and (wish.enqueue or wish.resume):
        raise click.UsageError("--full is read here and now: not with --enqueue or --resume.")
    chosen = {name: sync for name, sync in BY_NAME.items() if not only or name in only}
    migrate.require_current()
    # Before any run begins: without a key there is nothing to begin.
    SOURCE.open().close()
    results: dict[str, Json] = {}
    with _export(chosen, wish, full=full) as export:
        codes = [
            _one(name, sync, wish, export, results, bar=not as_json)
            for name, sync in chosen.items()
        ]
    code = exit_code(codes)
    if as_json:
        print_json({"sync": SOURCE.name, **_sums(results, codes), "resources": results})
    else:
        _report(results)
    sys.exit(code)


@contextmanager
def _export(
    chosen: dict[str, AnySync], wish: Wish, *, full: bool
) -> Iterator[SpooledExport | None]:
    """The site's whole export for ``full``, when a sync is going to read it."""
    if full and wish.auto and not wish.force:
        with reading() as session:
            full = bool(gate.stale(session, list(chosen.values())))
    if not full:
        yield None
        return
    with SOURCE.open() as source, SpooledExport.fetch(source) as export:
        yield export


def _one(
    name: str, sync: AnySync, wish: Wish, export: SpooledExport | None,
    results: dict[str, Json], *, bar: bool,
) -> int:  # fmt: skip
    """The exit code of one table's sync. What the export does not hold is fetched from the site."""
    source = export if export is not None and export.holds(PATHS[sync.name]) else None
    stage = Stage(tell=lambda result: results.update({name: result}), bar=bar, source=source)
    try:
        return carry_out(sync, wish, {}, stage)
    except MoulinError as error:
        failed = {"sync": sync.name, "status": "failed", **results.get(name, {})}
        results[name] = {**failed, "error": sentences(error), "code": error.code}
        say(f"{sync.name}: {sentences(error)}")
        waits = isinstance(error, RetriableError) and error.retry_after
        return UNAVAILABLE if waits else FAILED


def exit_code(codes: list[int]) -> int:
    """One for all: 0 when all is well, 3 when only some is, else what is worst."""
    if not any(codes):
        return 0
    if any(code in GOOD for code in codes):
        return PARTIAL
    return FAILED if FAILED in codes else UNAVAILABLE


def _sums(results: dict[str, Json], codes: list[int]) -> Json:
    words = {result["status"] for result in results.values()}
    mixed = {0: "succeeded", PARTIAL: "partial"}.get(exit_code(codes), "failed")
    sums = {name: sum(result.get(name, 0) for result in results.values()) for name in COUNTS}
    seconds = round(sum(result.get("seconds", 0.0) for result in results.values()), 3)
    return {"status": words.pop() if len(words) == 1 else mixed, **sums, "seconds": seconds}


def _report(results: dict[str, Json]) -> None:
    rows = [
        (name, result["status"], *(result.get(count) for count in COUNTS))
        for name, result in results.items()
    ]
    print_table(("table", "status", *COUNTS), rows, empty="")
    for result in results.values():
        if "warnings" in result:
            remarks(result)
