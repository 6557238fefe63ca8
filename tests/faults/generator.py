"""Tills at work: each sends batch after batch over HTTP, and again until it is told 2xx.

They remember what they sent and what they were told; whether it is true is the checker's to say.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Self

import requests
from requests import Response

from tests.faults.shopfloor import Counter, Floor
from tests.faults.stage import chance

SYNC = "/api/v2/simple/ventes/sync/"
PATIENCE = 40.0
"""Seconds for an answer; the longest wait we may be asked for is 30."""
DELIVERY = 60.0
"""Seconds to deliver what is left when the day is over."""
Line = tuple[int, int]
"""Article, quantity."""


@dataclass(frozen=True)
class SentSale:
    """A sale as it was sent; ``number`` None: the server numbers it."""

    number: str | None
    lines: Sequence[Line]
    ballast: int = 0
    """So many values that mean nothing, so that a worker is long at reading them."""

    def wire(self) -> dict[str, Any]:
        """As the tills write it."""
        sale: dict[str, Any] = {
            "lignes": [{"article_id": article, "quantite": count} for article, count in self.lines]
        }
        if self.ballast:
            sale["inconnu"] = [0] * self.ballast
        return sale if self.number is None else {"numero_facture": self.number} | sale


@dataclass
class Sent:
    """One body a till sent, once or often. ``told``: the numbers a 201 gave as sold."""

    counter: Counter
    sales: Sequence[SentSale]
    key: str | None = None
    accepted: bool = False
    told: set[str] = field(default_factory=set)

    @property
    def body(self) -> bytes:
        """The request's."""
        return json.dumps([sale.wire() for sale in self.sales]).encode()


@dataclass(frozen=True)
class Miss:
    """An answer that was no 2xx, or none; moments by this process's monotonic clock."""

    asked: float
    ended: float
    status: int | None
    """None: the connection broke."""
    said: str
    retry_after: str | None = None

    @property
    def code(self) -> str | None:
        """The tills' code, if the answer has their shape."""
        try:
            body = json.loads(self.said)
        except ValueError:
            return None
        shaped = isinstance(body, dict) and isinstance(body.get("error"), str)
        return body.get("code") if shaped else None


def post(url: str, sent: Sent, *, prefer: str = "", patience: float = PATIENCE) -> Response:
    """Send it once; whatever goes wrong with the connection is raised."""
    headers = {"X-Device-Serial": sent.counter.serial, "Prefer": prefer}
    if sent.key is not None:
        headers["Idempotency-Key"] = sent.key
    return requests.post(url + SYNC, data=sent.body, headers=headers, timeout=patience)


@dataclass(frozen=True)
class Habits:
    """How tills ask for answers (``Prefer``), and the seconds from one batch to the next."""

    prefer: Sequence[str] = ("respond-async",)
    pace: tuple[float, float] = (0.0, 0.05)
    hurried: float = 0.05
    """How often one hangs up within a tenth of a second."""


