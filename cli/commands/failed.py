"""``failed``: tasks that finally failed; look at them, send them again, dismiss them."""

from __future__ import annotations

import sys

import click

from cli.arguments import ID, REASON, check_choice, list_options
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
@click.option("--all", "everything", is_flag=True, help="Every open one (that the filters match).")
@click.option("--task", help="With --all: only this task's.")
@click.option("--fingerprint", help="With --all: only those of one cause.")
@click.option("--dry-run", is_flag=True, help="Only say which would be retried.")
@click.option("--why", type=REASON, help="Kept with the failure and in the audit.")
@json_option
def retry(
    ids: tuple[int, ...], everything: bool, task: str | None, fingerprint: str | None,
    dry_run: bool, why: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Run failed tasks again: a sync from its checkpoint, a batch of sales after all, any other
    task with its exact arguments.
    """
    check_choice(ids, everything, task=task, fingerprint=fingerprint)
    chosen = _chosen(ids, task=task, fingerprint=fingerprint)
    if dry_run:
        say(f"{len(chosen)} would be retried; nothing was done.")
        if as_json:
            print_json({"dry_run": True, "count": len(chosen), "ids": chosen})
        return
    retried, refused = _retry_each(chosen, by(why))
    if as_json:
        print_json({"retried": retried, "refused": refused})
    else:
        print_table(
            ("failure", "runs as"), [(item["id"], item["as"]) for item in retried], empty="None."
        )
    if refused:
        sys.exit(_say_refused(refused, some=bool(retried)))


@failed.command()
@click.argument("ids", metavar="ID...", nargs=-1, type=ID, required=True)
@click.option("--why", type=REASON, required=True, help="Kept with the failure and in the audit.")
@json_option
def dismiss(ids: tuple[int, ...], why: str, as_json: bool) -> None:
    """Close failures that shall not run again; all of them or, when one cannot be, none."""
    chosen = list(dict.fromkeys(ids))
    acts.dismiss(chosen, by=by(why))
    say(f"{len(chosen)} dismissed; 'failed list --state dismissed' shows them.")
    if as_json:
        print_json({"dismissed": chosen})


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
    with reading() as session:
        failure = views.find(session, ident)
    if failure.state == "retried" and failure.retried_as is not None:
        # Chosen while it was open: one run serves all failures of its sync.
        return failure.retried_as
    again = acts.retry(ident, by=by)
    if again is None:
        return _resend(ident, by)
    ring(again.task, again.ident, again.name)
    return again.name


def _resend(ident: int, by: By) -> str:
    import worker  # noqa: F401, whoever sends needs the app's settings
    from tasks.resend import resend

    return f"task {resend(ident, by=by)}"


def _chosen(ids: tuple[int, ...], *, task: str | None, fingerprint: str | None) -> list[int]:
    """These, which must be open; without any, all open ones that match."""
    with reading() as session:
        if not ids:
            return failures.open_ids(session, task=task, fingerprint=fingerprint)
        chosen = list(dict.fromkeys(ids))
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
