"""How long to wait before the next try."""

from __future__ import annotations

import random

FIRST = 30.0
CAP = 900.0
LONGEST_SILENCE = 7200.0


def full_jitter(failures: int, *, first: float = FIRST, cap: float = CAP) -> float:
    """Seconds to wait after ``failures`` tries: anywhere up to a bound that doubles each time,
    so that many waiters do not come back at one instant.
    """
    bound = min(cap, first * 2.0 ** max(0, failures - 1))
    return random.uniform(1.0, bound)  # noqa: S311, jitter is no secret


def after_failed_run(failures: int, interval: float) -> float:
    """Seconds before the next run after ``failures`` failed ones: minutes, never longer than the
    interval, and never two hours of silence.
    """
    return min(interval, LONGEST_SILENCE, 300.0 * 2.0 ** max(0, failures - 1))