class Till(threading.Thread):
    """One till; ``seed`` fixes what it sends."""

    def __init__(self, counter: Counter, url: str, seed: str, habits: Habits) -> None:
        super().__init__(name=f"till {counter.serial}", daemon=True)
        self.counter, self.url, self.habits = counter, url, habits
        self.random = chance(seed)
        self.sent: list[Sent] = []
        self.misses: list[Miss] = []
        self.seconds: list[float] = []
        """Of each request that was accepted."""
        self.error: BaseException | None = None
        self._numbers = 0
        self._over, self._abandoned = threading.Event(), threading.Event()

    def run(self) -> None:
        """Sell until told to stop; then only send what was not accepted yet."""
        try:
            while not self._over.is_set():
                self._deliver(self._invent())
                self._over.wait(self.random.uniform(*self.habits.pace))
        except BaseException as error:  # noqa: BLE001, told by whoever joins us
            self.error = error

    def end(self) -> None:
        """Sell nothing new."""
        self._over.set()

    def abandon(self) -> None:
        """Not even send again."""
        self._abandoned.set()

    def _deliver(self, sent: Sent) -> None:
        self.sent.append(sent)
        # Sometimes once more than needed: its application lost the answer, not the network.
        wanted = 2 if self.random.random() < 0.1 else 1
        while wanted and not self._abandoned.is_set():
            wait = self._post(sent)
            if wait is None:
                wanted -= 1
                continue
            self._abandoned.wait(wait)
            if sent.key is None and not self._over.is_set() and self.random.random() < 0.3:
                # It goes on selling meanwhile, and sends all that it has.
                sent = Sent(self.counter, [*sent.sales, *self._sales(numbered=True)[:3]])
                self.sent.append(sent)

    def _post(self, sent: Sent) -> float | None:
        """None when it was accepted, else how long to wait before the next try."""
        hurried = self.random.random() < self.habits.hurried
        patience = self.random.uniform(0.005, 0.1) if hurried else PATIENCE
        prefer = self.random.choice(self.habits.prefer)
        asked = time.monotonic()
        try:
            answer = post(self.url, sent, prefer=prefer, patience=patience)
        except requests.RequestException as error:
            # Who hangs up too early learns nothing, and has nothing to complain of.
            if not (hurried and isinstance(error, requests.Timeout)):
                self.misses.append(Miss(asked, time.monotonic(), None, repr(error)))
            return self.random.uniform(0.05, 0.3)
        ended = time.monotonic()
        if answer.status_code not in (201, 202):
            retry_after = answer.headers.get("Retry-After")
            self.misses.append(Miss(asked, ended, answer.status_code, answer.text, retry_after))
            return self.random.uniform(0.1, 0.6)
        self.seconds.append(ended - asked)
        sent.accepted = True
        told = answer.json()
        assert told["success"] is True
        assert told["statistiques"]["total_envoyees"] == len(sent.sales), told
        sent.told |= {sold["numero_facture"] for sold in told["ventes_creees"]}
        return None

    def _invent(self) -> Sent:
        numbered = self.random.random() < 0.8
        key = None if numbered and self.random.random() < 0.7 else f"{self.name} {self._next()}"
        return Sent(self.counter, self._sales(numbered=numbered), key)

    def _sales(self, *, numbered: bool) -> list[SentSale]:
        return [
            SentSale(f"{self.counter.serial}-{self._next()}" if numbered else None, self._lines())
            for _ in range(self.random.randint(1, 12))
        ]

    def _lines(self) -> list[Line]:
        return [
            (self.random.choice(self.counter.articles), self.random.choice((1, 1, 1, 2, 3, -1)))
            for _ in range(self.random.randint(1, 3))
        ]

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers


class Tills:
    """All tills of a floor, selling at once inside a ``with``; afterwards all is delivered."""

    def __init__(self, floor: Floor, url: str, *, seed: int, habits: Habits | None = None) -> None:
        self.all = [
            Till(counter, url, f"{seed}/{counter.serial}", habits or Habits())
            for counter in floor.counters
        ]

    def __enter__(self) -> Self:
        for till in self.all:
            till.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let each deliver what it has; who cannot in time gives up."""
        for till in self.all:
            till.end()
        deadline = time.monotonic() + DELIVERY
        for till in self.all:
            till.join(max(0.0, deadline - time.monotonic()))
            till.abandon()
        for till in self.all:
            till.join(PATIENCE + 5)
            assert not till.is_alive(), f"{till.name} hangs"
            if till.error is not None:
                raise till.error

    @property
    def sent(self) -> list[Sent]:
        """Of all tills."""
        return [sent for till in self.all for sent in list(till.sent)]

    @property
    def misses(self) -> list[Miss]:
        """Of all tills."""
        return [miss for till in self.all for miss in list(till.misses)]

    @property
    def seconds(self) -> list[float]:
        """Of all tills."""
        return [took for till in self.all for took in list(till.seconds)]

    def accepted(self) -> int:
        """Batches that were answered 2xx so far."""
        return sum(sent.accepted for sent in self.sent)

    def more_than(self, count: int) -> Callable[[], bool]:
        """Whether ``count`` batches and more were accepted."""
        return lambda: self.accepted() > count

    def __str__(self) -> str:
        seconds = self.seconds or [float("nan")]
        return (
            f"{self.accepted()} batches accepted, median {median(seconds):.3f} s, longest "
            f"{max(seconds):.2f} s; {len(self.misses)} misses"
        )
