"""The queues as operators see them: how long each is, and what it holds as far as that is legible.

The store is the queue of record: what lies here is a ring for work that is a row there.
"""

from __future__ import annotations

from collections import Counter

from pydantic import Field

from core import messages, queues
from core.messages import UnreadError, outline
from db.work.failures import UNREAD
from syncs.views.shapes import Count, Shape, Text


class Queue(Shape):
    """A queue of the broker."""

    name: str
    messages: Count
    unacked: Count = Field(description="With a worker, or with one that died.")
    holds: dict[str, Count] = Field(
        description=f"The oldest {queues.LOOKED_AT} by task; `{UNREAD}`: those nobody can read."
    )
    oldest: Text = Field(description="The message that comes next.")
    wrong_type: Text = Field(
        description="What lies in the place of the queue; a worker takes it away."
    )


def every() -> list[Queue]:
    """All queues, in the order in which they are declared.

    ``RetriableError`` when the broker does not answer, ``RefusedError`` when it is no Redis.
    """
    with queues.connected() as client:
        return [_queue(queue) for queue in queues.look(client)]


def _queue(queue: queues.Queue) -> Queue:
    return Queue(
        name=queue.name,
        messages=queue.length,
        unacked=queue.unacked,
        holds=Counter(map(_task, queue.oldest)),
        oldest=_said(queue.oldest[0]) if queue.oldest else None,
        wrong_type=queue.wrong_type,
    )


def _task(raw: bytes) -> str:
    try:
        return messages.read(raw).task
    except UnreadError:
        return UNREAD


def _said(raw: bytes) -> str:
    try:
        message = messages.read(raw)
    except UnreadError as error:
        said = outline(raw)
        return f"{error} {said['size']} bytes, sha256 {said['sha256'][:12]}."
    return f"{message.task} {message.ident}"
