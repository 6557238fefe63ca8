"""The queues as they lie in Redis: how long they are, what they hold, and emptying one.

Celery's transport keeps a queue in four lists, one a priority, and what a worker has taken and not
acknowledged in a hash and a sorted set that all queues share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core import messages
from core.broker import PREFIX, QUEUES, broker_url
from core.errors import RefusedError, RetriableError
from core.messages import UnreadError

if TYPE_CHECKING:
    import redis

PRIORITIES = ("", "\x06\x163", "\x06\x166", "\x06\x169")
UNACKED = f"{PREFIX}unacked"
LOOKED_AT = 20
"""Messages of a queue: the list may be very long, and each message too."""
COUNTED = 1000
"""Of the messages that are with workers."""
PATIENCE = 1.0
"""Seconds for Redis to answer a person."""


@dataclass(frozen=True)
class Queue:
    """``oldest`` are the messages that come next; ``unacked`` are with a worker.

    ``wrong_type`` is what lies in the queue's place when that is no list.
    """

    name: str
    length: int
    oldest: Sequence[bytes]
    unacked: int
    wrong_type: str | None


@contextmanager
def connected() -> Iterator[redis.Redis]:
    """The broker, for a person who waits.

    ``RetriableError`` when it does not answer, ``RefusedError`` when it is no Redis.
    """
    import redis  # noqa: PLC0415, few commands ask for it, and all would wait

    try:
        client = redis.Redis.from_url(
            broker_url(), socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        )
    except ValueError:
        raise RefusedError("REDIS_URL: only the queues of a Redis can be looked at.") from None
    with client:
        try:
            yield client
        except redis.RedisError as error:
            raise RetriableError(
                f"The broker does not answer ({type(error).__name__}).",
                code="BROKER_AWAY",
                retry_after=PATIENCE,
            ) from error


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


def look(client: redis.Redis) -> list[Queue]:
    """Every queue."""
    counted = _count_unacked(client)
    return [_look(client, queue, counted[queue]) for queue in QUEUES]


def purge(client: redis.Redis, queue: str) -> int:
    """Delete everything that lies in the queue, whatever it is: how many messages that were."""
    lists = [key for key, kind in types_of(client, keys(queue)).items() if kind == "list"]
    with client.pipeline() as pipe:
        for key in lists:
            pipe.llen(key)
        pipe.delete(*keys(queue))
        *lengths, _ = pipe.execute()
    return sum(lengths)


def _look(client: redis.Redis, queue: str, unacked: int) -> Queue:
    types = types_of(client, keys(queue))
    wrong = [kind for kind in types.values() if kind not in {"none", "list"}]
    length, oldest = 0, list[bytes]()
    for key in (key for key, kind in types.items() if kind == "list"):
        length += client.llen(key)
        oldest += map(_bytes, reversed(client.lrange(key, -LOOKED_AT, -1)))
    return Queue(queue, length, oldest[:LOOKED_AT], unacked, wrong[0] if wrong else None)


def _count_unacked(client: redis.Redis) -> Counter[str]:
    counted: Counter[str] = Counter()
    if types_of(client, [UNACKED])[UNACKED] != "hash":
        return counted
    for number, (_, entry) in enumerate(client.hscan_iter(UNACKED, count=LOOKED_AT)):
        if number == COUNTED:
            break
        try:
            counted[messages.read_unacked(entry).queue] += 1
        except UnreadError:
            continue
    return counted


def _text(answer: bytes | str) -> str:
    return answer if isinstance(answer, str) else answer.decode()


def _bytes(answer: bytes | str) -> bytes:
    return answer if isinstance(answer, bytes) else answer.encode()
