"""How long a till is kept waiting for its result, and how many may wait at once.

A request that waits holds a thread and nothing else: each look is a session of its own, and no
connection is held between two looks.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from api.web.problems import STORE_AWAY
from core.settings import settings
from db.session import reading
from db.tills import batches

LONGEST = 30
"""Seconds a till may ask us to wait."""
MOST_WAITING = 4
"""Requests that may wait at once in a process whose number of threads we do not know."""

FIRST_PAUSE = 0.01
LONGEST_PAUSE = 0.25
_GROWTH = 1.5

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"  # noqa: S105, RFC 9110's word for a word
_QUOTED = r'"(?:[^"\\]|\\.)*+"'
# What is quoted is skipped whole, an unfinished quotation to the end: no character is looked at
# twice, whatever somebody sends.
_ELEMENT = re.compile(rf'(?:[^",]|{_QUOTED}?)++')
_PREFERENCE = re.compile(rf"\s*+({_TOKEN})\s*+(?:=\s*+({_TOKEN}|{_QUOTED})\s*+)?+(?:;.*)?")
_SECONDS = re.compile(r"0*([0-9]+)", re.ASCII)


@dataclass(frozen=True)
class Patience:
    """For how many ``seconds`` a till may be kept waiting, and what it asked for itself."""

    seconds: float
    asked: bool = False
    respond_async: bool = False

    def applied(self, *, waited: bool, result: bool) -> str:
        """The value of ``Preference-Applied``; empty when no preference was followed."""
        followed = []
        if self.respond_async and not result:
            followed.append("respond-async")
        if self.asked and (waited or not self.seconds):
            followed.append(f"wait={self.seconds:g}")
        return ", ".join(followed)


def patience(prefer: str) -> Patience:
    """The patience of the header ``Prefer`` (RFC 7240); unknown preferences are ignored."""
    stated = preferences(prefer)
    respond_async = stated.get("respond-async") == ""
    match = _SECONDS.fullmatch(stated.get("wait", ""))
    if match:
        seconds = LONGEST if len(match[1]) > len(str(LONGEST)) else min(int(match[1]), LONGEST)
        return Patience(seconds, asked=True, respond_async=respond_async)
    return Patience(0 if respond_async else settings().sales_wait_seconds, False, respond_async)


def preferences(prefer: str) -> dict[str, str]:
    """Each preference's value by its name in small letters, empty when it has none. Of several of
    one name the first counts; parameters are none of ours.
    """
    stated: dict[str, str] = {}
    for element in _ELEMENT.findall(prefer):
        match = _PREFERENCE.fullmatch(element)
        if match:
            stated.setdefault(match[1].lower(), (match[2] or "").strip('"'))
    return stated


class Seats:
    """How many requests of this process wait just now."""

    def __init__(self) -> None:
        self._taken = 0
        self._lock = threading.Lock()

    @contextmanager
    def seat(self, most: int) -> Iterator[bool]:
        """Whether one of ``most`` seats was free; it is ours inside the block."""
        with self._lock:
            free = self._taken < most
            self._taken += free
        try:
            yield free
        finally:
            with self._lock:
                self._taken -= free


SEATS = Seats()


def for_result(batch_id: int, *, seconds: float, hopeless: Callable[[], bool] = bool) -> str | None:
    """The batch's result as soon as there is one; None when time ran out, it failed, or waiting
    for it became ``hopeless``.
    """
    deadline = time.monotonic() + seconds
    pause = FIRST_PAUSE
    while (left := deadline - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        pause = min(pause * _GROWTH, LONGEST_PAUSE)
        status, result = _look(batch_id)
        if status == "done":
            return result
        if status == "failed" or hopeless():
            return None
    return None


def _look(batch_id: int) -> tuple[str, str | None]:
    try:
        with reading() as session:
            status, result = batches.look(session, batch_id)
    except STORE_AWAY:
        # The batch is committed: a store that is away now changes nothing, and the till gets the
        # 202 for its sales.
        return "unknown", None
    return status, result
