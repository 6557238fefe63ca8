"""The keys that workers need in Redis: that each is of its type, and what lies unacknowledged."""

from __future__ import annotations

from collections.abc import Mapping

import redis

from core.broker import PREFIX, QUEUES
from core.queues import UNACKED, keys, types_of

UNACKED_INDEX = f"{PREFIX}unacked_index"
TYPES = {
    UNACKED: "hash",
    UNACKED_INDEX: "zset",
    **{f"{PREFIX}_kombu.binding.{queue}": "set" for queue in QUEUES},
    **{f"{PREFIX}_kombu.binding_permanent.{queue}": "set" for queue in QUEUES},
    **{key: "list" for queue in QUEUES for key in keys(queue)},
}


def misplaced(client: redis.Redis) -> Mapping[str, str]:
    """The keys of ours that hold something else than they should, with its type: nobody can use
    them, and Redis refuses every command for a queue and all that are asked for together with it.
    """
    types = types_of(client, list(TYPES))
    return {key: kind for key, kind in types.items() if kind not in {"none", TYPES[key]}}


def take_away(client: redis.Redis, key: str) -> bytes:
    """Delete the key: what was there, as Redis dumps it; empty when somebody else was faster."""
    with client.pipeline() as pipe:
        pipe.dump(key)
        pipe.delete(key)
        dump, _ = pipe.execute()
    return dump or b""


def unacked(client: redis.Redis, tag: str) -> bytes:
    """What a worker has taken under this tag and not acknowledged; empty when that is over."""
    entry = client.hget(UNACKED, tag) or b""
    return entry if isinstance(entry, bytes) else entry.encode()


def forget(client: redis.Redis, tag: str) -> bool:
    """Whether it was there, and is not any more."""
    with client.pipeline() as pipe:
        pipe.zrem(UNACKED_INDEX, tag)
        pipe.hdel(UNACKED, tag)
        _, dropped = pipe.execute()
    return bool(dropped)
