"""The task of a command to a vendor. The message carries its id, the store knows the rest."""

from __future__ import annotations

from celery import current_task, shared_task

from syncs.outbox import send
from tasks.doorbell import ring
from tasks.durable import DurableTask


class OutboxTask(DurableTask):
    """A command keeps its own failures, every attempt of them."""

    abstract = True
    keeps_failures = False


@shared_task(name=send.TASK, base=OutboxTask)
def carry_out(command_id: int) -> None:
    """Carry the command out, unless somebody else does."""
    carried = send.carry_out(command_id, current_task.request.id)
    for following in carried.following:
        ring(send.TASK, following)
