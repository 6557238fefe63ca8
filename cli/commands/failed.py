"""``failed``: tasks that finally failed; look at them, send them again, dismiss them."""

from __future__ import annotations

import sys

import click

from cli import bulk
from cli.arguments import ID, REASON, list_options
from cli.bulk import DRY_RUN, bulk_options, require_reason, say_dry_run
from cli.doorbell import ring
from cli.output import (
    FAILED,
    PARTIAL,
    UNAVAILABLE,
    json_option,
    print_attempts,
    print_json,
    print_table,
    say,
)
from cli.stored import StoreGroup
from cli.who import by
from cli.words import sentences
from core.document import Json
from core.errors import MoulinError
from db.session import reading
from db.work import failures
from syncs.acts import canaries
from syncs.acts import failures as acts
from syncs.acts.by import By
from syncs.views import failures as views

STATES = ("open", "retried", "dismissed", "all")


def register(group: click.Group) -> None:
    """Add the group."""
    group.add_command(failed)


@click.group(cls=StoreGroup)
def failed() -> None:
    """Look at tasks that finally failed, retry or dismiss them."""


@failed.command("list")
@click.option("--state", type=click.Choice(STATES), default="open", show_default=True)
@click.option("--task", help="Only this task's, as in sync.b2b.products.")
@click.option("--fingerprint", help="Only those of one cause.")
@list_options
@json_option
def list_(
    state: str, task: str | None, fingerprint: str | None, limit: int, before: int | None,
    as_json: bool,
) -> None:  # fmt: skip
    """List failed tasks, newest first."""
    only = None if state == "all" else state
    with reading() as session:
        tasks = views.recent(
            session, state=only, task=task, fingerprint=fingerprint, before=before, limit=limit
        )
    lines = [line.dump() for line in tasks]
    if as_json:
        print_json(lines)
        return
    columns = (
        "id", "task", "run_id", "batch_id", "failed_at", "tries", "error", "fingerprint", "state",
    )  # fmt: skip
    print_table(columns, [[line[name] for name in columns] for line in lines], empty="None.")


@failed.command()
@click.argument("failure_id", metavar="ID", type=ID)
@json_option
def show(failure_id: int, as_json: bool) -> None:
    """Show one failure: its exact arguments, and every attempt with its traceback."""
    with reading() as session:
        failure = views.find(session, failure_id).dump()
    if as_json:
        print_json(failure)
        return
    print_table(
        ("", ""), [(key, value) for key, value in failure.items() if key != "attempts"], empty=""
    )
    print_attempts(failure["attempts"])
    if failure["state"] == "open" and failure["task"] == failures.UNREAD:
        say(
            "Nothing of ours is lost with it, and there is nothing to send again: find out who "
            f"wrote it, then 'python manage.py failed dismiss {failure_id} --why …'."
        )
    elif failure["state"] == "open":
        say(
            f"When the cause is cured: 'python manage.py failed retry {failure_id}'; if it must "
            f"not run again: 'python manage.py failed dismiss {failure_id} --why …'."
        )


@failed.command()
@click.argument("ids", metavar="[ID]...", nargs=-1, type=ID)
@bulk_options
@click.option("--task", help="With --all: only this task's.")
@click.option("--fingerprint", help="With --all: only those of one cause.")
@click.option(
    "--canary", type=click.IntRange(1, canaries.MOST),
    help="With --all: only so many of each cause; the others wait for how these end.",
)  # fmt: skip
@click.option("--why", type=REASON, help="Kept with the failure; for more than one it is required.")
@json_option
def retry(
    ids: tuple[int, ...], everything: bool, task: str | None, fingerprint: str | None,
    canary: int | None, how: str | None, why: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Run failed tasks again: a sync from its checkpoint, a batch of sales after all, any other
    task with its exact arguments. Only these: others that share a run stay open.
    """
    filters = {"task": task, "fingerprint": fingerprint}
    bulk.check(ids, everything, how, **filters, canary=canary)
    if everything:
        bulk.act("failure.retry", filters, how, why=why, as_json=as_json, canary=canary)
    else:
        _retry_chosen(_open(ids), how, why=why, as_json=as_json)


@failed.command()
@click.argument("ids", metavar="[ID]...", nargs=-1, type=ID)
@bulk_options
@click.option("--task", help="With --all: only this task's.")
@click.option("--fingerprint", help="With --all: only those of one cause.")
@click.option("--why", type=REASON, required=True, help="Kept with the failure and in the audit.")
@json_option
def dismiss(
    ids: tuple[int, ...], everything: bool, task: str | None, fingerprint: str | None,
    how: str | None, why: str, as_json: bool,
) -> None:  # fmt: skip
    """Close failures that shall not run again. Of ids all or, when one cannot be, none."""
    filters = {"task": task, "fingerprint": fingerprint}
    bulk.check(ids, everything, how, **filters)
    if everything:
        bulk.act("failure.dismiss", filters, how, why=why, as_json=as_json)
        return
    chosen = _open(ids)
    if how == DRY_RUN:
        say_dry_run(chosen, as_json=as_json)
        return
    acts.dismiss(chosen, by=by(why))
    say(f"{len(chosen)} dismissed; 'failed list --state dismissed' shows them.")
    if as_json:
        print_json({"dismissed": chosen})


def _retry_chosen(chosen: list[int], how: str | None, *, why: str | None, as_json: bool) -> None:
    if how == DRY_RUN:
        say_dry_run(chosen, as_json=as_json)
        return
    require_reason(chosen, why)
    retried, refused = _retry_each(chosen, by(why))
    if as_json:
        print_json({"retried": retried, "refused": refused})
    else:
        print_table(
            ("failure", "runs as"), [(item["id"], item["as"]) for item in retried], empty="None."
        )
    if refused:
        sys.exit(_say_refused(refused, some=bool(retried)))


def _retry_each(chosen: list[int], by: By) -> tuple[list[Json], list[Json]]:
    """What runs again and as what, and what cannot, with the reason; each by itself."""
    retried: list[Json] = []
    refused: list[Json] = []
    for ident in chosen:
        try:
            retried.append({"id": ident, "as": _retry(ident, by)})
        except MoulinError as error:
            refused.append({"id": ident, "error": sentences(error), "code": error.code})
    return retried, refused


def _retry(ident: int, by: By) -> str:
    again = acts.retry(ident, by=by)
    if again is None:
        return _resend(ident, by)
    ring(again.task, again.ident, again.name)
    return again.name


def _resend(ident: int, by: By) -> str:
    import worker  # noqa: F401, whoever sends needs the app's settings
    from tasks.resend import resend

    return f"task {resend(ident, by=by)}"


def _open(ids: tuple[int, ...]) -> list[int]:
    """These, each once; ``RefusedError`` when one is closed."""
    chosen = list(dict.fromkeys(ids))
    with reading() as session:
        for ident in chosen:
            failures.require_open(failures.find(session, ident))
    return chosen


def _say_refused(refused: list[Json], *, some: bool) -> int:
    """The exit code, PARTIAL when ``some`` were retried; prints why each other was not."""
    for item in refused:
        say(f"Not retried: {item['id']}: {item['error']}")
    if any(item["code"] == "BROKER_AWAY" for item in refused):
        return UNAVAILABLE
    return PARTIAL if some else FAILED
