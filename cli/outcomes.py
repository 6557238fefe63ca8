"""The results of syncs by hand, for people and for machines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from cli.doorbell import ring
from cli.output import UNAVAILABLE, print_table, say, when
from cli.words import warning
from connectors.connector import Connector
from core.document import Json
from core.errors import ConfigurationError
from syncs import gate
from syncs.declaration import AnySync
from syncs.running.lost import is_remark

SHOWN = 10
"""Warnings and refused records that a person reads at once."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where a sync by hand is reported: ``tell`` takes its result, the ``bar`` is for people.

    ``source`` is read instead of the sync's own.
    """

    tell: Callable[[Json], None]
    bar: bool
    source: Connector | None = None


def not_now(sync: AnySync, answer: gate.Answer, stage: Stage, *, quiet: bool) -> int:
    """The exit code when nothing runs, the reason printed; cron (``--auto``) gets 0."""
    result: Json = {"sync": sync.name, "status": answer.status, "total": 0}
    match answer:
        case gate.Fresh(since=since):
            say(f"{sync.name} is fresh: it was last brought in at {when(since)}.")
        case gate.Running(run_id=run_id):
            result |= asdict(answer)
            say(f"{sync.name} is being run (run {run_id}). If its process is dead: --resume.")
            _pressed(sync, answer)
        case gate.Waiting(not_before=moment):
            result["not_before"] = moment
            say(f"{sync.name} waits until {when(moment)}: its source or a failure asks for it.")
        case gate.NotConfigured():
            raise ConfigurationError(sync.source.advice)
        case gate.Paused():
            say(f"{sync.name} is paused; 'python manage.py syncs resume {sync.name}' ends that.")
    stage.tell(result)
    return 0 if quiet or isinstance(answer, gate.Fresh) else UNAVAILABLE


def _pressed(sync: AnySync, answer: gate.Running) -> None:
    """Print what ``--force`` or ``--enqueue`` did about a run that is on its way."""
    if answer.queued:
        say("One more run follows it.")
    if answer.released:
        say(f"Run {answer.run_id} waits no longer after its failure: a worker takes it up.")
        ring(sync.task, answer.run_id, f"run {answer.run_id}")


def report(result: Json) -> None:
    """Print a sync's result; nothing of one that did not run, which ``not_now`` reported."""
    if "pages" not in result:
        return
    names = ("status", "total", "created", "updated", "unchanged", "deleted", "errors", "pages")
    print_table(names, [[result[name] for name in names]], empty="")
    remarks(result)
    if "differences" in result:
        key = next((key for item in result["differences"] for key in item), "id")
        rows = [tuple(item.values()) for item in result["differences"]]
        changes = "Nothing else would change." if result["deleted"] else "Nothing would change."
        print_table((key, "would"), rows, empty=changes)
        say("Nothing was written. What only the database can refuse, a dry run cannot foresee.")


def remarks(result: Json) -> None:
    """Print warnings and refused records of a run, as far as a person reads them."""
    for kept in result["warnings"][:SHOWN]:
        say(f"Warning: {warning(kept)}")
    if len(result["warnings"]) > SHOWN:
        more = len(result["warnings"]) - SHOWN
        say(f"… and {more} more warnings; --json, or 'runs show', tells them all.")
    for item in result["errors_list"][:SHOWN]:
        ident = next(iter(item.values()))
        say(f"Refused: {ident if ident is not None else '(no id)'}: {item['error']}")
    if result["run_id"] is not None:
        say_approval(result["run_id"], result["status"], result["warnings"])
    if result["errors"]:
        say("All refused records: python manage.py rejects list --sync " + result["sync"])


def say_approval(run_id: int, status: str, warnings: Sequence[str]) -> None:
    """Print the command that approves the run, where there is anything to approve."""
    approve = f"'python manage.py runs approve {run_id}'."
    if status == "needs_approval":
        say(f"If its deletions are right: {approve}")
    elif any(map(is_remark, warnings)):
        say(f"If the source means it so: {approve}")
