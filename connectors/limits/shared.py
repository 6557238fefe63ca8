"""What all processes share about a source, in Redis; each goes on alone while that is away."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar
from uuid import uuid4

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.broker import PREFIX
from core.errors import ConfigurationError
from core.logs import get_logger

PATIENCE = 0.5
"""Seconds for one answer of Redis: every call to the source waits for it."""
RETRY = 2.0
"""Seconds until a Redis that was away is asked again."""

log = get_logger(__name__)

T = TypeVar("T")


def key(name: str, what: str) -> str:
    """The key in Redis of ``what`` is known of the source ``name``."""
    return f"{PREFIX}calls:{{{name}}}:{what}"


class AwayError(Exception):
    """Redis cannot be reached, or does not do what it is asked."""


class Shared:
    """The Redis at ``url``, which is called for it when it is first needed, and its absences."""

    def __init__(
        self, url: Callable[[], str], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url
        self._clock = clock
        self._client: redis.Redis | None = None
        self._again = float("-inf")
        self._is_away = False
        self._token = uuid4().hex[:8]

    @property
    def process(self) -> str:
        """This process's name among all that share; a forked one has its own."""
        return f"{self._token}.{os.getpid()}"

    @property
    def thread(self) -> str:
        """This thread's."""
        return f"{self.process}.{threading.get_ident()}"

    def ask(self, question: Callable[[redis.Redis], T]) -> T:
        """What ``question`` gets from Redis.

        Raises ``AwayError``, at once for some seconds after it did so for the first time.
        """
        if self._clock() < self._again:
            raise AwayError
        try:
            answer = question(self._connected())
        except ConfigurationError as error:
            # None is configured and none runs, so there is nobody to share with, and no news.
            self._again = self._clock() + RETRY
            raise AwayError from error
        except (redis.RedisError, OSError) as error:
            self._again = self._clock() + RETRY
            if not self._is_away:
                log.warning("shared_limits.away", error=type(error).__name__)
            self._is_away = True
            raise AwayError from error
        if self._is_away:
            log.info("shared_limits.back")
        self._is_away = False
        return answer

    def _connected(self) -> redis.Redis:
        if self._client is None:
            self._client = redis.Redis.from_url(
                self._url(),
                socket_timeout=PATIENCE,
                socket_connect_timeout=PATIENCE,
                # Once more for a connection that was closed meanwhile; no waiting.
                retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
            )
        return self._client
