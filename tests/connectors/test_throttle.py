"""How often a connector asks: windows, pauses, commands before syncs, and shares."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Thread

import pytest

from connectors import errors
from connectors.http.client import HTTPClient
from connectors.http.deadline import Deadline
from connectors.http.response import Response
from connectors.limits.quota import rest
from connectors.limits.rate import MARGIN, Rate, share, urgent
from connectors.limits.throttle import Throttle
from tests.connectors.asking import status
from tests.connectors.source import serving
from tests.connectors.test_limiter import Clock, seconds_of_calls

NOW = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.fixture
def clock():
    return Clock()


def throttle(clock: Clock, **rate) -> Throttle:
    return Throttle(Rate(**rate), clock=clock, sleep=clock.sleep)


def test_both_limits_hold_over_any_window(clock):
    limiter = throttle(clock, per_second=2, per_minute=4)
    with urgent():
        at = seconds_of_calls(limiter, clock, 6)

    assert at == pytest.approx([0, 0, 1 + MARGIN, 1 + MARGIN, 60 + MARGIN, 60 + MARGIN])


def test_a_sync_spreads_its_calls_over_the_minute_and_leaves_some_to_commands(clock):
    limiter = throttle(clock, per_minute=60)
    at = seconds_of_calls(limiter, clock, 57)
    with urgent():
        commands = seconds_of_calls(limiter, clock, 3)

    assert max(sum(1 for each in at if start <= each < start + 10) for start in at) == 10
    assert commands == [at[-1]] * 3
    assert at[-1] < 60
    assert seconds_of_calls(throttle(again := Clock(), per_minute=60), again, 58)[-1] > 60


def test_who_does_not_wait_fails_at_once(clock):
    limiter = throttle(clock, per_second=1, waits=False)
    seconds_of_calls(limiter, clock, 1)

    with pytest.raises(errors.RateLimitError, match="for 2 s more") as error:
        limiter.acquire(Deadline(1000, clock))

    assert error.value.retry_after == pytest.approx(1 + MARGIN)
    assert (error.value.unsent, clock.slept) == (True, [])


@pytest.mark.parametrize(
    ("status_code", "headers", "seconds"),
    [
        (429, {"Retry-After": "7"}, 7),
        (503, {"Retry-After": "7"}, 7),
        (200, {"Retry-After": "7"}, None),
        (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9"}, 9),
        (200, {"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "9"}, None),
        (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW.timestamp() + 5)}, 5),
        (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1748736000500"}, 0.5),
        (200, {"RateLimit-Remaining": "0", "RateLimit-Reset": "3"}, 3),
        (200, {"RateLimit": "limit=100, remaining=0, reset=4"}, 4),
        (200, {"RateLimit": '"default";r=0;t=6'}, 6),
        (200, {"RateLimit": '"default";r=50;t=6'}, None),
        (200, {"RateLimit-Remaining": "0", "RateLimit-Reset": "99999"}, 3600),
        (200, {"RateLimit-Remaining": "none", "RateLimit-Reset": "soon"}, None),
        (429, {"Retry-After": "2", "RateLimit-Remaining": "0", "RateLimit-Reset": "8"}, 8),
    ],
)  # fmt: skip
def test_a_source_says_in_many_ways_how_long_to_leave_it_alone(status_code, headers, seconds):
    assert rest(answered(status_code, headers), now=NOW) == (
        None if seconds is None else pytest.approx(seconds)
    )


class Raw:
    """As much of a response as a limiter looks at."""

    def __init__(self, status_code: int, headers: dict[str, str]) -> None:
        self.status_code = status_code
        self.headers = headers


def answered(status_code: int, headers: dict[str, str] | None = None) -> Response:
    raw = Raw(status_code, headers or {})
    return Response(raw=raw, call="GET /", deadline=Deadline(1))  # type: ignore[arg-type]  # enough


def test_a_429_that_names_no_time_is_obeyed_for_longer_each_time(clock):
    limiter = throttle(clock)
    waits = []
    for _ in range(8):
        limiter.observe(answered(429))
        limiter.observe(answered(429))
        waits.append(limiter.take())
        clock.now += waits[-1]
    limiter.observe(answered(200))
    limiter.observe(answered(429))

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert limiter.take() == 1


def test_a_storm_of_429_is_never_answered_by_more_calls(clock):
    with serving(status(429)) as source:
        client = HTTPClient(source.url, limiter=throttle(clock, waits=False))
        for _ in range(10):
            with pytest.raises(errors.RateLimitError):
                client.get("x")
            clock.now += 1

    # At 0, 1, 3 and 7 s.
    assert len(source.calls) == 4


@pytest.mark.parametrize(
    ("processes", "expected"),
    [(1, {1.0: 10, 60.0: 3}), (2, {1.0: 5, 60.0: 1}), (3, {1.0: 3, 60.0: 1}),
     (4, {1.0: 2, 120.0: 1}), (25, {3.0: 1, 540.0: 1})],
)  # fmt: skip
def test_the_shares_of_all_processes_are_no_more_than_the_limit(processes, expected):
    assert share({1.0: 10, 60.0: 3}, processes) == expected


def test_a_place_is_waited_for_within_the_deadline_and_no_longer(clock):
    limiter = throttle(clock, per_minute=1)
    seconds_of_calls(limiter, clock, 1)

    with pytest.raises(errors.RateLimitError) as error:
        limiter.acquire(Deadline(30, clock))

    assert (error.value.retry_after, error.value.unsent) == (60 + MARGIN, True)
    assert clock.slept == []


def test_threads_share_a_limit():
    limiter = Throttle(Rate(per_minute=20))
    passed: list[bool] = []

    def ask() -> None:
        for _ in range(10):
            try:
                with urgent():
                    limiter.acquire(Deadline(0.01))
            except errors.RateLimitError:
                continue
            passed.append(True)

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(passed) == 20


def test_each_attempt_takes_a_place_of_its_own(clock):
    limiter = throttle(clock, per_minute=2, waits=False)
    with serving(status(500)) as source, urgent(), pytest.raises(errors.RateLimitError):
        HTTPClient(source.url, limiter=limiter, sleep=lambda seconds: None).get("x")

    assert len(source.calls) == 2
