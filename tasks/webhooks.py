"""The task of a webhook's event. The message carries its id, the store knows the rest."""

from __future__ import annotations

from celery import current_task, shared_task

from syncs.webhooks.process import process
from syncs.webhooks.receive import TASK
from tasks.doorbell import ring
from tasks.durable import DurableTask


class EventTask(DurableTask):
    """An event keeps its own failures, every attempt of them."""

    abstract = True
    keeps_failures = False


@shared_task(name=TASK, base=EventTask)
def answer(event_id: int) -> None:
    """Process the event and those about the same object, unless somebody else does."""
    for task, ident in process(event_id, current_task.request.id):
        ring(task, ident)
