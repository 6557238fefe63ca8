"""Queues: purge one."""

from __future__ import annotations

from core import queues
from core.broker import QUEUES
from core.errors import NotFoundError
from db.session import writing
from syncs.acts.by import By
from syncs.views.shapes import Count, Shape


class Purged(Shape):
    """What was in the queue is gone; what is due in the store is rung for again."""

    queue: str
    messages: Count


def require(queue: str) -> str:
    """The queue's name; ``NotFoundError`` when there is none of it."""
    if queue not in QUEUES:
        raise NotFoundError("queue", f"named {queue!r}")
    return queue


def purge(queue: str, *, by: By) -> Purged:
    """Empty the queue, of whatever lies in its place; what workers have taken stays theirs.

    ``NotFoundError`` when there is no such queue, ``RetriableError`` when the broker does not
    answer, ``RefusedError`` when it is no Redis: then nothing was purged.
    """
    require(queue)
    # Within the transaction: what is not purged is not in the audit.
    with writing() as session, queues.connected() as client:
        purged = queues.purge(client, queue)
        by.note(session, "queue.purge", f"queue {queue}", messages=purged)
    return Purged(queue=queue, messages=purged)
