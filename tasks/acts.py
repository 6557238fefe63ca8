"""The task of an act on many rows. The message carries its id, the store knows the rest."""

from __future__ import annotations

from celery import current_task, shared_task

from syncs.acts.bulk import slices
from syncs.due import kinds
from tasks.doorbell import ring, send
from tasks.durable import DurableTask


class ActTask(DurableTask):
    """An act keeps its own failures, every attempt of them."""

    abstract = True
    keeps_failures = False


@shared_task(name=kinds.ACTS.task, base=ActTask)
def act(act_id: int) -> None:
    """Carry the act out, unless somebody else does."""
    execution = slices.Execution(ring=ring, send=send, task_id=current_task.request.id)
    if slices.carry_out(act_id, execution) == "due":
        ring(kinds.ACTS.task, act_id)
