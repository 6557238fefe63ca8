"""Cursors that live five minutes, each for its own query."""

import json
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sandbox.square import refusals

_KEPT = 1000


class Cursors:
    """What is left of each query; a cursor may be asked for again while it lives.

    A page that is exactly full has a cursor too, which leads to an empty page.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.life = timedelta(minutes=5)
        self._left: dict[str, tuple[datetime, str, Sequence[Any]]] = {}
        self._lock = Lock()

    def page(
        self, query: object, cursor: str | None, limit: int, find: Callable[[], Sequence[Any]]
    ) -> tuple[Sequence[Any], str | None]:
        """The next ``limit`` of what ``find`` finds for ``query``, and the cursor after them."""
        name = json.dumps(query, sort_keys=True)
        left = find() if cursor is None else self._take(cursor, name)
        if len(left) < limit:
            return left, None
        return left[:limit], self._keep(name, left[limit:])

    def _take(self, cursor: str, name: str) -> Sequence[Any]:
        with self._lock:
            born, of, left = self._left.get(cursor, (self._clock(), "", ()))
        if of != name or self._clock() - born >= self.life:
            raise refusals.cursor()
        return left

    def _keep(self, name: str, left: Sequence[Any]) -> str:
        cursor = secrets.token_urlsafe(12)
        with self._lock:
            self._left[cursor] = (self._clock(), name, left)
            while len(self._left) > _KEPT:
                del self._left[next(iter(self._left))]
        return cursor
