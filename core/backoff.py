"""How long to wait before the next try."""

from __future__ import annotations

import random

FIRST = 30.0
CAP = 900.0
LONGEST = 3600.0
"""A failed run must not buy the silence of a good one."""


def full_jitter(failures: int, *, first: float = FIRST, cap: float = CAP) -> float:
    """Seconds to wait after ``failures`` tries: anywhere up to a bound that doubles each time,
    so that many waiters do not come back at one instant.
    """
    bound = min(cap, first * 2.0 ** max(0, failures - 1))
    return random.uniform(1.0, bound)  # noqa: S311, jitter is no secret


def after_failed_run(failures: int, interval: float) -> float:
    """Seconds before the next run after ``failures`` failed ones: minutes, an hour at most, and
    never more than the interval.
    """
    return min(interval, LONGEST, 300.0 * 2.0 ** max(0, failures - 1))
