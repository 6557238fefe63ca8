"""Retries after a short trouble: a few, with growing pauses, in bounded time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Self, TypeVar

from connectors.errors import (
    AnswerError,
    APIError,
    ConnectionError,  # noqa: A004 - the name users of the API know
    ServerError,
)
from connectors.http.deadline import Deadline, Timeouts
from connectors.http.transport import TLS

FIRST_PAUSE = 1.0
TRANSIENT = frozenset({500, 502, 503, 504})

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempts:
    """One attempt, and ``retries`` more after growing pauses, the first of up to ``pause`` s."""

    retries: int
    pause: float | None = None
    sleep: Callable[[float], object] = time.sleep
    random: Callable[[], float] = random.random

    @classmethod
    def of(
        cls,
        timeouts: Timeouts,
        *,
        sleep: Callable[[float], object],
        random: Callable[[], float],
    ) -> Self:
        """As many as the timeouts say."""
        return cls(retries=timeouts.retries, pause=timeouts.pause, sleep=sleep, random=random)

    def make(self, attempt: Callable[[], T], *, deadline: Deadline, idempotent: bool) -> T:
        """What ``attempt`` returns, or raises in the end.

        Network trouble, 500, 502, 503, 504 and unreadable answers are tried again within the
        deadline; a request that is not ``idempotent`` only when it was never sent. An answer
        with ``Retry-After`` is left to the caller.
        """
        first = FIRST_PAUSE if self.pause is None else self.pause
        for failures in count(1):
            try:
                return attempt()
            except APIError as error:
                pause = self.random() * first * 2 ** (failures - 1)
                if (
                    failures > self.retries
                    or not is_transient(error)
                    or not (idempotent or error.unsent)
                    or pause >= deadline.remaining()
                ):
                    raise
                self.sleep(pause)
        raise AssertionError("the loop ends by return or raise")


def is_transient(error: APIError) -> bool:
    """Whether the same request may go well within seconds."""
    match error:
        case ServerError():
            return error.status_code in TRANSIENT and error.retry_after is None
        case ConnectionError() | AnswerError():
            return error.code != TLS
    return False
