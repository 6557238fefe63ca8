"""Celery's Redis transport, which hands on a message only when it can be read.

The transport decodes in the worker's event loop, where an error ends the worker, and what it has
decoded it puts back as the worker ends: one bad message would kill every worker. So a message is
read before kombu sees it, wherever one comes from: a queue, what a dead worker had taken, a
broadcast.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import redis
from kombu.transport import redis as kombu_redis
from kombu.utils.scheduling import round_robin_cycle

from core import messages
from core.messages import PLACE, UnreadError
from core.queues import name_of
from tasks.durable import check_message
from worker import keys, unread


class PubSub(kombu_redis.PrefixedRedisPubSub):
    """Broadcasts to all workers."""

    def parse_response(self, *args: Any, **options: Any) -> Any:
        """The next one; none for one that cannot be read."""
        reply = super().parse_response(*args, **options)
        if reply is None or not bytes(reply[0]).endswith(b"message"):
            return reply
        raw = reply[-1]
        try:
            messages.check_broadcast(raw)
        except UnreadError as error:
            unread.note("broadcast.unread", raw, error)
            return None
        return reply


class Client(kombu_redis.PrefixedStrictRedis):
    """Passes what it takes from a queue by ``accepts``; what that refuses never came."""

    def __init__(self, *, accepts: Callable[[bytes, bytes], bool], **options: Any) -> None:
        super().__init__(**options)
        self._accepts = accepts

    def parse_response(self, connection: Any, command_name: str, **options: Any) -> Any:
        """The reply to a command; to BRPOP none, as after its timeout, for a bad message."""
        reply = super().parse_response(connection, command_name, **options)
        taken = command_name == "BRPOP" and reply
        return None if taken and not self._accepts(*taken) else reply

    def pubsub(self, **options: Any) -> PubSub:
        """Where broadcasts come from."""
        return PubSub(self.connection_pool, global_keyprefix=self.global_keyprefix, **options)


class QoS(kombu_redis.QoS):
    """What workers have taken; of a dead worker it is given back."""

    channel: Channel

    def restore_visible(self, start: int = 0, num: int = 10, interval: int = 10) -> None:
        """Celery's own, on keys that are what they should be; at each connect, then by a timer."""
        with self.channel.plain() as client:
            for key, kind in keys.misplaced(client).items():
                name = name_of(key)
                error = UnreadError(PLACE, f"a {kind} was in the place of {name}; it is deleted")
                # Of two workers that find it one has it.
                if dump := keys.take_away(client, key):
                    unread.keep(dump, name, error)
        super().restore_visible(start, num, interval)

    def restore_by_tag(
        self,
        tag: str,
        client: redis.Redis | None = None,
        leftmost: bool = False,  # noqa: FBT001, FBT002, as kombu calls it
    ) -> None:
        """Celery's own; an entry that cannot be read is dropped, and the next one given back."""
        with self.channel.plain() as plain:
            entry = keys.unacked(plain, tag)
            try:
                messages.read_unacked(entry)
            except UnreadError as error:
                # Of two workers that meet it one drops it.
                if keys.forget(plain, tag):
                    unread.keep(entry, self.unacked_key, error)
                return
        super().restore_by_tag(tag, client, leftmost)


class Channel(kombu_redis.Channel):
    """Reads every message before it is one."""

    QoS = QoS
    pool: redis.ConnectionPool
    _queue_cycle: round_robin_cycle[str]

    def plain(self) -> redis.Redis:
        """A client that takes keys as they are."""
        return redis.Redis(connection_pool=self.pool)

    def _get_client(self) -> Callable[..., Client]:
        return partial(Client, accepts=self._accepts, global_keyprefix=self.global_keyprefix)

    def _accepts(self, key: bytes, raw: bytes) -> bool:
        queue = name_of(key.decode())
        try:
            check_message(messages.read(raw))
        except UnreadError as error:
            unread.keep(raw, queue, error)
            # As after a good message: a queue full of bad ones must not hold up the others.
            self._queue_cycle.rotate(queue)
            return False
        return True


class Transport(kombu_redis.Transport):
    """For the connection by which a worker takes messages; whoever sends needs none of this."""

    Channel = Channel
