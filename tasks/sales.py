"""The task of a batch of sales. The message carries its id, the store knows the rest."""

from __future__ import annotations

from celery import current_task, shared_task

from syncs.sales import process as sales
from tasks.durable import DurableTask


class SalesTask(DurableTask):
    """A batch keeps its own failures, every attempt of them."""

    abstract = True
    keeps_failures = False


@shared_task(name=sales.TASK, base=SalesTask)
def process(batch_id: int) -> None:
    """Process the batch, unless somebody else does."""
    sales.process(batch_id, current_task.request.id)
