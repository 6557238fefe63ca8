"""Acts on all rows that match, from a terminal: carried out here, or left to a worker."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import click

from cli.arguments import check_choice
from cli.doorbell import is_rung, ring
from cli.output import FAILED, PARTIAL, print_json, print_table, say
from cli.progress import Bar
from cli.who import by
from cli.words import sentences
from core.errors import RetriableError
from db.session import reading
from syncs.acts.bulk import asking, slices
from syncs.acts.bulk.asking import ReasonMissing
from syncs.due import kinds
from syncs.views import acts as views
from syncs.views.acts import ActKind, BulkAct

COUNTS = ("matching", "done", "refused", "skipped", "left")
PRINTED = 10
"""Refusals and runs that a person reads at once."""
DRY_RUN, ENQUEUE = "dry-run", "enqueue"

F = TypeVar("F", bound=Callable[..., object])


def bulk_options(command: F) -> F:
    """``--all``, and how: ``--dry-run``, ``--enqueue`` or neither."""
    for option in (
        click.option(
            "--enqueue",
            "how",
            flag_value=ENQUEUE,
            help="With --all: leave it to a worker, and do not wait.",
        ),
        click.option("--dry-run", "how", flag_value=DRY_RUN, help="Only count; nothing is done."),
        click.option(
            "--all", "everything", is_flag=True, help="Every open one (that the filters match)."
        ),
    ):
        command = option(command)
    return command


def say_dry_run(chosen: Sequence[int], *, as_json: bool) -> None:
    """Print which rows would be changed."""
    say(f"{len(chosen)} would be changed; nothing was done.")
    if as_json:
        print_json({"dry_run": True, "count": len(chosen), "ids": list(chosen)})


def require_reason(chosen: Sequence[int], why: str | None) -> None:
    """A usage error when several rows shall be changed and nobody says why."""
    if len(chosen) > 1 and why is None:
        raise click.UsageError("More than one row needs a reason: --why TEXT.")


def check(ids: tuple[int, ...], everything: bool, how: str | None, **filters: object) -> None:
    """A usage error unless it is either ids or ``--all`` with what narrows it."""
    check_choice(ids, everything, **filters, enqueue=True if how == ENQUEUE else None)


def act(
    kind: ActKind, given: Mapping[str, str | None], how: str | None, *, why: str | None,
    as_json: bool, canary: int | None = None,
) -> None:  # fmt: skip
    """Act on every row that matches, and print what came of it; exits 3 when some were refused or
    are left, 1 when nothing else came of it. A dry run prints how many there are.
    """
    which = {name: value for name, value in given.items() if value is not None}
    if how == DRY_RUN:
        _count(asking.count(kind, which), as_json=as_json)
        return
    try:
        asked = asking.ask(kind, which, by=by(why), canary=canary)
    except ReasonMissing as error:
        raise click.UsageError(f"{error} Give it with --why TEXT.") from None
    if how == ENQUEUE:
        ring(kinds.ACTS.task, asked.id, f"act {asked.id}")
        say(f"Act {asked.id} is due. {_where(asked.id)}")
    done = asked if how == ENQUEUE else _carry_out(asked)
    if as_json:
        print_json(done.dump())
    elif how != ENQUEUE:
        report(done)
    if how != ENQUEUE and (done.refused or done.left):
        sys.exit(PARTIAL if done.done else FAILED)


def report(act: BulkAct) -> None:
    """Print how far an act has come, what is tried again, and what was refused."""
    names = ("id", "kind", "status", *COUNTS)
    values = act.dump()
    print_table(names, [[values[name] for name in names]], empty="")
    if act.reopened:
        more = len(act.reopened) - PRINTED
        say("Tried again: " + ", ".join(act.reopened[:PRINTED]) + f" and {more} more" * (more > 0))
    for item in act.refusals[:PRINTED]:
        say(f"Refused: {item['id']}: {item['detail']}")
    if act.refused > PRINTED:
        say(f"All that were refused are open still; 'acts show {act.id} --json' tells the first.")


def _carry_out(asked: BulkAct) -> BulkAct:
    """The act as it is when its rows are through."""
    rings: list[bool] = []
    with Bar(asked.kind, shown=asked.matching > 1) as bar:
        execution = slices.Execution(
            ring=lambda task, ident: rings.append(is_rung(task, ident)),
            send=_send, watch=lambda line: bar.draw(line.matching - line.left, line.matching),
            turn=None,
        )  # fmt: skip
        try:
            slices.carry_out(asked.id, execution)
        except KeyboardInterrupt:
            is_rung(kinds.ACTS.task, asked.id)
            say(f"Act {asked.id} goes on in a worker. {_where(asked.id)}")
            sys.exit(FAILED)
        except RetriableError as error:
            say(f"Act {asked.id} goes on in a worker, in a while. {_where(asked.id)}")
            raise RetriableError(sentences(error), retry_after=1, code=error.code) from error
    with reading() as session:
        done = views.find(session, asked.id)
    if not all(rings):
        what = ", ".join(done.reopened[:3])
        say(f"The broker does not answer now; a worker's sweeper will find {what}.")
    return done


def _send(task: str, *, args: list[object], kwargs: dict[str, object], task_id: str) -> bool:
    import worker  # noqa: F401, whoever sends needs the app's settings
    from tasks import doorbell

    return doorbell.send(task, args=args, kwargs=kwargs, task_id=task_id)


def _count(matching: int, *, as_json: bool) -> None:
    say(f"{matching} would be changed; nothing was done.")
    if as_json:
        print_json({"dry_run": True, "count": matching})


def _where(act_id: int) -> str:
    return (
        f"How far it is: 'python manage.py acts show {act_id}'; to stop it: "
        f"'python manage.py acts stop {act_id}'."
    )
