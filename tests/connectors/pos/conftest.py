from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.pos import SquareConnector
from sandbox import square
from tests.contracts.described import Description


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 6, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def description():
    """Square's own, to which every request keeps; answers are held to it in the contract."""
    described = Description("square")
    yield described
    assert described.violations == []


@pytest.fixture
def source(clock, description):
    """A seller's account with twelve locations and four products."""
    with square.serve(locations=12, clock=clock) as served:
        description.watch(served, answers=False)
        yield served


@pytest.fixture
def connect(source) -> Callable[..., SquareConnector]:
    """A connector to it; ``retries`` of one request, without a pause, and other keys."""

    def opened(*, retries: int = 2, **more: Any) -> SquareConnector:
        return SquareConnector(
            config_dict={
                "api": {"base_url": source.url},
                "auth": {"method": "bearer", "token": square.DEMO_TOKEN},
                "connection": {"max_retries": retries, "retry_delay": 0},
                **more,
            }
        )

    return opened


@pytest.fixture
def pos(connect):
    with connect() as opened:
        yield opened
