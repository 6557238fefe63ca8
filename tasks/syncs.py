"""One task a declared sync. The message carries a run's id, the store knows the rest."""

from __future__ import annotations

from collections.abc import Sequence

from celery import Task, current_task, shared_task

from core.document import Json
from core.logs import get_logger
from syncs import engine, gate
from syncs.declaration import AnySync
from syncs.due.schedule import claim_latest
from syncs.registry import SYNCS
from syncs.running.walk import Execution
from tasks.doorbell import ring
from tasks.durable import DurableTask

log = get_logger(__name__)


class SyncTask(DurableTask):
    """A run keeps its own failures, every attempt of them."""

    abstract = True
    keeps_failures = False
    sync: AnySync

    def check_arguments(self, args: Sequence[object], kwargs: Json) -> None:
        """A run's id, who asked for it, and options of the sync."""
        super().check_arguments(args, kwargs)
        given = {name: kwargs[name] for name in kwargs.keys() - {"run_id", "trigger"}}
        self.sync.check_options(given)


def sync_task(sync: AnySync) -> Task[..., None]:
    """The task that runs ``sync``."""

    @shared_task(name=sync.task, base=SyncTask, bind=False, sync=sync)
    def run(run_id: int | None = None, trigger: str = "task", **options: object) -> None:
        chosen = run_id if run_id is not None else open_run(sync, trigger, options)
        if chosen is None:
            return
        outcome = engine.execute(sync, chosen, Execution(task_id=current_task.request.id))
        if outcome.ring is not None:
            ring(sync.task, outcome.ring)

    task: Task[..., None] = run
    return task


def open_run(sync: AnySync, trigger: str, options: dict[str, object]) -> int | None:
    """The run of a message without an id: beat's slot, or the gate's answer; None: nothing."""
    if trigger == "beat":
        answer = claim_latest(sync, trigger="beat")
    else:
        checked = sync.check_options(options)
        answer = gate.request(sync, trigger=trigger, options=checked)
    if isinstance(answer, gate.Enqueued):
        return answer.run_id
    log.info("run.not_opened", sync=sync.name, answer=answer.status if answer else "claimed")
    return None


TASKS = {name: sync_task(sync) for name, sync in SYNCS.declared.items()}
