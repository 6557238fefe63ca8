"""What came of a sync that was asked for by hand, for people and for machines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from cli.doorbell import ring
from cli.output import UNAVAILABLE, print_table, say, when
from cli.words import warning
from connectors.connector import Connector
from core.document import Json
from core.errors import ConfigurationError
from syncs import gate
from syncs.declaration import AnySync

SHOWN = 10
"""Warnings and refused records that a person reads at once."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where a sync by hand is shown: ``tell`` takes what came of it, the ``bar`` is for people.

    ``source`` is read instead of the sync's own.
    """

    tell: Callable[[Json], None]
    bar: bool
    source: Connector | None = None


def not_now(sync: AnySync, answer: gate.Answer, stage: Stage, *, quiet: bool) -> int:
    """Say why nothing runs; cron (``--auto``) stays quiet about it."""
    found: Json = {"sync": sync.name, "status": answer.status, "total": 0}
    match answer:
        case gate.Fresh(since=since):
            say(f"{sync.name} is fresh: it was last brought in at {when(since)}.")
        case gate.Running(run_id=run_id):
            found |= asdict(answer)
            say(f"{sync.name} is being run (run {run_id}). If its process is dead: --resume.")
            _pressed(sync, answer)
        case gate.Waiting(not_before=moment):
            found["not_before"] = moment
            say(f"{sync.name} waits until {when(moment)}: its source or a failure asks for it.")
        case gate.NotConfigured():
            raise ConfigurationError(sync.source.advice)
        case gate.Paused():
            say(f"{sync.name} is paused; 'python manage.py syncs resume {sync.name}' ends that.")
    stage.tell(found)
    return 0 if quiet or isinstance(answer, gate.Fresh) else UNAVAILABLE


def _pressed(sync: AnySync, answer: gate.Running) -> None:
    """Say what ``--force`` or ``--enqueue`` did about a run that is on its way."""
    if answer.queued:
        say("One more run follows it.")
    if answer.released:
        say(f"Run {answer.run_id} waits no longer after its failure: a worker takes it up.")
        ring(sync.task, answer.run_id, f"run {answer.run_id}")


def report(found: Json) -> None:
    """Tell people what came of a sync; nothing of one that did not run, which is said already."""
    if "pages" not in found:
        return
    names = ("status", "total", "created", "updated", "unchanged", "deleted", "errors", "pages")
    print_table(names, [[found[name] for name in names]], empty="")
    remarks(found)
    if "differences" in found:
        key = next((key for item in found["differences"] for key in item), "id")
        rows = [tuple(item.values()) for item in found["differences"]]
        changes = "Nothing else would change." if found["deleted"] else "Nothing would change."
        print_table((key, "would"), rows, empty=changes)
        say("Nothing was written. What only the database can refuse, a dry run cannot foresee.")


def remarks(found: Json) -> None:
    """Warnings and refused records of a run, as far as a person reads them."""
    for kept in found["warnings"][:SHOWN]:
        say(f"Warning: {warning(kept)}")
    if len(found["warnings"]) > SHOWN:
        more = len(found["warnings"]) - SHOWN
        say(f"… and {more} more warnings; --json, or 'runs show', tells them all.")
    for item in found["errors_list"][:SHOWN]:
        ident = next(iter(item.values()))
        say(f"Refused: {ident if ident is not None else '(no id)'}: {item['error']}")
    if found["status"] == "needs_approval" and found["run_id"] is not None:
        say(f"If its deletions are right: 'python manage.py runs approve {found['run_id']}'.")
    if found["errors"]:
        say("All refused records: python manage.py rejects list --sync " + found["sync"])
