"""How often a source is asked: pauses it asked for, and a breaker before all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors import errors
from connectors.http.client import HTTPClient
from connectors.http.deadline import Deadline, Timeouts
from connectors.http.limiter import Pause, Unlimited
from tests.connectors.asking import fine, status
from tests.connectors.source import serving


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Breaker:
    """Open after one failure; notes what it was told."""

    def __init__(self) -> None:
        self.noted: list[errors.APIError | None] = []

    def check(self) -> None:
        if any(self.noted):
            raise errors.ServerError("open", unsent=True)

    def note(self, error: errors.APIError | None) -> None:
        self.noted.append(error)


@pytest.fixture
def clock():
    return Clock()


def seconds_of_calls(limiter, clock: Clock, calls: int, within: float = 1000) -> list[float]:
    """When each of so many calls may be sent."""
    found = []
    for _ in range(calls):
        limiter.acquire(Deadline(within, clock))
        found.append(clock.now)
    return found


@pytest.mark.parametrize("code", [429, 503])
def test_nothing_is_sent_within_a_pause_that_the_source_asked_for(clock, code):
    with serving(status(code, Retry_After="7"), fine) as source:
        client = HTTPClient(source.url, limiter=Pause(clock))
        with pytest.raises(errors.APIError):
            client.get("x")
        clock.now = 6.5
        with pytest.raises(errors.RateLimitError) as error:
            client.post("x", {}, idempotent=True)
        clock.now = 7.0
        assert client.get("x").status == 200

    assert len(source.calls) == 2
    assert (error.value.retry_after, error.value.unsent) == (0.5, True)


def test_a_shorter_pause_does_not_end_a_longer_one(clock):
    with serving(status(429, Retry_After="9"), status(429, Retry_After="1"), fine) as source:
        pause = Pause(clock)
        for _ in range(2):
            with pytest.raises(errors.RateLimitError):
                HTTPClient(source.url, limiter=Both(pause)).get("x")
        clock.now = 5.0
        with pytest.raises(errors.RateLimitError):
            HTTPClient(source.url, limiter=pause).get("x")


class Both:
    """Lets everything pass, and shows another limiter what came."""

    def __init__(self, other: Pause) -> None:
        self.acquire: Callable[[Deadline], None] = Unlimited().acquire
        self.observe = other.observe


def test_a_trouble_that_names_no_time_is_no_pause(clock):
    with serving(status(429), fine) as source:
        client = HTTPClient(source.url, limiter=Pause(clock))
        with pytest.raises(errors.RateLimitError):
            client.get("x")
        assert client.get("x").status == 200


def test_a_breaker_is_told_of_each_request_and_asked_before_it():
    breaker = Breaker()
    with serving(fine, status(500), fine) as source:
        client = HTTPClient(source.url, breaker=breaker, timeouts=Timeouts(retries=0))
        client.get("x")
        with pytest.raises(errors.ServerError, match="500"):
            client.get("x")
        with pytest.raises(errors.ServerError, match="open") as error:
            client.get("x")

    assert len(source.calls) == 2
    assert error.value.unsent
    assert [error and error.code for error in breaker.noted] == [None, "SERVER"]
