"""The queues as they lie in Redis.

Celery's transport keeps a queue in four lists, one a priority, and what a worker has taken and not
acknowledged in a hash and a sorted set that all queues share.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.broker import PREFIX

if TYPE_CHECKING:
    import redis

PRIORITIES = ("", "\x06\x163", "\x06\x166", "\x06\x169")
UNACKED = f"{PREFIX}unacked"


def keys(queue: str) -> list[str]:
    """The keys of the queue's lists, in the order in which workers empty them."""
    return [f"{PREFIX}{queue}{priority}" for priority in PRIORITIES]


def name_of(key: str) -> str:
    """The queue that the key, with or without our prefix, belongs to."""
    return key.removeprefix(PREFIX).partition("\x06")[0]


def types_of(client: redis.Redis, names: Sequence[str]) -> dict[str, str]:
    """The type of each key, ``none`` of one that is not there."""
    with client.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.type(name)
        return dict(zip(names, map(_text, pipe.execute()), strict=True))


def _text(answer: bytes | str) -> str:
    return answer if isinstance(answer, str) else answer.decode()
