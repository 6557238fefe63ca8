"""One limit for all processes: what one uses, all have used, with Redis and without it."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import pytest

from connectors import errors
from connectors.http.deadline import Deadline
from connectors.limits.rate import MARGIN, Rate, urgent
from connectors.limits.shared import Shared
from connectors.limits.shared_throttle import SETTLING, SharedThrottle
from core.errors import ConfigurationError
from tests.connectors.test_limiter import Clock
from tests.connectors.test_throttle import answered


@pytest.fixture
def shared(empty_redis):
    return Shared(lambda: empty_redis.url)


def test_what_one_uses_is_used_for_all(shared):
    rate = Rate(per_minute=3, waits=False)
    one, other = (SharedThrottle("square", rate, shared) for _ in range(2))
    with urgent():
        for limiter in (one, other, one):
            limiter.acquire(Deadline(1))
        with pytest.raises(errors.RateLimitError) as error:
            other.acquire(Deadline(1))
        SharedThrottle("lightspeed", rate, shared).acquire(Deadline(1))

    assert 59 < (error.value.retry_after or 0) <= 60 + MARGIN


def test_a_pause_that_one_is_asked_for_is_everybodys(shared):
    one, other = (SharedThrottle("square", Rate(waits=False), shared) for _ in range(2))
    one.observe(answered(429, {"Retry-After": "30"}))
    one.observe(answered(429, {"Retry-After": "3"}))

    for limiter in (one, other):
        with pytest.raises(errors.RateLimitError) as error:
            limiter.acquire(Deadline(1))
        assert 29 < (error.value.retry_after or 0) <= 30


def test_a_pause_of_nearly_nothing_is_no_trouble_of_redis(shared, caplog):
    SharedThrottle("square", Rate(), shared).observe(answered(429, {"Retry-After": "0.0001"}))

    assert caplog.records == []


def test_a_command_that_waits_goes_before_syncs(empty_redis):
    def late(seconds: float) -> None:
        time.sleep(seconds + 0.1)

    rate, shared = Rate(per_second=1), Shared(lambda: empty_redis.url)
    sync, command = (
        SharedThrottle("square", rate, shared),
        SharedThrottle("square", rate, shared, sleep=late),
    )
    sync.acquire(Deadline(5))
    order: list[str] = []

    def hurry() -> None:
        while not order:
            with suppress(errors.RateLimitError):
                sync.acquire(Deadline(0.001))
                order.append("sync")

    syncs = [threading.Thread(target=hurry) for _ in range(2)]
    for thread in syncs:
        thread.start()
    with urgent():
        command.acquire(Deadline(10))
        order.append("command")
    for thread in syncs:
        thread.join()

    assert order == ["command"]


def test_who_finds_redis_again_keeps_to_its_share_until_the_others_have(empty_redis, caplog):
    caplog.set_level("INFO")
    rate = Rate(per_second=10, waits=False)
    shared, clock = Shared(lambda: empty_redis.url, clock=(now := Clock())), Ticking()
    one = SharedThrottle("square", rate, shared, processes=2, clock=clock)
    one.acquire(Deadline(1))
    empty_redis.kill()
    assert taken(one) == 0
    clock.now += 2
    assert taken(one) == 5
    empty_redis.start()
    now.now += 2
    clock.now += 2
    assert taken(one) == 5
    time.sleep(SETTLING)
    clock.now += SETTLING
    assert taken(one) == 10
    events = [str(record.msg) for record in caplog.records]
    assert [sum(word in event for event in events) for word in (".away", ".back")] == [1, 1]


def test_without_redis_a_process_keeps_its_share_and_does_not_fail():
    away = Shared(lambda: "redis://127.0.0.1:1/0")
    limiter = SharedThrottle("square", Rate(per_minute=40, waits=False), away, processes=4)

    with urgent():
        for _ in range(10):
            limiter.acquire(Deadline(1))
        with pytest.raises(errors.RateLimitError):
            limiter.acquire(Deadline(1))


def test_where_there_is_no_redis_at_all_a_process_keeps_its_share_and_nothing_is_news(caplog):
    def nowhere() -> str:
        raise ConfigurationError("No broker: set REDIS_URL.")

    limiter = SharedThrottle("square", Rate(per_minute=8, waits=False), Shared(nowhere))

    with urgent():
        limiter.acquire(Deadline(1))

    assert caplog.messages == []


def test_what_was_used_together_counts_when_redis_is_lost_and_when_it_is_back(empty_redis):
    rate = Rate(per_minute=40, waits=False)
    shared, clock = Shared(lambda: empty_redis.url, clock=(now := Clock())), Ticking()
    one = SharedThrottle("square", rate, shared, processes=2, clock=clock)
    other = SharedThrottle("square", rate, Shared(lambda: empty_redis.url), processes=2)
    with urgent():
        for _ in range(20):
            other.acquire(Deadline(1))
        one.acquire(Deadline(1))
        empty_redis.kill()
        with pytest.raises(errors.RateLimitError):
            one.acquire(Deadline(1))
        clock.now += 2
        # Nine of the nineteen that were left; the tenth was ours before.
        assert taken(one) == 9
        empty_redis.start()
        now.now += 10
        clock.now += 10
        assert taken(one) == 0
        # What was the other's counts once more: it tells Redis itself.
        assert taken(SharedThrottle("square", rate, shared)) == 40 - 10 - 1


class Ticking(Clock):
    """No two moments are the same."""

    def __call__(self) -> float:
        self.now += 1e-6
        return self.now


def taken(limiter: SharedThrottle) -> int:
    """How many calls it lets pass now."""
    for count in range(100):
        try:
            limiter.acquire(Deadline(1))
        except errors.RateLimitError:
            return count
    raise AssertionError("there is no limit")


def test_a_redis_that_does_not_answer_costs_half_a_second_and_then_nothing(empty_redis):
    limiter = SharedThrottle("square", Rate(), Shared(lambda: empty_redis.url))
    limiter.acquire(Deadline(10))
    empty_redis.freeze()
    started = time.monotonic()
    with pytest.raises(errors.RateLimitError):
        limiter.acquire(Deadline(0.1))
    first = time.monotonic() - started
    for _ in range(20):
        with pytest.raises(errors.RateLimitError):
            limiter.acquire(Deadline(0.01))
    empty_redis.thaw()

    assert first < 1
    assert time.monotonic() - started < first + 0.5
