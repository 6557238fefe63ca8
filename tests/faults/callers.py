"""A process that asks a source as its connector would: ``python -m tests.faults.callers KIND``.

It prints the moment of each request, by the clock that all processes of a machine share.
"""

from __future__ import annotations

import sys
import time
from threading import Thread

from connectors import errors
from connectors.http.deadline import Deadline
from connectors.limits.rate import Rate
from connectors.limits.shared import Shared
from connectors.limits.shared_circuit import SharedCircuit
from connectors.limits.shared_throttle import SharedThrottle

NAME = "square"


def ask(url: str, seconds: float, rate: Rate) -> None:
    """As often as ``rate`` allows."""
    limiter = SharedThrottle(NAME, rate, Shared(lambda: url))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        limiter.acquire(Deadline(30))
        print(time.monotonic(), flush=True)  # noqa: T201 - read by the test


def probe(url: str, seconds: float, rest: float) -> None:
    """A source that is down, by eight threads."""
    breaker = SharedCircuit(NAME, Shared(lambda: url), rest=rest)
    end = time.monotonic() + seconds

    def knock() -> None:
        while time.monotonic() < end:
            try:
                breaker.check()
            except errors.CircuitOpenError:
                time.sleep(0.005)
                continue
            print(time.monotonic(), flush=True)  # noqa: T201 - read by the test
            time.sleep(0.1)
            breaker.note(errors.ServerError("500"))

    threads = [Thread(target=knock) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    """The Redis's address comes on standard input: it holds a password."""
    kind, seconds, number = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    url = sys.stdin.readline().strip()
    if kind == "ask":
        ask(url, seconds, Rate(per_second=int(number)))
    else:
        probe(url, seconds, number)


if __name__ == "__main__":
    main()
